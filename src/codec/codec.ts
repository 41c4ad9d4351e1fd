/** The two directions of the codec: which encoding a value gets, and where its bytes are. */

import { Encoding } from '../../assembly/abi.ts';
import { copyInto, copyOf } from './bytes.ts';
import { CellBuffer } from './cell-buffer.ts';
import { CellReader } from './cell-reader.ts';
import { cellText, SHORT, shortText } from './cell-text.ts';
import { CellWriter } from './cell-writer.ts';
import { CELL } from './cells.ts';
import { isDetached, isOutOfBounds, outOfBounds, viewName } from './classify.ts';
import { Flattener } from './flatten.ts';
import type { HandleBridge, HandleRef } from './handle.ts';
import { malformed } from './malformed.ts';
import { cannotSend } from './path.ts';
import { Reviver, type Table } from './revive.ts';
import { noShapes, type ShapeStore } from './shapes.ts';
import { isWellFormed } from './strings.ts';
import { type Text, textFor } from './text.ts';

/** Up to these many characters a loop beats the native call. Chosen by measurement, on Node 20. */
const SHORT_TO_WRITE = 16;

/** Up to so many bytes a loop over words beats a view and its copy. Chosen by measurement, on Node 20. */
const FEW = 128;

/** The length of the table in front of it (wire.ts). */
const RICH_HEADER = CELL;

const NO_HANDLES = Object.freeze([]) as unknown as HandleRef[];

/**
 * Turns values into bytes and bytes into values.
 *
 * Values are what `structuredClone` takes, other than platform objects, and live shared objects (`Sendable`),
 * which travel as handles. They arrive as `structuredClone` would give them, with these differences:
 *  - Errors keep their own enumerable fields, and their class if it is registered (`registerErrorClass`).
 *  - A proxy of a plain object or an array arrives as what it shows.
 *  - A getter of a plain object may be read twice; what it answers last is sent.
 *  - A view whose buffer the value does not mention again arrives on a buffer of its own size, with
 *    `byteOffset` 0; so does a small Buffer of Node's pool.
 *  - A lone Uint8Array is its bytes, also if they are in shared memory. Anywhere else shared memory is
 *    refused: it would arrive as a copy.
 *  - Views on a resizable buffer have a fixed length.
 *
 * A codec belongs to one thread. `encode` may be called by a getter of a value that is being encoded.
 */
export class Codec {
  /** The value, when `encode` answers `Encoding.NUMBER`. */
  number = 0;
  /**
   * Where the bytes are, from `start` to `end`: of a text in the scratch, if they fit; for `Encoding.BYTES`
   * the value itself; otherwise a private array. Good until the next call of `encode`; whoever copies at once
   * need not care.
   * Below `Encoding.LATIN1` there are none.
   */
  target: Uint8Array;
  start = 0;
  end = 0;
  /**
   * The handles inside the value encoded last, each once: whoever keeps the bytes counts a reference to each.
   * Not to be changed.
   */
  handles: HandleRef[] = NO_HANDLES;

  /** The same memory in words, where that is at hand. */
  #words: Int32Array | undefined;
  readonly #scratch: Uint8Array;
  readonly #scratchWords: Int32Array;
  readonly #bridge: HandleBridge;
  readonly #text: Text;
  readonly #writer: CellWriter;
  readonly #reader: CellReader;

  /** @param scratch where `encode` writes texts that fit, and most bytes are read; may be shared memory */
  constructor(scratch: Uint8Array, bridge: HandleBridge, shapes: ShapeStore = noShapes) {
    this.target = scratch;
    this.#scratch = scratch;
    this.#scratchWords = new Int32Array(scratch.buffer, scratch.byteOffset, scratch.length >> 2);
    this.#bridge = bridge;
    this.#text = textFor(scratch);
    this.#writer = new CellWriter(new CellBuffer(cellText()), shapes);
    this.#reader = new CellReader(scratch, cellText(), shapes);
  }

