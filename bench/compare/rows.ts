/**
 * What two revisions of the package are compared by: one look at each row, printed as JSON. It uses only what
 * every revision has; `npm run bench:compare REV` compiles it into either tree and runs the two in turn.
 */
import { Worker } from 'node:worker_threads';
import { Dict, Event, List, Lock, Pool, Queue, RLock, Semaphore, Thread } from 'nogil';
import { increment, nothing } from './tasks.ts';

/** Nanoseconds; less is better in every row. */
type Figure = () => number | Promise<number>;

/** So many milliseconds make a round, and the best of so many counts: the rest is other programs'. */
const ROUND_MS = 8;
const ROUNDS = 12;

/** Compiled anew for each row, so that no loop is optimised for what another one calls. */
function perCall(body: string, subject: unknown): Figure {
  const loop = new Function(
    'subject',
    'count',
    `/* ${Math.random()} */ let x; for (let i = 0; i < count; i++) { ${body} } return x;`,
  ) as (subject: unknown, count: number) => unknown;
  return () => {
    let count = 1000;
    const time = () => {
      const begin = performance.now();
      loop(subject, count);
      return performance.now() - begin;
    };
    for (let warm = 0; warm < 60; ) warm += time();
    while (time() < ROUND_MS) count *= 2;
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) best = Math.min(best, time());
    return (best * 1e6) / count;
  };
}

function best(rounds: number, run: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) least = Math.min(least, run());
  return least;
}

function timed(operations: number, run: () => unknown): number {
  const begin = performance.now();
  run();
  return ((performance.now() - begin) * 1e6) / operations;
}

/** One producer, one consumer in workers of their own, the best of some runs. */
function oneWay(shape: string, count: number, batch = 1, inPlace = false): Figure {
  return async () => {
    const queue = new Queue<unknown>(4096);
    const url = new URL('./ends.js', import.meta.url);
    const workers = ['put', 'get'].map(
      (end) => new Worker(url, { workerData: { end, handle: queue.handle(), shape, count, batch, inPlace } }),
    );
    const answer = (worker: Worker) =>
      new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 5; run++) {
      const spans = workers.map(answer);
      for (const worker of workers) worker.postMessage('go');
      const [begin, end] = (await Promise.all(spans)) as [number, number];
      least = Math.min(least, (end - begin) / count);
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
    queue.close();
    return least;
  };
}

const pool = new Pool(2);
const items = Array.from({ length: 10_000 }, (_, i) => i);

const rows: Record<string, Figure> = {
  'Lock: acquire + release': perCall('subject.acquire(); subject.release();', new Lock()),
  'RLock: acquire + release': perCall('subject.acquire(); subject.release();', new RLock()),
  'Semaphore: acquire + release': perCall('subject.acquire(); subject.release();', new Semaphore(1)),
  'Event: isSet': perCall('x = subject.isSet();', new Event()),
  'Queue, one thread: number': perCall('subject.put(i); x = subject.get();', new Queue()),
  'Queue, one thread: 64 B': perCall('subject[0].put(subject[1]); x = subject[0].get();', [new Queue(), new Uint8Array(64)]),
  'Queue, one thread: object': perCall("subject.put({ id: i, name: 'name', text: 'abc' }); x = subject.get();", new Queue()),
  'Dict: get a number': perCall("x = subject.get('num');", new Dict({ num: 1 })),
  'Dict: set a number': perCall("subject.set('num', i);", new Dict({ num: 1 })),
  'List: get': perCall('x = subject.at(0);', new List([1])),
  'Lock: new + close': perCall('new subject().close();', Lock),
  'Queue: new + close': perCall('new subject().close();', Queue),
  'Queue, two workers: number': oneWay('number', 200_000),
  'Queue, two workers: number, batches of 100': oneWay('number', 200_000, 100),
  'Queue, two workers: 64 B': oneWay('64 B', 100_000),
  'Queue, two workers: object': oneWay('object', 60_000),
  'Queue, two workers: 1 KiB': oneWay('1 KiB', 40_000),
  'Queue, two workers: 64 KiB': oneWay('64 KiB', 2000),
  'Queue, two workers: 1 KiB in place': oneWay('1 KiB', 40_000, 1, true),
  'Queue, two workers: 64 KiB in place': oneWay('64 KiB', 2000, 1, true),
  'Pool.map of 10 000': () => best(12, () => timed(items.length, () => pool.map(increment, items))),
  'Pool.applyAsync of 10 000': () =>
    best(8, () =>
      timed(items.length, () => {
        for (const each of items.map((x) => pool.applyAsync(increment, [x]))) each.get();
      }),
    ),
  'Thread: start + join': () =>
    best(8, () =>
      timed(1, () => {
        const thread = new Thread({ target: nothing });
        thread.start();
        thread.join();
      }),
    ),
};

const wanted = process.argv.slice(2);
const figures: Record<string, number> = {};
pool.map(increment, items);
for (const [name, figure] of Object.entries(rows)) {
  if (wanted.length > 0 && !wanted.some((each) => name.toLowerCase().includes(each.toLowerCase()))) continue;
  figures[name] = await figure();
}
console.log(JSON.stringify(figures));
process.exit(0);
