/** List: a managed list between programs. */
import type { AsyncOptions } from '../heap/time.ts';
import type { SortOptions } from '../manager/searching.ts';
import { type AdoptionToken, countIn, IndexError, includesIn, indexIn, sorted, withContents } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import type { Arg, Reply } from './protocol.ts';
import { fromBytes, toBytes } from './wire.ts';

const isIndex = (name: string): boolean => /^(0|-?[1-9]\d*)$/.test(name);
const outside = () => new IndexError('list index out of range');

function checkIndex(index: unknown): number {
  if (!Number.isInteger(index)) throw new TypeError(`an index must be an integer, got ${String(index)}`);
  return index as number;
}

const decoded = (reply: Reply): unknown[] => (reply as Uint8Array[]).map((bytes) => fromBytes(bytes));

const reversed = (items: readonly unknown[]): number[] => [...items.keys()].reverse();

const without =
  (value: unknown) =>
  (items: readonly unknown[]): number[] => {
    const at = indexIn(items, value);
    return [...items.keys()].filter((i) => i !== at);
  };

/** What was there, and what is to be there instead. */
function rearranged<T>(before: readonly Uint8Array[], order: (items: T[]) => number[]): Arg[] {
  const after = order(decoded([...before]) as T[]).map((i) => before[i] as Uint8Array);
  return [before.length, ...before, ...after];
}

/**
 * A list of all programs'. Every call is one step. What a function of yours decides (`update`, `sort`) goes
 * in if nobody has changed the list meanwhile, and is decided again otherwise.
 */
// biome-ignore lint/suspicious/noExplicitAny: Python's holds anything
export class List<T = any> extends RedisObject {
  [index: number]: T;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return withContents<this>(this, {
      owns: isIndex,
      get: (name) => this.at(Number(name)),
      set: (name, value) => this.set(Number(name), value as T),
      has: (name) => (isIndex(name) ? this.#has(Number(name)) : name in List.prototype),
      delete: (name) => void (isIndex(name) && this.pop(Number(name))),
      names: () => Array.from({ length: this.length }, (_, i) => String(i)),
    });
  }

