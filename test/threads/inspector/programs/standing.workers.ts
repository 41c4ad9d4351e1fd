/**
 * A program that stands still: two threads want each other's locks, a producer has no room, a task waits for
 * an event that nobody sets, and the main thread joins. Arguments: `processes`, `trace`, `inspect`.
 */
import { Barrier, configure, Event, heap, Lock, main, Pool, Queue, sleepAsync, Thread } from 'nogil';

const has = (word: string) => process.argv.includes(word);
configure({ processes: has('processes'), trace: has('trace'), ...(has('inspect') && { inspect: true }) });

export function crossed(mine: Lock, other: Lock, both: Barrier): void {
  mine.acquire();
  both.wait();
  other.acquire();
}

export function produce(queue: Queue<number>): void {
  for (let i = 0; ; i++) queue.put(i);
}

export function waitForEver(event: Event): void {
  event.wait();
}

main(import.meta, async () => {
  const [first, second] = [new Lock(), new Lock()];
  const both = new Barrier(2);
  const event = new Event();
  const left = new Thread({ target: crossed, args: [first, second, both], name: 'left' });
  const right = new Thread({ target: crossed, args: [second, first, both], name: 'right' });
  const queue = new Queue<number>(3);
  const producer = new Thread({ target: produce, args: [queue], name: 'producer' });
  for (const each of [left, right, producer]) each.start();
  const pool = new Pool(1);
  pool.applyAsync(waitForEver, [event]);
  const isAsleep = (id: number) => heap.inspect().some((each) => each.id === id && each.waiters.length > 0);
  while (heap.deadlocks().length === 0 || !isAsleep(queue.id) || !isAsleep(event.id)) await sleepAsync(0.005);
  console.log(JSON.stringify({ queue: queue.id, event: event.id, first: first.id, second: second.id }));
  left.join();
});
