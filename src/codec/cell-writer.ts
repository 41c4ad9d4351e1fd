/**
 * Writes a value as cells (cells.ts) in one walk, which also decides whether it can go that way. What it
 * turns down goes as `Encoding.RICH`, which takes everything.
 *
 * Turned down, besides the classes that are more than their properties and every object that is met twice:
 *  - arrays with holes or further properties
 *  - what is nested so deeply that recursion could exhaust the stack, here or at the receiver
 *
 * An everyday value allocates nothing. A getter or a proxy may use the writer in the middle of a walk: its
 * own begins where this one stands.
 */
import type { CellText } from './cell-text.ts';
import { CELL, latin1Cells, Tag, utf16Cells } from './cells.ts';
import { classify } from './classify.ts';
import { SEND } from './handle.ts';
import { Node } from './node.ts';
import { NO_SHAPE, type ShapeNode, type ShapeStore, ShapeTree } from './shapes.ts';

const MAX_DEPTH = 200;

/** Up to here a linear search beats a Set. Chosen by measurement. */
const LINEAR = 32;

/**
 * Up to here `Object.keys` beats `Object.values` in counting the properties of an array. Chosen by
 * measurement.
 */
const FEW_ELEMENTS = 4;

/** Up to these many characters a loop beats the native call. Chosen by measurement, on Node 20. */
const SHORT = 24;

const CELLS_AT_FIRST = 1024;
/** A buffer of more cells is let go of after use. */
const CELLS_TO_KEEP = 1 << 17;

const { getPrototypeOf, keys: keysOf, values } = Object;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const isArray = Array.isArray;

/** Somebody has extended Object.prototype with something enumerable. */
function inheritsKeys(): boolean {
  for (const _ in objectPrototype) return true;
  return false;
}

/** The answers of `isPlainClass`, by prototype. */
const plainClasses = new WeakMap<object, boolean>();

/** Whether an instance of a class is no more than its properties; so are most classes that users write. */
function isPlainClass(value: object, prototype: object | null): boolean {
  if (prototype === null) return true;
  let plain = plainClasses.get(prototype);
  if (plain === undefined) {
    plain = classify(value) === Node.OBJECT;
    plainClasses.set(prototype, plain);
  }
  return plain;
}

export class CellWriter {
  /** The bytes written last, from `start` to `end`: good until the next call. */
  bytes: Uint8Array;
  /** The same memory. */
  words: Int32Array;
  start = 0;
  end = 0;

  #f64: Float64Array;
  #capacity = CELLS_AT_FIRST;
  /** The next cell. */
  #at = 0;
  readonly #text: CellText;
  readonly #tree: ShapeTree;
  #inheritsKeys = false;

  // The containers met by the walk, from `#base` on; those before it are of the walks around it.
  readonly #met: (object | undefined)[] = new Array(LINEAR).fill(undefined);
  #top = 0;
  #base = 0;
  /** Takes over from `#met` when there are many. */
  #many: Set<object> | undefined;

  constructor(text: CellText, store: ShapeStore) {
    this.#text = text;
    const buffer = new ArrayBuffer(CELLS_AT_FIRST * CELL);
    this.bytes = text.bytesOver(buffer);
    this.#f64 = new Float64Array(buffer);
    this.words = new Int32Array(buffer);
    this.#tree = new ShapeTree((keys) => this.#intern(store, keys));
  }

  /** Whether it could be written. Getters are read, once. May throw what they, or a proxy, throw. */
  write(root: unknown): boolean {
    const from = this.#at;
    const outerBase = this.#base;
    const outerMany = this.#many;
    this.#base = this.#top;
    this.#many = undefined;
    this.#inheritsKeys = inheritsKeys();
    if (this.#capacity > CELLS_TO_KEEP && from === 0) this.#use(CELLS_AT_FIRST);
    try {
      if (!this.#value(root, 0)) return false;
      this.start = from * CELL;
      this.end = this.#at * CELL;
      return true;
    } finally {
      this.#at = from;
      // References left behind would keep the user's objects alive.
      while (this.#top > this.#base) this.#met[--this.#top] = undefined;
      this.#base = outerBase;
      this.#many = outerMany;
    }
  }

  #intern(store: ShapeStore, keys: string[]): number {
    const from = this.#at;
    this.#room(1);
    this.#tag(Tag.ARRAY, keys.length);
    for (const key of keys) this.#string(key);
    const end = this.#at;
    this.#at = from;
    return store.intern(this.bytes, from * CELL, end * CELL);
  }

  // ── room ───────────────────────────────────────────────────────────────────────────────────────────

  /** Makes sure of so many more cells. */
  #room(cells: number): void {
    if (this.#at + cells > this.#capacity) this.#use(Math.max(this.#capacity * 2, this.#at + cells));
  }

  /** Another buffer, with what is written. */
  #use(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * CELL);
    const bytes = this.#text.bytesOver(buffer);
    bytes.set(new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.#at * CELL));
    this.bytes = bytes;
    this.#f64 = new Float64Array(buffer);
    this.words = new Int32Array(buffer);
    this.#capacity = capacity;
  }

  /** Writes a cell for which there is room. */
  #tag(tag: Tag, more = 0): void {
    this.#mark(this.#at++, tag, more);
  }

  #mark(at: number, tag: Tag, more: number): void {
    this.words[2 * at] = more;
    this.words[2 * at + 1] = tag;
  }

  // ── values ─────────────────────────────────────────────────────────────────────────────────────────

