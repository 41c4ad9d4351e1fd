/**
 * Value and RawValue: one number in shared memory.
 */
import { Kind } from '../../assembly/abi.ts';
import { AttributeError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { created, Existing, registerShared, Shared } from '../heap/shared.ts';
import { type Lock, RLock } from './lock.ts';

export type Typecode = 'c' | 'b' | 'B' | 'h' | 'H' | 'i' | 'I' | 'l' | 'L' | 'q' | 'Q' | 'f' | 'd';
/** What a Value of a typecode holds: bigint for q and Q, otherwise a number. */
export type ValueOf<C extends Typecode> = C extends 'q' | 'Q' ? bigint : number;

type View = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;
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

/** The data begins with the typecode's index; the number lies 8 bytes further. */
const BYTES = 16;
const NUMBER = 8;

/**
 * A number in shared memory, without a lock. Out of range wraps around, as in C.
 */
export class RawValue<C extends Typecode = Typecode> extends Shared {
  #view: View;

  /** @throws AttributeError unknown typecode; TypeError a bigint where a number is needed or the other way round */
  constructor(typecode: C | Existing, init?: ValueOf<C>) {
    if (typecode instanceof Existing) {
      super(typecode.heap, typecode.ref);
      this.#view = this.#look();
      return;
    }
    if (!Object.hasOwn(views, typecode)) throw new AttributeError(`unknown typecode ${String(typecode)}: expected one of ${codes.join(' ')}`);
    const heap = theHeap();
    super(heap, created(heap.core.valueCreate(BYTES)));
    heap.storeWord(heap.core.valueData(this.ptr), codes.indexOf(typecode));
    this.#view = this.#look();
    if (init !== undefined) this.raw = init;
  }

  #look(): View {
    const at = this.heap.core.valueData(this.ptr);
    const ctor = views[codes[this.heap.loadWord(at)] as Typecode];
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
  /** A lock to share with others; default: an RLock of the Value's own. */
  lock?: Lock | RLock;
}

/**
 * A number in shared memory with a lock. Each access takes the lock; `v.value += 1` are two accesses, and loses updates as in Python:
 * use `add`, `update`, or hold `getLock()`.
 */
export class Value<C extends Typecode = Typecode> extends RawValue<C> {
  #lock: Lock | RLock;

  constructor(typecode: C | Existing, init?: ValueOf<C>, options?: ValueOptions) {
    super(typecode, init);
    this.#lock = options?.lock ?? this.#ownLock();
  }

  #ownLock(): RLock {
    const { core } = this.heap;
    return new RLock(new Existing(this.heap, created(core.refOpen(core.objectId(this.ptr), core.objectGeneration(this.ptr)))));
  }

  override get value(): ValueOf<C> {
    return this.#lock.with(() => this.raw);
  }

  override set value(value: ValueOf<C>) {
    this.#lock.with(() => {
      this.raw = value;
    });
  }

  /** Adds `n` in one step; the new value. Beyond Python. */
  add(n: ValueOf<C>): ValueOf<C> {
    return this.update((value) => ((value as number) + (n as number)) as ValueOf<C>);
  }

  /** Replaces the value by `fn(value)` in one step; the new value. Nothing changes if `fn` throws. Beyond Python. */
  update(fn: (value: ValueOf<C>) => ValueOf<C>): ValueOf<C> {
    return this.#lock.with(() => {
      this.raw = fn(this.raw);
      return this.raw;
    });
  }

  /** The lock that guards it. */
  getLock(): Lock | RLock {
    return this.#lock;
  }

  /** The number without the lock. */
  getObj(): RawValue<C> {
    const { core } = this.heap;
    return new RawValue<C>(new Existing(this.heap, created(core.refOpen(core.objectId(this.ptr), core.objectGeneration(this.ptr)))));
  }

  override close(): void {
    if (this.ptr !== 0 && this.#lock.id === this.id) this.#lock.close();
    super.close();
  }
}

registerShared(10, Value, Kind.VALUE);
registerShared(11, RawValue, Kind.VALUE);
