/**
 * Numbers: what Value and Array have in common, numbers of one type in shared memory, and a lock that guards
 * them or none.
 */
import { Kind } from '../../assembly/abi.ts';
import { AttributeError } from '../errors.ts';
import { strayAddress } from '../heap/corrupt.ts';
import { heapFull, theHeap } from '../heap/heap.ts';
import { asPart, orClose } from '../heap/held.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { AdoptionToken, created, refAgain, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import { Acquirable } from './acquirable.ts';
import { Lock, lockBehind, RLock } from './lock.ts';
import { type Typecode, typecodes, type View, views } from './typecodes.ts';

/** What `Value` and `Array` take beside typecode and contents. */
export interface ValueOptions {
  /**
   * A lock to share with others; true, the default: an RLock of its own; false: none, as RawValue and
   * RawArray.
   */
  lock?: Lock | RLock | boolean | null | undefined;
}

/** What the core is told in place of a lock's address. */
const OWN_LOCK = 0;
export const NO_LOCK = 1;
/** The data begins with the typecode's number and the count; what is counted lies behind them. */
export const HEADER = 8;
/** So many elements are shown. */
const SHOWN = 8;

/** A lock as the core takes it. @throws AttributeError */
export function lockOf(options: ValueOptions | undefined): number {
  checkNames('Value and Array', options, ['lock']);
  const lock = options?.lock ?? true;
  if (typeof lock === 'boolean') return lock ? OWN_LOCK : NO_LOCK;
  if (lock instanceof Lock || lock instanceof RLock) return Shared.addressOf(lock);
  throw new AttributeError('lock must be a Lock, an RLock or a boolean');
}

/** `count` zeros in the heap. @throws MemoryError */
export function makeNumbers(kind: Kind.VALUE | Kind.ARRAY, typecode: Typecode, count: number, lock: number): AdoptionToken {
  const heap = theHeap();
  const { core } = heap;
  const bytes = HEADER + count * views[typecode].BYTES_PER_ELEMENT;
  if (bytes >= 2 ** 31) throw heapFull(bytes);
  const make = () => (kind === Kind.VALUE ? core.valueCreate(bytes, lock) : core.arrayCreate(bytes, lock));
  const ref = created(make(), make);
  const at = core.valueData(core.refObject(ref));
  heap.storeWord(at, typecodes.indexOf(typecode));
  heap.storeWord(at + 4, count);
  return new AdoptionToken(heap, ref);
}

export abstract class Numbers extends Acquirable {
  /** @internal */
  protected readonly [Member.TYPECODE]: Typecode;
  /** The numbers. A shared memory never moves: the view stays good when it grows. @internal */
  protected readonly [Member.NUMBERS]: View;
  /** @internal */
  protected readonly [Member.GUARD]: Lock | RLock | undefined;
  readonly #ownsLock: boolean;

  /** @param lock true: what the object says guards it @internal */
  protected constructor(existing: AdoptionToken, lock: Lock | RLock | boolean) {
    super(existing.heap, existing.ref);
    const { [Member.HEAP]: heap } = this;
    const at = heap.core.valueData(this[Member.PTR]);
    const count = heap.loadWord(at + 4);
    const typecode = typecodes[heap.loadWord(at)];
    if (typecode === undefined) strayAddress(at, count);
    this[Member.TYPECODE] = typecode as Typecode;
    const View = views[this[Member.TYPECODE]];
    heap.checkRange(at, HEADER + count * View.BYTES_PER_ELEMENT);
    const { buffer } = heap.bytes(at + HEADER + count * View.BYTES_PER_ELEMENT);
    this[Member.NUMBERS] = new View(buffer, at + HEADER, count);
    this.#ownsLock = lock === true;
    this[Member.GUARD] = typeof lock !== 'boolean' ? lock : lock ? orClose(this, () => this.#lockInHeap()) : undefined;
  }

  #lockInHeap(): Lock | RLock | undefined {
    const { core } = this[Member.HEAP];
    const at = core.valueLock(this[Member.PTR]);
    if (at === NO_LOCK) return undefined;
    const lock = at === OWN_LOCK ? this[Member.PTR] : at;
    const existing = new AdoptionToken(this[Member.HEAP], refAgain(core, lock));
    return asPart(() => lockBehind(existing));
  }

  /** Another handle to the same numbers. @internal */
  protected [Member.AGAIN](): AdoptionToken {
    return new AdoptionToken(this[Member.HEAP], refAgain(this[Member.HEAP].core, this[Member.OPEN]));
  }

  /** The lock that guards it. @throws AttributeError it has none */
  getLock(): Lock | RLock {
    if (this[Member.GUARD] === undefined) throw new AttributeError(`this ${this.constructor.name} was made without a lock`);
    return this[Member.GUARD];
  }

  /**
   * Takes the lock that guards it, as `Lock.acquire`.
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it was taken
   * @throws AttributeError it has none
   */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    return this.getLock().acquire(blocking, timeout);
  }

  /** The async twin of `acquire`. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return this.getLock().acquireAsync(timeout, options);
  }

  /** Gives the lock up that guards it. */
  release(): void {
    this.getLock().release();
  }

  /** @internal */
  override [STATE](): State {
    const { [Member.TYPECODE]: typecode, [Member.NUMBERS]: numbers } = this;
    const shown = Array.from(numbers.subarray(0, SHOWN) as Iterable<unknown> & ArrayLike<unknown>, String).join(', ');
    const text = `${typecode} ${numbers.length > SHOWN ? `[${shown}, … of ${numbers.length}]` : `[${shown}]`}`;
    return { text, fields: { typecode, length: numbers.length } };
  }

  override close(): void {
    super.close();
    if (this.#ownsLock) this[Member.GUARD]?.close();
  }
}