  /**
   * Encodes `value`, leaving the result in the fields, so that an everyday value allocates nothing.
   *
   * @param at where the bytes begin in the scratch, a multiple of 8; all that is behind is overwritten at
   * will
   * @throws TypeError that says which part cannot be sent; what a getter threw
   */
  encode(value: unknown, at = 0): Encoding {
    this.handles = NO_HANDLES;
    // Nothing of the last value stays behind, least of all a reference to a large array.
    this.#leave(Encoding.UNDEFINED, this.#scratch, at, at);
    switch (typeof value) {
      case 'number':
        this.number = value;
        return Encoding.NUMBER;
      case 'string':
        return this.#encodeText(value, at);
      case 'boolean':
        return value ? Encoding.TRUE : Encoding.FALSE;
      case 'undefined':
        return Encoding.UNDEFINED;
      case 'object':
        return value === null ? Encoding.NULL : this.#encodeObject(value);
      case 'bigint':
        return this.#encodePlain(value);
      default:
        return this.#encodeRich(value);
    }
  }

  /**
   * The value again, sharing no memory with `source`. Of each handle an object is made, with a reference of
   * its own.
   *
   * @param handles as `encode` left them; only their tags may be wrong, for those are in the bytes, too
   */
  decode(encoding: Encoding, source: Uint8Array, start: number, end: number, handles: HandleRef[]): unknown {
    switch (encoding) {
      case Encoding.UNDEFINED:
        return undefined;
      case Encoding.NULL:
        return null;
      case Encoding.FALSE:
        return false;
      case Encoding.TRUE:
        return true;
      case Encoding.NUMBER:
        if (end - start < 8) throw malformed('half a number');
        return new DataView(source.buffer, source.byteOffset + start).getFloat64(0, true);
      case Encoding.LATIN1:
        if (end - start <= SHORT) return shortText(source, start, end - start);
        return source === this.#scratch ? this.#reader.text(start, end) : this.#text.latin1(source, start, end);
      case Encoding.UTF8:
        return this.#text.utf8(source, start, end);
      case Encoding.BYTES:
        return copyOf(source, start, end);
      case Encoding.PLAIN:
        return this.#reader.read(source, start, end);
      case Encoding.RICH:
        return this.#decodeRich(source, start, end, handles);
      default:
        throw malformed(`encoding ${encoding as number}`);
    }
  }

  /**
   * Several values that lie behind each other in the scratch are going to be decoded, up to `endBatch`; it
   * stays as it is meanwhile.
   */
  beginBatch(): void {
    this.#reader.beginBatch();
  }

  endBatch(): void {
    this.#reader.endBatch();
  }

