/**
 * Start method 'spawn': a Process is a process of the operating system, and all classes work between them as
 * they do between threads.
 */
import { Barrier, Condition, Event, getpid, heap, Lock, Manager, Queue, Thread, Value } from 'nogil';
import { getAllStartMethods, getContext, Pipe, Pool, setStartMethod, wait } from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { LONG, until } from '../support/until.ts';
import {
  answer,
  awaitEvent,
  bump,
  count,
  echo,
  echoAsync,
  family,
  meet,
  pidOf,
  poolOfOwn,
  put,
  type Self,
  square,
  takeBytes,
  whoAmI,
} from './children.workers.ts';
import { started } from './started.ts';

setStartMethod('spawn');

test("there are 'worker' and 'spawn'", () => {
  expect(getAllStartMethods()).toEqual(['worker', 'spawn']);
  expect(getContext().getStartMethod()).toBe('spawn');
});

test('three processes count to 60 000 under one Lock', () => {
  const [lock, total] = [new Lock(), new Value('i', 0, { lock: false })];
  const two = [started(count, lock, total, 20_000), started(count, lock, total, 20_000)];
  for (let i = 0; i < 20_000; i++) {
    lock.acquire();
    total.value += 1;
    lock.release();
  }
  for (const each of two) expect(each.join(LONG)).toBe(true);
  expect(total.value).toBe(60_000);
});

test('a child that takes large items does not fault in their 16 pages again and again', () => {
  const queue = new Queue<Uint8Array>(16);
  const child = started(takeBytes, queue, 1000, 3000);
  const item = new Uint8Array(65_536).fill(7);
  for (let i = 0; i < 4000; i++) queue.put(item);
  expect(child.result(LONG)).toBeLessThan(2);
});

describe('who it is', () => {
  test('its numbers are the operating system’s, and everybody agrees', () => {
    const child = started(whoAmI);
    const { pid } = child;
    expect(child.ident).toBe(pid);
    const self = child.result(LONG) as Self;
    expect(self).toEqual({
      system: pid,
      pid,
      ppid: process.pid,
      parent: process.pid,
      current: pid,
      name: child.name,
      method: 'spawn',
    });
    expect(getpid()).toBe(process.pid);
    expect(pid).not.toBe(process.pid);
    expect(child.pid).toBe(pid);
  });

  test('a thread of the first process is in it, and starts processes', () => {
    const thread = new Thread({ target: whoAmI });
    thread.start();
    const self = thread.result(LONG) as Self;
    expect(self).toMatchObject({ system: process.pid, pid: process.pid, method: 'spawn' });
  });

  test('a child has threads, and children of its own', () => {
    const [pids, done] = [new Queue<number>(), new Event()];
    const child = started(family, pids, done);
    const two = [pids.get(true, LONG), pids.get(true, LONG)];
    done.set();
    const [pid, exitcode] = child.result(LONG) as [number, number];
    expect(pid).toBe(child.pid);
    expect(exitcode).toBe(0);
    // The thread is in the child, the grandchild is not.
    expect(two).toContain(pid);
    const grandchild = two.find((each) => each !== pid);
    expect(grandchild).not.toBe(undefined);
    expect(grandchild).not.toBe(process.pid);
  });
});

