/**
 * List: a list in shared memory.
 */
import { ClassTag, Kind, Status } from '../../assembly/abi.ts';
import { IndexError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { RECORD, writeInline } from '../heap/records.ts';
import { AdoptionToken, created, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import type { AsyncOptions } from '../heap/time.ts';
import { addEncoded, arrangeBatch, batchOf, newBatch, readBatch, readBatchOnly, readShown } from './cells.ts';
import { INSPECT, withContents } from './properties.ts';
import { countIn, includesIn, indexIn, type SortOptions, sorted } from './searching.ts';
import { Store } from './store.ts';

export type { SortOptions };

/** An index beyond any list. */
const END = 0x7fffffff;

function toIndex(index: unknown): number {
  if (typeof index !== 'number' || Number.isNaN(index) || Math.trunc(index) !== index)
    throw new TypeError(`a list's index must be an integer, got ${typeof index === 'number' ? index : typeof index}`);
  return Math.max(-END, Math.min(END, index));
}

/** A property name that is an index: '0', '-1'. */
const INDEX = /^(0|-?[1-9]\d*)$/;

function isIndex(name: string): boolean {
  const first = name.charCodeAt(0);
  // Most are one digit, and most other names begin with a letter.
  if (first > 57 || first < 45) return false;
  return name.length === 1 ? first >= 48 : INDEX.test(name);
}

/**
 * A list of any number of workers', in shared memory. Every call is atomic; a sequence of calls is not: for
 * that there is `update(index, fn)`.
 *
 * It has the methods of Python's list and an array's `length` and `at`. `l[0]`, `l[-1]` and `l[0] = 1` are as
 * in Python: outside of the list they are an IndexError, and so is `at`. `delete l[0]` takes the item out,
 * and those behind it move up. Values are snapshots: `l[0].push(1)` changes a copy; managed and other shared
 * objects inside stay live.
 *
 * Cost: what happens at the end takes the same time for a list of any length; `insert`, and `pop` elsewhere,
 * copy 8 bytes an item.
 * @example
 * ```ts
 * import { Manager } from 'nogil';
 *
 * const list = Manager().list([3, 1, 2]);
 * list.append(0);
 * list.sort();
 * console.log(list.copy(), list[-1]); // prints [ 0, 1, 2, 3 ] 3
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: what a list holds is the user's to say; Python's holds anything
export class List<T = any> extends Store {
  [index: number]: T;
  readonly #self: this;

  /**
   * Makes a list of no manager's; `manager.list()` makes the same.
   * @param init what is in it at first. Default: nothing
   * @throws TypeError an item cannot be sent; MemoryError
   */
  constructor(init?: Iterable<T> | null);
  /** @internal */
  constructor(init?: Iterable<T> | AdoptionToken | null);
  constructor(init?: Iterable<T> | AdoptionToken | null) {
    if (init instanceof AdoptionToken) super(init.heap, init.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.vectorCreate()));
    }
    this.#self = withContents<this>(this, {
      owns: isIndex,
      get: (name) => this.at(Number(name)),
      set: (name, value) => this.set(Number(name), value as T),
      has: (name) => (isIndex(name) ? this.#hasIndex(Number(name)) : isMember(name)),
      delete: (name) => {
        if (isIndex(name)) this.guarded('delete', () => this.#splice(this.#place(Number(name)), 1, [], 'delete'));
      },
      names: () => Array.from({ length: this.length }, (_, i) => String(i)),
    });
    if (!(init instanceof AdoptionToken) && init) this.#fill(init);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return this.#self;
  }

  #fill(init: Iterable<T>): void {
    try {
      this.extend(init);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #hasIndex(index: number): boolean {
    const { length } = this;
    return index < length && index >= -length;
  }

  #outside(what = 'list index out of range'): IndexError {
    return new IndexError(what);
  }

  /** Puts `values` in place of `count` items. */
  #splice(start: number, count: number, values: readonly unknown[], method: string): void {
    const batch = batchOf(this[Member.HEAP], values);
    try {
      this.#spliceIn(batch, start, Math.min(END, start + count), method);
    } finally {
      this[Member.HEAP].core.cellBatchClose(batch);
    }
  }

  #spliceIn(batch: number, start: number, end: number, method: string): void {
    this.check(this[Member.HEAP].core.vectorSplice(this[Member.OPEN], start, end, batch), method);
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────

  /** How many items there are: Python's `len(l)`. It cannot be assigned. */
  get length(): number {
    return this[Member.HEAP].core.vectorLength(this[Member.OPEN]);
  }

  /**
   * The item at `index`, a negative one counted from the end. @throws IndexError outside of the list; an
   * array's `at` answers undefined
   */
  at(index: number): T {
    const meta = this[Member.HEAP].core.vectorGet(this[Member.OPEN], toIndex(index));
    if (meta === Status.RANGE) throw this.#outside();
    return this.#shown(meta, 'at');
  }

  #shown(meta: number, method: string): T {
    if (meta < 0) throw this.failed(meta, method);
    return readShown(this[Member.HEAP], meta) as T;
  }

  #snapshot(start = 0, end = END): number {
    return this.made(this[Member.HEAP].core.vectorSnapshot(this[Member.OPEN], toIndex(start), toIndex(end)));
  }

  /**
   * Python's `l[start:end]`: an array of this worker's own.
   * @param start default 0; a negative one counts from the end
   * @param end default: the end, which is not in it
   */
  slice(start?: number, end?: number): T[] {
    return readBatch(this[Member.HEAP], this.#snapshot(start, end)) as T[];
  }

  /** All items, in an array of this worker's own. */
  copy(): T[] {
    return this.slice();
  }

  /** The items of the moment when the iteration began; what changes meanwhile does not disturb it. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.slice()[Symbol.iterator]();
  }

  /** Python's `value in l`: whether an item is equal to it, by what is in it. */
  includes(value: T): boolean {
    return includesIn(this.slice(), value);
  }

  /**
   * Where the first item is that equals `value`, from `start` to `end` (exclusive). @throws ValueError
   * nowhere
   */
  index(value: T, start = 0, end?: number): number {
    return indexIn(this.slice(), value, start, end);
  }

  /** How many items equal `value`. */
  count(value: T): number {
    return countIn(this.slice(), value);
  }

  /** @internal */
  override [STATE](): State {
    const { length } = this;
    return { text: `length=${length}`, fields: { length } };
  }

  override toJSON(): T[] {
    return this.slice();
  }

  /** What console.log shows: as Python's `str(l)`, what is in it. */
  override [INSPECT](depth?: number, options?: object, inspect?: (value: unknown, options?: object) => string): string {
    if (this[Member.PTR] === 0 || inspect === undefined || (depth as number) < 0) return this.toString();
    return `List ${inspect(this.slice(), options)}`;
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * What `l[index] = value` does. @throws IndexError outside of the list; TypeError the value cannot be sent
   */
  set(index: number, value: T): void {
    const { [Member.HEAP]: heap } = this;
    const { core } = heap;
    const at = toIndex(index);
    let status: number;
    if (typeof value === 'number') status = core.vectorSetNumber(this[Member.OPEN], at, value);
    else {
      const encoding = heap.codec.encode(value, RECORD);
      if (writeInline(heap, encoding, 0) >= 0) status = core.vectorSet(this[Member.OPEN], at);
      else {
        const batch = newBatch(heap, 1);
        try {
          addEncoded(heap, batch, encoding);
          status = core.vectorSetFromBatch(this[Member.OPEN], at, batch);
        } finally {
          core.cellBatchClose(batch);
        }
      }
    }
    if (status === Status.RANGE) throw this.#outside('list assignment index out of range');
    this.check(status, 'set');
  }

  /** The async twin of `set`. The snapshot is taken now. */
  setAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    const write = (batch: number) => {
      const status = this[Member.HEAP].core.vectorSetFromBatch(this[Member.OPEN], toIndex(index), batch);
      if (status === Status.RANGE) throw this.#outside('list assignment index out of range');
      this.check(status, 'set');
    };
    return this.#withItems([value], write, options);
  }

  async #withItems<R>(items: readonly unknown[], fn: (batch: number) => R, options: AsyncOptions | undefined): Promise<R> {
    return this.laterWith(batchOf(this[Member.HEAP], items), fn, options);
  }

  /** Adds an item at the end. @throws TypeError it cannot be sent; MemoryError. Then nothing has changed */
  append(value: T): void {
    const { [Member.HEAP]: heap } = this;
    if (typeof value === 'number') {
      this.check(heap.core.vectorAppendNumber(this[Member.OPEN], value), 'append');
      return;
    }
    const encoding = heap.codec.encode(value, RECORD);
    if (writeInline(heap, encoding, 0) >= 0) {
      this.check(heap.core.vectorAppend(this[Member.OPEN]), 'append');
      return;
    }
    const batch = newBatch(heap, 1);
    try {
      addEncoded(heap, batch, encoding);
      this.#spliceIn(batch, END, END, 'append');
    } finally {
      heap.core.cellBatchClose(batch);
    }
  }

  /** The async twin of `append`. The snapshot is taken now. */
  appendAsync(value: T, options?: AsyncOptions): Promise<void> {
    return this.#withItems([value], (batch) => this.#spliceIn(batch, END, END, 'append'), options);
  }

  /**
   * Adds all items at the end, at once to whoever looks. @throws TypeError one cannot be sent; MemoryError.
   * Then none is added
   */
  extend(values: Iterable<T>): void {
    this.#splice(END, 0, Array.from(values), 'extend');
  }

  /** The async twin of `extend`. The snapshots are taken now. */
  extendAsync(values: Iterable<T>, options?: AsyncOptions): Promise<void> {
    return this.#withItems(Array.from(values), (batch) => this.#spliceIn(batch, END, END, 'extend'), options);
  }

  /**
   * Puts an item in front of the one at `index`; beyond the ends it goes to the end that is near, as in
   * Python.
   * @throws TypeError the value cannot be sent; MemoryError. Then nothing has changed
   */
  insert(index: number, value: T): void {
    this.#splice(toIndex(index), 0, [value], 'insert');
  }

  /** The async twin of `insert`. The snapshot is taken now. */
  insertAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    const at = toIndex(index);
    return this.#withItems([value], (batch) => this.#spliceIn(batch, at, at, 'insert'), options);
  }

  /**
   * Takes an item out, and answers it. @param index default -1: the last one; a negative one counts from the
   * end @throws IndexError there is none
   */
  pop(index = -1): T {
    const meta = this[Member.HEAP].core.vectorTake(this[Member.OPEN], toIndex(index));
    if (meta === Status.RANGE) throw this.#outside(this.length === 0 ? 'pop from empty list' : 'pop index out of range');
    return this.#shown(meta, 'pop');
  }

  /** The async twin of `pop`. */
  popAsync(index = -1, options?: AsyncOptions): Promise<T> {
    return this.later(() => this.pop(index), options);
  }

  /** Where `index` is, counted from the front. */
  #place(index: number): number {
    if (!this.#hasIndex(index)) throw this.#outside();
    return index < 0 ? index + this.length : index;
  }

  /** Takes the first item out that equals `value`. @throws ValueError there is none */
  remove(value: T): void {
    this.guarded('remove', () => this.#splice(this.index(value), 1, [], 'remove'));
  }

  /** The async twin of `remove`. */
  removeAsync(value: T, options?: AsyncOptions): Promise<void> {
    return this.later(() => this.remove(value), options);
  }

  /**
   * Sorts it in place, stably, in one step. Without arguments in Python's order: numbers by value, strings by
   * their characters, arrays item by item.
   * @param how a comparison as an array's `sort` takes it, or Python's `{ key, reverse }`
   * @throws TypeError two items cannot be compared, or what a function of yours throws: then nothing has
   * changed
   */
  sort(how: SortOptions<T> | ((a: T, b: T) => number) = {}): void {
    this.guarded('sort', () => this.#arrange((items) => sorted(items, how)));
  }

  /** The async twin of `sort`. A function of yours runs in this worker, and may not be async. */
  sortAsync(how: SortOptions<T> | ((a: T, b: T) => number) = {}, options?: AsyncOptions): Promise<void> {
    return this.later(() => this.sort(how), options);
  }

  /** Turns the order round. */
  reverse(): void {
    this.guarded('reverse', () => this.#arrange((items) => [...items.keys()].reverse()));
  }

  /** The async twin of `reverse`. */
  reverseAsync(options?: AsyncOptions): Promise<void> {
    return this.later(() => this.reverse(), options);
  }

  /** Guarded. `order` answers which item goes where. The values themselves stay as they were encoded. */
  #arrange(order: (items: T[]) => number[]): void {
    const batch = this.#snapshot();
    try {
      arrangeBatch(this[Member.HEAP], batch, order(readBatchOnly(this[Member.HEAP], batch) as T[]));
      this.#spliceIn(batch, 0, END, 'sort');
    } finally {
      this[Member.HEAP].core.cellBatchClose(batch);
    }
  }

  /**
   * Replaces the item at `index` by `fn(item)` in one step, and answers it: see `Dict.update`. Beyond Python.
   * @throws IndexError outside of the list
   */
  update(index: number, fn: (item: T) => T): T {
    return this.guarded('update', () => {
      const at = this.#place(toIndex(index));
      const value = fn(this.at(at));
      this.set(at, value);
      return value;
    });
  }

  /** The async twin of `update`; `fn` may be async: see `Dict.updateAsync`. */
  updateAsync(index: number, fn: (item: T) => T | Promise<T>, options?: AsyncOptions): Promise<T> {
    return this.guardedAsync(async () => {
      const at = this.#place(toIndex(index));
      const value = await fn(this.at(at));
      this.atOnce(() => this.set(at, value));
      return value;
    }, options);
  }

  /** Takes everything out, in one step. */
  clear(): void {
    this.check(this[Member.HEAP].core.vectorClear(this[Member.OPEN]), 'clear');
  }

  /** The async twin of `clear`. */
  clearAsync(options?: AsyncOptions): Promise<void> {
    return this.later(() => this.clear(), options);
  }
}

/** Outside of the class: a bundler gives one that names itself another name, which messages would show. */
function isMember(name: string): boolean {
  return name in List.prototype;
}

registerShared(ClassTag.LIST, List, Kind.VECTOR);
