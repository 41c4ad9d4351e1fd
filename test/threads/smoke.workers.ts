import { type Queue, task } from 'nogil';

export const produce = task(import.meta, function produce(queue: Queue<number>, count: number): number {
  for (let i = 0; i < count; i++) queue.put(i);
  return count;
});
