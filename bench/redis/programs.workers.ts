/** What the benchmarks of nogil/redis run in workers and in other programs. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { main, task } from 'nogil';
import { connect, type JoinableQueue, type Queue, serve, type Value } from 'nogil/redis';

export interface Item {
  id: number;
  name: string;
  tags: string[];
}

const us = (from: number, count: number) => ((performance.now() - from) * 1000) / count;

/** Microseconds of a blocking call. */
export function adds(value: Value<'i'>, count: number): number {
  value.add(1);
  const began = performance.now();
  for (let i = 0; i < count; i++) value.add(1);
  return us(began, count);
}

/** Microseconds of an item that is taken and done, one by one. */
export function drains(queue: JoinableQueue<Item>, count: number): number {
  const began = performance.now();
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += queue.get().id;
    queue.taskDone();
  }
  if (sum !== (count * (count - 1)) / 2) throw new Error(`the items add up to ${sum}`);
  queue.join();
  return us(began, count);
}

/** Microseconds of a get of what has come before: the median of those of `rounds`. */
export function takesAhead(queue: Queue<Item>, ahead: number, rounds: number): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    queue.get();
    // So that the others have come.
    const until = performance.now() + 100;
    while (performance.now() < until);
    const began = performance.now();
    for (let i = 1; i < ahead / 2; i++) queue.get();
    times.push(us(began, ahead / 2 - 1));
    for (let i = ahead / 2; i < ahead; i++) queue.get();
  }
  return times.sort((a, b) => a - b)[rounds >> 1] as number;
}

export const half = task(import.meta, function half(x: number): number {
  return x / 2;
});

const [, , role, url, name] = process.argv;

main(import.meta, async () => {
  if (role === 'bullmq') {
    const connection = new Redis(url as string, { maxRetriesPerRequest: null });
    const worker = new Worker(name as string, async (job) => job.data / 2, { connection, concurrency: 2 });
    await worker.waitUntilReady();
    process.send?.('ready');
  } else if (role === 'serve') {
    const cluster = await connect(url as string);
    process.send?.('ready');
    await serve(cluster, name as string, { processes: 2 });
  }
});
