/**
 * Values as they lie in Redis: what the package's own codec makes of them, behind a header. Code never travels,
 * and shared objects do not either: their memory is this program's.
 *
 * ```
 *  u8   version of this layout
 *  u8   encoding (assembly/abi.ts: Encoding)
 *  6    zero, since the codec's cells are words of 8 bytes
 *  ...  the codec's bytes; of a number its double, little endian
 * ```
 */
import { Encoding } from '../../assembly/abi.ts';
import { Codec, ValueError } from './core.ts';

const VERSION = 1;
const HEADER = 8;

const codec = new Codec(new Uint8Array(4096), {
  revive() {
    throw new ValueError('the value holds a handle, which means nothing outside of the program that it is from');
  },
});

/** A value as bytes of its own. @throws TypeError it cannot be sent */
export function toBytes(value: unknown): Uint8Array {
  const encoding = codec.encode(value);
  if (codec.handles.length > 0)
    throw new TypeError('cannot send a shared object to other machines: its memory is of this program; give it a name there');
  const { target, start, end } = codec;
  const isNumber = encoding === Encoding.NUMBER;
  const bytes = new Uint8Array(HEADER + (isNumber ? 8 : end - start));
  bytes[0] = VERSION;
  bytes[1] = encoding;
  if (isNumber) new DataView(bytes.buffer).setFloat64(HEADER, codec.number, true);
  else bytes.set(start === 0 && end === target.length ? target : target.subarray(start, end), HEADER);
  return bytes;
}

/** The value again. `start`: where its bytes begin. @throws ValueError they are of no value */
export function fromBytes(given: Uint8Array, start = 0): unknown {
  const body = start + HEADER;
  if (given.length < body || given[start] !== VERSION)
    throw new ValueError('what Redis holds here was not written by this version of the package');
  // Cells are words: they must lie at a multiple of 8 of their buffer.
  const bytes = (given.byteOffset + body) & 7 ? given.slice(body) : given.subarray(body);
  return codec.decode(given[start + 1] as Encoding, bytes, 0, bytes.length, []);
}
