/** Limits of a task's time, and what ends a task that runs. */
import { Lock, Pool, Queue, Semaphore, TimeoutError, ValueError, WorkerDied } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { countAndPass, hang, hangFor, hangHolding, isLate, passAll } from './limits.workers.ts';
import { double, enter, pid, untilUnwanted, untilUnwantedAsync } from './pool.workers.ts';
import { end } from './support.ts';

describe('a task with { timeout, kill: true }', () => {
  test('is ended wherever it is, with TimeoutError, and its worker is replaced', () => {
    const pool = new Pool(1);
    const before = pool.apply(pid);
    const error = thrownBy(() => pool.apply(hang, [], undefined, { timeout: 0.2, kill: true })) as Error;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(/^the task was not done in 0.2 seconds: PoolWorker-\d+ was ended$/);
    expect(pool.apply(pid)).not.toBe(before);
    end(pool);
  });

  test('is ended while the creator is busy with something else', () => {
    const pool = new Pool(1);
    const here = new Semaphore(0);
    const late = pool.applyAsync(hangFor, [here], { timeout: 0.2, kill: true });
    expect(here.acquire(true, LONG)).toBe(true);
    // Its place is another's: nobody takes replies in meanwhile.
    pool.applyAsync((s: Semaphore) => s.release(), [here]);
    expect(here.acquire(true, LONG)).toBe(true);
    expect(thrownBy(() => late.get(LONG))).toBeInstanceOf(TimeoutError);
    end(pool);
  });

  test('counts from when it begins, not while it waits', () => {
    const pool = new Pool(1);
    const gate = new Semaphore(0);
    const first = pool.applyAsync(passAll, [gate]);
    const second = pool.applyAsync(double, [4], { timeout: 0.5, kill: true });
    expect(second.wait(1)).toBe(false);
    gate.release();
    expect([first.get(LONG), second.get(LONG)]).toEqual([true, 8]);
    end(pool);
  });

  test('takes nobody else with it', () => {
    const pool = new Pool(2);
    const all = range(30).map((x) =>
      x % 10 === 0 ? pool.applyAsync(hang, [], { timeout: 0.2, kill: true }) : pool.applyAsync(double, [x]),
    );
    for (const [x, each] of all.entries()) {
      if (x % 10 === 0) expect(thrownBy(() => each.get(LONG))).toBeInstanceOf(TimeoutError);
      else expect(each.get(LONG)).toBe(2 * x);
    }
    end(pool);
  });

  test('leaves a lock broken and its memory whole, as any death does', () => {
    const pool = new Pool(1);
    const lock = new Lock({ onOwnerDeath: 'release' });
    expect(thrownBy(() => pool.apply(hangHolding, [lock], undefined, { timeout: 0.2, kill: true }))).toBeInstanceOf(TimeoutError);
    expect(lock.acquire(true, LONG)).toBe(true);
    end(pool);
  });

  test('that is in time is as any other', async () => {
    const pool = new Pool(2);
    expect(pool.apply(double, [2], undefined, { timeout: LONG, kill: true })).toBe(4);
    expect(pool.map(double, range(100), { timeout: LONG, kill: true })).toEqual(range(100).map((x) => 2 * x));
    expect(await pool.mapAsync(double, [1], 1, { timeout: LONG })).toEqual([2]);
    end(pool);
  });
});

