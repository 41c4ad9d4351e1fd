/**
 * Condition: first in, first out, and exact.
 */
import { Kind, Status } from '../../assembly/abi.ts';
import { BrokenLockError } from '../errors.ts';
import { waitForWord } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { created, Existing, homeOf, registerShared } from '../heap/shared.ts';
import { type AsyncOptions, leftUntil, type Timeout, timeoutToMs } from '../heap/time.ts';
import { wouldBlock } from './blocking.ts';
import { checkInteger } from './flavour.ts';
import { Holdable } from './holdable.ts';
import { Lock, RLock } from './lock.ts';

const NODE_BYTES = 16;
const WAITING = 1;

/**
 * Waiting, with a lock held, for another worker to say that something changed.
 *
 * `notify(n)` wakes exactly min(n, waiters), in the order in which they came; nobody is woken for nothing, and nobody who comes later
 * steals a wake-up. Waiters that died do not count.
 *
 * Unlike Python's: the lock must be held by this very worker also if it is a plain Lock (CPython accepts that anybody holds it).
 */
export class Condition extends Holdable {
  #lock: Lock | RLock;

  /** @param lock a Lock or RLock, to be shared with other conditions perhaps; default: an RLock of its own */
  constructor(lock?: Lock | RLock | Existing) {
    if (lock instanceof Existing) {
      super(lock.heap, lock.ref);
      const { core } = this.heap;
      const at = core.conditionLock(this.ptr);
      const existing = new Existing(this.heap, created(core.refOpen(core.objectId(at), core.objectGeneration(at))));
      this.#lock = new (core.conditionIsReentrant(this.ptr) ? new.target.reentrant : new.target.plain)(existing);
      return;
    }
    if (lock !== undefined && !(lock instanceof Lock || lock instanceof RLock)) throw new TypeError('lock must be a Lock or an RLock');
    const given = lock ?? new new.target.reentrant();
    const heap = lock === undefined ? theHeap() : homeOf(lock);
    const at = (given as unknown as { open: number }).open;
    super(heap, created(heap.core.conditionCreate(at, given instanceof RLock ? 1 : 0)));
    this.#lock = given;
  }

  /** @internal */
  protected static get plain(): typeof Lock {
    return Lock;
  }

  /** @internal */
  protected static get reentrant(): typeof RLock {
    return RLock;
  }

  acquire(blocking = true, timeout?: Timeout): boolean {
    return this.#lock.acquire(blocking, timeout);
  }

  acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return this.#lock.acquireAsync(timeout, options);
  }

  release(): void {
    this.#lock.release();
  }

  locked(): boolean {
    return this.#lock.locked();
  }

  #notOwner(verb: string): Error {
    return new this.flavour.notOwner(`cannot ${verb} on un-acquired lock`);
  }

  /**
   * Gives the lock up (all levels of an RLock), waits to be notified, and takes the lock back, however long that takes.
   * @param timeout seconds for the notification; undefined or null: for ever
   * @returns whether it was notified
   * @throws RuntimeError (multiprocessing: AssertionError) when this worker does not hold the lock
   */
  wait(timeout?: Timeout): boolean {
    const { core, tid } = this.heap;
    const status = core.conditionWait(this.open, core.slotNode(tid), timeoutToMs(timeout));
    switch (status) {
      case Status.OK:
        return true;
      case Status.TIMEOUT:
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
    const { core } = this.heap;
    const condition = this.open;
    const node = this.heap.allocate(NODE_BYTES);
    const depth = core.conditionEnter(condition, node);
    if (depth < 0) {
      core.free(node);
      throw this.#notOwner('wait');
    }
    let notified = false;
    try {
      await waitForWord(this.heap, node, WAITING, ms, options?.signal);
    } finally {
      try {
        await this.#lock.acquireAsync();
      } finally {
        notified = core.conditionLeave(condition, node, depth) === Status.OK;
        core.free(node);
      }
    }
    return notified;
  }

  /**
   * Waits until `predicate` answers something truthy; it is called with the lock held.
   * @returns the predicate's last value, as it is
   */
  waitFor<T>(predicate: () => T, timeout?: Timeout): T {
    const deadline = performance.now() + timeoutToMs(timeout);
    let value = predicate();
    while (!value) {
      const left = leftUntil(deadline);
      if (left === 0) break;
      this.wait(left / 1000);
      value = predicate();
    }
    return value;
  }

  /** The async twin of `waitFor`. */
  async waitForAsync<T>(predicate: () => T, timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    const deadline = performance.now() + timeoutToMs(timeout);
    let value = predicate();
    while (!value) {
      const left = leftUntil(deadline);
      if (left === 0) break;
      await this.waitAsync(left / 1000, options);
      value = predicate();
    }
    return value;
  }

  /** Wakes up to `n` of those who wait now; none for n below 1. The lock is not given up. */
  notify(n = 1): void {
    const count = Math.max(0, checkInteger('n', n, -0x7fffffff));
    if (this.heap.core.conditionNotify(this.open, count) < 0) throw this.#notOwner('notify');
  }

  /** Wakes all who wait now. */
  notifyAll(): void {
    this.notify(0x7fffffff);
  }
}

registerShared(6, Condition, Kind.CONDITION);
