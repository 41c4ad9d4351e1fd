/** Dict and Namespace: managed objects between programs. */
import type { AsyncOptions } from '../heap/time.ts';
import type { DictInit } from '../manager/dict.ts';
import { type AdoptionToken, AttributeError, KeyError, methodsOf, toKey, withContents } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import type { Reply } from './protocol.ts';
import { fromBytes, toBytes } from './wire.ts';

const keyBytes = (key: unknown): Uint8Array => toBytes(toKey(key));
const none = new Uint8Array(0);

function pairsOf(init: unknown): [unknown, unknown][] {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object') throw new TypeError(`expected an object or pairs of key and value, got ${typeof init}`);
  return Symbol.iterator in init ? [...(init as Iterable<[unknown, unknown]>)] : Object.entries(init);
}

const flat = (pairs: readonly (readonly [unknown, unknown])[]): Uint8Array[] =>
  pairs.flatMap(([key, value]) => [keyBytes(key), toBytes(value)]);

const valueIn = (reply: Reply, absent: unknown): unknown => (reply === null ? absent : fromBytes(reply as Uint8Array));

/**
 * A dict of all programs'. Every call is one step; `update(key, fn)` is, too: `fn` runs again if somebody has
 * changed the entry meanwhile, so nobody waits for it. Keys keep the order in which they came.
 *
 * Each access asks Redis, also that of a property: `d.num`.
 */
// biome-ignore lint/suspicious/noExplicitAny: what a dict holds is the user's to say; Python's holds anything
export class Dict<K = any, V = any> extends RedisObject {
  // biome-ignore lint/suspicious/noExplicitAny: its string keys
  [name: string]: any;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return withContents<this>(this, {
      owns: (name) => !METHODS.has(name),
      get: (name) => (name === 'then' ? undefined : this.get(name as K)),
      set: (name, value) => void this.set(name as K, value as V),
      has: (name) => this.has(name as K),
      delete: (name) => void this.delete(name as K),
      names: () => this.keys().filter((key): key is K & string => typeof key === 'string'),
    });
  }

  /** The value under `key`, or undefined. */
  get(key: K): V | undefined;
  /** The value under `key`, or `fallback`. */
  get<D>(key: K, fallback: D): V | D;
  get(key: K, fallback?: unknown): unknown {
    return valueIn(this.run('dictGet', 'do', keyBytes(key)), fallback);
  }

  /** The async twin of `get`. */
  async getAsync(key: K, fallback?: V, options?: AsyncOptions): Promise<V | undefined> {
    return valueIn(await this.runAsync('dictGet', 'do', [keyBytes(key)], options?.signal), fallback) as V;
  }

  /** Whether there is such a key. */
  has(key: K): boolean {
    return this.run('dictHas', 'do', keyBytes(key)) === 1;
  }

  /** How many pairs there are. */
  get size(): number {
    return this.run('dictSize', 'do') as number;
  }

  /** All pairs, of one moment. */
  items(): [K, V][] {
    return pairsIn<K, V>(this.run('dictItems', 'do'));
  }

  /** The async twin of `items`. */
  async itemsAsync(options?: AsyncOptions): Promise<[K, V][]> {
    return pairsIn<K, V>(await this.runAsync('dictItems', 'do', [], options?.signal));
  }

  /** `items()`, by a Map's name. */
  entries(): [K, V][] {
    return this.items();
  }

  /** All keys, of one moment. */
  keys(): K[] {
    return this.items().map(([key]) => key);
  }

  /** All values, of one moment. */
  values(): V[] {
    return this.items().map(([, value]) => value);
  }

  /** Calls `fn` for each pair of one moment. */
  forEach(fn: (value: V, key: K) => void): void {
    for (const [key, value] of this.items()) fn(value, key);
  }

  /** A copy of one moment, as a Map. */
  copy(): Map<K, V> {
    return new Map(this.items());
  }

  /** The pairs of one moment. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.items()[Symbol.iterator]();
  }

  /** Puts `value` under `key`. @throws TypeError one of them cannot be sent */
  set(key: K, value: V): this {
    this.run('dictSet', 'do', ...flat([[key, value]]));
    return this;
  }

  /** The async twin of `set`. */
  async setAsync(key: K, value: V, options?: AsyncOptions): Promise<void> {
    await this.runAsync('dictSet', 'do', flat([[key, value]]), options?.signal);
  }

  /** Takes the key out. @returns whether it was there */
  delete(key: K): boolean {
    return (this.run('dictPop', 'do', keyBytes(key)) as Reply[]).length > 0;
  }

  /** The async twin of `delete`. */
  async deleteAsync(key: K, options?: AsyncOptions): Promise<boolean> {
    return ((await this.runAsync('dictPop', 'do', [keyBytes(key)], options?.signal)) as Reply[]).length > 0;
  }

  /**
   * Takes the key out: its value, or `fallback`. @throws KeyError there is none, and no fallback was given
   */
  pop(key: K): V;
  /** Takes the key out: its value, or `fallback`. */
  pop<D>(key: K, fallback: D): V | D;
  pop(key: K, ...fallback: unknown[]): unknown {
    return popped(key, this.run('dictPop', 'do', keyBytes(key)), fallback);
  }

  /** The async twin of `pop`. @throws KeyError */
  async popAsync(key: K, options?: AsyncOptions): Promise<V> {
    return popped(key, await this.runAsync('dictPop', 'do', [keyBytes(key)], options?.signal), []) as V;
  }

  /** Takes the pair out that came last. @throws KeyError the dict is empty */
  popitem(): [K, V] {
    return lastOf<K, V>(this.run('dictPopItem', 'do'));
  }

  /** The async twin of `popitem`. */
  async popitemAsync(options?: AsyncOptions): Promise<[K, V]> {
    return lastOf<K, V>(await this.runAsync('dictPopItem', 'do', [], options?.signal));
  }

  /** The value under `key`; if there is none, `value` is put there first. */
  setdefault(key: K, value: V): V {
    return valueIn(this.run('dictSetDefault', 'do', ...flat([[key, value]])), value) as V;
  }

  /** The async twin of `setdefault`. */
  async setdefaultAsync(key: K, value: V, options?: AsyncOptions): Promise<V> {
    return valueIn(await this.runAsync('dictSetDefault', 'do', flat([[key, value]]), options?.signal), value) as V;
  }

  /** Replaces the value under `key` by `fn(value)` (of undefined, if there is none), and answers it. */
  update(key: K, fn: (value: V | undefined) => V): V;
  /** Takes all pairs in, at once to whoever looks. */
  update(pairs: DictInit<K, V>): void;
  update(key: unknown, fn?: unknown): unknown {
    if (fn === undefined) {
      const pairs = pairsOf(key);
      if (pairs.length > 0) this.run('dictSet', 'do', ...flat(pairs));
      return undefined;
    }
    if (typeof fn !== 'function') throw new TypeError(`update(key, fn) needs a function, got ${typeof fn}`);
    const bytes = keyBytes(key);
    for (;;) {
      const before = this.run('dictGet', 'do', bytes);
      const value = fn(valueIn(before, undefined));
      if (this.run('dictSwap', 'do', (before as Uint8Array) ?? none, bytes, toBytes(value)) === 1) return value;
    }
  }

  /** The async twin of `update`; `fn` may be async. */
  updateAsync(key: K, fn: (value: V | undefined) => V | Promise<V>, options?: AsyncOptions): Promise<V>;
  /** The async twin of `update` with pairs. */
  updateAsync(pairs: DictInit<K, V>, options?: AsyncOptions): Promise<void>;
  async updateAsync(key: unknown, ...rest: unknown[]): Promise<unknown> {
    const [fn, options] = rest as [unknown, AsyncOptions | undefined];
    if (typeof fn !== 'function') {
      const pairs = pairsOf(key);
      if (pairs.length > 0) await this.runAsync('dictSet', 'do', flat(pairs), (fn as AsyncOptions | undefined)?.signal);
      return undefined;
    }
    const bytes = keyBytes(key);
    for (;;) {
      const before = await this.runAsync('dictGet', 'do', [bytes], options?.signal);
      const value = await fn(valueIn(before, undefined));
      options?.signal?.throwIfAborted();
      if ((await this.runAsync('dictSwap', 'do', [(before as Uint8Array) ?? none, bytes, toBytes(value)])) === 1) return value;
    }
  }

  /** What JSON.stringify shows: the pairs of one moment whose keys are strings. */
  override toJSON(): Record<string, V> {
    return Object.fromEntries(this.items().filter(([key]) => typeof key === 'string'));
  }

  /** Takes all pairs out. */
  clear(): void {
    this.run('clear', 'do');
  }

  /** The async twin of `clear`. */
  async clearAsync(options?: AsyncOptions): Promise<void> {
    await this.runAsync('clear', 'do', [], options?.signal);
  }
}