  /**
   * Writes a short text of Latin-1 characters at byte `at` of the scratch, as `encode` would, and leaves nothing
   * in the fields. False: it is another one.
   */
  writeShort(text: string, at: number): boolean {
    const length = text.length;
    const bytes = this.#scratch;
    if (length > SHORT_TO_WRITE || at + length > bytes.length) return false;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0xff) return false;
      bytes[at + i] = code;
    }
    return true;
  }

  #encodeText(text: string, at: number): Encoding {
    const length = text.length;
    const bytes = this.#scratch;
    if (this.writeShort(text, at)) return this.#leave(Encoding.LATIN1, bytes, at, at + length);
    let written = this.#text.write(text, at);
    let target = bytes;
    let start = at;
    if (written < 0) {
      target = this.#text.encode(text);
      start = 0;
      written = target.length;
      if (at + written <= bytes.length) {
        bytes.set(target, at);
        target = bytes;
        start = at;
      }
    }
    // As many bytes as characters: it was ASCII, which Latin-1 is read faster than UTF-8.
    if (written === length) return this.#leave(Encoding.LATIN1, target, start, start + written);
    return isWellFormed(text) ? this.#leave(Encoding.UTF8, target, start, start + written) : this.#encodePlain(text);
  }

  #encodeObject(value: object): Encoding {
    if (ArrayBuffer.isView(value) && viewName(value) === 'Uint8Array') return this.#encodeBytes(value as Uint8Array);
    try {
      if (this.#writer.write(value)) return this.#encodedAsCells();
    } catch {
      // A getter or a proxy threw. It does so again below, where a revoked proxy is given its path.
    }
    return this.#encodeRich(value);
  }

  // ── batches: values behind each other in a buffer of their sender's ────────────────────────────────────

  newCells(): CellBuffer {
    return new CellBuffer(cellText());
  }

  /**
   * Cells are written to `cells` from now on, where the next one is: who wants to keep them there goes on behind
   * them. Answers where they were written until now.
   */
  useCells(cells: CellBuffer): CellBuffer {
    const before = this.#writer.cells;
    this.#writer.cells = cells;
    return before;
  }

  #encodePlain(value: string | bigint): Encoding {
    this.#writer.write(value);
    return this.#encodedAsCells();
  }

  #encodedAsCells(): Encoding {
    const { cells, start, end } = this.#writer;
    this.#leave(Encoding.PLAIN, cells.bytes, start, end);
    this.#words = cells.words;
    return Encoding.PLAIN;
  }

  #encodeBytes(value: Uint8Array): Encoding {
    // A detached view has no length either; only then is the buffer asked, since a small array has none until
    // somebody asks.
    if (value.length === 0 && isOutOfBounds(value))
      throw cannotSend(isDetached(value.buffer) ? 'a detached ArrayBuffer' : outOfBounds('Uint8Array'), '');
    return this.#leave(Encoding.BYTES, value, 0, value.length);
  }

  #encodeRich(value: unknown): Encoding {
    const { heads, bodies, handles, buffers } = new Flattener(value);
    const writer = this.#writer;
    writer.write([heads, bodies]);
    const tableLength = writer.end - writer.start;
    const length = RICH_HEADER + tableLength + (buffers?.byteLength ?? 0);
    const refused = this.#bridge.tooLong?.(length);
    if (refused !== undefined) throw refused;
    const target = new Uint8Array(length);
    for (let i = 0; i < 4; i++) target[i] = tableLength >>> (8 * i);
    target.set(writer.cells.bytes.subarray(writer.start, writer.end), RICH_HEADER);
    let end = RICH_HEADER + tableLength;
    if (buffers !== undefined) {
      for (const blob of buffers.blobs) {
        target.set(blob, end);
        end += blob.length;
      }
    }
    this.#leave(Encoding.RICH, target, 0, end);
    if (handles.length > 0) this.handles = handles;
    return Encoding.RICH;
  }

  #leave(encoding: Encoding, target: Uint8Array, start: number, end: number): Encoding {
    this.target = target;
    this.start = start;
    this.end = end;
    this.#words = target === this.#scratch && (start & 3) === 0 ? this.#scratchWords : undefined;
    return encoding;
  }

  /**
   * Copies what `encode` has left to byte `at`, a multiple of 8, of some memory where there is room for it.
   * @param words the same memory
   */
  copyTo(bytes: Uint8Array, words: Int32Array, at: number): void {
    const { target, start, end } = this;
    const size = end - start;
    if (target === bytes && start === at) return;
    if (this.#words !== undefined && size <= FEW) {
      const from = this.#words;
      const shift = (at - start) >> 2;
      for (let i = start >> 2; i < (end + 3) >> 2; i++) words[i + shift] = from[i] as number;
    } else copyInto(bytes, at, size === target.length ? target : target.subarray(start, end));
  }

  #decodeRich(source: Uint8Array, start: number, end: number, handles: HandleRef[]): unknown {
    let tableLength = 0;
    if (end - start < RICH_HEADER) throw malformed('no table');
    for (let i = 3; i >= 0; i--) tableLength = tableLength * 256 + (source[start + i] as number);
    const tableStart = start + RICH_HEADER;
    const tableEnd = tableStart + tableLength;
    if (tableEnd > end) throw malformed('a table that is cut off');
    const table = this.#reader.read(source, tableStart, tableEnd);
    if (!Array.isArray(table) || !table.every(Array.isArray) || table.length !== 2) throw malformed('no table');
    return new Reviver(table as Table, source.subarray(tableEnd, end), handles, this.#bridge).value;
  }
}
