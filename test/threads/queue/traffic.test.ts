import { Process, Queue, Thread } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { LONG } from '../../support/until.ts';
import { consume, type GetMode, type Harvest, type Parcel, type PutMode, produce } from './traffic.workers.ts';

/** Every item exactly once, whole, and those of each producer in its order at whoever got them. */
function check(harvests: Harvest[], producers: number, count: number): void {
  const all = new Set<string>();
  for (const { seen, broken } of harvests) {
    expect(broken).toBe(0);
    const last = new Map<number, number>();
    for (const [from, number] of seen) {
      expect(number).toBeGreaterThan(last.get(from) ?? -1);
      last.set(from, number);
      expect(all.has(`${from}:${number}`)).toBe(false);
      all.add(`${from}:${number}`);
    }
  }
  expect(all.size).toBe(producers * count);
}

type Kind = typeof Thread | typeof Process;
interface Scene {
  producers: PutMode[];
  consumers: GetMode[];
  maxsize: number;
  count?: number;
  /** Of the workers. */
  kinds?: Kind[];
  queueClass?: typeof Queue;
}

/** The main thread is blocked all the time. */
function run({ producers, consumers, maxsize, count = 150, kinds = [Process, Thread], queueClass = Queue }: Scene): void {
  using queue = new queueClass<Parcel>(maxsize);
  const kind = (i: number) => kinds[i % kinds.length] as typeof Process;
  const putting = producers.map((mode, from) => new (kind(from))({ target: produce, args: [queue, from, count, mode] }));
  const getting = consumers.map((mode, i) => new (kind(i))({ target: consume, args: [queue, mode] }));
  for (const worker of [...putting, ...getting]) worker.start();
  for (const worker of putting) worker.result(LONG);
  expect(queue.join(LONG)).toBe(true);
  expect(queue.qsize()).toBe(0);
  queue.shutdown();
  const harvests = getting.map((worker) => worker.result(LONG) as Harvest);
  check(harvests, producers.length, count);
}

describe.each([0, 1, 6])('through a queue with maxsize %i', (maxsize) => {
  test('two producers and two consumers pass every item once and in order', () => {
    run({ producers: ['put', 'put'], consumers: ['get', 'get'], maxsize });
  });

  test('three producers and one consumer do', () => {
    run({ producers: ['put', 'put', 'put'], consumers: ['iterate'], maxsize, count: 100 });
  });

  test('one producer and three consumers do', () => {
    run({ producers: ['put'], consumers: ['get', 'iterate', 'get'], maxsize, count: 300 });
  });

  test('batches do, and those who take one at a time beside them', () => {
    run({ producers: ['putMany', 'put'], consumers: ['getMany', 'get'], maxsize });
  });

  test('blocking and async workers do, side by side', () => {
    run({ producers: ['put', 'putAsync'], consumers: ['get', 'getAsync'], maxsize });
    run({ producers: ['putManyAsync', 'putMany'], consumers: ['getManyAsync', 'getMany'], maxsize });
  });
});

test('threads alone, and processes alone, pass the items of a multiprocessing.JoinableQueue', () => {
  for (const kind of [Thread, Process])
    run({
      producers: ['put', 'put'],
      consumers: ['get', 'get'],
      maxsize: 4,
      kinds: [kind],
      queueClass: multiprocessing.JoinableQueue,
      count: 100,
    });
});

test('the main thread takes part, blocking, in both roles', () => {
  using there = new Queue<Parcel>(3);
  using back = new Queue<Parcel>(3);
  const feeder = new Process({ target: produce, args: [there, 0, 100, 'put'] });
  const eater = new Process({ target: consume, args: [back, 'get'] });
  feeder.start();
  eater.start();
  for (let i = 0; i < 100; i++) back.put(there.get(true, LONG), true, LONG);
  expect(back.join(LONG)).toBe(true);
  back.shutdown();
  check([eater.result(LONG)], 1, 100);
  expect(feeder.join(LONG)).toBe(true);
});

test('the main thread takes part without blocking while its workers block', async () => {
  using there = new Queue<Parcel>(3);
  using back = new Queue<Parcel>(3);
  const feeders = [0, 1].map((from) => new Process({ target: produce, args: [there, from, 80, 'put'] }));
  const eaters = [0, 1].map(() => new Thread({ target: consume, args: [back, 'get'] }));
  for (const worker of [...feeders, ...eaters]) worker.start();
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  const forward = async () => {
    for (let i = 0; i < 40; i++) await back.putAsync(await there.getAsync(LONG), LONG);
  };
  await Promise.all([forward(), forward(), forward(), forward()]);
  expect(await back.joinAsync(LONG)).toBe(true);
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(0);
  back.shutdown();
  const harvests = await Promise.all(eaters.map((worker) => worker.resultAsync(LONG)));
  // Four forwarders change the order of what they pass on, and nothing else.
  const seen = harvests.flatMap((harvest) => harvest.seen.map(String));
  expect(new Set(seen).size).toBe(160);
  expect(seen.length).toBe(160);
  expect(harvests.map(({ broken }) => broken)).toEqual([0, 0]);
  for (const worker of feeders) expect(await worker.joinAsync(LONG)).toBe(true);
});
