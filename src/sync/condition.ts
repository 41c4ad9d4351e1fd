/**
 * Condition: first in, first out, and exact.
 */
import { ClassTag, Kind, NodeState, Status } from '../../assembly/abi.ts';
import { BrokenLockError } from '../errors.ts';
import { waitForWord } from '../heap/gate.ts';
import { asPart, orClose } from '../heap/held.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, refAgain, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Blocking, leftUntil, type Timeout, timeoutToMs } from '../heap/time.ts';
import { Acquirable } from './acquirable.ts';
import { wouldBlock } from './blocking.ts';
import { checkInteger } from './flavour.ts';
import { BETWEEN_TASKS, Lock, Lockable, lockBehind, RLock } from './lock.ts';
import { NodeWaits } from './node-waits.ts';

/**
 * Waiting, with a lock held, for another worker to say that something changed.
 *
 * `notify(n)` wakes exactly min(n, waiters), in the order in which they came; nobody is woken for nothing,
 * and nobody who comes later steals a wake-up. Waiters that died do not count.
 *
 * Unlike Python's: the lock must be held by this very worker also if it is a plain Lock (CPython accepts that
 * anybody holds it).
 * @example
 * ```ts
 * import { Condition, main, RawValue, Thread } from 'nogil';
 *
 * export function waiter(condition: Condition, ready: RawValue<'b'>) {
 *   condition.with(() => condition.waitFor(() => ready.value === 1));
 *   console.log('ready'); // prints ready
 * }
 *
 * main(import.meta, () => {
 *   const condition = new Condition();
 *   const ready = new RawValue('b', 0);
 *   const thread = new Thread({ target: waiter, args: [condition, ready] });
 *   thread.start();
 *   condition.with(() => {
 *     ready.value = 1;
 *     condition.notifyAll();
 *   });
 *   thread.join();
 * });
 * ```
 */
export class Condition extends Acquirable {
  #lock: Lock | RLock;
  /** Nobody else knows this handle to the lock: it goes with the condition's. */
  #ownsLock: boolean;
  readonly #waits = new NodeWaits();

  /**
   * Makes a condition. @param lock a Lock or RLock, to be shared with other conditions perhaps; default: an
   * RLock of its own @throws TypeError it is neither
   */
  constructor(lock?: Lock | RLock);
  /** @internal */
  constructor(lock?: Lock | RLock | AdoptionToken);
  constructor(lock?: Lock | RLock | AdoptionToken) {
    if (lock instanceof AdoptionToken) {
      super(lock.heap, lock.ref);
      this.#lock = orClose(this, () => this.#lockInHeap());
      this.#ownsLock = true;
      return;
    }
    if (lock !== undefined && !(lock instanceof Lock || lock instanceof RLock))
      throw new TypeError('lock must be a Lock or an RLock');
    const Own = new.target[Member.REENTRANT];
    const given = lock ?? asPart(() => new Own());
    const at = Shared.addressOf(given);
    const heap = Shared.heapOf(given);
    const make = () => created(heap.core.conditionCreate(at, given instanceof RLock ? 1 : 0));
    super(heap, lock === undefined ? orClose(given, make) : make());
    this.#lock = given;
    this.#ownsLock = lock === undefined;
  }

