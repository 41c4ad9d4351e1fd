/** Waiting on the event loop for something to become ready. */
import { onAbort } from '../heap/abort.ts';
import { startTimer } from '../heap/gate.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';

/** Who is called when something is ready. */
export type Listen = (listener: () => void) => () => void;

/**
 * Resolves true once `ready`, false when the time is up.
 * @param listen has a function called whenever it may have become ready; answers how to stop that
 */
export function untilReady(ready: () => boolean, listen: Listen, timeout: Timeout, options?: AsyncOptions): Promise<boolean> {
  const ms = timeoutToMs(timeout);
  const signal = options?.signal;
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (ready()) return Promise.resolve(true);
  if (ms === 0) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    const leave = () => {
      stopListening();
      stopTimer();
      stopAborting();
    };
    const abort = () => {
      leave();
      reject(signal?.reason);
    };
    const stopListening = listen(() => {
      if (!ready()) return;
      leave();
      resolve(true);
    });
    const stopTimer = startTimer(ms, () => {
      leave();
      resolve(ready());
    });
    const stopAborting = onAbort(signal, abort);
  });
}
