/**
 * Reads cells (cells.ts). The texts of a short message are taken out together, as one, of which each is a
 * piece: a native call costs what ten pieces do. Of a longer one each is read by itself, since a piece keeps
 * the whole alive.
 */
import { type Builder, builderFor } from './builder.ts';
import { copyOf } from './bytes.ts';
import type { CellText } from './cell-text.ts';
import { CELL, latin1Cells, Tag, utf16Cells } from './cells.ts';
import { EMPTY_SHAPE, type ShapeStore } from './shapes.ts';

/** Up to these many characters they are read one by one. Chosen by measurement, on Node 20. */
const SHORT = 8;
/** Bytes of a message whose texts are read together. */
const TOGETHER = 512;

/** Views on one memory. */
interface Views {
  readonly source: Uint8Array;
  /** Where the source begins in them. */
  readonly shift: number;
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

const buildEmpty: Builder = () => ({});

export class CellReader {
  readonly #text: CellText;
  readonly #store: ShapeStore;
  readonly #builders: (Builder | undefined)[] = [];
  /** Of the memory that most messages are in, and of the one read last. */
  readonly #own: Views;
  #views: Views;
  #bytes: Uint8Array;
  #i32: Int32Array;
  #f64: Float64Array;
  /** The next cell. */
  #at = 0;
  #start = 0;
  #end = 0;
  /** The message as text, once one of its texts was read out of it. */
  #whole: string | undefined;

  /** @param scratch the memory that most messages are in */
  constructor(scratch: Uint8Array, text: CellText, store: ShapeStore) {
    this.#text = text;
    this.#store = store;
    this.#own = this.#views = this.#viewsOn(scratch);
    this.#bytes = this.#own.bytes;
    this.#i32 = this.#own.i32;
    this.#f64 = this.#own.f64;
  }

  /** The value of the cells in `source` from byte `start` to byte `end`. */
  read(source: Uint8Array, start: number, end: number): unknown {
    const isOwn = source === this.#own.source;
    if (!isOwn && source !== this.#views.source) this.#views = this.#viewsOn(source);
    const { shift, bytes, i32, f64 } = isOwn ? this.#own : this.#views;
    const first = start + shift;
    if ((first & (CELL - 1)) !== 0) return this.read(copyOf(source, start, end), 0, end - start);
    this.#bytes = bytes;
    this.#i32 = i32;
    this.#f64 = f64;
    this.#start = first;
    this.#end = first + end - start;
    this.#at = first / CELL;
    this.#whole = undefined;
    const value = this.value();
    this.#whole = undefined;
    return value;
  }

  /** Whole cells, from the first on that begins in `source` or before. */
  #viewsOn(source: Uint8Array): Views {
    const { buffer, byteOffset, byteLength } = source;
    const first = byteOffset & -CELL;
    const cells = Math.floor((byteOffset + byteLength - first) / CELL);
    return {
      source,
      shift: byteOffset - first,
      bytes: this.#text.bytesOver(buffer, first, byteOffset + byteLength - first),
      i32: new Int32Array(buffer, first, 2 * cells),
      f64: new Float64Array(buffer, first, cells),
    };
  }

  /** The next value. */
  value(): unknown {
    const at = this.#at++;
    const tag = this.#i32[2 * at + 1] as number;
    if (tag >= 0 || tag < Tag.LOWEST) return this.#f64[at];
    const more = this.#i32[2 * at] as number;
    switch (tag as Tag) {
      case Tag.LATIN1:
        return this.#latin1(more);
      case Tag.OBJECT:
        return (this.#builders[more] ?? this.#builder(more))(this);
      case Tag.ARRAY:
        return this.#array(more);
      case Tag.UTF16:
        return this.#utf16(more);
      case Tag.NULL:
        return null;
      case Tag.TRUE:
        return true;
      case Tag.FALSE:
        return false;
      case Tag.NAN:
        return Number.NaN;
      case Tag.KEYED:
        return this.#keyed(more);
      case Tag.BIGINT:
        return this.#bigint();
      case Tag.LONG_BIGINT: {
        const digits = BigInt(`0x${this.value() as string}`);
        return more === 1 ? -digits : digits;
      }
      default:
        return undefined;
    }
  }

  #array(length: number): unknown[] {
    // All at once: growing an array of doubles costs more than reading them.
    const array: unknown[] = new Array(length);
    for (let i = 0; i < length; i++) {
      const at = this.#at;
      const tag = this.#i32[2 * at + 1] as number;
      if (tag >= 0 || tag < Tag.LOWEST) {
        array[i] = this.#f64[at];
        this.#at = at + 1;
      } else array[i] = this.value();
    }
    return array;
  }

  #keyed(count: number): object {
    const values = this.#array(count);
    const object: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.value() as string;
      if (key !== '__proto__') object[key] = values[i];
      else Object.defineProperty(object, key, { value: values[i], writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  #builder(shape: number): Builder {
    let builder = buildEmpty;
    if (shape !== EMPTY_SHAPE) {
      const { source, start, end } = this.#store.keysOf(shape);
      // Not this one, which is in the middle of a message.
      builder = builderFor(new CellReader(source, this.#text, this.#store).read(source, start, end) as string[]);
    }
    this.#builders[shape] = builder;
    return builder;
  }

  #bigint(): bigint {
    const at = 2 * this.#at++;
    return (BigInt(this.#i32[at + 1] as number) << 32n) | BigInt((this.#i32[at] as number) >>> 0);
  }

  #latin1(length: number): string {
    const at = this.#at * CELL;
    this.#at += latin1Cells(length);
    if (this.#whole !== undefined) return this.#whole.substring(at - this.#start, at - this.#start + length);
    if (length <= SHORT) return short(this.#bytes, at, length);
    if (!this.#text.isNative || this.#end - this.#start > TOGETHER) return this.#text.latin1(this.#bytes, at, at + length);
    this.#whole = this.#text.latin1(this.#bytes, this.#start, this.#end);
    return this.#whole.substring(at - this.#start, at - this.#start + length);
  }

  #utf16(length: number): string {
    const at = this.#at * CELL;
    this.#at += utf16Cells(length);
    return this.#text.utf16(this.#bytes, at, at + 2 * length);
  }
}

/** Characters given one by one are put together in place. */
function short(b: Uint8Array, at: number, length: number): string {
  const c = (i: number): number => b[at + i] as number;
  switch (length) {
    case 0:
      return '';
    case 1:
      return String.fromCharCode(c(0));
    case 2:
      return String.fromCharCode(c(0), c(1));
    case 3:
      return String.fromCharCode(c(0), c(1), c(2));
    case 4:
      return String.fromCharCode(c(0), c(1), c(2), c(3));
    case 5:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4));
    case 6:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5));
    case 7:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5), c(6));
    default:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5), c(6), c(7));
  }
}
