/**
 * P14 of document 004: `with acquire(x_lock, y_lock)`.
 */
import { acquireAll, type Lock, task, type Value } from 'nogil';

/** Both threads of the tutorial, so many times: the second is given its locks in the other order. */
export const rounds = task(import.meta, function rounds(first: Lock, second: Lock, inside: Value<'i'>, count: number): number {
  let most = 0;
  for (let round = 0; round < count; round++) {
    using _both = acquireAll(first, second);
    most = Math.max(most, inside.add(1));
    inside.add(-1);
  }
  return most;
});

/** The larger lock is held when the smaller one is asked for. */
export const violate = task(import.meta, function violate(locks: Lock[]): string {
  const [small, large] = locks.toSorted((a, b) => a.id - b.id) as [Lock, Lock];
  try {
    using _outer = acquireAll(large);
    using _inner = acquireAll(small);
    return 'both are held';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message.slice(0, 20)}`;
  }
});
