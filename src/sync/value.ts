/**
 * Value and RawValue: one number in shared memory.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import type { Lock, RLock } from './lock.ts';
import { lockOf, makeNumbers, NO_LOCK, Numbers, type ValueOptions } from './numbers.ts';
import { checkType, checkTypecode, type Typecode, type ValueOf } from './typecodes.ts';

function make(typecode: Typecode | AdoptionToken, init: unknown, lock: number): AdoptionToken {
  if (typecode instanceof AdoptionToken) return typecode;
  checkTypecode(typecode);
  if (init !== undefined) checkType(typecode, init);
  return makeNumbers(Kind.VALUE, typecode, 1, lock);
}

/**
 * A number in shared memory, without a lock. Out of range wraps around, as in C.
 * @example
 * ```ts
 * import { RawValue } from 'nogil';
 *
 * const byte = new RawValue('B', 255);
 * byte.value += 1; // wraps around, as C's unsigned char does
 * console.log(byte.value); // prints 0
 * ```
 */
export class RawValue<C extends Typecode = Typecode> extends Numbers {
  /**
   * Makes a number.
   * @param typecode C's type of it; see `Typecode`
   * @param init its first value. Default 0
   * @throws TypeError unknown typecode, or a value of another type: bigint for q and Q, integers for all but
   * f and d; MemoryError
   */
  constructor(typecode: C, init?: ValueOf<C>);
  /** @internal */
  constructor(typecode: C | AdoptionToken, init?: ValueOf<C>);
  /** @internal */
  constructor(typecode: C | AdoptionToken, init: ValueOf<C> | undefined, at: number, lock: Lock | RLock | boolean);
  constructor(typecode: C | AdoptionToken, init?: ValueOf<C>, at: number = NO_LOCK, lock: Lock | RLock | boolean = false) {
    super(make(typecode, init, at), lock);
    if (init !== undefined) this[Member.NUMBERS][0] = init;
  }

  /** @internal */
  override [STATE](): State {
    const { [Member.TYPECODE]: typecode, [Member.RAW]: value } = this;
    return { text: `${typecode} ${String(value)}`, fields: { typecode, value } };
  }

  /**
   * The number. What is assigned wraps around out of range, as in C. @throws TypeError a value of another
   * type
   */
  get value(): ValueOf<C> {
    return this[Member.GUARD] === undefined ? this[Member.RAW] : this[Member.GUARD].with(() => this[Member.RAW]);
  }

  /** Sets the number. @throws TypeError a value of another type */
  set value(value: ValueOf<C>) {
    if (this[Member.GUARD] === undefined) this[Member.RAW] = value;
    else
      this[Member.GUARD].with(() => {
        this[Member.RAW] = value;
      });
  }

  /** The number, whoever has the lock. @internal */
  protected get [Member.RAW](): ValueOf<C> {
    this[Member.OPEN];
    return this[Member.NUMBERS][0] as ValueOf<C>;
  }

  /** @internal */
  protected set [Member.RAW](value: ValueOf<C>) {
    this[Member.OPEN];
    checkType(this[Member.TYPECODE], value);
    this[Member.NUMBERS][0] = value;
  }
}

/**
 * A number in shared memory with a lock. Each access takes the lock; `v.value += 1` are two accesses, and
 * loses updates as in Python: use `add`, `update`, or hold the lock: `using held = v.hold()`.
 * @example
 * ```ts
 * import { main, Process, Value } from 'nogil';
 *
 * export function count(total: Value<'i'>) {
 *   for (let i = 0; i < 1000; i++) total.add(1);
 * }
 *
 * main(import.meta, () => {
 *   const total = new Value('i', 0);
 *   const processes = [1, 2].map(() => new Process({ target: count, args: [total] }));
 *   for (const process of processes) process.start();
 *   for (const process of processes) process.join();
 *   console.log(total.value); // prints 2000
 * });
 * ```
 */
export class Value<C extends Typecode = Typecode> extends RawValue<C> {
  /**
   * Makes a number with a lock.
   * @param typecode C's type of it; see `Typecode`
   * @param init its first value. Default 0
   * @param options `{ lock }`: default an RLock of its own
   * @throws as RawValue; AttributeError the lock is no lock
   */
  constructor(typecode: C, init?: ValueOf<C>, options?: ValueOptions);
  /** @internal */
  constructor(typecode: C | AdoptionToken, init?: ValueOf<C>, options?: ValueOptions);
  constructor(typecode: C | AdoptionToken, init?: ValueOf<C>, options?: ValueOptions) {
    super(typecode, init, lockOf(options), options?.lock ?? true);
  }

  /**
   * Adds `n` in one step; the new value. Beyond Python.
   * @throws TypeError a value of another type
   */
  add(n: ValueOf<C>): ValueOf<C> {
    return this.update((value) => ((value as number) + (n as number)) as ValueOf<C>);
  }

  /**
   * Replaces the value by `fn(value)` in one step; the new value. Nothing changes if `fn` throws. Beyond
   * Python.
   * @throws TypeError `fn` answers a value of another type; what `fn` throws
   */
  update(fn: (value: ValueOf<C>) => ValueOf<C>): ValueOf<C> {
    return this.getLock().with(() => {
      this[Member.RAW] = fn(this[Member.RAW]);
      return this[Member.RAW];
    });
  }

  /** The number without the lock. */
  getObj(): RawValue<C> {
    return new RawValue<C>(this[Member.AGAIN]());
  }
}

registerShared(ClassTag.VALUE, Value, Kind.VALUE);
registerShared(ClassTag.RAW_VALUE, RawValue, Kind.VALUE);
