/**
 * Reads cells (cells.ts). The texts of short messages are taken out together, as one, of which each is a
 * piece: a native call costs what ten pieces do. They are few hundred bytes, since a piece keeps the whole
 * alive; of a longer message each text is read by itself.
 */
import { type Builder, builderFor } from './builder.ts';
import { copyOf } from './bytes.ts';
import { type CellText, SHORT, shortText } from './cell-text.ts';
import { CELL, latin1Cells, MAX_DEPTH, Tag, utf16Cells } from './cells.ts';
import { malformed } from './malformed.ts';
import { EMPTY_SHAPE, type ShapeStore } from './shapes.ts';

/** Bytes whose texts are read together. */
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
  /** Of the message that is read. */
  #start = 0;
  #end = 0;
  /** Bytes from `#from` to `#to` of the memory as text, once a text among them was read. */
  #together: string | undefined;
  #from = 0;
  #to = 0;
  /** While a batch is read: where what stays as it is ends. */
  #until = 0;
  /** No cell of the message is behind this one; the last need not be whole. */
  #last = 0;
  /** Elements that are still to come of the arrays around what is read. */
  #owed = 0;
  /** Arrays around what is read. */
  #depth = 0;

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
    this.#last = this.#end / CELL + 1;
    this.#owed = 0;
    this.#depth = 0;
    if (this.#until > 0 && isOwn) return this.#whole();
    this.#together = undefined;
    const value = this.#whole();
    this.#together = undefined;
    return value;
  }

  /**
   * The value, of which all lies before the end. Nobody else's code runs meanwhile: what it throws is due to
   * the bytes, but for the end of the stack, which is a RangeError or an InternalError.
   */
  #whole(): unknown {
    let value: unknown;
    try {
      value = this.value();
    } catch (error) {
      this.#together = undefined;
      throw error instanceof TypeError || error instanceof SyntaxError ? malformed('cells that cannot be read', error) : error;
    }
    if (this.#at >= this.#last) throw malformed('cells beyond the end');
    return value;
  }

  /** Goes past a text of `length` characters in `cells` cells. */
  #pass(length: number, cells: number): void {
    this.#at += cells;
    if (length < 0 || this.#at >= this.#last) throw malformed(`a text of ${length}, and it ends before`);
  }

  /**
   * Nothing is written so deep that reading it could use up the stack. Objects of known shapes are not counted,
   * whose way is the shortest: of thousands in each other the stack's own error is thrown.
   */
  #enter(): void {
    if (++this.#depth > MAX_DEPTH + 1) throw malformed(`more than ${MAX_DEPTH} values in each other`);
  }

  /**
   * Messages that lie behind each other in the first memory are going to be read, up to `endBatch`, and all
   * of it stays as it is meanwhile. Texts of different ones are read together then.
   */
  beginBatch(): void {
    this.#together = undefined;
    this.#until = this.#own.bytes.length;
  }

  endBatch(): void {
    this.#together = undefined;
    this.#until = 0;
  }

  /** A Latin-1 text in the first memory. */
  text(start: number, end: number): string {
    const { shift, bytes } = this.#own;
    if (this.#until === 0) return this.#text.latin1(bytes, start + shift, end + shift);
    this.#start = start + shift;
    this.#end = end + shift;
    this.#bytes = bytes;
    return this.#latin1At(this.#start, end - start);
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
        const digits = BigInt(`0x${this.#key()}`);
        return more === 1 ? -digits : digits;
      }
      case Tag.UNDEFINED:
        return undefined;
      default:
        throw malformed(`a cell of kind ${tag}`);
    }
  }

  #array(length: number): unknown[] {
    const owed = this.#owed;
    if (length < 0 || this.#at + length + owed >= this.#last) throw malformed(`${length} elements, and it ends before`);
    this.#enter();
    // All at once: growing an array of doubles costs more than reading them.
    const array: unknown[] = new Array(length);
    for (let i = 0; i < length; i++) {
      const at = this.#at;
      const tag = this.#i32[2 * at + 1] as number;
      if (tag >= 0 || tag < Tag.LOWEST) {
        array[i] = this.#f64[at];
        this.#at = at + 1;
      } else {
        this.#owed = owed + length - i - 1;
        array[i] = this.value();
      }
    }
    this.#owed = owed;
    this.#depth--;
    return array;
  }

  #keyed(count: number): object {
    const values = this.#array(count);
    const object: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      if (key !== '__proto__') object[key] = values[i];
      else Object.defineProperty(object, key, { value: values[i], writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  #key(): string {
    const key = this.value();
    if (typeof key !== 'string') throw malformed('a key that is no text');
    return key;
  }

  #builder(shape: number): Builder {
    let builder = buildEmpty;
    if (shape !== EMPTY_SHAPE) {
      const { source, start, end } = this.#store.keysOf(shape);
      // Not this one, which is in the middle of a message.
      const keys = new CellReader(source, this.#text, this.#store).read(source, start, end);
      if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) throw malformed(`keys of shape ${shape}`);
      builder = builderFor(keys);
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
    this.#pass(length, latin1Cells(length));
    return this.#latin1At(at, length);
  }

  #latin1At(at: number, length: number): string {
    if (this.#together !== undefined && at >= this.#from && at + length <= this.#to)
      return this.#together.substring(at - this.#from, at - this.#from + length);
    if (length <= SHORT) return shortText(this.#bytes, at, length);
    if (!this.#text.isNative || this.#end - this.#start > TOGETHER) return this.#text.latin1(this.#bytes, at, at + length);
    this.#from = at;
    this.#to = Math.min(at + TOGETHER, Math.max(this.#end, this.#until));
    this.#together = this.#text.latin1(this.#bytes, at, this.#to);
    return this.#together.substring(0, length);
  }

  #utf16(length: number): string {
    const at = this.#at * CELL;
    this.#pass(length, utf16Cells(length));
    return this.#text.utf16(this.#bytes, at, at + 2 * length);
  }
}
