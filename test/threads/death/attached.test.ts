import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BrokenLockError, type Connection, EOFError, heap, Lock, Pipe, Queue } from 'nogil';
import { beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { LONG, until } from '../../support/until.ts';
import { workers } from '../../support/workers.ts';
import { sleepersIn } from '../sync/support.ts';
import type { Order } from './attached.workers.ts';

const url = compiled('threads/death/attached');

function attach(order: Order) {
  const worker = new Worker(url, { workerData: order });
  return {
    /** It has said so. */
    async says(what: string) {
      const [message] = await once(worker, 'message');
      expect(message).toBe(what);
    },
    ended: () => once(worker, 'exit'),
    failed: () => once(worker, 'error'),
    kill: () => worker.terminate(),
  };
}

/**
 * This thread, the one that watches the tests, and the supervisor, which comes with the first attached
 * thread.
 */
let residents = 0;
beforeEach(async () => {
  await until(() => (residents === 0 ? workers() >= 3 : workers() === residents));
  residents = workers();
});

describe('an attached thread that ends', () => {
  // Dozens of workers in turn take their time on a loaded machine.
  test('gives its place back, and its handles', { timeout: 120_000 }, async () => {
    using queue = new Queue<number>();
    const round = async () => {
      for (let i = 0; i < 4; i++) await attach({ what: 'put', queue: queue.handle() }).ended();
      for (let i = 0; i < 2; i++)
        await Promise.all(Array.from({ length: 4 }, () => attach({ what: 'put', queue: queue.handle() }).ended()));
      await until(() => workers() === residents);
      expect(queue.getMany()).toHaveLength(12);
      return heap.stats();
    };
    await round();
    const after = await round();
    expect(await round()).toEqual(after);
  });

  test.each(['end', 'exit'] as const)('leaves a Lock locked, as in Python (%s)', async (next) => {
    using lock = new Lock();
    const one = attach({ what: 'hold', lock: lock.handle(), next });
    await one.says('holds');
    await one.ended();
    await until(() => workers() === residents);
    expect(lock.locked()).toBe(true);
    expect(lock.broken).toBe(false);
    lock.release();
    expect(lock.acquire(false)).toBe(true);
  });

  test('with an error has died: its Lock is broken', async () => {
    using lock = new Lock();
    const one = attach({ what: 'hold', lock: lock.handle(), next: 'throw' });
    const [error] = await one.failed();
    expect(error.message).toBe('an attached thread that throws');
    await until(() => lock.broken);
    expect(() => lock.acquire()).toThrow(BrokenLockError);
  });
});

describe('an attached thread that is terminated', () => {
  test('breaks the Lock it holds, or gives it to who waits', async () => {
    using lock = new Lock();
    using given = new Lock({ onOwnerDeath: 'release' });
    const threads = [lock, given].map((each) => attach({ what: 'hold', lock: each.handle(), next: 'stay' }));
    await Promise.all(threads.map((each) => each.says('holds')));
    const waiting = given.acquireAsync(LONG);
    for (const each of threads) await each.kill();
    expect(await waiting).toBe(true);
    await expect(lock.acquireAsync(LONG)).rejects.toThrow(BrokenLockError);
    await until(() => workers() === residents);
  });

  test('while this thread is blocked for what it holds lets this thread go on', async () => {
    using lock = new Lock({ onOwnerDeath: 'release' });
    // One attached thread ends the other, while nothing here turns: it is the other's parent.
    const code = `
      const { Worker, parentPort, workerData } = require('node:worker_threads');
      const inner = new Worker(new URL(workerData.url), { workerData: workerData.order });
      inner.once('message', () => {
        parentPort.postMessage('holds');
        setTimeout(() => inner.terminate(), 300);
      });`;
    const order: Order = { what: 'hold', lock: lock.handle(), next: 'stay' };
    const outer = new Worker(code, { eval: true, workerData: { url: url.href, order } });
    await once(outer, 'message');
    // Until the inner one is known here; it is not the outer one that has entered the heap.
    await until(() => workers() === residents + 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lock.acquire(true, LONG)).toBe(true);
    await outer.terminate();
  });

  test('waiting for an item takes none along, and its wait is over', async () => {
    using queue = new Queue<number>();
    const threads = Array.from({ length: 3 }, () => attach({ what: 'wait', queue: queue.handle() }));
    await Promise.all(threads.map((each) => each.says('waits')));
    await until(() => sleepersIn(queue).length === 3);
    for (const each of threads) await each.kill();
    await until(() => workers() === residents);
    expect(sleepersIn(queue)).toEqual([]);
    queue.put(5);
    expect(queue.get(true, LONG)).toBe(5);
  });

  test('closes what only it had: the other end of its pipe sees the end', async () => {
    using queue = new Queue<Connection>();
    const [mine, its] = Pipe();
    queue.put(its);
    its.close();
    const one = attach({ what: 'take', queue: queue.handle() });
    await one.says('has it');
    expect(mine.poll()).toBe(false);
    await one.kill();
    await expect(mine.recvAsync()).rejects.toThrow(EOFError);
    mine.close();
  });

  test('takes its own pool, processes and threads along, and they leave nothing behind', async () => {
    using started = new Queue<string>();
    using lock = new Lock();
    const before = heap.stats();
    const one = attach({ what: 'family', queue: started.handle(), lock: lock.handle() });
    expect(await started.getAsync(LONG)).toBe('has it');
    // An attached thread, its supervisor, a worker of its pool, a process and a thread, one of which holds
    // the lock for which the other waits.
    await until(() => workers() === residents + 5 && sleepersIn(lock).length === 1);
    await one.kill();
    await until(() => workers() === residents);
    expect(() => lock.acquire()).toThrow(BrokenLockError);
    expect(sleepersIn(lock)).toEqual([]);
    expect(heap.stats().objects).toEqual(before.objects);
  });

  test.each([0, 1, 3, 10, 30])('after %d ms, whatever it was about, gives its place back', async (ms) => {
    using queue = new Queue<number>();
    for (let i = 0; i < 8; i++) {
      const one = attach({ what: i % 2 ? 'put' : 'wait', queue: queue.handle() });
      await new Promise((resolve) => setTimeout(resolve, ms));
      await one.kill();
    }
    await until(() => workers() === residents);
    expect(sleepersIn(queue)).toEqual([]);
  });
});
