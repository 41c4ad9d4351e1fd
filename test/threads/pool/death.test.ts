import { MaybeEncodingError, Pool, Queue, Semaphore, Value, WorkerDied } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import {
  double,
  enter,
  exitForMultiplesOf,
  exitWith,
  failToPrepare,
  failWithObjects,
  identity,
  never,
  pass,
  pid,
  tally,
  throwLater,
} from './pool.workers.ts';
import { end, poolWorkers } from './support.ts';

describe('a worker that dies', () => {
  test('by process.exit settles its task with WorkerDied, which names it, and is replaced', () => {
    const pool = new Pool(1);
    const before = pool.apply(pid);
    const error = thrownBy(() => pool.apply(exitWith, [3])) as Error;
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error.message).toMatch(/^PoolWorker-\d+ ended with exit code 3 /);
    expect(pool.apply(double, [4])).toBe(8);
    expect(pool.apply(pid)).not.toBe(before);
    end(pool);
  });

  test('by process.exit(0), too: it has not done its task', async () => {
    const pool = new Pool(2);
    await expect(pool.applyAsync(exitWith, [0])).rejects.toThrow(WorkerDied);
    expect(await pool.applyAsync(double, [4])).toBe(8);
    end(pool);
  });

  test('of an error that nobody caught, or of a task that can never end, settles its task', async () => {
    const pool = new Pool(2);
    await expect(pool.applyAsync(throwLater)).rejects.toThrow(WorkerDied);
    // Nothing is left that could end it, so its worker ends.
    await expect(pool.applyAsync(never)).rejects.toThrow(WorkerDied);
    expect(pool.map(double, range(10))).toEqual(range(10).map((x) => 2 * x));
    end(pool);
  });

  test.each(['terminate', 'kill'] as const)('by %s in the middle of its task settles that one, and the others run', (how) => {
    const pool = new Pool(2);
    const here = new Semaphore(0);
    const gate = new Semaphore(0);
    const both = [pool.applyAsync(enter, [here, gate, 1]), pool.applyAsync(enter, [here, gate, 2])];
    const waiting = range(20).map((x) => pool.applyAsync(double, [x]));
    expect(here.acquire(true, LONG) && here.acquire(true, LONG)).toBe(true);
    const [victim] = poolWorkers();
    victim?.[how]();
    for (const [x, each] of waiting.entries()) expect(each.get(LONG)).toBe(2 * x);
    gate.release(2);
    for (const each of both) each.wait(LONG);
    expect(both.filter((each) => each.successful())).toHaveLength(1);
    expect(thrownBy(() => both.find((each) => !each.successful())?.get())).toBeInstanceOf(WorkerDied);
    end(pool);
  });

  test('in a loop that never looks up, on the event loop of a creator that awaits', async () => {
    const pool = new Pool(1);
    const here = new Semaphore(0);
    const busy = pool.applyAsync(
      (s: Semaphore) => {
        s.release();
        for (;;);
      },
      [here],
    );
    expect(await here.acquireAsync(LONG)).toBe(true);
    poolWorkers()[0]?.kill();
    await expect(busy).rejects.toThrow(/exit code -9/);
    expect(await pool.applyAsync(double, [1])).toBe(2);
    end(pool);
  });

  test('while it has nothing to do costs nobody anything', async () => {
    const pool = new Pool(2);
    pool.map(double, range(4), 1);
    await until(() => poolWorkers().length === 2);
    for (const each of poolWorkers()) {
      each.kill();
      expect(each.join(LONG)).toBe(true);
    }
    expect(pool.map(double, range(100), 1)).toEqual(range(100).map((x) => 2 * x));
    end(pool);
  });

  test('is replaced while the creator looks elsewhere, in the middle of a blocking call of another kind', () => {
    const pool = new Pool(1);
    const log = new Queue<number>();
    pool.applyAsync(exitWith, [1]);
    pool.applyAsync((log: Queue<number>) => log.put(7), [log]);
    expect(log.get(true, LONG)).toBe(7);
    end(pool);
  });

  test('loses its chunk of a map, and the map throws WorkerDied once the others are done', () => {
    const pool = new Pool(2);
    const counter = new Value('i', 0);
    const items = range(8).map((x) => [x, counter] as [number, Value<'i'>]);
    const result = pool.mapAsync(
      ([x, counter]: [number, Value<'i'>]) => {
        if (x === 3) process.exit(1);
        counter.add(1);
        return x;
      },
      items,
      2,
    );
    expect(() => result.get(LONG)).toThrow(WorkerDied);
    expect(counter.value).toBe(7);
    end(pool);
  });

  test('is an error of each of its items for imap', () => {
    const pool = new Pool(1);
    const results = pool.imap(
      exitForMultiplesOf,
      [
        [7, 1],
        [7, 7],
        [7, 2],
        [7, 3],
      ] as [number, number][],
      2,
    );
    expect(() => results.next(LONG)).toThrow(WorkerDied);
    expect(() => results.next(LONG)).toThrow(WorkerDied);
    expect([...results]).toEqual([2, 3]);
    end(pool);
  });

  test('after close does not keep the pool from doing the rest and ending', () => {
    const pool = new Pool(1);
    const results = range(6).map((x) => pool.applyAsync(exitForMultiplesOf, [[3, x]]));
    pool.close();
    expect(pool.join(LONG)).toBe(true);
    expect(results.map((each) => each.successful())).toEqual([false, true, true, false, true, true]);
  });
});

