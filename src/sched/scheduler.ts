/**
 * scheduler: runs functions at their time, one after the other, in this worker.
 */

import { ValueError } from '../errors.ts';
import { onAbort } from '../heap/abort.ts';
import { checkArgs } from '../heap/options.ts';
import { STATE, type State, showable } from '../heap/show.ts';
import type { AsyncOptions } from '../heap/time.ts';
import { sleep, sleepAsync } from '../workers/sleep.ts';
import type { AnyFunction } from '../workers/targets.ts';

/**
 * A planned call. Events sort by time, then priority (low first), then the order in which they were entered.
 */
export interface ScheduledEvent {
  /** When, on the scheduler's clock. */
  readonly time: number;
  /** Of events of one time the lowest comes first. */
  readonly priority: number;
  /** The how-manieth it was to be entered: what decides between equals. */
  readonly sequence: number;
  /** What is called. */
  readonly action: AnyFunction;
  /** With which arguments. */
  readonly argument: readonly unknown[];
  /** Given to the action as a last argument, if there are any. */
  readonly kwargs: Record<string, unknown> | undefined;
}

function inOrder(a: ScheduledEvent, b: ScheduledEvent): number {
  return a.time - b.time || a.priority - b.priority || a.sequence - b.sequence;
}

/** Events that have run and may still stand before the first. */
const COMPACT = 1024;

const monotonic = () => performance.now() / 1000;

/** Waits for a difference of two values of the clock; `runAsync` awaits what it returns. */
export type DelayFunction = (time: number) => unknown;

/** Why a wait of `runAsync` is over early: another event has become the first. */
const REPLANNED = Symbol('replanned');

/**
 * Python's `sched.scheduler`. It belongs to the worker that made it: no other can enter events (Python's may
 * be shared by threads).
 * @example
 * ```ts
 * import { scheduler } from 'nogil/sched';
 *
 * const plan = scheduler();
 * plan.enter(0.02, 1, console.log, ['later']);
 * plan.enter(0.01, 1, console.log, ['soon']);
 * plan.run();
 * // prints soon
 * // prints later
 * ```
 */
export class Scheduler {
  /** In order; those before the first have run. To shift them would move all the others each time. */
  readonly #events: ScheduledEvent[] = [];
  #first = 0;
  readonly #now: () => number;
  readonly #delay: DelayFunction | undefined;
  #sequence = 0;
  /** The waits of `runAsync`, to be woken when the first event is another. */
  readonly #waits = new Set<AbortController>();

  /**
   * Makes a scheduler without events.
   * @param timefunc the clock: any increasing number. Default: seconds, monotonic
   * @param delayfunc how to wait; called with 0 after each event, so that others get a turn. Default: `sleep`
   * in `run`, `sleepAsync` in `runAsync`
   */
  constructor(timefunc: () => number = monotonic, delayfunc?: DelayFunction) {
    this.#now = timefunc;
    this.#delay = delayfunc;
  }

  /** @internal */
  [STATE](): State {
    const length = this.#events.length - this.#first;
    return { text: `${length} events`, fields: { events: length } };
  }

