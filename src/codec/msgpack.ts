/**
 * The one place that knows msgpackr. Imported through its parts, which load no native addon.
 *
 * Its packer writes into a buffer that all users of msgpackr in this thread share. `REUSE_BUFFER_MODE`
 * answers that buffer with `start` and `end` set, which saves a view; `RESET_BUFFER_MODE` gives the place
 * back, so that the next call writes over it.
 * Its `useBuffer` would save the copy into the scratch (about 20 ns for 60 bytes), but it replaces the buffer
 * for everybody: what another user of msgpackr packs next would land in our scratch, and a `pack` that is
 * under way would continue there.
 */

import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';

/** msgpackr's own buffer. Its content is good until the next call of msgpackr by anybody. */
export interface Packed extends Uint8Array {
  readonly start: number;
  readonly end: number;
}

// Records would need a table of structures that sender and receiver share; with the structures inside each
// message both sides get slower (bench/rows/codec.bench.ts). Objects of 65 536 keys and more need the variable
// size.
const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false });
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true });

/** Encodes what `isPlain` has approved of, or flat tables of such. */
export function pack(value: unknown): Packed {
  return packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as unknown as Packed;
}

/**
 * Whether msgpackr takes instances of a class for plain objects. It goes by `constructor`, which may be
 * inherited from Array or Map, and by the extensions that other users of it have registered, of which the
 * receiver knows nothing.
 */
export function packsAsObject(prototype: object): boolean {
  const EMPTY_MAP = 0x80;
  try {
    const packed = pack(Object.create(prototype));
    return packed[packed.start] === EMPTY_MAP;
  } catch {
    return false;
  }
}

/** Passed anew each time, so that a call allocates nothing; msgpackr reads it at once. */
const range = { start: 0, end: 0 };

/** `source` gets a property `dataView`, in which msgpackr keeps its DataView. */
export function unpack(source: Uint8Array, start: number, end: number): unknown {
  range.start = start;
  range.end = end;
  return unpackr.unpack(source, range);
}