/** What every handle keeps for itself. */
const HANDLE = [...methodsOf(RedisObject), 'name', 'id', 'toJSON'];
const METHODS: ReadonlySet<string> = new Set([...methodsOf(Dict), ...HANDLE]);

function pairsIn<K, V>(reply: Reply): [K, V][] {
  const all = (reply as Uint8Array[]).map((bytes) => fromBytes(bytes));
  return Array.from({ length: all.length / 2 }, (_, i) => [all[2 * i] as K, all[2 * i + 1] as V]);
}

function popped(key: unknown, reply: Reply, fallback: unknown[]): unknown {
  const [value] = reply as Uint8Array[];
  if (value !== undefined) return fromBytes(value);
  if (fallback.length === 0) throw new KeyError(typeof key === 'string' ? `'${key}'` : String(key));
  return fallback[0];
}

function lastOf<K, V>(reply: Reply): [K, V] {
  const [pair] = pairsIn<K, V>(reply);
  if (pair === undefined) throw new KeyError('popitem(): dictionary is empty');
  return pair;
}

/**
 * An object whose attributes are the same in every program. A missing one is an AttributeError, as in Python.
 */
export class Namespace extends RedisObject {
  // biome-ignore lint/suspicious/noExplicitAny: its attributes
  [name: string]: any;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing);
    const missing = (name: string) => new AttributeError(`'Namespace' object has no attribute '${name}'`);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return withContents<this>(this, {
      owns: (name) => !NAMESPACE.has(name),
      get: (name) => {
        if (name === 'then' || name in Object.prototype) return Reflect.get(Object.prototype, name);
        const reply = this.run('dictGet', 'do', keyBytes(name));
        if (reply === null) throw missing(name);
        return valueIn(reply, undefined);
      },
      set: (name, value) => void this.run('dictSet', 'do', keyBytes(name), toBytes(value)),
      has: (name) => this.run('dictHas', 'do', keyBytes(name)) === 1,
      delete: (name) => {
        if ((this.run('dictPop', 'do', keyBytes(name)) as Reply[]).length === 0) throw missing(name);
      },
      names: () => pairsIn<string, unknown>(this.run('dictItems', 'do')).map(([name]) => name),
    });
  }
}

const NAMESPACE: ReadonlySet<string> = new Set(['close', 'handle', 'toString', 'constructor']);

registerRedis(RedisTag.DICT, Dict);
registerRedis(RedisTag.NAMESPACE, Namespace);
