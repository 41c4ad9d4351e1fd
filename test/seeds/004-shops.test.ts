/**
 * The programs of document 004 that sell something: tickets under an RLock, goods with a Condition.
 */
import { BrokenLockError, Condition, Process, Queue, RLock, Thread, Value } from 'nogil';
import { expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import { openShop, type Sale, sellTickets, sellTicketsAndKeepTheLock } from './004-shops.workers.ts';
import { drain, runAll } from './crew.ts';

const allTickets = range(100).map((i) => 100 - i);

test('004-P10: five threads sell a hundred tickets, each once and in order', () => {
  const count = new Value('i', 100);
  const lock = new RLock();
  const log = new Queue<Sale>();
  const threads = range(5).map(() => new Thread({ target: sellTickets, args: [lock, count, log] }));
  runAll(threads);
  const sales = drain(log);
  expect(sales.map(([, ticket]) => ticket)).toEqual(allTickets);
  const names = threads.map(({ name }) => name);
  for (const [seller] of sales) expect(names).toContain(seller);
  expect(count.value).toBe(0);
  expect(lock.locked()).toBe(false);
});

test('004-P10: when a seller leaves without releasing the lock, the others are told so instead of waiting for ever', () => {
  const count = new Value('i', 100);
  const lock = new RLock();
  const log = new Queue<Sale>();
  const threads = range(5).map(() => new Thread({ target: sellTicketsAndKeepTheLock, args: [lock, count, log] }));
  const stopped = runAll(threads);
  expect(drain(log).map(([, ticket]) => ticket)).toEqual(allTickets);
  // The first who finds no more tickets keeps the lock to its end; all others need it.
  const [leaver, ...more] = threads.filter((_, i) => stopped[i] === undefined);
  expect(more).toEqual([]);
  for (const message of stopped) {
    if (message !== undefined) expect(message).toContain(`worker ${leaver?.ident} `);
  }
  expect(lock.broken).toBe(true);
  expect(() => lock.acquire(true, LONG)).toThrow(BrokenLockError);
  lock.reset();
  expect(lock.broken).toBe(false);
  expect(lock.acquire(false)).toBe(true);
  lock.release();
});

test('004-P11: three consumers buy ten each, and the stock is never below zero nor above ten', () => {
  const shop = { num: new Value('i', 0), con: new Condition(), log: new Queue<string>() };
  const program = new Process({ target: openShop, args: [shop] });
  program.start();
  expect(program.result(LONG)).toEqual({ money: [0, 0, 0], producerLives: true });
  expect(program.exitcode).toBe(0);

  const lines = drain(shop.log);
  let stock = 0;
  let bought = 0;
  for (const line of lines) {
    const made = /^生产者生产了(-?\d+)个商品$/.exec(line)?.[1];
    const left = /^消费了1个, 还剩(-?\d+)个$/.exec(line)?.[1];
    if (made !== undefined) expect(Number(made)).toBe(++stock);
    else if (left !== undefined) {
      expect(Number(left)).toBe(--stock);
      bought++;
    } else if (line.startsWith('已经生产')) expect(stock).toBe(10);
    else if (line.startsWith('通知')) expect(stock).toBe(0);
    else expect(line).toBe('余额不够，无法消费');
    expect(stock).toBeGreaterThanOrEqual(0);
  }
  expect(bought).toBe(30);
  expect(lines.filter((line) => line === '余额不够，无法消费')).toHaveLength(3);
  expect(shop.num.value).toBe(0);
  // The producer died waiting, and not with the lock.
  expect(shop.con.acquire(true, LONG)).toBe(true);
  shop.con.notify();
  shop.con.release();
});
