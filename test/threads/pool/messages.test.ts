/** What tasks send while they run. */
import { Pool, progress, RuntimeError, Semaphore, TimeoutError, WorkerDied } from 'nogil';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { ask, count, countLater, keep, sendAndDie, sendFunction, sendLate } from './messages.workers.ts';
import { double } from './pool.workers.ts';
import { end } from './support.ts';

let pool: Pool;
beforeAll(() => {
  pool = new Pool(2);
});
afterAll(() => end(pool));

async function taken<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of messages) all.push(each);
  return all;
}

test('are there in order, before the result', async () => {
  const result = pool.applyAsync(count, [100]);
  expect(await taken(result.messages)).toEqual(range(100).map((i) => ({ i })));
  expect(await result).toBe('done');
  const later = pool.applyAsync(countLater, [5]);
  expect(await taken(later.messages)).toEqual(range(5));
  expect(result.messages.next().done).toBe(true);
});

test('are iterated by a caller that blocks', () => {
  const result = pool.applyAsync(countLater, [5]);
  expect([...result.messages]).toEqual(range(5));
  expect(result.get(LONG)).toBe('done');
});

test('come while the task runs', async () => {
  const heard = new Semaphore(0);
  const blocked = pool.applyAsync(ask, [heard]);
  expect(blocked.messages.next(LONG).value).toBe('a question');
  expect(blocked.ready()).toBe(false);
  expect(thrownBy(() => blocked.messages.next(0))).toBeInstanceOf(TimeoutError);
  heard.release();
  expect(blocked.get(LONG)).toBe(true);
  const awaited = pool.applyAsync(ask, [heard]);
  expect((await awaited.messages.nextAsync(LONG)).value).toBe('a question');
  await expect(awaited.messages.nextAsync(0.01)).rejects.toThrow(TimeoutError);
  heard.release();
  expect([await awaited, await awaited.messages.nextAsync()]).toEqual([true, { done: true, value: undefined }]);
});

test('go to a function instead', async () => {
  const seen: unknown[] = [];
  await pool.applyAsync(countLater, [3], { onMessage: (message) => seen.push(message) });
  expect(seen).toEqual([0, 1, 2]);
});

test('of all the tasks of a map come to one place', async () => {
  const result = pool.mapAsync(countLater, [2, 3, 4], 1);
  expect((await taken(result.messages)).toSorted()).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 3]);
  expect(await result).toEqual(['done', 'done', 'done']);
  const results = pool.imap(countLater, [2, 3]);
  expect((await taken(results.messages)).toSorted()).toEqual([0, 0, 1, 1, 2]);
  expect([...results]).toEqual(['done', 'done']);
});

test('of a task that dies are there, and end', async () => {
  const result = pool.applyAsync(sendAndDie);
  expect(await taken(result.messages)).toEqual(['last words']);
  await expect(result).rejects.toThrow(WorkerDied);
});

test('of none are none', async () => {
  const result = pool.applyAsync(double, [1]);
  expect(await taken(result.messages)).toEqual([]);
});

test('are refused outside of a task, after it, and where they cannot be sent', () => {
  expect(() => progress(1)).toThrow(RuntimeError);
  using one = new Pool(1);
  one.apply(keep);
  expect(one.apply(sendLate)).toBe('the task of this channel has ended');
  expect(one.apply(sendFunction)).toBe('TypeError');
  one.terminate();
  expect(one.join(LONG)).toBe(true);
});
