/** What ends a task, starts workers and carries messages, where the workers are processes of their own. */
import { Barrier, Semaphore, TimeoutError } from 'nogil';
import { Pool, setStartMethod } from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { thrownBy } from '../support/thrown-by.ts';
import { LONG } from '../support/until.ts';
import { hang, hangFor } from '../threads/pool/limits.workers.ts';
import { countLater } from '../threads/pool/messages.workers.ts';
import { double, meet } from '../threads/pool/pool.workers.ts';
import { look, Point } from '../threads/queue/classes.workers.ts';

setStartMethod('spawn');

test('a limit and terminate() end a process, and others go on', () => {
  const pool = new Pool(1);
  expect(thrownBy(() => pool.apply(hang, [], undefined, { timeout: 0.5, kill: true }))).toBeInstanceOf(TimeoutError);
  const here = new Semaphore(0);
  const running = pool.applyAsync(hangFor, [here]);
  const next = pool.applyAsync(double, [4]);
  expect(here.acquire(true, LONG)).toBe(true);
  running.terminate();
  expect(next.get(LONG)).toBe(8);
  expect(thrownBy(() => running.get())).toMatchObject({ name: 'WorkerDied' });
  pool.terminate();
  expect(pool.join(LONG)).toBe(true);
});

test('processes are started as they are needed, and send messages', () => {
  const pool = new Pool({ min: 0, max: 2, idleTimeout: 0.2, maxQueue: 1 });
  const barrier = new Barrier(2);
  const both = [pool.applyAsync(meet, [barrier]), pool.applyAsync(meet, [barrier])];
  expect(both.map((each) => each.get(LONG)).sort()).toEqual([0, 1]);
  const result = pool.applyAsync(countLater, [3]);
  expect([...result.messages]).toEqual([0, 1, 2]);
  pool.close();
  expect(pool.join(LONG)).toBe(true);
});

test('instances of registered classes reach them', () => {
  const pool = new Pool(1);
  expect(pool.apply(look, [new Point(3, 4)])).toEqual(['Point', 5, { x: 3, y: 4 }]);
  pool.terminate();
  expect(pool.join(LONG)).toBe(true);
});