  /**
   * Plans a call at an absolute time. The event it returns can be cancelled.
   * @param time on the scheduler's clock; by default seconds
   * @param priority of events of one time the lowest runs first
   * @param action what is called
   * @param argument with which arguments. Default: none
   * @param kwargs given to it as a last argument
   * @throws ValueError time or priority is NaN
   */
  enterabs(
    time: number,
    priority: number,
    action: AnyFunction,
    argument: readonly unknown[] = [],
    kwargs?: Record<string, unknown>,
  ): ScheduledEvent {
    if (typeof time !== 'number' || typeof priority !== 'number') throw new TypeError('time and priority must be numbers');
    if (Number.isNaN(time) || Number.isNaN(priority)) throw new ValueError('time and priority must not be NaN');
    if (typeof action !== 'function') throw new TypeError('action must be a function');
    checkArgs(argument, 'argument');
    // As Python's, which is a tuple: the order was made from what it says now.
    const event: ScheduledEvent = Object.freeze({ time, priority, sequence: this.#sequence++, action, argument, kwargs });
    let low = this.#first;
    for (let high = this.#events.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (inOrder(this.#events[middle] as ScheduledEvent, event) < 0) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    if (low === this.#first) this.#replan();
    return event;
  }

  /**
   * Plans a call `delay` from now. Each call reads the clock: two equal delays are two times, so priority
   * decides only between equal times.
   * @param delay from now, on the scheduler's clock; by default seconds
   * @param priority of events of one time the lowest runs first
   * @param action what is called
   * @param argument with which arguments. Default: none
   * @param kwargs given to it as a last argument
   * @throws ValueError delay or priority is NaN
   */
  enter(
    delay: number,
    priority: number,
    action: AnyFunction,
    argument: readonly unknown[] = [],
    kwargs?: Record<string, unknown>,
  ): ScheduledEvent {
    return this.enterabs(this.#now() + delay, priority, action, argument, kwargs);
  }

  /** Takes an event back. @throws ValueError it is not in the queue, perhaps because it ran */
  cancel(event: ScheduledEvent): void {
    const index = this.#events.indexOf(event, this.#first);
    if (index < 0) throw new ValueError('the event is not in the queue');
    this.#events.splice(index, 1);
    if (index === this.#first) this.#replan();
  }

  /** Whether there are no events to come. */
  empty(): boolean {
    return this.#events.length === this.#first;
  }

  /** The events to come, in order: a copy. */
  get queue(): ScheduledEvent[] {
    return this.#events.slice(this.#first);
  }

  /** What remains until the first event: 0 or less when it is due, undefined when there is none. */
  #left(): number | undefined {
    const first = this.#events[this.#first];
    return first && first.time - this.#now();
  }

  #takeFirst(): ScheduledEvent {
    const event = this.#events[this.#first++] as ScheduledEvent;
    // At the end, too: what has run keeps nothing alive.
    if (this.#first === this.#events.length || (this.#first >= COMPACT && 2 * this.#first >= this.#events.length)) {
      this.#events.splice(0, this.#first);
      this.#first = 0;
    }
    return event;
  }

  #runFirst(): unknown {
    // Out before it runs: an action that throws leaves the others in place, and is not run again.
    const { action, argument, kwargs } = this.#takeFirst();
    return kwargs === undefined ? action(...argument) : action(...argument, kwargs);
  }

  /**
   * Runs all events at their time, also those that actions enter, until there are none.
   * @param blocking false: runs those that are due, and returns what remains until the next one, or undefined
   */
  run(blocking = true): number | undefined {
    for (let left = this.#left(); left !== undefined; left = this.#left()) {
      if (left > 0) {
        if (!blocking) return left;
        this.#wait(left);
      } else {
        this.#runFirst();
        this.#wait(0);
      }
    }
    return undefined;
  }

  #wait(time: number): void {
    if (this.#delay) this.#delay(time);
    else sleep(time);
  }

  /**
   * `run` without blocking: awaits each action, and the time between them; an event that is entered or
   * cancelled meanwhile counts at once (Python's `run` sleeps on).
   * Keeps the program alive until no events are left.
   */
  async runAsync(options?: AsyncOptions): Promise<void> {
    for (let left = this.#left(); left !== undefined; left = this.#left()) {
      options?.signal?.throwIfAborted();
      if (left > 0) await this.#pause(left, options?.signal);
      else {
        await this.#runFirst();
        await this.#pause(0, options?.signal);
      }
    }
  }

  /** With the default delay the clock must count seconds. */
  async #pause(time: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#delay) {
      await this.#delay(time);
      return;
    }
    const stop = new AbortController();
    const forward = () => stop.abort(signal?.reason);
    const stopListening = onAbort(signal, forward);
    this.#waits.add(stop);
    try {
      await sleepAsync(time, stop);
    } catch (reason) {
      if (reason !== REPLANNED) throw reason;
    } finally {
      stopListening();
      this.#waits.delete(stop);
    }
  }

  #replan(): void {
    for (const each of this.#waits) each.abort(REPLANNED);
  }
}

/** Python's name: `scheduler(timefunc?, delayfunc?)`, with or without `new`. */
export const scheduler: {
  (timefunc?: () => number, delayfunc?: DelayFunction): Scheduler;
  /** The same. */
  new (timefunc?: () => number, delayfunc?: DelayFunction): Scheduler;
} = function scheduler(timefunc?: () => number, delayfunc?: DelayFunction) {
  return new Scheduler(timefunc, delayfunc);
} as never;

showable(Scheduler);
