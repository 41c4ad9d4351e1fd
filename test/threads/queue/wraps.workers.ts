import { type Event, type PriorityQueue, type Queue, task } from 'nogil';

/** Puts numbers and longer items in turn, `count` of them. */
export const produce = task(
  import.meta,
  function produce(queue: Queue<[number, number, string]>, who: number, count: number): void {
    for (let i = 0; i < count; i++) queue.put([who, i, 'x'.repeat(i % 50)]);
  },
);

/**
 * Takes items until it is shut down, and counts each off; the first that is not as it was put, of each
 * producer in order.
 */
export const consume = task(import.meta, function consume(queue: Queue<[number, number, string]>): {
  taken: number;
  wrong: string;
} {
  const last = new Map<number, number>();
  let taken = 0;
  let wrong = '';
  for (const [who, i, text] of queue) {
    if (text.length !== i % 50 || i <= (last.get(who) ?? -1)) wrong ||= `${who}: ${i} after ${last.get(who)}`;
    last.set(who, i);
    taken++;
    queue.taskDone();
  }
  return { taken, wrong };
});

/** Puts `count` items of two priorities, each with its number. */
export const prioritise = task(
  import.meta,
  function prioritise(queue: PriorityQueue<[number, number, number]>, who: number, count: number): void {
    for (let i = 0; i < count; i++) queue.put([i % 2, who, i]);
  },
);

/** Waits for it `count` times. */
export const await_ = task(import.meta, function await_(event: Event, back: Event, count: number): number {
  for (let i = 0; i < count; i++) {
    event.wait();
    event.clear();
    back.set();
  }
  return count;
});