describe('tasks under fire', () => {
  test('settle exactly once each, whenever a worker is killed', async () => {
    const pool = new Pool(2);
    const settled = new Map<number, number>();
    const counts = { done: 0, died: 0 };
    const begun = new Semaphore(0);
    const rounds = 12;
    let submitted = 0;
    for (let round = 0; round < rounds; round++) {
      const results = range(300).map(() => {
        const number = submitted++;
        const settle = () => settled.set(number, (settled.get(number) ?? 0) + 1);
        return pool.applyAsync(tally, [begun], { callback: settle, errorCallback: settle });
      });
      // At some moment among the tasks.
      if (round % 3 > 0) await new Promise((resolve) => setTimeout(resolve, round % 4));
      const victims = poolWorkers();
      victims[round % Math.max(1, victims.length)]?.kill();
      for (const each of await Promise.allSettled(results)) {
        if (each.status === 'fulfilled') counts.done++;
        else {
          expect(each.reason).toBeInstanceOf(WorkerDied);
          counts.died++;
        }
      }
    }
    expect(counts.done + counts.died).toBe(submitted);
    expect(counts.died).toBeLessThanOrEqual(rounds);
    expect(settled.size).toBe(submitted);
    expect([...settled.values()].every((times) => times === 1)).toBe(true);
    // Nothing ran twice, and nothing was done that did not run.
    expect(begun.getValue()).toBeGreaterThanOrEqual(counts.done);
    expect(begun.getValue()).toBeLessThanOrEqual(submitted);
    end(pool);
  });

  test('settle for a creator that blocks, too', () => {
    const pool = new Pool(2);
    let died = 0;
    for (let round = 0; round < 8; round++) {
      const results = range(200).map((x) => pool.applyAsync(double, [x]));
      results[(round * 25) % 200]?.wait(LONG);
      poolWorkers()[round % 2]?.kill();
      for (const each of results) {
        expect(each.wait(LONG)).toBe(true);
        if (!each.successful()) died++;
      }
    }
    expect(died).toBeLessThanOrEqual(8);
    end(pool);
  });
});

/** The classes of what `failWithObjects` throws. */
const OBJECTS = [
  ...['Lock', 'RLock', 'Semaphore', 'Condition', 'Event', 'Barrier'],
  ...['Queue', 'LifoQueue', 'PriorityQueue', 'SimpleQueue'],
  ...['Value', 'Dict', 'List', 'Namespace', 'Connection', 'Connection'],
];