  #lockInHeap(): Lock | RLock {
    const { core } = this[Member.HEAP];
    const existing = new AdoptionToken(this[Member.HEAP], refAgain(core, core.conditionLock(this[Member.PTR])));
    return asPart(() => lockBehind(existing));
  }

  /** @internal */
  protected static get [Member.REENTRANT](): typeof RLock {
    return RLock;
  }

  /** The lock of a condition that is not closed. @internal */
  protected get [Member.GUARD](): Lock | RLock {
    this[Member.OPEN];
    return this.#lock;
  }

  /** @internal */
  override get [Member.MUTEX](): Acquirable {
    return this[Member.GUARD];
  }

  /**
   * Takes the lock behind it, as `Lock.acquire`. @param timeout seconds; undefined or null: for ever @returns
   * whether it was taken
   */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    return this[Member.GUARD].acquire(blocking, timeout);
  }

  /**
   * The async twin of `acquire`, and as asyncio's: for one async task of this worker at a time, also if the
   * lock is an RLock. A task that holds it may take it again by `acquire`.
   */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return Lockable.acquireInTurn(this[Member.GUARD], timeout, options);
  }

  /** Gives the lock behind it up. @throws RuntimeError it is not held */
  release(): void {
    this[Member.GUARD].release();
  }

  /** Whether anybody holds the lock behind it. */
  locked(): boolean {
    return this[Member.GUARD].locked();
  }

  #notOwner(verb: string): Error {
    return new this[Member.FLAVOUR].notOwner(
      `cannot ${verb} on un-acquired lock${this.#lock instanceof RLock ? BETWEEN_TASKS : ''}`,
    );
  }

  /**
   * Gives the lock up (all levels of an RLock), waits to be notified, and takes the lock back, however long
   * that takes.
   * @param timeout seconds for the notification; undefined or null: for ever
   * @returns whether it was notified
   * @throws RuntimeError (multiprocessing: AssertionError) when this worker does not hold the lock
   * @throws BrokenLockError the lock's holder died meanwhile
   */
  wait(timeout?: Timeout): boolean {
    const { core } = this[Member.HEAP];
    const condition = this[Member.OPEN];
    const ms = timeoutToMs(timeout);
    const node = created(core.nodeTake());
    let status: number;
    try {
      status = core.conditionWait(condition, node, ms);
    } finally {
      core.nodeGive(node);
    }
    switch (status) {
      case Status.OK:
        return true;
      case Status.TIMEOUT:
        throwIfInterrupted();
        return false;
      case Status.NOT_OWNER:
        throw this.#notOwner('wait');
      case Status.WOULD_BLOCK:
        throw wouldBlock('wait');
      default:
        throw new BrokenLockError('the lock of this condition broke while it was waited for: the worker that held it died');
    }
  }

  /** The async twin of `wait`. An aborted wait takes the lock back before it rejects. */
  async waitAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    const ms = timeoutToMs(timeout);
    const condition = this[Member.OPEN];
    return this.#waits.run(this[Member.HEAP], condition, options?.signal, (node, signal) =>
      this.#waitOn(condition, node, ms, signal),
    );
  }

  async #waitOn(condition: number, node: number, ms: number, signal: AbortSignal): Promise<boolean> {
    const { core } = this[Member.HEAP];
    const depth = core.conditionEnter(condition, node);
    if (depth < 0) throw this.#notOwner('wait');
    const waited = waitForWord(this[Member.HEAP], node, NodeState.WAITING, ms, signal);
    let notified = false;
    try {
      await waited.catch(() => {});
      await Lockable.acquireInTurn(this.#lock, undefined, undefined);
    } finally {
      notified = core.conditionLeave(condition, node, depth) === Status.OK;
    }
    // A notify that came before the lock was back is spent on this call: it has succeeded, aborted or not.
    if (!notified) await waited;
    return notified;
  }

  /**
   * Waits until `predicate` answers something truthy; it is called with the lock held, and whenever somebody
   * notifies.
   * @param timeout seconds for all of it; undefined or null: for ever
   * @returns the predicate's last value, as it is: falsy when the time is up
   * @throws as `wait`
   */
  waitFor<T>(predicate: () => T, timeout?: Timeout): T {
    let left = timeoutToMs(timeout);
    const deadline = performance.now() + left;
    let value = predicate();
    // One wait at least, as in Python: it lets others in, and it is what finds out that the lock is not held.
    while (!value) {
      this.wait(left / 1000);
      value = predicate();
      left = leftUntil(deadline);
      if (left === 0) break;
    }
    return value;
  }

  /** The async twin of `waitFor`. */
  async waitForAsync<T>(predicate: () => T, timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    let left = timeoutToMs(timeout);
    const deadline = performance.now() + left;
    let value = predicate();
    while (!value) {
      await this.waitAsync(left / 1000, options);
      value = predicate();
      left = leftUntil(deadline);
      if (left === 0) break;
    }
    return value;
  }

  /**
   * Wakes up to `n` of those who wait now; none for n below 1. The lock is not given up.
   * @param n default 1
   * @throws RuntimeError (multiprocessing: AssertionError) when this worker does not hold the lock
   */
  notify(n = 1): void {
    const count = Math.max(0, checkInteger('n', n, -0x7fffffff));
    if (this[Member.HEAP].core.conditionNotify(this[Member.OPEN], count) < 0) throw this.#notOwner('notify');
  }

  /** Wakes all who wait now. @throws as `notify` */
  notifyAll(): void {
    this.notify(0x7fffffff);
  }

  /** @internal */
  override [STATE](): State {
    const lock = String(this.#lock);
    const { text, fields } = this.#lock[STATE]();
    return { text: `${lock.slice(1, lock.indexOf(':'))} ${text}`, fields: { ...fields, lock: Shared.idOf(this.#lock) } };
  }

  override close(): void {
    super.close();
    this.#waits.end(() => this[Member.CLOSED_ERROR]());
    if (this.#ownsLock) this.#lock.close();
  }
}

registerShared(ClassTag.CONDITION, Condition, Kind.CONDITION);
