/**
 * Array and RawArray: numbers of one type in shared memory.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { AttributeError, ValueError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import { checkInteger } from './flavour.ts';
import { behindIndices, placeOf } from './indices.ts';
import type { Lock, RLock } from './lock.ts';
import { lockOf, makeNumbers, NO_LOCK, Numbers, type ValueOptions } from './numbers.ts';
import { checkType, checkTypecode, type Typecode, type ValueOf, type ViewOf } from './typecodes.ts';

/** How many elements, all zero; or what they are. */
export type ArrayInit<C extends Typecode> = number | Iterable<ValueOf<C>>;

/**
 * Values for elements, all at once: one of a wrong type must leave everything as it was. @throws TypeError
 */
function checked(typecode: Typecode, values: unknown): unknown[] {
  if (typeof (values as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
    throw new TypeError(`expected a size or an iterable, got ${values === null ? 'null' : typeof values}`);
  const all = globalThis.Array.from(values as Iterable<unknown>);
  for (const value of all) checkType(typecode, value);
  return all;
}

/**
 * Numbers of one type in shared memory, without a lock. Out of range wraps around, as in C; an index that is
 * out of range is an `IndexError`, a negative one counts from the end.
 *
 * `a[i]` works as `a.get(i)` and `a.set(i, value)` do, which are faster; `view()` is the fastest.
 * @example
 * ```ts
 * import { main, Process, RawArray } from 'nogil';
 *
 * export function square(numbers: RawArray<'d'>) {
 *   const view = numbers.view(); // a Float64Array on the shared memory
 *   for (let i = 0; i < view.length; i++) view[i] = (view[i] as number) ** 2;
 * }
 *
 * main(import.meta, () => {
 *   const numbers = new RawArray('d', [1, 2, 3]);
 *   const process = new Process({ target: square, args: [numbers] });
 *   process.start();
 *   process.join();
 *   console.log([...numbers]); // prints [ 1, 4, 9 ]
 * });
 * ```
 */
export class RawArray<C extends Typecode = Typecode> extends Numbers {
  [index: number]: ValueOf<C>;

  /**
   * Makes an array, and fixes its length.
   * @param typecode C's type of the elements; see `Typecode`
   * @param sizeOrInit how many elements, all zero; or what they are. Default 0
   * @throws TypeError unknown typecode, a value of another type, neither size nor iterable; ValueError a
   * negative size; MemoryError
   */
  constructor(typecode: C, sizeOrInit?: ArrayInit<C>);
  /** @internal */
  constructor(typecode: C | AdoptionToken, sizeOrInit?: ArrayInit<C>);
  /** @internal */
  constructor(typecode: C | AdoptionToken, init: ArrayInit<C> | undefined, at: number, lock: Lock | RLock | boolean);
  constructor(typecode: C | AdoptionToken, init?: ArrayInit<C>, at: number = NO_LOCK, lock: Lock | RLock | boolean = false) {
    let values: unknown[] | undefined;
    if (typecode instanceof AdoptionToken) super(typecode, lock);
    else {
      checkTypecode(typecode);
      if (typeof init !== 'number') values = checked(typecode, init);
      const size = values === undefined ? checkInteger('size', init, 0) : values.length;
      super(makeNumbers(Kind.ARRAY, typecode, size, at), lock);
    }
    if (values !== undefined) this[Member.NUMBERS].set(values as never);
  }

  // Own fields and private methods only, where speed matters: what is looked up behind this class passes the
  // proxy below.

  #guarded<T>(access: () => T): T {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    return this[Member.GUARD] === undefined ? access() : this[Member.GUARD].with(access);
  }

  /** Where it is. @throws IndexError, TypeError @internal */
  protected [Member.PLACE](index: number): number {
    return placeOf(index, this[Member.NUMBERS].length, 'array');
  }

  /** How many elements there are: Python's `len(a)`. */
  get length(): number {
    return this[Member.NUMBERS].length;
  }

  /**
   * The element there; from the end if `index` is negative. @throws IndexError out of range; TypeError no
   * integer
   */
  get(index: number): ValueOf<C> {
    const place = this[Member.PLACE](index);
    return this.#guarded(() => this[Member.NUMBERS][place] as ValueOf<C>);
  }

  /**
   * As `get`, by the name that JavaScript's arrays have for it; unlike theirs it throws `IndexError` out of
   * range.
   */
  at(index: number): ValueOf<C> {
    return this.get(index);
  }

  /** Sets one element. @throws IndexError; TypeError a value of another type */
  set(index: number, value: ValueOf<C>): void;
  /**
   * Sets as many elements as there are values, from `start` on: Python's `a[start:start + n] = values`.
   * Nothing changes when it throws.
   * @throws ValueError there are not as many; TypeError a value of another type
   */
  set(values: Iterable<ValueOf<C>>, start?: number): void;
  set(first: number | Iterable<ValueOf<C>>, second?: number | bigint): void {
    if (typeof first !== 'number') {
      this.#setMany(first, second as number | undefined);
      return;
    }
    const place = this[Member.PLACE](first);
    checkType(this[Member.TYPECODE], second);
    this.#guarded(() => {
      this[Member.NUMBERS][place] = second as number;
    });
  }

  #setMany(values: Iterable<ValueOf<C>>, start = 0): void {
    const all = checked(this[Member.TYPECODE], values);
    const { length } = this[Member.NUMBERS];
    const from = checkInteger('start', start < 0 ? start + length : start, 0);
    if (from + all.length > length)
      throw new ValueError(`${all.length} values from ${start} on do not fit into ${length} elements`);
    this.#guarded(() => this[Member.NUMBERS].set(all as never, from));
  }

  /**
   * A copy of the elements from `start` to before `end`, as of one moment. Negative ones count from the end,
   * as for JavaScript's arrays.
   */
  slice(start?: number, end?: number): ValueOf<C>[] {
    return this.#guarded(() => globalThis.Array.from(this[Member.NUMBERS].subarray(start, end) as never));
  }

  /** The elements, as of the moment when the iteration begins. */
  [Symbol.iterator](): IterableIterator<ValueOf<C>> {
    return this.slice().values();
  }

  /**
   * The elements as a typed array on the shared memory itself, without copies, checks and locks. It stays
   * good while the memory grows, since that never moves; but do not use it when all handles are closed: the
   * memory becomes something else.
   */
  view(): ViewOf[C] {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    return this[Member.NUMBERS] as ViewOf[C];
  }

  // ── of typecode c ──────────────────────────────────────────────────────────────────────────────────

  /** All bytes, of typecode c. @throws AttributeError of another one */
  get raw(): Uint8Array {
    const bytes = this.#characters('raw');
    return this.#guarded(() => new Uint8Array(bytes));
  }

  /** Sets as many bytes as are given. @throws ValueError they are too many */
  set raw(bytes: Uint8Array) {
    this.#write('raw', bytes);
  }

  /** The bytes before the first 0, of typecode c: a string of C's. @throws AttributeError of another one */
  get value(): Uint8Array {
    const bytes = this.#characters('value');
    return this.#guarded(() => {
      const end = bytes.indexOf(0);
      return new Uint8Array(end < 0 ? bytes : bytes.subarray(0, end));
    });
  }

  /** Sets the bytes, and a 0 behind them if there is room. @throws ValueError they are too many */
  set value(bytes: Uint8Array) {
    this.#write('value', bytes);
  }

  #characters(name: string): Uint8Array {
    if (this[Member.TYPECODE] !== 'c')
      throw new AttributeError(`an array of typecode ${this[Member.TYPECODE]} has no ${name}: c has`);
    return this[Member.NUMBERS] as Uint8Array;
  }

  #write(name: 'raw' | 'value', bytes: unknown): void {
    const target = this.#characters(name);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`bytes expected (a Uint8Array), got ${typeof bytes}`);
    if (bytes.length > target.length)
      throw new ValueError(`byte string too long: ${bytes.length} bytes into ${target.length} elements`);
    this.#guarded(() => {
      target.set(bytes);
      if (name === 'value' && bytes.length < target.length) target[bytes.length] = 0;
    });
  }
}

