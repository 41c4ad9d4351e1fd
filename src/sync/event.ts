/**
 * Event: a flag to wait for.
 */
import { ClassTag, Kind, Status } from '../../assembly/abi.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { wouldBlock } from './blocking.ts';

/**
 * A flag that any worker may set and clear, and wait for. A waiter that `set` woke returns true even if
 * `clear` follows at once (as in `threading`; Python's `multiprocessing` loses such wake-ups).
 * @example
 * ```ts
 * import { Event, main, Thread } from 'nogil';
 *
 * export function runner(start: Event) {
 *   console.log(start.wait()); // prints true
 * }
 *
 * main(import.meta, () => {
 *   const start = new Event();
 *   const thread = new Thread({ target: runner, args: [start] });
 *   thread.start();
 *   start.set();
 *   thread.join();
 *   start.clear();
 *   console.log(start.wait(0.01)); // prints false
 * });
 * ```
 */
export class Event extends Shared {
  /** Makes a flag that is not set. @throws MemoryError */
  constructor();
  /** @internal */
  constructor(existing?: AdoptionToken);
  constructor(existing?: AdoptionToken) {
    if (existing instanceof AdoptionToken) super(existing.heap, existing.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.eventCreate()));
    }
  }

  /** @internal */
  override [STATE](): State {
    const set = this.isSet();
    return { text: set ? 'set' : 'unset', fields: { set } };
  }

  /** Whether the flag is set, now. */
  isSet(): boolean {
    return this[Member.HEAP].core.eventIsSet(this[Member.OPEN]) !== 0;
  }

  /** Sets the flag and wakes everybody who waits. Never waits for anybody itself. */
  set(): void {
    this[Member.HEAP].core.eventSet(this[Member.OPEN]);
  }

  /** Clears the flag: from now on `wait` waits. Who was woken by a `set` before is not held up. */
  clear(): void {
    this[Member.HEAP].core.eventClear(this[Member.OPEN]);
  }

  /**
   * Waits until the flag is set.
   * @param timeout seconds; undefined or null: for ever
   * @returns false only when the time is up
   * @throws RuntimeError this thread must not block and the flag is not set: use waitAsync
   */
  wait(timeout?: Timeout): boolean {
    const status = this[Member.HEAP].core.eventWait(this[Member.OPEN], timeoutToMs(timeout));
    if (status === Status.WOULD_BLOCK) throw wouldBlock('wait');
    if (status === Status.TIMEOUT) throwIfInterrupted();
    return status === Status.OK;
  }

  /** The async twin of `wait`. */
  async waitAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const { core } = this[Member.HEAP];
    const before = core.eventGeneration(this[Member.OPEN]);
    // Odd is set; a change since we came means that it was set in between.
    const attempt = () => (before & 1 || core.eventGeneration(this[Member.OPEN]) !== before ? true : PENDING);
    return AsyncGate.wait<boolean>(
      this[Member.HEAP],
      core.eventGate(this[Member.OPEN]),
      attempt,
      timeoutToMs(timeout),
      options,
      () => false,
    );
  }
}

registerShared(ClassTag.EVENT, Event, Kind.EVENT);