  #has(index: number): boolean {
    const { length } = this;
    return index < length && index >= -length;
  }

  /** How many items there are. */
  get length(): number {
    return this.run('listSize', 'l') as number;
  }

  /** The item there, a negative index counted from the end. @throws IndexError */
  at(index: number): T {
    const reply = this.run('listGet', 'l', checkIndex(index));
    if (reply === null) throw outside();
    return fromBytes(reply as Uint8Array) as T;
  }

  /** A copy of the items from `start` to before `end`. */
  slice(start = 0, end?: number): T[] {
    return (decoded(this.run('listRange', 'l', 0, -1)) as T[]).slice(start, end);
  }

  /** The async twin of `slice`. */
  async sliceAsync(start = 0, end?: number, options?: AsyncOptions): Promise<T[]> {
    return (decoded(await this.runAsync('listRange', 'l', [0, -1], options?.signal)) as T[]).slice(start, end);
  }

  /** A copy of all items, of one moment. */
  copy(): T[] {
    return this.slice();
  }

  /** The items of one moment. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.slice()[Symbol.iterator]();
  }

  /** Whether an item equals `value`, as Python compares. */
  includes(value: T): boolean {
    return includesIn(this.slice(), value);
  }

  /** Where the first item is that equals `value`. @throws ValueError nowhere */
  index(value: T, start = 0, end?: number): number {
    return indexIn(this.slice(), value, start, end);
  }

  /** How many items equal `value`. */
  count(value: T): number {
    return countIn(this.slice(), value);
  }

  /** Replaces the item at `index`. @throws IndexError outside of the list; TypeError it cannot be sent */
  set(index: number, value: T): void {
    if (this.run('listSet', 'l', checkIndex(index), toBytes(value)) === 0) throw outside();
  }

  /** The async twin of `set`. */
  async setAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    if ((await this.runAsync('listSet', 'l', [checkIndex(index), toBytes(value)], options?.signal)) === 0) throw outside();
  }

  /** Adds an item at the end. @throws TypeError it cannot be sent */
  append(value: T): void {
    this.run('listAppend', 'l', toBytes(value));
  }

  /** The async twin of `append`. */
  async appendAsync(value: T, options?: AsyncOptions): Promise<void> {
    await this.runAsync('listAppend', 'l', [toBytes(value)], options?.signal);
  }

  /** Adds items at the end, all at once to whoever looks. */
  extend(values: Iterable<T>): void {
    const items = Array.from(values, toBytes);
    if (items.length > 0) this.run('listAppend', 'l', ...items);
  }

  /** The async twin of `extend`. */
  async extendAsync(values: Iterable<T>, options?: AsyncOptions): Promise<void> {
    const items = Array.from(values, toBytes);
    if (items.length > 0) await this.runAsync('listAppend', 'l', items, options?.signal);
  }

  /** Puts an item before that at `index`; beyond the ends it is the first or the last. */
  insert(index: number, value: T): void {
    this.run('listSplice', 'l', checkIndex(index), 1, 0, toBytes(value));
  }

  /** The async twin of `insert`. */
  async insertAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    await this.runAsync('listSplice', 'l', [checkIndex(index), 1, 0, toBytes(value)], options?.signal);
  }

  /** Takes an item out, the last by default. @throws IndexError */
  pop(index = -1): T {
    return this.#popped(this.run('listSplice', 'l', checkIndex(index), 0, 1));
  }

  /** The async twin of `pop`. */
  async popAsync(index = -1, options?: AsyncOptions): Promise<T> {
    return this.#popped(await this.runAsync('listSplice', 'l', [checkIndex(index), 0, 1], options?.signal));
  }

  #popped(reply: Reply): T {
    const [item] = reply as Uint8Array[];
    if (item === undefined) throw outside();
    return fromBytes(item) as T;
  }

  /** Takes the first item out that equals `value`. @throws ValueError there is none */
  remove(value: T): void {
    this.#rearrange(without(value));
  }

  /** The async twin of `remove`. */
  async removeAsync(value: T, options?: AsyncOptions): Promise<void> {
    await this.#rearrangeAsync(without(value), options);
  }

  /**
   * Sorts it in place, stably: without arguments in Python's order. A function of yours may be called again,
   * if somebody has changed the list meanwhile. @throws TypeError two items cannot be compared
   */
  sort(how: SortOptions<T> | ((a: T, b: T) => number) = {}): void {
    this.#rearrange((items) => sorted(items, how));
  }

  /** The async twin of `sort`. */
  async sortAsync(how: SortOptions<T> | ((a: T, b: T) => number) = {}, options?: AsyncOptions): Promise<void> {
    await this.#rearrangeAsync((items) => sorted(items, how), options);
  }

  /** Turns the order round. */
  reverse(): void {
    this.#rearrange(reversed);
  }

  /** The async twin of `reverse`. */
  async reverseAsync(options?: AsyncOptions): Promise<void> {
    await this.#rearrangeAsync(reversed, options);
  }

  /** `order` answers which items there are then, by their places. */
  #rearrange(order: (items: T[]) => number[]): void {
    for (;;) {
      const before = this.run('listRange', 'l', 0, -1) as Uint8Array[];
      if (this.run('listReplace', 'l', ...rearranged(before, order)) === 1) return;
    }
  }

  async #rearrangeAsync(order: (items: T[]) => number[], options: AsyncOptions | undefined): Promise<void> {
    for (;;) {
      const before = (await this.runAsync('listRange', 'l', [0, -1], options?.signal)) as Uint8Array[];
      if ((await this.runAsync('listReplace', 'l', rearranged(before, order))) === 1) return;
    }
  }

  /**
   * Replaces the item by `fn(item)`, and answers it; `fn` runs again if somebody has changed it meanwhile.
   */
  update(index: number, fn: (item: T) => T): T {
    for (;;) {
      const before = this.run('listGet', 'l', checkIndex(index)) as Uint8Array | null;
      if (before === null) throw outside();
      const value = fn(fromBytes(before) as T);
      if (this.run('listSwap', 'l', index, before, toBytes(value)) === 1) return value;
    }
  }

  /** The async twin of `update`; `fn` may be async. */
  async updateAsync(index: number, fn: (item: T) => T | Promise<T>, options?: AsyncOptions): Promise<T> {
    for (;;) {
      const before = (await this.runAsync('listGet', 'l', [checkIndex(index)], options?.signal)) as Uint8Array | null;
      if (before === null) throw outside();
      const value = await fn(fromBytes(before) as T);
      options?.signal?.throwIfAborted();
      if ((await this.runAsync('listSwap', 'l', [index, before, toBytes(value)])) === 1) return value;
    }
  }

  /** What JSON.stringify shows: the items of one moment. */
  override toJSON(): T[] {
    return this.slice();
  }

  /** Takes all items out. */
  clear(): void {
    this.run('clear', 'l');
  }

  /** The async twin of `clear`. */
  async clearAsync(options?: AsyncOptions): Promise<void> {
    await this.runAsync('clear', 'l', [], options?.signal);
  }
}

registerRedis(RedisTag.LIST, List);
