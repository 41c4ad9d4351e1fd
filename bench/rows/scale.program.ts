/**
 * A program with many of something: prints the nanoseconds that each of them took, as JSON.
 * Arguments: what, how many.
 */
import { type AsyncOptions, Condition, Event, heap, Lock, Process, Queue, Thread } from 'nogil';
import { holdAndWait, waitFor } from './scale.workers.ts';

type Measured = (count: number) => Promise<number> | number;

/** How each of these promises settled, which all must in the same way. */
async function settled(waits: readonly Promise<unknown>[], status: PromiseSettledResult<unknown>['status']): Promise<void> {
  for (const each of await Promise.allSettled(waits))
    if (each.status !== status) throw new Error(`one was ${each.status}, not ${status}`);
}

/** Handles that are meant to stay: the package need not wonder at so many. */
function many<T extends Event | Lock | Queue>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, () => {
    const one = make();
    heap.keep(one);
    return one;
  });
}

const events = (count: number) => many(count, () => new Event());

/** From the first wait to the last rejection. */
async function aborted(count: number, wait: (i: number, options: AsyncOptions) => Promise<unknown>): Promise<number> {
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const begin = performance.now();
  const waits = Array.from({ length: count }, (_, i) => wait(i, options));
  controller.abort();
  await settled(waits, 'rejected');
  return ((performance.now() - begin) * 1e6) / count;
}

/** From the first wait to the last result. */
async function fulfilled(count: number, wait: (i: number) => Promise<unknown>, end: (i: number) => void): Promise<number> {
  const begin = performance.now();
  const waits = Array.from({ length: count }, (_, i) => wait(i));
  await new Promise(setImmediate);
  for (let i = 0; i < count; i++) end(i);
  await settled(waits, 'fulfilled');
  return ((performance.now() - begin) * 1e6) / count;
}

/** So often, of which the median counts: what others of the machine do is none of ours. */
const DEATHS = 5;

/** What a death costs beyond one among few. */
function death(make: () => Event | Lock | Queue, count: number): number {
  const objects = many(count, make);
  const lock = new Lock();
  const ready = new Event();
  const times: number[] = [];
  for (let i = 0; i < DEATHS; i++) {
    const process = new Process({ target: holdAndWait, args: [lock, ready] });
    process.start();
    ready.wait();
    ready.clear();
    const begin = performance.now();
    process.kill();
    process.join();
    times.push(performance.now() - begin);
    if (!lock.broken) throw new Error('nobody noticed');
    lock.reset();
  }
  for (const each of objects) each.close();
  times.sort((a, b) => a - b);
  return ((times[DEATHS >> 1] as number) * 1e6) / count;
}

const measured: Record<string, Measured> = {
  abortOneEvent(count) {
    const event = new Event();
    return aborted(count, (_, options) => event.waitAsync(undefined, options));
  },
  abortEvents(count) {
    const all = events(count);
    return aborted(count, (i, options) => (all[i] as Event).waitAsync(undefined, options));
  },
  abortQueue(count) {
    const queue = new Queue();
    return aborted(count, (_, options) => queue.getAsync(undefined, options));
  },
  async abortCondition(count) {
    const condition = new Condition(new Lock());
    const wait = async (options: AsyncOptions) => {
      await condition.acquireAsync();
      try {
        return await condition.waitAsync(undefined, options);
      } finally {
        condition.release();
      }
    };
    const controller = new AbortController();
    const begin = performance.now();
    const waits = Array.from({ length: count }, () => wait({ signal: controller.signal }));
    // Each waits for its turn to have the lock first.
    await new Promise((resolve) => setTimeout(resolve));
    await condition.acquireAsync();
    condition.release();
    controller.abort();
    await settled(waits, 'rejected');
    return ((performance.now() - begin) * 1e6) / count;
  },
  waitsOneEvent(count) {
    const event = new Event();
    return fulfilled(
      count,
      () => event.waitAsync(),
      (i) => i === 0 && event.set(),
    );
  },
  waitsEvents(count) {
    const all = events(count);
    return fulfilled(
      count,
      (i) => (all[i] as Event).waitAsync(),
      (i) => (all[i] as Event).set(),
    );
  },
  waitsQueue(count) {
    const queue = new Queue<number>();
    return fulfilled(
      count,
      () => queue.getAsync(),
      (i) => queue.put(i),
    );
  },
  async closedWhileWaiting(count) {
    const all = events(count);
    const begin = performance.now();
    const waits = all.map((event) => event.waitAsync());
    for (const event of all) event.close();
    await settled(waits, 'rejected');
    return ((performance.now() - begin) * 1e6) / count;
  },
  deathAmongLocks: (count) => death(() => new Lock(), count),
  deathAmongQueues: (count) => death(() => new Queue(), count),
  workers(count) {
    const stop = new Event();
    const begin = performance.now();
    const threads = Array.from({ length: count }, () => new Thread({ target: waitFor, args: [stop] }));
    for (const each of threads) each.start();
    stop.set();
    for (const each of threads) each.join();
    return ((performance.now() - begin) * 1e6) / count;
  },
};

const [, , what = '', count = ''] = process.argv;
const measure = measured[what];
if (measure === undefined) throw new Error(`no such thing: ${what}`);
console.log(JSON.stringify(await measure(Number(count))));
process.exit(0);
