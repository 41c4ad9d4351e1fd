/**
 * The programs of document 003 that use a Pool.
 */
import { Lock, Pool, Queue, Semaphore } from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import { fun, func, funOfTwo, pairOf } from './003-pool.workers.ts';
import { drain } from './crew.ts';
import { TicketFile } from './ticket-file.ts';
import { purchase } from './tickets.workers.ts';

function end(pool: Pool): void {
  pool.close();
  expect(pool.join(LONG)).toBe(true);
}

describe('003-P14: ten tasks for five processes', () => {
  test('applyAsync does not block the main process; ten squares come from at most five processes', () => {
    const log = new Queue<string>();
    const mainWasHere = new Semaphore(0);
    const p = new Pool(5);
    const results = range(10).map((i) => p.applyAsync(func, [i, log, mainWasHere]));
    log.put('主进程');
    mainWasHere.release(10);
    end(p);
    expect(results.map((each) => each.get(0)[0])).toEqual(range(10).map((i) => i ** 2));
    expect(new Set(results.map((each) => each.get(0)[1])).size).toBeLessThanOrEqual(5);
    const lines = drain(log);
    expect(lines[0]).toBe('主进程');
    expect(lines.slice(1).map((line) => line.split(',')[0])).toHaveLength(10);
  });

  test('apply blocks, and so does one after the other', () => {
    const log = new Queue<string>();
    const open = new Semaphore(10);
    const p = new Pool(5);
    for (const i of range(3)) expect(p.apply(func, [i, log, open])[0]).toBe(i ** 2);
    end(p);
    expect(drain(log).map((line) => line.split(',')[0])).toEqual(['i=0', 'i=1', 'i=2']);
  });
});

const pairs: [number, number][] = [
  [1, 2],
  [3, 4],
];

test('003-P15: mapAsync and map answer a list in order', () => {
  const p = new Pool(4);
  const same: [number, number][] = [
    [1, 2],
    [1, 2],
  ];
  expect(p.mapAsync(fun, same, 1).get(LONG)).toEqual(same);
  expect(p.map(fun, same, 1)).toEqual(same);
  end(p);
});

test('003-P16: imap answers in order, imapUnordered the same in any', () => {
  const p = new Pool(4);
  expect([...p.imap(fun, pairs, 1)]).toEqual(pairs);
  expect([...p.imapUnordered(fun, pairs, 1)].sort(([a], [b]) => a - b)).toEqual(pairs);
  end(p);
});

test('003-P17: starmap and starmapAsync unpack each item', () => {
  const p = new Pool(4);
  expect(p.starmapAsync(funOfTwo, pairs, 1).get(LONG)).toEqual(pairs);
  expect(p.starmap(funOfTwo, pairs, 1)).toEqual(pairs);
  end(p);
});

test('003-P18: ten users of a pool, one ticket; the lock is a plain one', () => {
  using stock = new TicketFile();
  const lock = new Lock();
  const log = new Queue<string>();
  const p = new Pool(5);
  const results = range(10).map((i) => p.applyAsync(purchase, [lock, i + 1, stock.path, log]));
  end(p);
  for (const each of results) each.get(0);
  const lines = drain(log);
  expect(lines.filter((line) => line.endsWith('个用户')).sort()).toEqual(
    range(10)
      .map((i) => `第${i + 1}个用户`)
      .sort(),
  );
  expect(lines.filter((line) => line === '购票成功,剩余:0')).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('抢票失败'))).toHaveLength(9);
  expect(stock.read()).toEqual({ count: 0 });
});

describe('003-P19: maxtasksperchild=9', () => {
  const run = (chunksize: number) => {
    const got: unknown[] = [];
    const pids = new Queue<number>();
    const pool = new Pool(1, { maxtasksperchild: 9 });
    const keys = range(10).map((i) => [i + 1, pids] as [number, Queue<number>]);
    pool.mapAsync(pairOf, keys, chunksize, { callback: (r) => got.push(r) });
    end(pool);
    expect(got).toEqual([range(10).map((i) => [i + 1, i + 2])]);
    return drain(pids);
  };

  test('with chunks of one the tenth item comes to another process', () => {
    const pids = run(1);
    expect(new Set(pids.slice(0, 9)).size).toBe(1);
    expect(pids[9]).not.toBe(pids[8]);
  });

  test('with chunks of two all do with one process: a chunk is a task', () => {
    expect(new Set(run(2)).size).toBe(1);
  });
});
