import { heap, type Queue } from 'nogil';

/** Waits, without blocking, until `condition` holds. @throws when it does not for a long time */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** How many workers are asleep in a queue. */
export function sleepers(queue: Queue<never>): number {
  return heap.inspect().find(({ id }) => id === queue.id)?.waiters.length ?? 0;
}
