/**
 * Dict: a dict in shared memory.
 */
import { ClassTag, type Encoding, Kind, Part, Put, Status } from '../../assembly/abi.ts';
import { KeyError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { RECORD, writeInline } from '../heap/records.ts';
import { AdoptionToken, created, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import type { AsyncOptions } from '../heap/time.ts';
import { addEncoded, addKey, batchOf, type Key, newBatch, readBatch, readShown, toKey, writeKey } from './cells.ts';
import { INSPECT, methodsOf, withContents } from './properties.ts';
import { Store } from './store.ts';

/**
 * What a dict can be made of or updated with: a Map or another Dict, pairs, or an object's own properties.
 */
export type DictInit<K, V> = Iterable<readonly [K, V]> | { readonly [name: string]: V };

const MISSING: unique symbol = Symbol('missing');

/** The calls that a dict and a namespace are made of. */
export abstract class Table extends Store {
  /** @internal */
  protected constructor(existing: AdoptionToken | undefined) {
    if (existing instanceof AdoptionToken) super(existing.heap, existing.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.tableCreate()));
    }
  }

  /** @internal */
  protected read<T>(key: Key, absent: T): unknown {
    writeKey(this[Member.HEAP], key);
    const meta = this[Member.HEAP].core.tableGet(this[Member.OPEN]);
    return meta === Status.RANGE ? absent : this.shown(meta, 'get');
  }

  /** @internal */
  protected shown(meta: number, method: string): unknown {
    if (meta < 0) throw this.failed(meta, method);
    return readShown(this[Member.HEAP], meta);
  }

  /** Whether `mode` let it. @internal */
  protected write(key: Key, value: unknown, mode: Put, method: string): boolean {
    const { [Member.HEAP]: heap } = this;
    const { core } = heap;
    let status: number;
    if (typeof value === 'number') {
      writeKey(heap, key);
      status = core.tablePutNumber(this[Member.OPEN], value, mode);
    } else {
      const encoding = heap.codec.encode(value, RECORD);
      if (writeInline(heap, encoding, 0) >= 0) {
        writeKey(heap, key);
        status = core.tablePut(this[Member.OPEN], mode);
      } else status = this.#writeLarge(key, encoding, mode);
    }
    if (status === Status.RANGE) return false;
    this.check(status, method);
    return true;
  }

  #writeLarge(key: Key, encoding: Encoding, mode: Put): number {
    const { [Member.HEAP]: heap } = this;
    const batch = newBatch(heap, 2);
    try {
      addEncoded(heap, batch, encoding);
      addKey(heap, batch, key);
      return heap.core.tablePutAll(this[Member.OPEN], batch, mode);
    } finally {
      heap.core.cellBatchClose(batch);
    }
  }

  /** @internal */
  protected contains(key: Key): boolean {
    writeKey(this[Member.HEAP], key);
    return this[Member.HEAP].core.tableHas(this[Member.OPEN]) !== 0;
  }

  /** Whether it was there. @internal */
  protected remove(key: Key, method: string): boolean {
    writeKey(this[Member.HEAP], key);
    const status = this[Member.HEAP].core.tableDelete(this[Member.OPEN]);
    if (status === Status.RANGE) return false;
    this.check(status, method);
    return true;
  }

  /** Takes all pairs in at once; they were encoded before. @internal */
  protected writeAll(batch: number, mode: Put = Put.ALWAYS): boolean {
    const status = this[Member.HEAP].core.tablePutAll(this[Member.OPEN], batch, mode);
    if (status === Status.RANGE) return false;
    this.check(status, 'update');
    return true;
  }

  /** @internal */
  protected batchOfPairs(init: unknown): number {
    const pairs = pairsOf(init);
    return batchOf(
      this[Member.HEAP],
      pairs.map(([, value]) => value),
      pairs.map(([key]) => toKey(key)),
    );
  }

  /** @internal */
  protected writePairs(init: unknown): void {
    const batch = this.batchOfPairs(init);
    try {
      this.writeAll(batch);
    } finally {
      this[Member.HEAP].core.cellBatchClose(batch);
    }
  }

  /** All keys, values, or both in turn, of one moment. @internal */
  protected all(part: Part): unknown[] {
    return readBatch(this[Member.HEAP], this.made(this[Member.HEAP].core.tableSnapshot(this[Member.OPEN], part)));
  }

  /** @internal */
  protected pairs<K, V>(): [K, V][] {
    const flat = this.all(Part.ITEMS);
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as K, flat[2 * i + 1] as V]);
  }

  /** @internal */
  override [STATE](): State {
    const size = this[Member.HEAP].core.tableSize(this[Member.OPEN]);
    return { text: `size=${size}`, fields: { size } };
  }

  /** What console.log shows: as Python's `str(d)`, what is in it. */
  override [INSPECT](depth?: number, options?: object, inspect?: (value: unknown, options?: object) => string): string {
    if (this[Member.PTR] === 0 || inspect === undefined || (depth as number) < 0) return this.toString();
    const pairs = this.pairs();
    const named = pairs.every(([key]) => typeof key === 'string');
    return `${this.constructor.name} ${inspect(named ? Object.fromEntries(pairs) : new Map(pairs), options)}`;
  }
}

