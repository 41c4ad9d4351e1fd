/**
 * Signals in the midst of a wait: as in Python, their listeners run there, and the wait throws.
 *
 * The core asks before this thread sleeps, and between the slices of a sleep. If there is a signal, the wait
 * ends as a timeout ends it; so whatever answers a timeout comes here first. Who only waits on the way to
 * something else (the core, for its own locks) is not asked, and goes on.
 */
import { InterruptedError, KeyboardInterrupt } from '../errors.ts';
import { hasSignal, takeSignal, watchSignals } from '../platform/index.ts';

/** Milliseconds of a sleep between two looks, as in the core (assembly/limits.ts). */
export const SLICE = 100;

/** Whether a signal may come for which there is a listener, and which is to end this thread's waits. */
export let isInterruptible = false;
const whenInterruptible: (() => void)[] = [];
/**
 * The core was told of a signal in this turn. Not for longer: what times out later may be an async twin, or a
 * callback of the pool's, and the loop runs the listeners then.
 */
let isTold = false;
const forget = () => {
  isTold = false;
};

// At once, not with the first wait: a signal that comes before that is to end it.
watchSignals(() => {
  isInterruptible = true;
  for (const tell of whenInterruptible.splice(0)) tell();
});

/** Calls `tell` as soon as one may. */
export function onInterruptible(tell: () => void): void {
  if (isInterruptible) tell();
  else whenInterruptible.push(tell);
}

let sleeps: (() => void) | undefined;

/** Calls `listener` before each slice of a sleep. */
export function onSleep(listener: () => void): void {
  sleeps = listener;
}

/** The core's question: 1, if its wait is to end. */
export function signalled(): number {
  sleeps?.();
  if (!hasSignal()) return 0;
  if (!isTold) queueMicrotask(forget);
  isTold = true;
  return 1;
}

/**
 * After a wait that has timed out: if it was a signal that ended it, runs its listeners, and answers what is
 * to be thrown.
 */
export function interruption(): InterruptedError | undefined {
  if (!isTold) return undefined;
  isTold = false;
  const signal = takeSignal();
  if (signal === undefined) return undefined;
  return signal === 'SIGINT' ? new KeyboardInterrupt(signal) : new InterruptedError(signal);
}

/** The same, which throws it. */
export function throwIfInterrupted(): void {
  const error = interruption();
  if (error) throw error;
}
