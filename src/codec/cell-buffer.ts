/**
 * A growing buffer of cells (cells.ts): primitives are written here; cell-writer.ts walks what is more than
 * that.
 */
import type { CellText } from './cell-text.ts';
import { CELL, latin1Cells, Tag, utf16Cells } from './cells.ts';

/** Up to these many characters a loop beats the native call. Chosen by measurement, on Node 20. */
const SHORT = 40;

const CELLS_AT_FIRST = 1024;
/** A buffer of more cells is let go of after use. */
const CELLS_TO_KEEP = 1 << 17;

export class CellBuffer {
  /** One memory in three views. */
  bytes: Uint8Array;
  words: Int32Array;
  f64: Float64Array;
  /** In cells. */
  capacity = CELLS_AT_FIRST;
  /** The next cell. */
  at = 0;
  readonly #text: CellText;

  constructor(text: CellText) {
    this.#text = text;
    const buffer = new ArrayBuffer(CELLS_AT_FIRST * CELL);
    this.bytes = text.bytesOver(buffer);
    this.words = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** Lets go of a large memory; what is written is gone. */
  trim(): void {
    this.at = 0;
    if (this.capacity > CELLS_TO_KEEP) this.#use(CELLS_AT_FIRST);
  }

  /** Makes sure of so many more cells. */
  room(cells: number): void {
    if (this.at + cells > this.capacity) this.#use(Math.max(this.capacity * 2, this.at + cells));
  }

  /** Another memory, with what is written. */
  #use(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * CELL);
    const bytes = this.#text.bytesOver(buffer);
    bytes.set(new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.at * CELL));
    this.bytes = bytes;
    this.f64 = new Float64Array(buffer);
    this.words = new Int32Array(buffer);
    this.capacity = capacity;
  }

  /** A cell with a tag. */
  tag(tag: Tag, more = 0): void {
    this.room(1);
    this.mark(this.at++, tag, more);
  }

  /** The two words of cell `at`, for which there is room: a tag, or the header of a record (heap/records.ts). */
  mark(at: number, tag: number, more: number): void {
    this.words[2 * at] = more;
    this.words[2 * at + 1] = tag;
  }

  number(value: number): void {
    if (Number.isNaN(value)) {
      this.tag(Tag.NAN);
      return;
    }
    this.room(1);
    this.f64[this.at++] = value;
  }

  bigint(value: bigint): void {
    this.room(2);
    if (BigInt.asIntN(64, value) === value) {
      this.tag(Tag.BIGINT);
      const at = 2 * this.at++;
      this.words[at] = Number(BigInt.asIntN(32, value));
      this.words[at + 1] = Number(value >> 32n);
    } else {
      this.tag(Tag.LONG_BIGINT, value < 0n ? 1 : 0);
      this.string((value < 0n ? -value : value).toString(16));
    }
  }

  string(text: string): void {
    const { length } = text;
    // A native call wants to know that the longest UTF-8 fits.
    this.room(2 + (length > SHORT ? (3 * length + 8) >>> 3 : latin1Cells(length)));
    const after = this.at + 1 + latin1Cells(length);
    if (!(length > SHORT ? this.#ascii(text, after) : this.#latin1(text))) {
      this.#wide(text);
      return;
    }
    this.tag(Tag.LATIN1, length);
    this.at = after;
  }

  /** Four characters to a word, up to the end of a cell; false: not all of them are Latin-1. */
  #latin1(text: string): boolean {
    const { length } = text;
    const { words } = this;
    let word = 2 * this.at + 2;
    let all = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      all |= a | b | c | d;
      words[word++] = a | (b << 8) | (c << 16) | (d << 24);
    }
    if (i < length) {
      let last = 0;
      for (let shift = 0; i < length; i++, shift += 8) {
        const code = text.charCodeAt(i);
        all |= code;
        last |= code << shift;
      }
      words[word++] = last;
    }
    // The padding, which is compared where this is a key.
    if ((word & 1) !== 0) words[word] = 0;
    return all <= 0xff;
  }

  #ascii(text: string, after: number): boolean {
    let at = (this.at + 1) * CELL;
    if (!this.#text.writeAscii(this.bytes, text, at)) return false;
    for (at += text.length; at < after * CELL; at++) this.bytes[at] = 0;
    return true;
  }

  #wide(text: string): void {
    const { length } = text;
    const cells = utf16Cells(length);
    this.room(1 + cells);
    this.tag(Tag.UTF16, length);
    this.f64[this.at + cells - 1] = 0;
    this.#text.writeUtf16(this.bytes, text, this.at * CELL);
    this.at += cells;
  }
}
