/**
 * A cycle in who waits for whom, however that is known: of this thread's heap (deadlock.ts), or of one that
 * is looked at from outside (src/inspector).
 */
import { Limit } from '../../assembly/abi.ts';

/** A worker, and the address of the lock for which it waits. */
export interface Link {
  tid: number;
  lock: number;
}

/**
 * The cycle that `tid` closes, or is in, by waiting for `lock`; undefined if there is none.
 * @param holderOf the worker that holds a lock, or 0
 * @param wantedBy the lock for which a worker waits, or 0
 */
export function cycleThrough(
  tid: number,
  lock: number,
  holderOf: (lock: number) => number,
  wantedBy: (tid: number) => number,
): Link[] | undefined {
  const cycle: Link[] = [{ tid, lock }];
  for (let at = lock; ; ) {
    const holder = holderOf(at);
    if (holder === tid) break;
    if (holder === 0 || cycle.length > Limit.SLOTS) return undefined;
    at = wantedBy(holder);
    if (at === 0) return undefined;
    cycle.push({ tid: holder, lock: at });
  }
  for (let i = cycle.length - 1; i > 0; i--) {
    const { tid: holder, lock: wanted } = cycle[i] as Link;
    if (wantedBy(holder) !== wanted || holderOf((cycle[i - 1] as Link).lock) !== holder) return undefined;
  }
  return cycle;
}
