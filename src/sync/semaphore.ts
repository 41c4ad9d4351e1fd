/**
 * Semaphore and BoundedSemaphore.
 */
import { ClassTag, Kind, Status } from '../../assembly/abi.ts';
import { ValueError } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { FLAVOUR, HEAP, LIMIT_FOR, OPEN, PTR } from '../heap/members.ts';
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
 * A counter of permits: `acquire` takes one and waits while there is none, `release` gives some back.
 * A permit belongs to nobody: that of a worker that died is not given back.
 */
export class Semaphore extends Acquirable {
  /**
   * @param value permits at the start. @throws ValueError below 0 (Python's multiprocessing raises OSError)
   */
  constructor(value?: number);
  /** @internal */
  constructor(value?: number | AdoptionToken);
  constructor(value: number | AdoptionToken = 1) {
    if (value instanceof AdoptionToken) super(value.heap, value.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.semaphoreCreate(checkInteger('value', value, 0), new.target[LIMIT_FOR](value))));
    }
  }

  /** @internal */
  protected static [LIMIT_FOR](_value: number): number {
    return MOST;
  }

  /** @internal */
  override [STATE](): State {
    const value = this.getValue();
    const limit = this[HEAP].loadWord(this[PTR] + LIMIT);
    if (limit === MOST) return { text: `value=${value}`, fields: { value } };
    return { text: `value=${value}/${limit}`, fields: { value, limit } };
  }

  /** Takes a permit. @param timeout seconds; undefined or null: for ever @returns whether it got one */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    const ms =
      blocking === true && timeout === undefined
        ? Number.POSITIVE_INFINITY
        : acquireTimeout(this[FLAVOUR], blocking, timeout, timeoutToMs);
    const status = this[HEAP].core.semaphoreAcquire(this[OPEN], ms);
    if (status === Status.WOULD_BLOCK) throw wouldBlock('acquire');
    return status === Status.OK;
  }

  /** The async twin of `acquire`. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const { core } = this[HEAP];
    const attempt = () => (core.semaphoreTry(this[OPEN]) === Status.OK ? true : PENDING);
    return AsyncGate.wait<boolean>(
      this[HEAP],
      core.semaphoreGate(this[OPEN]),
      attempt,
      timeoutToMs(timeout),
      options,
      () => false,
    );
  }

  /**
   * Gives `n` permits back. @throws ValueError for n below 1, or (BoundedSemaphore) above the start value:
   * then nothing has changed
   */
  release(n = 1): void {
    if (this[HEAP].core.semaphoreRelease(this[OPEN], checkInteger('n', n, 1)) !== Status.OK)
      throw new ValueError('Semaphore released too many times');
  }

  /** Permits there are now. */
  getValue(): number {
    return this[HEAP].core.semaphoreValue(this[OPEN]);
  }

  /** Whether an acquire would have to wait. */
  locked(): boolean {
    return this.getValue() === 0;
  }
}

/** A semaphore that cannot be released above the value it started with. */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  protected static override [LIMIT_FOR](value: number): number {
    return value;
  }
}

registerShared(ClassTag.SEMAPHORE, Semaphore, Kind.SEMAPHORE);
registerShared(ClassTag.BOUNDED_SEMAPHORE, BoundedSemaphore, Kind.SEMAPHORE);
