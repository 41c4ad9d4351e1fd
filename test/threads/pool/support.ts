import { activeChildren, type Pool } from 'nogil';

export { LONG } from './pool.workers.ts';

/** What `fn` throws. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Ends a pool, and fails if it does not end. */
export function end(pool: Pool, seconds = 20): void {
  pool.terminate();
  if (!pool.join(seconds)) throw new Error('the pool has not ended');
}

export function range(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}

/** The living workers of this process's pools. */
export function poolWorkers() {
  return activeChildren().filter(({ name }) => name.startsWith('PoolWorker-'));
}

/** Waits until it is true. */
export async function until(isTrue: () => boolean, seconds = 15): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`this never came true: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
