import { startTimer } from '../heap/gate.ts';
import { checkNames } from '../heap/options.ts';
import { type AsyncOptions, nonNegativeTimeoutToMs } from '../heap/time.ts';
import { canBlock, keepAlive } from '../platform/index.ts';
import { wouldBlock } from '../sync/blocking.ts';

/** Made at first use: a page that is not isolated has no SharedArrayBuffer, and is to be told so then. */
let never: Int32Array | undefined;

/** Blocks this worker for so many seconds. @throws ValueError for a negative number */
export function sleep(seconds: number): void {
  const ms = nonNegativeTimeoutToMs(seconds);
  if (!canBlock) throw wouldBlock('sleep');
  never ??= new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, ms);
}

/** The async twin of `sleep`. */
export function sleepAsync(seconds: number, options?: AsyncOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    checkNames('sleepAsync', options, ['signal']);
    const { signal } = options ?? {};
    if (signal?.aborted) return reject(signal.reason);
    keepAlive(1);
    const leave = () => {
      keepAlive(-1);
      stop();
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      leave();
      reject(signal?.reason);
    };
    const stop = startTimer(nonNegativeTimeoutToMs(seconds), () => {
      leave();
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