describe('of many calls', () => {
  test('map rejects with TimeoutError once all are done', () => {
    const pool = new Pool(2);
    const log = new Queue<number>();
    const items = range(6).map((x) => [x, x === 2, log] as const);
    const error = thrownBy(() => pool.starmap(isLate, items as never, { timeout: 0.5, kill: true }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(log.getMany(10).sort()).toEqual([0, 1, 3, 4, 5]);
    end(pool);
  });

  test('imap has the error in the place of what was late, and goes on', () => {
    const pool = new Pool(2);
    const log = new Queue<number>();
    const items = range(4).map((x) => [x, x === 1, log] as [number, boolean, Queue<number>]);
    const results = pool.imap(
      ([x, late, queue]: [number, boolean, Queue<number>]) => {
        while (late);
        queue.put(x);
        return x;
      },
      items,
      { timeout: 0.5, kill: true },
    );
    expect(results.next(LONG).value).toBe(0);
    expect(thrownBy(() => results.next(LONG))).toBeInstanceOf(TimeoutError);
    expect([...results]).toEqual([2, 3]);
    end(pool);
  });
});

describe('without kill', () => {
  test('the call is over in time, the task is told, and the worker goes on', () => {
    const pool = new Pool(1);
    const [here, log] = [new Semaphore(0), new Queue<string>()];
    const before = pool.apply(pid);
    const late = pool.applyAsync(untilUnwanted, [here, log], { timeout: 0.2 });
    expect(thrownBy(() => late.get(LONG))).toBeInstanceOf(TimeoutError);
    expect(log.get(true, LONG)).toBe('saw it');
    expect(pool.apply(pid)).toBe(before);
    end(pool);
  });

  test('an async task hears of it', async () => {
    const pool = new Pool(1);
    const [here, log] = [new Semaphore(0), new Queue<string>()];
    await expect(pool.applyAsync(untilUnwantedAsync, [here, log], { timeout: 0.2 })).rejects.toThrow(TimeoutError);
    expect(await log.getAsync(LONG)).toBe('true AbortError');
    end(pool);
  });
});

describe('terminate() of a result', () => {
  test('ends the worker that runs it, and nobody else', () => {
    const pool = new Pool(2);
    const here = new Semaphore(0);
    const gate = new Semaphore(0);
    const [one, two] = [pool.applyAsync(hangFor, [here]), pool.applyAsync(enter, [here, gate, 7])];
    expect(here.acquire(true, LONG) && here.acquire(true, LONG)).toBe(true);
    one.terminate();
    const error = thrownBy(() => one.get()) as Error;
    expect([error.name, error.message]).toEqual(['WorkerDied', 'the task was terminated']);
    expect(error).toBeInstanceOf(WorkerDied);
    // Both places work: the pool has got another worker.
    const again = pool.applyAsync(enter, [here, gate, 8]);
    expect(here.acquire(true, LONG)).toBe(true);
    gate.release(2);
    expect([two.get(LONG), again.get(LONG)]).toEqual([7, 8]);
    end(pool);
  });

  test('keeps what waits from beginning', () => {
    const pool = new Pool(1);
    const gate = new Semaphore(0);
    const counter = new Semaphore(0);
    const first = pool.applyAsync(passAll, [gate]);
    const [drop, keep] = [pool.applyAsync(countAndPass, [counter]), pool.applyAsync(countAndPass, [counter])];
    const many = pool.mapAsync(
      countAndPass,
      range(200).map(() => counter),
      1,
    );
    drop.terminate();
    many.terminate();
    drop.terminate();
    gate.release();
    expect([first.get(LONG), keep.get(LONG), pool.apply(double, [1])]).toEqual([true, true, 2]);
    expect(counter.getValue()).toBe(1);
    expect([thrownBy(() => drop.get()), thrownBy(() => many.get())]).toEqual([expect.any(WorkerDied), expect.any(WorkerDied)]);
    end(pool);
  });

  test('of one that is done changes nothing', () => {
    const pool = new Pool(1);
    const before = pool.apply(pid);
    const result = pool.applyAsync(double, [2]);
    expect(result.get(LONG)).toBe(4);
    result.terminate();
    expect([result.get(), pool.apply(pid)]).toEqual([4, before]);
    end(pool);
  });

  test('is what an AbortSignal does with kill', async () => {
    const pool = new Pool(1);
    const here = new Semaphore(0);
    const controller = new AbortController();
    const result = pool.applyAsync(hangFor, [here], { signal: controller.signal, kill: true });
    await here.acquireAsync(LONG);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect(await pool.applyAsync(double, [3])).toBe(6);
    end(pool);
  });

  test('of an iterator ends it and who works for it', () => {
    const pool = new Pool(2);
    const here = new Semaphore(0);
    const results = pool.imap(
      hangFor,
      range(10).map(() => here),
    );
    expect(here.acquire(true, LONG) && here.acquire(true, LONG)).toBe(true);
    results.terminate();
    expect([...results]).toEqual([]);
    expect(pool.map(double, [1, 2, 3])).toEqual([2, 4, 6]);
    end(pool);
  });
});

test('limits at any moment lose no other task, and run none twice', () => {
  const pool = new Pool(2);
  for (let round = 0; round < 5; round++) {
    const counter = new Semaphore(0);
    const others = range(40).map(() => pool.applyAsync(countAndPass, [counter]));
    const victims = range(12).map((x) => {
      const each = pool.applyAsync(x % 2 === 0 ? hang : (double as never), [x] as never);
      others.push(pool.applyAsync(countAndPass, [counter]));
      return each;
    });
    for (const each of victims) {
      each.terminate();
      others.push(pool.applyAsync(countAndPass, [counter]));
    }
    for (const each of others) expect(each.get(LONG)).toBe(true);
    for (const each of victims) expect(each.ready()).toBe(true);
    expect(counter.getValue()).toBe(others.length);
    counter.close();
  }
  end(pool);
});

test('what is no limit is refused', () => {
  const pool = new Pool(1);
  expect(() => pool.applyAsync(double, [1], { timeout: 0 })).toThrow(ValueError);
  expect(() => pool.applyAsync(double, [1], { timeout: Number.NaN })).toThrow(ValueError);
  expect(() => pool.map(double, [1], { kill: 'yes' as never })).toThrow(TypeError);
  expect(() => pool.imap(double, [1], { timeout: -1 })).toThrow(ValueError);
  expect(() => pool.apply(double, [1], undefined, { kil: true } as never)).toThrow(/did you mean 'kill'/);
  end(pool);
});
