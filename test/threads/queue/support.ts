import { heap, type Queue } from 'nogil';

/** How many workers are asleep in a queue. */
export function sleepers(queue: Queue<never>): number {
  return heap.inspect().find(({ id }) => id === queue.id)?.waiters.length ?? 0;
}
