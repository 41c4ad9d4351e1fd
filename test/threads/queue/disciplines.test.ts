import { PriorityQueue, Process, type Queue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { disciplines } from '../../support/disciplines.ts';
import { LONG } from '../../support/until.ts';
import { fill, harvest, sort, type Token, type Way } from './disciplines.workers.ts';

const { limited, all } = disciplines<Token>();

function everyOne(seen: [number, number, number][], producers: number, count: number): void {
  const distinct = new Set(seen.map(([from, number]) => `${from}:${number}`));
  expect([seen.length, distinct.size]).toEqual([producers * count, producers * count]);
}

/** The main thread is blocked all the time. */
function traffic(queue: Queue<Token>, putting: Way[], getting: Way[], count = 150): [number, number, number][][] {
  const fillers = putting.map((way, from) => new Process({ target: fill, args: [queue, from, count, way] }));
  const harvesters = getting.map((way) => new Thread({ target: harvest, args: [queue, way] }));
  for (const worker of [...fillers, ...harvesters]) worker.start();
  for (const worker of fillers) worker.result(LONG);
  expect(queue.join(LONG)).toBe(true);
  queue.shutdown();
  const harvests = harvesters.map((worker) => worker.result(LONG));
  everyOne(harvests.flat(), putting.length, count);
  return harvests;
}

describe.each(all)('through a %s', (_, Queue) => {
  test('every item passes once and whole, whoever waits for whom', () => {
    using unlimited = new Queue();
    traffic(unlimited, ['one', 'many', 'async'], ['one', 'manyAsync']);
  });
});

describe.each(limited)('through a bounded %s', (_, Queue) => {
  test.each([1, 5])('of %i items every item passes once and whole', (maxsize) => {
    using bounded = new Queue(maxsize);
    traffic(bounded, ['one', 'many'], ['one', 'many']);
    using other = new Queue(maxsize);
    traffic(other, ['async', 'manyAsync', 'one'], ['async', 'one'], 100);
  });
});

describe('a PriorityQueue', () => {
  test('that several workers have filled gives each of those who drain it ascending priorities', () => {
    using queue = new PriorityQueue<Token>();
    const fillers = [0, 1, 2].map((from) => new Process({ target: fill, args: [queue, from, 500, 'one'] }));
    for (const worker of fillers) worker.start();
    for (const worker of fillers) worker.result(LONG);
    queue.shutdown();
    const harvesters = (['one', 'many', 'async'] as Way[]).map((way) => new Thread({ target: harvest, args: [queue, way] }));
    for (const worker of harvesters) worker.start();
    const harvests = harvesters.map((worker) => worker.result(LONG));
    everyOne(harvests.flat(), 3, 500);
    for (const seen of harvests) {
      const firsts = seen.map(([, , first]) => first);
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    }
  });

  test('orders alike in every worker, whatever its locale', () => {
    const kinds: unknown[][] = [
      ['z', 'ä', 'a', 'Z', 'é', 'e', '😀', '\uffff', '', 'aa', 'ı', 'i', 'I', 'ß', 'ss'],
      [3, -1n, 0.5, -0.5, 2n ** 60n, 2 ** 60, Number.NEGATIVE_INFINITY, true, 1e300, [3, 'b'], [3, 'a'], { priority: 2 }],
    ];
    for (const items of kinds) {
      using queue = new PriorityQueue<unknown>();
      const here = sort(queue, items);
      for (const LC_ALL of ['C', 'sv_SE.UTF-8', 'tr_TR.UTF-8']) {
        process.env.LC_ALL = LC_ALL;
        using there = new PriorityQueue<unknown>();
        const worker = new Process({ target: sort, args: [there, items] });
        worker.start();
        expect(worker.result(LONG)).toEqual(here);
      }
    }
    delete process.env.LC_ALL;
  });
});