/**
 * Numbers of one type in shared memory with a lock. Each access takes the lock; `a[i] += 1` are two accesses,
 * and loses updates as in Python: use `add`, `update`, or hold the lock: `using held = a.hold()`.
 * @example
 * ```ts
 * import { Array } from 'nogil';
 *
 * const numbers = new Array('i', 3);
 * numbers[0] = 5;
 * numbers.add(-1, 7); // in one step
 * console.log(numbers.slice()); // prints [ 5, 0, 7 ]
 * console.log(numbers.update(0, (n) => n * 2)); // prints 10
 * ```
 */
class SharedArray<C extends Typecode = Typecode> extends RawArray<C> {
  /**
   * Makes an array with a lock.
   * @param typecode C's type of the elements; see `Typecode`
   * @param sizeOrInit how many elements, all zero; or what they are. Default 0
   * @param options `{ lock }`: default an RLock of its own
   * @throws as RawArray; AttributeError the lock is no lock
   */
  constructor(typecode: C, sizeOrInit?: ArrayInit<C>, options?: ValueOptions);
  /** @internal */
  constructor(typecode: C | AdoptionToken, sizeOrInit?: ArrayInit<C>, options?: ValueOptions);
  constructor(typecode: C | AdoptionToken, sizeOrInit?: ArrayInit<C>, options?: ValueOptions) {
    super(typecode, sizeOrInit, lockOf(options), options?.lock ?? true);
  }

  /**
   * Adds `n` to an element in one step; its new value. Beyond Python.
   * @throws IndexError; TypeError a value of another type
   */
  add(index: number, n: ValueOf<C>): ValueOf<C> {
    return this.update(index, (value) => ((value as number) + (n as number)) as ValueOf<C>);
  }

  /**
   * Replaces an element by `fn(element)` in one step; its new value. Nothing changes if `fn` throws. Beyond
   * Python.
   * @throws IndexError; TypeError `fn` answers a value of another type; what `fn` throws
   */
  update(index: number, fn: (value: ValueOf<C>) => ValueOf<C>): ValueOf<C> {
    const place = this[Member.PLACE](index);
    return this.getLock().with(() => {
      const numbers = this.view();
      const value = fn(numbers[place] as ValueOf<C>);
      checkType(this[Member.TYPECODE], value);
      numbers[place] = value as never;
      return numbers[place] as ValueOf<C>;
    });
  }

  /** The numbers without the lock. */
  getObj(): RawArray<C> {
    return new RawArray<C>(this[Member.AGAIN]());
  }
}
Object.defineProperty(SharedArray, 'name', { value: 'Array' });

export { SharedArray as Array };

behindIndices(RawArray);

registerShared(ClassTag.ARRAY, SharedArray, Kind.ARRAY);
registerShared(ClassTag.RAW_ARRAY, RawArray, Kind.ARRAY);
