import {
  AssertionError,
  heap,
  NotImplementedError,
  Pool,
  Process,
  Queue,
  Semaphore,
  Thread,
  ValueError,
  WorkerDied,
} from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { programsOf } from '../../support/programs.ts';
import { range } from '../../support/range.ts';
import { LONG, until } from '../../support/until.ts';
import { children, double, holdPool, leavePool, pass, pid, poolInside, poolInsideAsync, sendPool } from './pool.workers.ts';
import { end, poolWorkers } from './support.ts';

describe('a new Pool', () => {
  test('checks its arguments', () => {
    expect(() => new Pool(0)).toThrow(ValueError);
    expect(() => new Pool(-1)).toThrow(ValueError);
    expect(() => new Pool(1.5)).toThrow(TypeError);
    expect(() => new Pool('2' as never)).toThrow(TypeError);
    expect(() => new Pool(1, { initializer: 5 as never })).toThrow(TypeError);
    for (const maxtasksperchild of [0, -1]) expect(() => new Pool(1, { maxtasksperchild })).toThrow(ValueError);
    expect(() => new Pool(1, { maxtasksperchild: 1.5 })).toThrow(TypeError);
    expect(() => new Pool(1, { initializer: double, initargs: [(() => 1) as never] })).toThrow(TypeError);
    expect(poolWorkers()).toEqual([]);
  });

  test('has as many workers as asked for, or as the machine runs at once, and they are daemonic children', async () => {
    for (const [asked, expected] of [
      [3, 3],
      [undefined, mp.cpuCount()],
      [null, mp.cpuCount()],
    ] as const) {
      const pool = new Pool(asked);
      await until(() => poolWorkers().length === expected);
      expect(poolWorkers().every(({ daemon }) => daemon)).toBe(true);
      end(pool);
    }
  });

  test('is the same class in both modules', () => {
    expect(mp.Pool).toBe(Pool);
  });
});

describe('close', () => {
  test('refuses new tasks, does those that are there, and may be called twice', () => {
    const pool = new Pool(2);
    const results = range(50).map((x) => pool.applyAsync(double, [x]));
    pool.close();
    pool.close();
    for (const call of [
      () => pool.apply(double, [1]),
      () => pool.applyAsync(double, [1]),
      () => pool.map(double, [1]),
      () => pool.starmapAsync(double, [[1]] as [number][]),
      () => pool.imap(double, [1]),
      () => pool.imapUnordered(double, [1]),
    ]) {
      expect(call).toThrow(ValueError);
      expect(call).toThrow('Pool not running');
    }
    expect(pool.join(LONG)).toBe(true);
    expect(results.every((each) => each.ready())).toBe(true);
    expect(results.map((each) => each.get(0))).toEqual(range(50).map((x) => 2 * x));
    expect(poolWorkers()).toEqual([]);
  });

  test('after which join has callbacks run', () => {
    const seen: unknown[] = [];
    const pool = new Pool(2);
    pool.mapAsync(double, [1, 2], { callback: (list) => seen.push(list) });
    pool.close();
    pool.join(LONG);
    expect(seen).toEqual([[2, 4]]);
  });
});

describe('join', () => {
  test('of a pool that runs is a ValueError', async () => {
    const pool = new Pool(1);
    expect(() => pool.join()).toThrow(ValueError);
    await expect(pool.joinAsync()).rejects.toThrow('Pool is still running');
    end(pool);
  });

  test('has a timeout, and may be called again', async () => {
    const gate = new Semaphore(0);
    const pool = new Pool(1);
    const result = pool.applyAsync(pass, [gate, 1]);
    pool.close();
    expect(pool.join(0.01)).toBe(false);
    expect(await pool.joinAsync(0.01)).toBe(false);
    const joined = pool.joinAsync();
    gate.release();
    expect(await joined).toBe(true);
    expect(pool.join()).toBe(true);
    expect(await pool.joinAsync()).toBe(true);
    expect(result.get(0)).toBe(1);
  });
});