  #value(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return true;
      case 'string':
        this.#string(value);
        return true;
      case 'object':
        if (value !== null) return depth <= MAX_DEPTH && this.#container(value, depth + 1);
        this.#room(1);
        this.#tag(Tag.NULL);
        return true;
      case 'boolean':
        this.#room(1);
        this.#tag(value ? Tag.TRUE : Tag.FALSE);
        return true;
      case 'undefined':
        this.#room(1);
        this.#tag(Tag.UNDEFINED);
        return true;
      case 'bigint':
        this.#bigint(value);
        return true;
      default:
        return false;
    }
  }

  #number(value: number): void {
    this.#room(1);
    if (Number.isNaN(value)) this.#tag(Tag.NAN);
    else this.#f64[this.#at++] = value;
  }

  #bigint(value: bigint): void {
    this.#room(2);
    if (BigInt.asIntN(64, value) === value) {
      this.#tag(Tag.BIGINT);
      const at = 2 * this.#at++;
      this.words[at] = Number(BigInt.asIntN(32, value));
      this.words[at + 1] = Number(value >> 32n);
    } else {
      this.#tag(Tag.LONG_BIGINT, value < 0n ? 1 : 0);
      this.#string((value < 0n ? -value : value).toString(16));
    }
  }

  #string(text: string): void {
    const { length } = text;
    // A native call wants to know that the longest UTF-8 fits.
    this.#room(2 + (length > SHORT ? (3 * length + 8) >>> 3 : latin1Cells(length)));
    const from = this.#at + 1;
    const after = from + latin1Cells(length);
    // The padding, which is compared where this is a key.
    if (length > 0) this.#f64[after - 1] = 0;
    let at = from * CELL;
    if (length <= SHORT) {
      const { bytes } = this;
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0xff) {
          this.#wide(text);
          return;
        }
        bytes[at++] = code;
      }
    } else if (!this.#text.writeAscii(this.bytes, text, at)) {
      this.#wide(text);
      return;
    } else for (at += length; at < after * CELL; at++) this.bytes[at] = 0;
    this.#tag(Tag.LATIN1, length);
    this.#at = after;
  }

  #wide(text: string): void {
    const { length } = text;
    const cells = utf16Cells(length);
    this.#room(1 + cells);
    this.#tag(Tag.UTF16, length);
    this.#f64[this.#at + cells - 1] = 0;
    this.#text.writeUtf16(this.bytes, text, this.#at * CELL);
    this.#at += cells;
  }

  // ── containers ─────────────────────────────────────────────────────────────────────────────────────

  #container(value: object, depth: number): boolean {
    const prototype = getPrototypeOf(value);
    if (prototype === arrayPrototype) return this.#isFirstMeeting(value) && this.#array(value as unknown[], depth);
    const isPlain = prototype === objectPrototype;
    if (!isPlain && !isPlainClass(value, prototype)) return false;
    if ((value as { [SEND]?: unknown })[SEND] !== undefined || isArray(value) || !this.#isFirstMeeting(value)) return false;
    const inherits = prototype !== null && (!isPlain || this.#inheritsKeys);
    return this.#object(value as Record<string, unknown>, inherits ? new Set(keysOf(value)) : undefined, depth);
  }

  /** @param own the keys to take, where `for in` would show inherited ones */
  #object(value: Record<string, unknown>, own: Set<string> | undefined, depth: number): boolean {
    this.#room(1);
    const head = this.#at++;
    let node: ShapeNode | undefined = this.#tree.root;
    /** All keys so far, once they are no beginning of a shape. */
    let keys: string[] | undefined;
    for (const key in value) {
      if (own !== undefined && !own.has(key)) continue;
      if (node !== undefined) {
        const next: ShapeNode | undefined = node.lastKey === key ? node.last : node.step(key);
        if (next === undefined) keys = node.keys();
        node = next;
      }
      if (keys !== undefined) keys.push(key);
      const item = value[key];
      if (typeof item === 'number' && !Number.isNaN(item) && this.#at < this.#capacity) this.#f64[this.#at++] = item;
      else if (!this.#value(item, depth)) return false;
    }
    if (node !== undefined && node.shape !== NO_SHAPE) this.#mark(head, Tag.OBJECT, node.shape);
    else this.#keyed(head, keys ?? node?.keys() ?? []);
    return true;
  }

  /** An object whose keys are no shape yet, and whose values are written: it becomes one, or the keys follow. */
  #keyed(head: number, keys: string[]): void {
    const shape = this.#tree.learn(keys);
    if (shape !== NO_SHAPE) {
      this.#mark(head, Tag.OBJECT, shape);
      return;
    }
    this.#mark(head, Tag.KEYED, keys.length);
    for (const key of keys) this.#string(key);
  }

  #array(value: unknown[], depth: number): boolean {
    if ((value as { [SEND]?: unknown })[SEND] !== undefined || !isArray(value)) return false;
    const { length } = value;
    this.#room(1);
    this.#tag(Tag.ARRAY, length);
    for (let i = 0; i < length; i++) {
      const item = value[i];
      if (typeof item === 'number' && !Number.isNaN(item) && this.#at < this.#capacity) this.#f64[this.#at++] = item;
      else if (item === undefined && !(i in value)) return false;
      else if (!this.#value(item, depth)) return false;
    }
    // JavaScript has no question "any properties besides the elements?", so count them all.
    return length === (length <= FEW_ELEMENTS ? keysOf(value) : values(value)).length;
  }

  /** Notes a container. False if it was noted before: a shared reference or a cycle. */
  #isFirstMeeting(value: object): boolean {
    if (this.#many !== undefined) {
      const { size } = this.#many;
      this.#many.add(value);
      return this.#many.size > size;
    }
    for (let i = this.#base; i < this.#top; i++) if (this.#met[i] === value) return false;
    if (this.#top - this.#base === LINEAR) this.#many = new Set(this.#met.slice(this.#base, this.#top) as object[]).add(value);
    else this.#met[this.#top++] = value;
    return true;
  }
}
