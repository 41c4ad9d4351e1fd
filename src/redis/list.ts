/** List: a managed list between programs. */
import type { AsyncOptions } from '../heap/time.ts';
import { type AdoptionToken, compare, IndexError, isEqual, ValueError, withContents } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import type { Arg, Reply } from './protocol.ts';
import { fromBytes, toBytes } from './wire.ts';

export interface SortOptions<T> {
  key?: (item: T) => unknown;
  reverse?: boolean;
}

const isIndex = (name: string): boolean => /^(0|-?[1-9]\d*)$/.test(name);
const outside = () => new IndexError('list index out of range');

function checkIndex(index: unknown): number {
  if (!Number.isInteger(index)) throw new TypeError(`an index must be an integer, got ${String(index)}`);
  return index as number;
}

const decoded = (reply: Reply): unknown[] => (reply as Uint8Array[]).map((bytes) => fromBytes(bytes));

/**
 * A list of all programs'. Every call is one step. What a function of yours decides (`update`, `sort`) goes in if
 * nobody has changed the list meanwhile, and is decided again otherwise.
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

  async sliceAsync(start = 0, end?: number, options?: AsyncOptions): Promise<T[]> {
    return (decoded(await this.runAsync('listRange', 'l', [0, -1], options?.signal)) as T[]).slice(start, end);
  }

  copy(): T[] {
    return this.slice();
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.slice()[Symbol.iterator]();
  }

  includes(value: T): boolean {
    return this.slice().some((item) => isEqual(item, value));
  }

  /** Where the first item is that equals `value`. @throws ValueError nowhere */
  index(value: T, start = 0, end?: number): number {
    const items = this.slice();
    const from = start < 0 ? Math.max(0, start + items.length) : start;
    const found = items.slice(from, end).findIndex((item) => isEqual(item, value));
    if (found < 0) throw new ValueError('the value is not in the list');
    return from + found;
  }

  count(value: T): number {
    return this.slice().filter((item) => isEqual(item, value)).length;
  }

  /** @throws IndexError outside of the list */
  set(index: number, value: T): void {
    if (this.run('listSet', 'l', checkIndex(index), toBytes(value)) === 0) throw outside();
  }

  async setAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    if ((await this.runAsync('listSet', 'l', [checkIndex(index), toBytes(value)], options?.signal)) === 0) throw outside();
  }

  append(value: T): void {
    this.run('listAppend', 'l', toBytes(value));
  }

  async appendAsync(value: T, options?: AsyncOptions): Promise<void> {
    await this.runAsync('listAppend', 'l', [toBytes(value)], options?.signal);
  }

  extend(values: Iterable<T>): void {
    const items = Array.from(values, toBytes);
    if (items.length > 0) this.run('listAppend', 'l', ...items);
  }

  async extendAsync(values: Iterable<T>, options?: AsyncOptions): Promise<void> {
    const items = Array.from(values, toBytes);
    if (items.length > 0) await this.runAsync('listAppend', 'l', items, options?.signal);
  }

  insert(index: number, value: T): void {
    this.run('listSplice', 'l', checkIndex(index), 1, 0, toBytes(value));
  }

  async insertAsync(index: number, value: T, options?: AsyncOptions): Promise<void> {
    await this.runAsync('listSplice', 'l', [checkIndex(index), 1, 0, toBytes(value)], options?.signal);
  }

  /** Takes an item out, the last by default. @throws IndexError */
  pop(index = -1): T {
    return this.#popped(this.run('listSplice', 'l', checkIndex(index), 0, 1));
  }

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
    this.#rearrange((items) => {
      const at = items.findIndex((item) => isEqual(item, value));
      if (at < 0) throw new ValueError('the value is not in the list');
      return [...items.keys()].filter((i) => i !== at);
    });
  }

  /** Sorts it in place, stably: without arguments in Python's order. */
  sort(how: SortOptions<T> | ((a: T, b: T) => number) = {}): void {
    this.#rearrange((items) => {
      const { key = (item: T): unknown => item, reverse = false } = typeof how === 'function' ? {} : how;
      const keys = typeof how === 'function' ? items : items.map(key);
      const order = typeof how === 'function' ? how : compare;
      const sign = reverse ? -1 : 1;
      return [...items.keys()].sort((a, b) => sign * order(keys[a] as never, keys[b] as never));
    });
  }

  reverse(): void {
    this.#rearrange((items) => [...items.keys()].reverse());
  }

  /** `order` answers which items there are then, by their places. */
  #rearrange(order: (items: T[]) => number[]): void {
    for (;;) {
      const before = this.run('listRange', 'l', 0, -1) as Uint8Array[];
      const after = order(decoded(before) as T[]).map((i) => before[i] as Uint8Array);
      const args: Arg[] = [before.length, ...before, ...after];
      if (this.run('listReplace', 'l', ...args) === 1) return;
    }
  }

  /** Replaces the item by `fn(item)`, and answers it; `fn` runs again if somebody has changed it meanwhile. */
  update(index: number, fn: (item: T) => T): T {
    for (;;) {
      const before = this.run('listGet', 'l', checkIndex(index)) as Uint8Array | null;
      if (before === null) throw outside();
      const value = fn(fromBytes(before) as T);
      if (this.run('listSwap', 'l', index, before, toBytes(value)) === 1) return value;
    }
  }

  async updateAsync(index: number, fn: (item: T) => T | Promise<T>, options?: AsyncOptions): Promise<T> {
    for (;;) {
      const before = (await this.runAsync('listGet', 'l', [checkIndex(index)], options?.signal)) as Uint8Array | null;
      if (before === null) throw outside();
      const value = await fn(fromBytes(before) as T);
      options?.signal?.throwIfAborted();
      if ((await this.runAsync('listSwap', 'l', [index, before, toBytes(value)])) === 1) return value;
    }
  }

  clear(): void {
    this.run('clear', 'l');
  }

  async clearAsync(options?: AsyncOptions): Promise<void> {
    await this.runAsync('clear', 'l', [], options?.signal);
  }
}

registerRedis(RedisTag.LIST, List);