describe('terminate', () => {
  test('settles what is waiting and what runs, at once, and stops the workers', async () => {
    const gate = new Semaphore(0);
    const pool = new Pool(1);
    const errors: unknown[] = [];
    const results = [
      pool.applyAsync(pass, [gate, 1], { errorCallback: (error) => errors.push(error) }),
      pool.applyAsync(pass, [gate, 2]),
      pool.mapAsync(double, range(100)),
    ];
    const awaited = Promise.allSettled(results);
    pool.terminate();
    for (const each of results) {
      expect(each.ready()).toBe(true);
      expect(each.successful()).toBe(false);
      expect(() => each.get(0)).toThrow(WorkerDied);
    }
    expect(errors).toHaveLength(1);
    expect((await awaited).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(() => pool.apply(double, [1])).toThrow('Pool not running');
    pool.terminate();
    expect(pool.join(LONG)).toBe(true);
    expect(poolWorkers()).toEqual([]);
  });

  test('stops a worker that never looks up, and one that starts', () => {
    const pool = new Pool(2);
    const busy = pool.applyAsync(() => {
      for (;;);
    });
    end(pool);
    expect(() => busy.get(0)).toThrow(WorkerDied);
    for (let i = 0; i < 3; i++) end(new Pool(2));
    expect(poolWorkers()).toEqual([]);
  });

  test('after close ends what close would have finished', () => {
    const pool = new Pool(1);
    const result = pool.applyAsync(pass, [new Semaphore(0), 1]);
    pool.close();
    expect(pool.join(0.05)).toBe(false);
    end(pool);
    expect(() => result.get(0)).toThrow('the pool was terminated');
  });

  test('is what `using` does at the end of its block', async () => {
    const gate = new Semaphore(0);
    let result: ReturnType<Pool['applyAsync']>;
    {
      using pool = new Pool(1);
      result = pool.applyAsync(pass, [gate, 1]);
    }
    expect(() => result.get(0)).toThrow(WorkerDied);
    {
      await using pool = new Pool(1);
      pool.apply(double, [1]);
    }
    await until(() => poolWorkers().length === 0);
  });

  test('and join give the memory back', async () => {
    const isClean = () => heap.stats().objects.Queue === undefined;
    const cycle = async () => {
      const pool = new Pool(2, { initializer: double, initargs: [1] });
      pool.map(double, range(1000));
      pool.apply((x: number) => x, [1]);
      for (let i = 0; i < 50; i++) pool.applyAsync(double, [i]);
      end(pool);
      // The keeper closes its own handles when it has told us that it ends.
      await until(isClean);
      return heap.stats().bytesInUse;
    };
    await until(isClean);
    await cycle();
    const before = await cycle();
    for (let i = 0; i < 8; i++) await cycle();
    // Less than a small block a cycle.
    expect(await cycle()).toBeLessThan(before + 1024);
  });
});

describe('a pool inside a worker', () => {
  test.each([
    ['Thread', Thread],
    ['Process', Process],
  ])('of a %s works, blocking and async', (_, Kind) => {
    for (const target of [poolInside, poolInsideAsync]) {
      const worker = new Kind({ target, args: [range(50)] });
      worker.start();
      expect(worker.result(LONG)).toEqual(range(50).map((x) => 2 * x));
    }
    const counting = new Kind({ target: children });
    counting.start();
    expect(counting.result(LONG)).toBe(2);
  });

  test.each([
    ['Thread', Thread],
    ['Process', Process],
  ])('of a %s that returns ends with it', async (_, Kind) => {
    const worker = new Kind({ target: leavePool });
    worker.start();
    const left = worker.result(LONG);
    expect(left).toBeGreaterThan(0);
    await until(() => heap.stats().objects.Queue === undefined);
    expect(poolWorkers().filter(({ pid }) => pid === left)).toEqual([]);
  });

  test('of a Process that is killed ends with it', async () => {
    const pids = new Queue<number>();
    const worker = new Process({ target: holdPool, args: [pids] });
    worker.start();
    expect(pids.get(true, LONG)).toBeGreaterThan(0);
    worker.kill();
    expect(worker.join(LONG)).toBe(true);
    await until(() => heap.stats().objects.Queue === 1);
    pids.close();
  });

  test('of a daemonic process is an AssertionError', () => {
    const worker = new Process({ target: poolInside, args: [[1]], daemon: true });
    worker.start();
    expect(() => worker.result(LONG)).toThrow(AssertionError);
  });
});

test('neither a pool nor its results can be sent', () => {
  const pool = new Pool(1);
  const queue = new Queue<unknown>();
  for (const it of [pool, pool.applyAsync(double, [1]), pool.imap(double, [1])]) {
    expect(() => queue.put(it)).toThrow(NotImplementedError);
    expect(() => pool.applyAsync(pid, [{ it }] as never)).toThrow(NotImplementedError);
  }
  end(pool);
  const worker = new Process({ target: sendPool });
  worker.start();
  expect(worker.result(LONG)).toBe(true);
});

describe('a program', () => {
  const { run } = programsOf('threads/pool');

  test('ends although its pool is still open', async () => {
    expect(await run('open-pool')).toEqual({ code: 0, lines: ['4', 'the end'], errors: '' });
  });

  test('is kept alive by results that are awaited', async () => {
    expect(await run('awaiting')).toEqual({ code: 0, lines: ['the end', '4', '[2,4]', 'joined'], errors: '' });
  });

  test('whose pool nobody has any more ends its workers', async () => {
    expect(await run('forgotten', ['--expose-gc'])).toEqual({ code: 0, lines: ['true'], errors: '' });
  });

  test('goes on when a worker of its pool has run out of memory', async () => {
    const { code, lines, errors } = await run('out-of-memory', ['--max-old-space-size=64']);
    expect(lines).toEqual(['true', '2']);
    expect(errors).toContain(spawns ? 'JavaScript heap out of memory' : 'ERR_WORKER_OUT_OF_MEMORY');
    expect(code).toBe(0);
  });
});
