import { setImmediate as turn } from 'node:timers/promises';

export interface Acquirable extends Disposable {
  acquire(blocking?: boolean, timeout?: number | null): boolean;
  acquireAsync(timeout?: number | null, options?: { signal?: AbortSignal | undefined }): Promise<boolean>;
  release(): void;
  locked(): boolean;
  hold(): Disposable;
  holdAsync(options?: { signal?: AbortSignal | undefined }): Promise<AsyncDisposable>;
  with<T>(fn: () => T): T;
  withAsync<T>(fn: () => T | PromiseLike<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>;
  close(): void;
}

/**
 * Whether a promise is settled after the event loop went round a few times: time enough for every wake-up
 * that is on its way here.
 */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let i = 0; i < 20; i++) await turn();
  return settled;
}

/**
 * Milliseconds that a call took. The clock that timeouts are measured with, so that a lower bound is exact.
 */
export function elapsed(call: () => unknown): number {
  const began = performance.now();
  call();
  return performance.now() - began;
}
