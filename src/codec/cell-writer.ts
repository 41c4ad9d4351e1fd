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
import type { CellBuffer } from './cell-buffer.ts';
import { CELL, MAX_DEPTH, Tag } from './cells.ts';
import { onClassAdded } from './classes.ts';
import { classify } from './classify.ts';
import { SEND } from './handle.ts';
import { Node } from './node.ts';
import { Guess, nowhere, type Walk, Written } from './shape-writer.ts';
import { NO_SHAPE, type ShapeNode, type ShapeStore, ShapeTree } from './shapes.ts';

/** Up to here a linear search beats a Set. Chosen by measurement. */
const LINEAR = 32;

/**
 * Up to here `Object.keys` beats `Object.values` in counting the properties of an array. Chosen by
 * measurement.
 */
const FEW_ELEMENTS = 4;

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
let plainClasses = new WeakMap<object, boolean>();
onClassAdded(() => {
  plainClasses = new WeakMap();
});

/** Whether an instance of a class is no more than its properties; so are most classes that users write. */
function isPlainClass(value: object, prototype: object | null): boolean {
  if (prototype === null) return true;
  if (prototype === arrayPrototype) return false;
  let plain = plainClasses.get(prototype);
  if (plain === undefined) {
    plain = classify(value) === Node.OBJECT;
    plainClasses.set(prototype, plain);
  }
  return plain;
}

export class CellWriter implements Walk {
  /** What is written to: of a batch, its own. */
  cells: CellBuffer;
  /** The bytes written last, from `start` to `end`: good until the next call. */
  start = 0;
  end = 0;

  readonly #tree: ShapeTree;
  #inheritsKeys = false;
  readonly #root = new Guess();

  // The containers met by the walk, from `#base` on; those before it are of the walks around it.
  readonly #met: (object | undefined)[] = new Array(LINEAR).fill(undefined);
  #top = 0;
  #base = 0;
  /** Takes over from `#met` when there are many. */
  #many: Set<object> | undefined;

  constructor(cells: CellBuffer, store: ShapeStore) {
    this.cells = cells;
    this.#tree = new ShapeTree((keys) => this.#intern(store, keys));
  }

  /**
   * Whether it could be written, at the next cell, which stays the next one. Getters are read, once. May
   * throw what they, or a proxy, throw.
   */
  write(root: unknown): boolean {
    const { cells } = this;
    const from = cells.at;
    const outerBase = this.#base;
    const outerMany = this.#many;
    this.#base = this.#top;
    this.#many = undefined;
    this.#inheritsKeys = inheritsKeys();
    if (from === 0) cells.trim();
    try {
      if (!this.#value(root, 0, this.#root)) return false;
      this.start = from * CELL;
      this.end = cells.at * CELL;
      return true;
    } finally {
      cells.at = from;
      // References left behind would keep the user's objects alive.
      while (this.#top > this.#base) this.#met[--this.#top] = undefined;
      this.#base = outerBase;
      this.#many = outerMany;
    }
  }

  #intern(store: ShapeStore, keys: string[]): number {
    const { cells } = this;
    const from = cells.at;
    cells.tag(Tag.ARRAY, keys.length);
    for (const key of keys) cells.string(key);
    const end = cells.at;
    cells.at = from;
    return store.intern(cells.bytes, from * CELL, end * CELL);
  }

  // ── values ─────────────────────────────────────────────────────────────────────────────────────────

  #value(value: unknown, depth: number, guess: Guess): boolean {
    switch (typeof value) {
      case 'number':
        this.cells.number(value);
        return true;
      case 'string':
        this.cells.string(value);
        return true;
      case 'object':
        if (value !== null) return depth <= MAX_DEPTH && this.#container(value, depth + 1, guess);
        this.cells.tag(Tag.NULL);
        return true;
      case 'boolean':
        this.cells.tag(value ? Tag.TRUE : Tag.FALSE);
        return true;
      case 'undefined':
        this.cells.tag(Tag.UNDEFINED);
        return true;
      case 'bigint':
        this.cells.bigint(value);
        return true;
      default:
        return false;
    }
  }

  /** For compiled writers (shape-writer.ts). */
  item(value: unknown, depth: number, guess: Guess): boolean {
    return this.#value(value, depth, guess);
  }

  // ── containers ─────────────────────────────────────────────────────────────────────────────────────

  #container(value: object, depth: number, guess: Guess): boolean {
    if (isArray(value)) return this.#array(value, depth, guess);
    if (guess.first !== undefined) {
      let written = guess.first(this, this.cells, value, depth);
      if (written === Written.OTHER && guess.second !== undefined) written = guess.second(this, this.cells, value, depth);
      if (written !== Written.OTHER) return written === Written.DONE;
    }
    const prototype = getPrototypeOf(value);
    const isPlain = prototype === objectPrototype;
    if (!isPlain && !isPlainClass(value, prototype)) return false;
    if ((value as { [SEND]?: unknown })[SEND] !== undefined || !this.isFirstMeeting(value)) return false;
    const inherits = prototype !== null && (!isPlain || this.#inheritsKeys);
    return this.#object(value as Record<string, unknown>, inherits ? new Set(keysOf(value)) : undefined, depth, guess);
  }

  /** @param own the keys to take, where `for in` would show inherited ones */
  #object(value: Record<string, unknown>, own: Set<string> | undefined, depth: number, guess: Guess): boolean {
    const { cells } = this;
    cells.room(1);
    const head = cells.at++;
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
      if (typeof item === 'number' && !Number.isNaN(item) && cells.at < cells.capacity) cells.f64[cells.at++] = item;
      else if (!this.#value(item, depth, node === undefined ? nowhere : node.guess)) return false;
    }
    if (node !== undefined && node.shape !== NO_SHAPE) {
      cells.mark(head, Tag.OBJECT, node.shape);
      const writer = node.writers.meet(node.shape, node);
      if (writer !== undefined) guess.met(writer);
    } else this.#keyed(head, keys ?? node?.keys() ?? []);
    return true;
  }

  /**
   * An object whose keys are no shape yet, and whose values are written: it becomes one, or the keys follow.
   */
  #keyed(head: number, keys: string[]): void {
    const { cells } = this;
    const shape = this.#tree.learn(keys);
    if (shape !== NO_SHAPE) {
      cells.mark(head, Tag.OBJECT, shape);
      return;
    }
    cells.mark(head, Tag.KEYED, keys.length);
    for (const key of keys) cells.string(key);
  }

  #array(value: unknown[], depth: number, guess: Guess): boolean {
    if (getPrototypeOf(value) !== arrayPrototype || (value as { [SEND]?: unknown })[SEND] !== undefined) return false;
    if (!this.isFirstMeeting(value)) return false;
    const { length } = value;
    const { elements } = guess;
    const { cells } = this;
    cells.tag(Tag.ARRAY, length);
    for (let i = 0; i < length; i++) {
      const item = value[i];
      if (typeof item === 'number' && !Number.isNaN(item) && cells.at < cells.capacity) cells.f64[cells.at++] = item;
      else if (item === undefined && !(i in value)) return false;
      else if (!this.#value(item, depth, elements)) return false;
    }
    // JavaScript has no question "any properties besides the elements?", so count them all.
    return length === (length <= FEW_ELEMENTS ? keysOf(value) : values(value)).length;
  }

  /** Notes a container. False if it was noted before: a shared reference or a cycle. */
  isFirstMeeting(value: object): boolean {
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
