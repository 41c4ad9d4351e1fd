/** Pools that grow and shrink, and those in which only so many tasks may wait. */
import { Barrier, Pool, Semaphore, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import { countAndPass, passAll } from './limits.workers.ts';
import { double, enter, exitForMultiplesOf, meet, pid } from './pool.workers.ts';
import { end, poolWorkers } from './support.ts';

describe('a pool that grows and shrinks', () => {
  test('has as few workers as it may, as many as it needs, and as few again', async () => {
    const pool = new Pool({ min: 1, max: 4, idleTimeout: 0.3 });
    expect(pool.apply(double, [1])).toBe(2);
    expect(poolWorkers()).toHaveLength(1);
    const gate = new Semaphore(0);
    const here = new Semaphore(0);
    const all = range(6).map((x) => pool.applyAsync(enter, [here, gate, x]));
    for (let i = 0; i < 4; i++) expect(here.acquire(true, LONG)).toBe(true);
    expect(poolWorkers()).toHaveLength(4);
    expect(String(pool)).toContain('4 workers');
    gate.release(6);
    for (const [x, each] of all.entries()) expect(each.get(LONG)).toBe(x);
    await until(() => poolWorkers().length === 1);
    expect(pool.map(double, range(10))).toEqual(range(10).map((x) => 2 * x));
    end(pool);
  });

  test('may have none at all, and ends without one', async () => {
    const pool = new Pool({ min: 0, max: 2, idleTimeout: 0 });
    expect(poolWorkers()).toHaveLength(0);
    expect(pool.apply(double, [1])).toBe(2);
    await until(() => poolWorkers().length === 0);
    expect(pool.apply(double, [2])).toBe(4);
    await until(() => poolWorkers().length === 0);
    pool.close();
    expect(pool.join(LONG)).toBe(true);
  });

  test('closes with tasks that wait for workers not yet started', () => {
    const pool = new Pool({ min: 0, max: 2 });
    const all = range(20).map((x) => pool.applyAsync(double, [x]));
    pool.close();
    expect(all.map((each) => each.get(LONG))).toEqual(range(20).map((x) => 2 * x));
    expect(pool.join(LONG)).toBe(true);
  });

  test('has enough workers for tasks that wait for each other', () => {
    const pool = new Pool({ max: 5, idleTimeout: 0.1 });
    for (let round = 0; round < 3; round++) {
      const barrier = new Barrier(5);
      const all = range(5).map(() => pool.applyAsync(meet, [barrier]));
      expect(all.map((each) => each.get(LONG)).sort()).toEqual(range(5));
      barrier.close();
    }
    end(pool);
  });

  test('loses no task to a worker that has just had nothing to do', () => {
    const pool = new Pool({ min: 0, max: 3, idleTimeout: 0.002 });
    const counter = new Semaphore(0);
    for (let i = 0; i < 25; i++) {
      expect(pool.apply(countAndPass, [counter])).toBe(true);
      // Around the moment at which its worker leaves.
      const until = performance.now() + (i % 5);
      while (performance.now() < until);
    }
    expect(counter.getValue()).toBe(25);
    end(pool);
  });

  test('replaces who dies only when it is needed, and settles its task', () => {
    const pool = new Pool({ min: 0, max: 3, idleTimeout: 1 });
    const all = range(30).map((x) => pool.applyAsync(exitForMultiplesOf, [[10, x] as [number, number]]));
    const lost = all.filter((each) => thrownByOrUndefined(() => each.get(LONG)));
    expect(lost).toHaveLength(3);
    end(pool);
  });

  test('has always as many as it is told otherwise', () => {
    const pool = new Pool(2);
    expect(pool.apply(pid)).toBeGreaterThan(0);
    expect(poolWorkers()).toHaveLength(2);
    expect(String(pool)).toContain('2 workers');
    end(pool);
  });

  test('refuses what cannot be', () => {
    expect(() => new Pool({ min: 3, max: 2 })).toThrow(ValueError);
    expect(() => new Pool({ max: 0 })).toThrow(ValueError);
    expect(() => new Pool({ min: 1.5 })).toThrow(TypeError);
    expect(() => new Pool({ idleTimeout: -1 })).toThrow(ValueError);
    expect(() => new Pool(1, { maxQueue: 0 })).toThrow(ValueError);
    expect(() => new Pool({ maximum: 2 } as never)).toThrow(/did you mean/);
  });
});

function thrownByOrUndefined(fn: () => unknown): unknown {
  try {
    fn();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a pool in which so many tasks may wait', () => {
  test('has the caller wait, who goes on when there is room', () => {
    const pool = new Pool(1, { maxQueue: 2 });
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const first = pool.applyAsync(enter, [here, gate, 0]);
    expect(here.acquire(true, LONG)).toBe(true);
    const waiting = [pool.applyAsync(passAll, [gate]), pool.applyAsync(passAll, [gate])];
    // From elsewhere: this thread is about to wait.
    const opener = new Pool(1);
    opener.applyAsync(
      (g: Semaphore) => {
        const until = Date.now() + 300;
        while (Date.now() < until);
        g.release(4);
      },
      [gate],
    );
    const last = pool.applyAsync(passAll, [gate]);
    // It could only be put once the first was done.
    expect(first.ready()).toBe(true);
    expect([...waiting, last].map((each) => each.get(LONG))).toEqual([true, true, true]);
    end(opener);
    end(pool);
  });

  test('says when there is room', async () => {
    const pool = new Pool(1, { maxQueue: 1 });
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const first = pool.applyAsync(enter, [here, gate, 0]);
    await here.acquireAsync(LONG);
    expect(await pool.hasRoom()).toBe(true);
    const second = pool.applyAsync(passAll, [gate]);
    expect(await pool.hasRoom(0)).toBe(false);
    expect(await pool.hasRoom(0.05)).toBe(false);
    const room = pool.hasRoom(LONG);
    await expect(pool.hasRoom(undefined, { signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/);
    gate.release(2);
    expect(await room).toBe(true);
    expect([await first, await second]).toEqual([0, true]);
    pool.close();
    await expect(pool.hasRoom()).rejects.toThrow(ValueError);
    expect(await pool.joinAsync(LONG)).toBe(true);
  });

  test('maps as many items as any other', () => {
    const pool = new Pool(2, { maxQueue: 3 });
    expect(pool.map(double, range(200), 1)).toEqual(range(200).map((x) => 2 * x));
    expect([...pool.imap(double, range(200))]).toEqual(range(200).map((x) => 2 * x));
    end(pool);
  });

  test('ends for who waits when it is terminated or has no workers', async () => {
    const pool = new Pool(1, { maxQueue: 1 });
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    pool.applyAsync(enter, [here, gate, 0]).catch(() => {});
    await here.acquireAsync(LONG);
    pool.applyAsync(passAll, [gate]).catch(() => {});
    const room = pool.hasRoom();
    pool.terminate();
    await expect(room).rejects.toThrow(ValueError);
    expect(await pool.joinAsync(LONG)).toBe(true);
    const broken = new Pool(1, { maxQueue: 1, execArgv: ['--no-such-flag'] });
    const put = () => range(10).map((x) => broken.applyAsync(double, [x]).catch(() => {}));
    expect(thrownBy(put)).toMatchObject({ name: 'WorkerDied' });
    expect(broken.join(LONG)).toBe(true);
  });

  test('and that grows starts workers for who waits for room', () => {
    const pool = new Pool({ min: 0, max: 4, maxQueue: 1 });
    const barrier = new Barrier(4);
    const all = range(4).map(() => pool.applyAsync(meet, [barrier]));
    expect(all.map((each) => each.get(LONG)).sort()).toEqual(range(4));
    end(pool);
  });
});