describe('waiting across processes', () => {
  test('two blocked sides', () => {
    const [to, from] = [new Queue<unknown>(), new Queue<unknown>()];
    const child = started(echo, to, from, 1000);
    for (let i = 0; i < 1000; i++) {
      to.put({ i });
      expect(from.get(true, LONG)).toEqual({ i });
    }
    expect(child.join(LONG)).toBe(true);
  });

  test('two event loops', async () => {
    const [to, from] = [new Queue<unknown>(), new Queue<unknown>()];
    const child = started(echoAsync, to, from, 1000);
    for (let i = 0; i < 1000; i++) {
      to.put(i);
      expect(await from.getAsync(LONG)).toBe(i);
    }
    expect(await child.joinAsync(LONG)).toBe(true);
  });

  test('a full queue: the producer waits, and nothing is lost', () => {
    const queue = new Queue<number>(16);
    const child = started(put, queue, 50_000);
    for (let i = 0; i < 50_000; i++) if (queue.get(true, LONG) !== i) throw new Error(`item ${i} is another`);
    expect(child.join(LONG)).toBe(true);
    expect(queue.empty()).toBe(true);
  });

  test('an Event that is set wakes the event loops of all processes', async () => {
    const [event, ready] = [new Event(), new Queue<number>()];
    const three = [1, 2, 3].map(() => started(awaitEvent, event, ready));
    for (const _ of three) await ready.getAsync(LONG);
    event.set();
    for (const each of three) expect(await each.resultAsync(LONG)).toBe(true);
  });

  test('Barrier and Condition: async here, blocked there', async () => {
    const [barrier, condition, box] = [new Barrier(3), new Condition(), new Value('i', 0, { lock: false })];
    const two = [started(meet, barrier, condition, box), started(meet, barrier, condition, box)];
    await barrier.waitAsync(LONG);
    await condition.acquireAsync();
    while (box.value < 2) expect(await condition.waitAsync(LONG)).toBe(true);
    condition.release();
    for (const each of two) expect(each.join(LONG)).toBe(true);
  });
});

describe('what travels', () => {
  test('handles, through a pipe', () => {
    const [here, there] = Pipe();
    const child = started(answer, there);
    const queue = new Queue<string>();
    here.send(['loud', queue]);
    expect(queue.get(true, LONG)).toBe('LOUD');
    expect(here.recv()).toEqual({ pid: child.pid });
    expect(child.join(LONG)).toBe(true);
  });

  test('a managed dict: updates of two processes', () => {
    using manager = Manager();
    const dict = manager.dict({ n: 0 });
    const two = [started(bump, dict, 2000), started(bump, dict, 2000)];
    for (const each of two) expect(each.join(LONG)).toBe(true);
    expect(dict.get('n')).toBe(4000);
  });
});

describe('a pool', () => {
  test('has processes for workers', () => {
    using pool = new Pool(2);
    expect(pool.map(square, [1, 2, 3, 4])).toEqual([1, 4, 9, 16]);
    const pids = new Set(
      pool.map(
        pidOf,
        Array.from({ length: 20 }, (_, i) => i),
        1,
      ),
    );
    expect(pids.has(process.pid)).toBe(false);
  });

  test('of a context, or given one', () => {
    for (const pool of [new (getContext('worker').Pool)(1), new Pool(1, { context: getContext('worker') })]) {
      expect(pool.apply(pidOf)).toBe(process.pid);
      pool.terminate();
    }
    using pool = new (getContext('spawn').Pool)(1);
    expect(pool.apply(pidOf)).not.toBe(process.pid);
  });

  test('of a child, in the child', () => {
    const { own, workers, squares } = started(poolOfOwn).result(LONG) as ReturnType<typeof poolOfOwn>;
    expect(squares).toEqual([1, 4, 9]);
    expect(workers).not.toContain(own);
    expect(workers).not.toContain(process.pid);
  });
});

describe('a process of a context', () => {
  test("'worker' is a thread of this process", () => {
    const child = new (getContext('worker').Process)({ target: pidOf });
    child.start();
    expect(child.result(LONG)).toBe(process.pid);
  });

  test("'spawn' is none", () => {
    const child = new (getContext('spawn').Process)({ target: pidOf });
    child.start();
    expect(child.result(LONG)).toBe(child.pid);
  });
});

test('a sentinel is ready when its process has ended', () => {
  const child = started(pidOf);
  expect(wait([child.sentinel], LONG)).toEqual([child.sentinel]);
  expect(child.exitcode).toBe(0);
});

test('the heap is as before, and its size is what is used', async () => {
  const one = () => {
    const child = started(pidOf);
    expect(child.join(LONG)).toBe(true);
    child.close();
  };
  one();
  const before = heap.stats().bytesInUse;
  for (let i = 0; i < 5; i++) one();
  await until(() => heap.stats().bytesInUse <= before);
  expect(heap.stats().bytesReserved).toBeLessThan(64 * 2 ** 20);
});
