import { activeChildren, type Pool } from 'nogil';
import { LONG } from '../../support/until.ts';

/** Ends a pool, and fails if it does not end. */
export function end(pool: Pool, seconds = LONG): void {
  pool.terminate();
  if (!pool.join(seconds)) throw new Error('the pool has not ended');
}

/** The living workers of this process's pools. */
export function poolWorkers() {
  return activeChildren().filter(({ name }) => name.startsWith('PoolWorker-'));
}
