/**
 * Value and RawValue: one number in shared memory.
 */
import { Kind } from '../../assembly/abi.ts';
import { AttributeError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { created, Existing, registerShared, Shared } from '../heap/shared.ts';
import { Lock, RLock } from './lock.ts';

export type Typecode = 'c' | 'b' | 'B' | 'h' | 'H' | 'i' | 'I' | 'l' | 'L' | 'q' | 'Q' | 'f' | 'd';
/** What a Value of a typecode holds: bigint for q and Q, otherwise a number. */
export type ValueOf<C extends Typecode> = C extends 'q' | 'Q' ? bigint : number;

type View =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;
type ViewClass = { new (buffer: ArrayBufferLike, offset: number, length: number): View; readonly name: string };

/** C's types: char, signed and unsigned char, short, int, long (32 bits, as on Windows), long long, float, double. */
const views: Record<Typecode, ViewClass> = {
  c: Uint8Array,
  b: Int8Array,
  B: Uint8Array,
  h: Int16Array,
  H: Uint16Array,
  i: Int32Array,
  I: Uint32Array,
  l: Int32Array,
  L: Uint32Array,
  q: BigInt64Array,
  Q: BigUint64Array,
  f: Float32Array,
  d: Float64Array,
};
const codes = Object.keys(views) as Typecode[];

/** As ctypes does: out of range wraps around, another type is an error. */
function checkType(typecode: Typecode, value: unknown): void {
  const expected = 'qQ'.includes(typecode) ? 'bigint' : 'number';
  if (typeof value !== expected)
    throw new TypeError(`a value of typecode ${typecode} must be a ${expected}, got ${typeof value}`);
  if (expected === 'number' && !'fd'.includes(typecode) && !Number.isInteger(value))
    throw new TypeError(`a value of typecode ${typecode} must be an integer, got ${value}`);
}

/** The data begins with the typecode's index; the number lies 8 bytes further. */
const BYTES = 16;
const NUMBER = 8;
/** What the core is told in place of a lock's address. */
const OWN_LOCK = 0;
const NO_LOCK = 1;

/**
 * A number in shared memory, without a lock. Out of range wraps around, as in C.
 */
export class RawValue<C extends Typecode = Typecode> extends Shared {
  #typecode: Typecode;
  #view: View;

  /** @throws AttributeError unknown typecode; TypeError a value of another type: bigint for q and Q, integers for all but f and d */
  constructor(typecode: C | Existing, init?: ValueOf<C>);
  /** @internal */
  constructor(typecode: C | Existing, init: ValueOf<C> | undefined, lock: number);
  constructor(typecode: C | Existing, init?: ValueOf<C>, lock: number = NO_LOCK) {
    if (typecode instanceof Existing) {
      super(typecode.heap, typecode.ref);
      this.#typecode = codes[this.heap.loadWord(this.heap.core.valueData(this.ptr))] as Typecode;
      this.#view = this.#look();
      return;
    }
    if (!Object.hasOwn(views, typecode))
      throw new AttributeError(`unknown typecode ${String(typecode)}: expected one of ${codes.join(' ')}`);
    if (init !== undefined) checkType(typecode, init);
    const heap = theHeap();
    super(heap, created(heap.core.valueCreate(BYTES, lock)));
    heap.storeWord(heap.core.valueData(this.ptr), codes.indexOf(typecode));
    this.#typecode = typecode;
    this.#view = this.#look();
    if (init !== undefined) this.raw = init;
  }

  #look(): View {
    const at = this.heap.core.valueData(this.ptr);
    const ctor = views[this.#typecode];
    // The first bytes of a memory never move: a view on them stays good when it grows.
    return new ctor(this.heap.words(at + BYTES).buffer, at + NUMBER, 1);
  }

  /** The number, without a lock. @internal */
  protected get raw(): ValueOf<C> {
    this.open;
    return this.#view[0] as ValueOf<C>;
  }

  protected set raw(value: ValueOf<C>) {
    this.open;
    checkType(this.#typecode, value);
    this.#view[0] = value as never;
  }

  get value(): ValueOf<C> {
    return this.raw;
  }

  set value(value: ValueOf<C>) {
    this.raw = value;
  }
}

export interface ValueOptions {
  /** A lock to share with others; true, the default: an RLock of the Value's own; false: none, as a RawValue. */
  lock?: Lock | RLock | boolean | null;
}

/**
 * A number in shared memory with a lock. Each access takes the lock; `v.value += 1` are two accesses, and loses updates as in Python:
 * use `add`, `update`, or hold `getLock()`.
 */
export class Value<C extends Typecode = Typecode> extends RawValue<C> {
  #lock: Lock | RLock | undefined;
  #ownsLock: boolean;

  constructor(typecode: C | Existing, init?: ValueOf<C>, options?: ValueOptions) {
    const lock = options?.lock ?? true;
    if (typeof lock !== 'boolean' && !(lock instanceof Lock || lock instanceof RLock))
      throw new AttributeError('lock must be a Lock, an RLock or a boolean');
    super(typecode, init, typeof lock === 'boolean' ? (lock ? OWN_LOCK : NO_LOCK) : (lock as unknown as { open: number }).open);
    const given = typeof lock === 'boolean' ? undefined : lock;
    this.#ownsLock = given === undefined;
    this.#lock = given ?? this.#lockInHeap();
  }

  /** The lock that the value says guards it. */
  #lockInHeap(): Lock | RLock | undefined {
    const { core } = this.heap;
    const at = core.valueLock(this.ptr);
    if (at === NO_LOCK) return undefined;
    const lock = at === OWN_LOCK ? this.ptr : at;
    const id = core.objectId(lock);
    const existing = new Existing(this.heap, created(core.refOpen(id, core.objectGeneration(lock))));
    return core.objectKind(id) === Kind.LOCK ? new Lock(existing) : new RLock(existing);
  }

  override get value(): ValueOf<C> {
    return this.#guarded(() => this.raw);
  }

  override set value(value: ValueOf<C>) {
    this.#guarded(() => {
      this.raw = value;
    });
  }

  /** Adds `n` in one step; the new value. Beyond Python. */
  add(n: ValueOf<C>): ValueOf<C> {
    return this.update((value) => ((value as number) + (n as number)) as ValueOf<C>);
  }

  /** Replaces the value by `fn(value)` in one step; the new value. Nothing changes if `fn` throws. Beyond Python. */
  update(fn: (value: ValueOf<C>) => ValueOf<C>): ValueOf<C> {
    return this.getLock().with(() => {
      this.raw = fn(this.raw);
      return this.raw;
    });
  }

  #guarded<T>(access: () => T): T {
    return this.#lock === undefined ? access() : this.#lock.with(access);
  }

  /** The lock that guards it. @throws AttributeError it was made with `lock: false` */
  getLock(): Lock | RLock {
    if (this.#lock === undefined) throw new AttributeError('this Value was made without a lock');
    return this.#lock;
  }

  /** The number without the lock. */
  getObj(): RawValue<C> {
    const { core } = this.heap;
    return new RawValue<C>(
      new Existing(this.heap, created(core.refOpen(core.objectId(this.ptr), core.objectGeneration(this.ptr)))),
    );
  }

  override close(): void {
    super.close();
    if (this.#ownsLock) this.#lock?.close();
  }
}

registerShared(10, Value, Kind.VALUE);
registerShared(11, RawValue, Kind.VALUE);