function pairsOf(init: unknown): readonly (readonly [unknown, unknown])[] {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object') throw new TypeError(`expected an object or pairs of key and value, got ${typeof init}`);
  if (!(Symbol.iterator in init)) return Object.entries(init);
  return Array.from(init as Iterable<unknown>, (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new TypeError('expected pairs of key and value: [[key, value], ...]');
    return pair as unknown as [unknown, unknown];
  });
}

/**
 * A dict of any number of workers', in shared memory: no server, no messages. Keys keep the order in which
 * they came. Every call is atomic; a sequence of calls is not: for that there is `update(key, fn)`.
 *
 * Keys are strings, numbers (-0 is 0), bigints, booleans, null, undefined, bytes, and arrays of those
 * (Python's tuples); `1`, `1n`, `'1'` and `true` are four keys. Values are snapshots, as in a queue:
 * `d.get('a').push(1)` changes a copy. Managed and other shared objects inside stay live, and live as long as
 * they are in it; a dict that contains itself is never freed.
 *
 * It has a Map's methods and Python's, and its string keys are properties, too: `d.num`, `d.num = 3`, `'num'
 * in d`, `delete d.num`, `{ ...d }`. Names of methods are not: for a key named 'size' there is
 * `d.get('size')`. Property names are strings: `d[1]` is the key '1'. A missing property is `undefined`.
 *
 * Methods with an async twin wait while another worker is inside of `update`; those without one never wait
 * for a user's function. Unlike Python's: iteration gives pairs, as a Map's does; a worker that dies inside
 * of `update` changes nothing and holds up nobody.
 * @example
 * ```ts
 * import { Manager } from 'nogil';
 *
 * const scores = Manager().dict<{ ann: number; bob: number }>({ ann: 1, bob: 2 });
 * scores.ann += 1; // two steps: read, write
 * scores.update('bob', (n) => (n ?? 0) * 10); // one
 * console.log(scores.items()); // prints [ [ 'ann', 2 ], [ 'bob', 20 ] ]
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: what a dict holds is the user's to say; Python's holds anything
export class Dict<K = any, V = any> extends Table {
  // biome-ignore lint/suspicious/noExplicitAny: its string keys; `manager.dict<{ num: number }>()` says more of them
  [name: string]: any;
  readonly #self: this;

  /**
   * Makes a dict of no manager's; `manager.dict()` makes the same with more helpful types.
   * @param init what is in it at first: an object, a Map, or pairs. Default: nothing
   * @throws TypeError a key or a value cannot be one; MemoryError
   */
  constructor(init?: DictInit<K, V> | null);
  /** @internal */
  constructor(init?: DictInit<K, V> | AdoptionToken | null);
  constructor(init?: DictInit<K, V> | AdoptionToken | null) {
    super(init instanceof AdoptionToken ? init : undefined);
    this.#self = withContents<this>(this, {
      owns: (name) => !METHODS.has(name),
      get: (name) => {
        const value = this.read(name, MISSING);
        return value === MISSING ? Reflect.get(Object.prototype, name) : value;
      },
      set: (name, value) => void this.write(name, value, Put.ALWAYS, 'set'),
      has: (name) => this.contains(name),
      delete: (name) => void this.remove(name, 'delete'),
      names: () => this.all(Part.KEYS).filter((key) => typeof key === 'string'),
    });
    if (!(init instanceof AdoptionToken)) this.#fill(init);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return this.#self;
  }

  #fill(init: DictInit<K, V> | null | undefined): void {
    try {
      this.writePairs(init);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────

  /** The value under `key`; `fallback` (undefined) if there is none. */
  get(key: K): V | undefined;
  /** The value under `key`; `fallback` if there is none. It never waits, also not for an `update`. */
  get<D>(key: K, fallback: D): V | D;
  get(key: K, fallback?: unknown): unknown {
    return this.read(typeof key === 'string' ? key : toKey(key), fallback);
  }

  /** Whether there is such a key: Python's `key in d`. @throws TypeError it can be none */
  has(key: K): boolean {
    return this.contains(toKey(key));
  }

  /** How many keys there are. */
  get size(): number {
    return this[Member.HEAP].core.tableSize(this[Member.OPEN]);
  }

  /** All keys, in the order in which they came. An array, as Python's proxies give a list. */
  keys(): K[] {
    return this.all(Part.KEYS) as K[];
  }

  /** All values, in the order of their keys, of one moment. Snapshots, in an array of this worker's own. */
  values(): V[] {
    return this.all(Part.VALUES) as V[];
  }

  /** All pairs of key and value, of one moment. */
  items(): [K, V][] {
    return this.pairs();
  }

  /** A Map's name for `items`. */
  entries(): [K, V][] {
    return this.items();
  }

  /** Calls `fn(value, key, dict)` for each pair of one moment, as a Map does. */
  forEach(fn: (value: V, key: K, dict: this) => void): void {
    for (const [key, value] of this.items()) fn(value, key, this.#self);
  }

  /** A Map with the same pairs, of this worker's own. */
  copy(): Map<K, V> {
    return new Map(this.items());
  }

  /** The pairs of the moment when the iteration began; what changes meanwhile does not disturb it. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.items()[Symbol.iterator]();
  }

  /** For JSON.stringify: an object of the string keys. */
  override toJSON(): Record<string, V> {
    return Object.fromEntries(this.items().filter(([key]) => typeof key === 'string'));
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts `value` under `key`: Python's `d[key] = value`. A new key comes last; one that was there keeps its
   * place.
   * @returns the dict itself
   * @throws TypeError the key or the value cannot be sent; MemoryError. Then nothing has changed
   */
  set(key: K, value: V): this {
    this.write(typeof key === 'string' ? key : toKey(key), value, Put.ALWAYS, 'set');
    return this.#self;
  }

  /** The async twin of `set`. The snapshot is taken now. */
  async setAsync(key: K, value: V, options?: AsyncOptions): Promise<void> {
    const batch = batchOf(this[Member.HEAP], [value], [toKey(key)]);
    await this.laterWith(batch, () => this.writeAll(batch), options);
  }

  /**
   * Takes a key out. Unlike Python's `del d[key]` it throws nothing if there is none.
   * @returns whether it was there
   */
  delete(key: K): boolean {
    return this.remove(toKey(key), 'delete');
  }

  /** The async twin of `delete`. */
  deleteAsync(key: K, options?: AsyncOptions): Promise<boolean> {
    return this.later(() => this.delete(key), options);
  }

  /** Takes the key out, and answers its value. @throws KeyError there is no such key */
  pop(key: K): V;
  /** Takes the key out, and answers its value; `fallback` if there is no such key. */
  pop<D>(key: K, fallback: D): V | D;
  pop(key: K, ...fallback: unknown[]): unknown {
    writeKey(this[Member.HEAP], toKey(key));
    const meta = this[Member.HEAP].core.tableTake(this[Member.OPEN]);
    if (meta !== Status.RANGE) return this.shown(meta, 'pop');
    if (fallback.length === 0) throw new KeyError(nameOf(key));
    return fallback[0];
  }

  /** The async twin of `pop` without a fallback. */
  popAsync(key: K, options?: AsyncOptions): Promise<V> {
    return this.later(() => this.pop(key), options);
  }

  /** Takes the pair out that came last. @throws KeyError the dict is empty */
  popitem(): [K, V] {
    const batch = this[Member.HEAP].core.tableTakeLast(this[Member.OPEN]);
    if (batch === Status.RANGE) throw new KeyError('popitem(): dictionary is empty');
    if (batch < 0) throw this.failed(batch, 'popitem');
    return readBatch(this[Member.HEAP], batch) as [K, V];
  }

  /** The async twin of `popitem`. */
  popitemAsync(options?: AsyncOptions): Promise<[K, V]> {
    return this.later(() => this.popitem(), options);
  }

  /**
   * The value under `key`; if there is none, `value` is put there first. @throws TypeError the key or the
   * value cannot be sent; MemoryError
   */
  setdefault(key: K, value: V): V {
    const wanted = toKey(key);
    for (;;) {
      const present = this.read(wanted, MISSING);
      if (present !== MISSING) return present as V;
      // What is answered is what others will read, not the object given.
      this.write(wanted, value, Put.IF_ABSENT, 'setdefault');
    }
  }

  /** The async twin of `setdefault`. The snapshot of `value` is taken now. */
  async setdefaultAsync(key: K, value: V, options?: AsyncOptions): Promise<V> {
    const wanted = toKey(key);
    const batch = batchOf(this[Member.HEAP], [value], [wanted]);
    const call = () => {
      this.writeAll(batch, Put.IF_ABSENT);
      return this.read(wanted, undefined) as V;
    };
    return this.laterWith(batch, call, options);
  }

  /**
   * Replaces the value under `key` by `fn(value)` (of undefined, if there is none) in one step, and answers
   * it. Nobody else changes the dict meanwhile; others read the old value. `fn` may be slow, call this dict's
   * methods, or throw: then nothing has changed. Beyond Python.
   */
  update(key: K, fn: (value: V | undefined) => V): V;
  /** Takes all pairs in, at once to whoever looks. */
  update(pairs: DictInit<K, V>): void;
  update(key: unknown, ...rest: unknown[]): unknown {
    if (rest.length === 0) return this.writePairs(key);
    const [fn] = rest;
    if (typeof fn !== 'function') throw new TypeError(`update(key, fn) needs a function, got ${typeof fn}`);
    const wanted = toKey(key);
    return this.guarded('update', () => {
      const value = fn(this.read(wanted, undefined) as V | undefined);
      this.write(wanted, value, Put.ALWAYS, 'update');
      return value;
    });
  }

  /**
   * The async twin of `update`; `fn` may be async. Until it is done, whatever else changes this dict waits:
   * in this worker, too, so `fn` must not await the dict's own async methods, and its blocking ones throw
   * RuntimeError rather than wait for ever.
   */
  updateAsync(key: K, fn: (value: V | undefined) => V | Promise<V>, options?: AsyncOptions): Promise<V>;
  /** The async twin of `update` of pairs. Their snapshots are taken now. */
  updateAsync(pairs: DictInit<K, V>, options?: AsyncOptions): Promise<void>;
  async updateAsync(key: unknown, ...rest: unknown[]): Promise<unknown> {
    const [fn, options] = rest as [unknown, AsyncOptions | undefined];
    if (typeof fn !== 'function') {
      const batch = this.batchOfPairs(key);
      await this.laterWith(batch, () => this.writeAll(batch), fn as AsyncOptions | undefined);
      return undefined;
    }
    const wanted = toKey(key);
    return this.guardedAsync(async () => {
      const value = (await fn(this.read(wanted, undefined))) as V;
      this.atOnce(() => this.write(wanted, value, Put.ALWAYS, 'update'));
      return value;
    }, options);
  }

  /** Takes everything out, in one step. */
  clear(): void {
    this.check(this[Member.HEAP].core.tableClear(this[Member.OPEN]), 'clear');
  }

  /** The async twin of `clear`. */
  clearAsync(options?: AsyncOptions): Promise<void> {
    return this.later(() => this.clear(), options);
  }
}

const METHODS = methodsOf(Dict);

function nameOf(key: unknown): string {
  return typeof key === 'string' ? `'${key}'` : String(key);
}

registerShared(ClassTag.DICT, Dict, Kind.TABLE);