describe('a pool whose workers cannot start', () => {
  test('because the initializer throws, settles all tasks with WorkerDied, whose cause says why, and ends', async () => {
    const pool = new Pool(2, { initializer: failToPrepare });
    const results = range(3).map((x) => pool.applyAsync(double, [x]));
    for (const each of results) {
      const error = thrownBy(() => each.get(LONG)) as Error;
      expect(error).toBeInstanceOf(WorkerDied);
      expect(error.cause).toBeInstanceOf(RangeError);
      expect((error.cause as Error).message).toBe('not prepared');
    }
    expect(() => pool.apply(double, [1])).toThrow(WorkerDied);
    expect(await pool.joinAsync(LONG)).toBe(true);
    expect(poolWorkers()).toEqual([]);
  });

  test('because the initializer throws an error that holds objects of all kinds', async () => {
    const pool = new Pool(1, { initializer: failWithObjects });
    const { cause } = thrownBy(() => pool.applyAsync(double, [1]).get(LONG)) as Error & { cause: { objects: object[] } };
    expect(cause).toBeInstanceOf(RangeError);
    expect(cause.objects.map((each) => each.constructor.name)).toEqual(OBJECTS);
    // Who keeps the pool staffed has had it in its hands, too.
    expect(await pool.joinAsync(LONG)).toBe(true);
    expect(poolWorkers()).toEqual([]);
  });

  test('because the initializer ends them', () => {
    const pool = new Pool(2, { initializer: exitWith, initargs: [4] });
    expect(() => pool.applyAsync(double, [1]).get(LONG)).toThrow(/the pool has no workers: .*exit code 4 before it was ready/);
    expect(pool.join(LONG)).toBe(true);
  });

  test('because the initializer is nowhere', () => {
    const pool = new Pool(1, { initializer: new URL('./nowhere.mjs', import.meta.url) });
    expect(() => pool.applyAsync(double, [1]).get(LONG)).toThrow(WorkerDied);
    end(pool);
  });

  test('is not one whose worker is killed while it starts', () => {
    const gate = new Semaphore(0);
    const pool = new Pool(1, { initializer: pass, initargs: [gate, 0] as never });
    const result = pool.applyAsync(double, [3]);
    const first = poolWorkers();
    expect(result.wait(0.05)).toBe(false);
    for (const each of poolWorkers()) {
      each.kill();
      // It is told to, and goes a little later: with the gate open it might take the task along.
      expect(each.join(LONG)).toBe(true);
    }
    gate.release(2);
    expect(result.get(LONG)).toBe(6);
    expect(first.length).toBeLessThanOrEqual(1);
    end(pool);
  });
});

describe('what cannot be read at its destination', () => {
  test('settles its task: an argument of a class that the worker does not know', async () => {
    const { Semaphore: Known } = await import('nogil');
    const pool = new Pool(1);
    const semaphore = new Known(0);
    // Forged: the worker finds no such class.
    const { SEND } = { SEND: Symbol.for('nogil.send') };
    const handle = (semaphore as unknown as Record<symbol, () => { id: number; gen: number }>)[SEND]?.();
    const forged = { [SEND]: () => ({ ...handle, tag: 65_000 }) };
    const results = [pool.applyAsync(identity, [forged]), pool.applyAsync(identity, [2])];
    expect(() => results[0]?.get(LONG)).toThrow(/unknown handle/);
    expect(results[1]?.get(LONG)).toBe(2);
    end(pool);
  });

  test('settles its task: a result of a class that the creator does not know', () => {
    const pool = new Pool(1);
    const semaphore = new Semaphore(0);
    const forge = (semaphore: Semaphore) => {
      const send = Symbol.for('nogil.send');
      const handle = (semaphore as unknown as Record<symbol, () => object>)[send]?.();
      return { [send]: () => ({ ...handle, tag: 65_000 }) };
    };
    const results = [pool.applyAsync(forge, [semaphore]), pool.applyAsync(identity, [2])];
    const error = thrownBy(() => results[0]?.get(LONG)) as Error;
    expect(error).toBeInstanceOf(MaybeEncodingError);
    expect(error.message).toMatch(/unknown handle/);
    expect(results[1]?.get(LONG)).toBe(2);
    end(pool);
  });
});
