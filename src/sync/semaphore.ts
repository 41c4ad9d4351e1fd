/**
 * Semaphore and BoundedSemaphore.
 */
import { ClassTag, Kind, Status } from '../../assembly/abi.ts';
import { ValueError } from '../errors.ts';
import { corrupt } from '../heap/corrupt.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Blocking, type Timeout, timeoutToMs } from '../heap/time.ts';
import { Acquirable } from './acquirable.ts';
import { wouldBlock } from './blocking.ts';
import { acquireTimeout, checkInteger } from './flavour.ts';

const MOST = 0x7fffffff;
/** Where a semaphore's limit lies; MOST: it has none. */
const LIMIT = 16;

/**
 * A counter of permits: `acquire` takes one and waits while there is none, `release` gives some back. A
 * permit belongs to nobody: that of a worker that died is not given back.
 * @example
 * ```ts
 * import { main, Process, Semaphore, sleep } from 'nogil';
 *
 * export function guest(seats: Semaphore) {
 *   seats.with(() => sleep(0.01)); // two at a time
 * }
 *
 * main(import.meta, () => {
 *   const seats = new Semaphore(2);
 *   const guests = [1, 2, 3].map(() => new Process({ target: guest, args: [seats] }));
 *   for (const each of guests) each.start();
 *   for (const each of guests) each.join();
 *   console.log(seats.getValue()); // prints 2
 * });
 * ```
 */
export class Semaphore extends Acquirable {
  /**
   * Makes a semaphore. @param value permits at the start. Default 1 @throws ValueError below 0 (Python's
   * multiprocessing raises OSError); MemoryError
   */
  constructor(value?: number);
  /** @internal */
  constructor(value?: number | AdoptionToken);
  constructor(value: number | AdoptionToken = 1) {
    if (value instanceof AdoptionToken) super(value.heap, value.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.semaphoreCreate(checkInteger('value', value, 0), new.target[Member.LIMIT_FOR](value))));
    }
  }

  /** @internal */
  protected static [Member.LIMIT_FOR](_value: number): number {
    return MOST;
  }

  /** @internal */
  override [STATE](): State {
    const value = this.getValue();
    const limit = this[Member.HEAP].loadWord(this[Member.PTR] + LIMIT);
    if (limit === MOST) return { text: `value=${value}`, fields: { value } };
    return { text: `value=${value}/${limit}`, fields: { value, limit } };
  }

  /**
   * Takes a permit, waiting for one.
   * @param blocking false: only if there is one now. Default true
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it got one
   * @throws RuntimeError this thread must not block and there is none: use acquireAsync
   */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    const ms =
      blocking === true && timeout === undefined
        ? Number.POSITIVE_INFINITY
        : acquireTimeout(this[Member.FLAVOUR], blocking, timeout, timeoutToMs);
    const status = this[Member.HEAP].core.semaphoreAcquire(this[Member.OPEN], ms);
    if (status === Status.WOULD_BLOCK) throw wouldBlock('acquire');
    if (status === Status.TIMEOUT) throwIfInterrupted();
    return status === Status.OK;
  }

  /** The async twin of `acquire`. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const { core } = this[Member.HEAP];
    const attempt = () => (core.semaphoreTry(this[Member.OPEN]) === Status.OK ? true : PENDING);
    return AsyncGate.wait<boolean>(
      this[Member.HEAP],
      core.semaphoreGate(this[Member.OPEN]),
      attempt,
      timeoutToMs(timeout),
      options,
      () => false,
    );
  }

  /**
   * Gives permits back, and wakes as many who wait.
   * @param n how many. Default 1
   * @throws ValueError for n below 1, or (BoundedSemaphore) above the start value: then nothing has changed
   */
  release(n = 1): void {
    const { [Member.HEAP]: heap, [Member.OPEN]: semaphore } = this;
    if (heap.core.semaphoreRelease(semaphore, checkInteger('n', n, 1)) === Status.OK) return;
    if (this.getValue() < 0) throw corrupt(heap.words(), semaphore, semaphore);
    throw new ValueError('Semaphore released too many times');
  }

  /** Permits there are now. */
  getValue(): number {
    return this[Member.HEAP].core.semaphoreValue(this[Member.OPEN]);
  }

  /** Whether an acquire would have to wait. */
  locked(): boolean {
    return this.getValue() === 0;
  }
}

/**
 * A semaphore that cannot be released above the value it started with.
 * @example
 * ```ts
 * import { BoundedSemaphore, ValueError } from 'nogil';
 *
 * const permits = new BoundedSemaphore(1);
 * try {
 *   permits.release();
 * } catch (error) {
 *   console.log(error instanceof ValueError); // prints true
 * }
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  protected static override [Member.LIMIT_FOR](value: number): number {
    return value;
  }
}

registerShared(ClassTag.SEMAPHORE, Semaphore, Kind.SEMAPHORE);
registerShared(ClassTag.BOUNDED_SEMAPHORE, BoundedSemaphore, Kind.SEMAPHORE);
