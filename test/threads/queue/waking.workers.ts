import { type Queue, type Semaphore, task } from 'nogil';

/** What became of one call: the value, or the name of the error. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as Error).name;
  }
}

export type Way = 'get' | 'getMany' | 'getAsync' | 'put' | 'putMany' | 'putAsync' | 'join' | 'joinAsync';

/** Makes one call that has to wait; answers how it ended. */
export const waitIn = task(import.meta, function waitIn(queue: Queue<unknown>, way: Way, item?: unknown) {
  const calls: Record<Way, () => unknown> = {
    get: () => queue.get(),
    getMany: () => queue.getMany(),
    getAsync: () => queue.getAsync(),
    put: () => queue.put(item),
    putMany: () => queue.putMany([item, item]),
    putAsync: () => queue.putAsync(item),
    join: () => queue.join(),
    joinAsync: () => queue.joinAsync(),
  };
  return outcome(calls[way]);
});

/** Puts an item and tells so by other means. */
export const putAndTell = task(
  import.meta,
  function putAndTell(queue: Queue<unknown>, done: Semaphore, go: Semaphore, rounds: number) {
    for (let i = 0; i < rounds; i++) {
      go.acquire();
      queue.put(i % 5 === 0 ? new Uint8Array(5000).fill(i) : i);
      done.release();
    }
  },
);

/** Counts off so many tasks, one for each item it takes. */
export const work = task(import.meta, function work(queue: Queue<number>) {
  let sum = 0;
  for (const item of queue) {
    sum += item;
    queue.taskDone();
  }
  return sum;
});

/** Puts and ends at once. Python's `cancel_join_thread` says that what is not yet written may be lost. */
export const putAndGo = task(import.meta, function putAndGo(queue: Queue<unknown>, item: unknown, cancel: boolean) {
  queue.put(item);
  if (cancel) queue.cancelJoinThread();
  process.exit(7);
});

/** Answers each question with the queue that came with it, which it then closes. */
export const answer = task(import.meta, function answer(questions: Queue<[number, Queue<number>]>) {
  for (const [number, answers] of questions) {
    answers.put(number * number);
    answers.close();
  }
});
