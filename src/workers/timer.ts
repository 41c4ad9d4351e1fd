/**
 * Timer: a thread that waits before it calls its function.
 */
import { asPart, orClose } from '../heap/held.ts';
import { Member } from '../heap/members.ts';
import { timeoutToMs } from '../heap/time.ts';
import { Event } from '../sync/event.ts';
import { Runnable } from './runnable.ts';
import { type AnyFunction, OURS, task } from './targets.ts';
import { Thread } from './thread.ts';

/**
 * Calls a function once, `interval` seconds after its worker has begun, unless it is cancelled before.
 * Starting a worker takes some 30 ms of its own.
 *
 * Like every subclass of Thread it is a plain Thread where it is sent; there `finished`, sent along, is what
 * cancels it. A subclass may override `run`: in the worker it finds `interval`, `finished`, `function`,
 * `args` and `kwargs`.
 * @example
 * ```ts
 * import { main, Timer } from 'nogil';
 *
 * export function ring() {
 *   console.log('ring'); // prints ring
 * }
 *
 * main(import.meta, () => {
 *   const alarm = new Timer(0.05, ring);
 *   const cancelled = new Timer(3600, ring);
 *   alarm.start();
 *   cancelled.start();
 *   cancelled.cancel();
 *   alarm.join();
 * });
 * ```
 */
export class Timer<F extends AnyFunction = AnyFunction> extends Thread<F> {
  /** Seconds to wait. Before `start` it may be changed. */
  interval: number;
  /** Set once the function has been called, or the timer was cancelled: setting it is to cancel. */
  readonly finished: Event;

  /**
   * Makes a timer; `start` starts it.
   * @param interval seconds; what is not positive means at once
   * @param fn a target, as `target` of Thread
   * @param args its arguments; copied when the timer is started, handles arrive live. Default: none
   * @param kwargs given to it as a last argument
   * @throws ValueError for an interval of NaN; TypeError `fn` is neither a function nor a URL
   */
  constructor(
    interval: number,
    fn: F | URL,
    args: Readonly<Parameters<F>> | readonly [...Parameters<F>] = [] as never,
    kwargs?: Record<string, unknown>,
  ) {
    if (typeof interval !== 'number') throw new TypeError(`interval must be a number of seconds, got ${typeof interval}`);
    timeoutToMs(interval);
    if (fn === undefined) throw new TypeError('a timer needs a function to call');
    super({ target: fn, args, ...(kwargs && { kwargs }) });
    this.interval = interval;
    this.finished = orClose(this, () => asPart(() => new Event()));
  }

  /** What it calls. */
  get function(): F {
    return Runnable.callOf(this).target as F;
  }

  /** Has it call another target. Before `start`. */
  set function(target: F) {
    Runnable[Member.EQUIP](this, target, Runnable.callOf(this));
  }

  /** Its arguments. Before `start` they may be changed. */
  get args(): readonly unknown[] {
    return Runnable.callOf(this).args;
  }

  /** Gives it other arguments. Before `start`. */
  set args(args: readonly unknown[]) {
    const call = Runnable.callOf(this);
    Runnable[Member.EQUIP](this, call.target, { ...call, args });
  }

  /** What it is given as a last argument. Before `start` it may be changed. */
  get kwargs(): Record<string, unknown> | undefined {
    return Runnable.callOf(this).kwargs;
  }

  /** Gives it another last argument. Before `start`. */
  set kwargs(kwargs: Record<string, unknown> | undefined) {
    const call = Runnable.callOf(this);
    Runnable[Member.EQUIP](this, call.target, { ...call, kwargs });
  }

  /**
   * Prevents the call, if it has not begun; the thread ends at once. Before `start` it is legal, too: then
   * the thread does nothing.
   */
  cancel(): void {
    this.finished.set();
  }

  /** Waits, and calls the function. Called by the worker; a subclass may override it. */
  override run(): unknown {
    if (this.finished.wait(this.interval)) return undefined;
    const result = super.run();
    if (!(result instanceof Promise)) {
      this.finished.set();
      return result;
    }
    return result.then((value) => {
      this.finished.set();
      return value;
    });
  }
}

// A worker finds it as it finds a user's subclass.
task(OURS, 'Timer', Timer);
