import { onAbort } from '../heap/abort.ts';
import { startTimer } from '../heap/gate.ts';
import { isInterruptible, SLICE, signalled, throwIfInterrupted } from '../heap/interrupt.ts';
import { checkNames } from '../heap/options.ts';
import { type AsyncOptions, leftUntil, nonNegativeTimeoutToMs } from '../heap/time.ts';
import { canBlock, keepAlive } from '../platform/index.ts';
import { wouldBlock } from '../sync/blocking.ts';

/** Made at first use: a page that is not isolated has no SharedArrayBuffer, and is to be told so then. */
let never: Int32Array | undefined;

/**
 * Blocks this worker for so many seconds. @throws ValueError for a negative number
 * @example
 * ```ts
 * import { sleep } from 'nogil';
 *
 * const before = performance.now();
 * sleep(0.02); // no timer fires meanwhile: this thread is blocked
 * console.log(performance.now() - before > 15); // prints true
 * ```
 */
export function sleep(seconds: number): void {
  const ms = nonNegativeTimeoutToMs(seconds);
  if (!canBlock) throw wouldBlock('sleep');
  never ??= new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + ms;
  for (let left = ms; left > 0; left = leftUntil(deadline)) {
    Atomics.wait(never, 0, 0, isInterruptible ? Math.min(left, SLICE) : left);
    if (signalled()) throwIfInterrupted();
  }
}

/**
 * The async twin of `sleep`: this worker's event loop goes on. @param seconds not negative @throws ValueError
 * for a negative number; the signal's reason
 * @example
 * ```ts
 * import { sleepAsync } from 'nogil';
 *
 * const controller = new AbortController();
 * setTimeout(() => controller.abort(), 5);
 * const slept = sleepAsync(3600, { signal: controller.signal });
 * await slept.catch((error) => console.log(error.name)); // prints AbortError
 * ```
 */
export function sleepAsync(seconds: number, options?: AsyncOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    checkNames('sleepAsync', options, ['signal']);
    const { signal } = options ?? {};
    if (signal?.aborted) return reject(signal.reason);
    keepAlive(1);
    const leave = () => {
      keepAlive(-1);
      stop();
      stopListening();
    };
    const abort = () => {
      leave();
      reject(signal?.reason);
    };
    const stop = startTimer(nonNegativeTimeoutToMs(seconds), () => {
      leave();
      resolve();
    });
    const stopListening = onAbort(signal, abort);
  });
}
