import {
  AsyncResult,
  Barrier,
  Event,
  Lock,
  MaybeEncodingError,
  Pool,
  RemoteTraceback,
  Semaphore,
  TimeoutError,
  Value,
  ValueError,
} from 'nogil';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import {
  add,
  double,
  doubleLater,
  given,
  identity,
  lockPrepared,
  meet,
  pass,
  pid,
  prepare,
  prepareLater,
  self,
  setLater,
  startChild,
  throwThis,
  throwUnsendable,
  throwWithCause,
  unsendable,
  whatIsPrepared,
  zeros,
} from './pool.workers.ts';
import { end } from './support.ts';

let pool: Pool;
beforeAll(() => {
  pool = new Pool(2);
});
afterAll(() => end(pool));

describe('apply', () => {
  test('calls the function with the arguments in a worker', () => {
    expect(pool.apply(add, [1, 2])).toBe(3);
    expect(pool.apply(given)).toEqual([]);
  });

  test('gives kwargs as a last argument', async () => {
    expect(pool.apply(given, [1], { b: 2 })).toEqual([1, { b: 2 }]);
    expect(await pool.applyAsync(given, [], { kwargs: { c: 3 } })).toEqual([{ c: 3 }]);
  });

  test('awaits an async function', () => {
    expect(pool.apply(doubleLater, [4])).toBe(8);
  });

  test('finds its function by mark, by URL, by name in a URL, and by source', () => {
    const module = compiled('threads/pool/pool');
    expect(pool.apply(double, [1])).toBe(2);
    expect(pool.apply(module, [2])).toBe('default 2');
    expect(pool.apply(new URL('#add', module), [3, 4])).toBe(7);
    expect(pool.apply((x: number) => x ** 2, [5])).toBe(25);
  });

  test('says what to write instead, when a function sent as source uses a name from outside', () => {
    const outer = 1;
    expect(() => pool.apply((x: number) => x + outer, [1])).toThrow(/outer is not defined: .*mark it with task\(import\.meta/);
  });

  test('says that a module has no such function', () => {
    const url = new URL('#nowhere', compiled('threads/pool/pool'));
    expect(() => pool.apply(url)).toThrow(/neither marks 'nowhere'/);
    expect(() => pool.apply(3 as never)).toThrow(TypeError);
  });

  test('carries values of every kind, and of 20 MB', () => {
    const value = { map: new Map([[1, new Date(2)]]), big: 3n, nothing: undefined, zero: -0 };
    expect(pool.apply(identity, [value])).toEqual(value);
    const large = pool.apply(zeros, [20_000_000]);
    expect([large.length, large[0], large.at(-1)]).toEqual([20_000_000, 7, 7]);
    expect(pool.apply(identity, ['x'.repeat(5_000_000)])).toHaveLength(5_000_000);
  });

  test('gives a Lock and a Value live', () => {
    const counter = new Value('i', 0);
    const lock = new Lock();
    const results = Array.from({ length: 5 }, () =>
      pool.applyAsync(
        (l: Lock, c: Value<'i'>) => {
          l.with(() => {
            c.value += 1;
          });
        },
        [lock, counter],
      ),
    );
    for (const each of results) each.get(LONG);
    expect(counter.value).toBe(5);
  });

  test('runs tasks side by side: two that wait for each other meet, however short the ones before them were', () => {
    const before = Array.from({ length: 2000 }, (_, i) => pool.applyAsync(double, [i]));
    const barrier = new Barrier(2);
    const both = [pool.applyAsync(meet, [barrier]), pool.applyAsync(meet, [barrier])];
    expect(both.map((each) => each.get(LONG)).sort()).toEqual([0, 1]);
    expect(before.map((each) => each.get(LONG))).toEqual(before.map((_, i) => 2 * i));
  });

  test('leaves to a task what it has begun: a timer goes on while the worker waits for tasks', () => {
    const event = new Event();
    pool.apply(setLater, [event]);
    expect(event.wait(LONG)).toBe(true);
  });

  test('runs in daemonic processes called PoolWorker-N, which may have no children', () => {
    expect(pool.apply(self)).toEqual({ name: expect.stringMatching(/^PoolWorker-\d+$/), daemon: true });
    expect(pool.apply(startChild)).toBe('AssertionError: daemonic processes are not allowed to have children');
  });
});

describe('an error', () => {
  test('of a task keeps its class, its message and its own fields, and has the worker in its cause', () => {
    const error = thrownBy(() => pool.apply(throwThis, [Object.assign(new ValueError('no'), { where: 7 })])) as ValueError;
    expect(error).toBeInstanceOf(ValueError);
    expect(error).toMatchObject({ message: 'no', where: 7 });
    const fresh = thrownBy(() =>
      pool.apply(() => {
        throw new RangeError('made there');
      }),
    ) as Error;
    expect(fresh).toBeInstanceOf(RangeError);
    expect(fresh.cause).toBeInstanceOf(RemoteTraceback);
    expect((fresh.cause as Error).stack).toContain('made there');
  });

  test('that has a cause keeps that', () => {
    const error = thrownBy(() => pool.apply(throwWithCause)) as Error;
    expect(error.message).toBe('outer');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('may be anything, undefined too', async () => {
    expect(thrownBy(() => pool.apply(throwThis, [undefined]))).toBeUndefined();
    expect(thrownBy(() => pool.apply(throwThis, ['text']))).toBe('text');
    await expect(pool.applyAsync(throwThis, [null])).rejects.toBeNull();
  });

  test('is thrown again by every get', () => {
    const result = pool.applyAsync(throwThis, [new RangeError('again')]);
    expect(() => result.get(LONG)).toThrow('again');
    expect(() => result.get(LONG)).toThrow('again');
    expect(result.successful()).toBe(false);
  });

  test('MaybeEncodingError comes when a result, or an error, cannot be sent, and names the part', () => {
    const error = thrownBy(() => pool.apply(unsendable)) as MaybeEncodingError;
    expect(error).toBeInstanceOf(MaybeEncodingError);
    expect(error.exc).toBe('cannot send a function (at result.deep[1])');
    expect(error.value).toBe('[object Object]');
    const thrown = thrownBy(() => pool.apply(throwUnsendable)) as MaybeEncodingError;
    expect(thrown).toBeInstanceOf(MaybeEncodingError);
    expect(thrown.value).toBe('Error: with baggage');
    expect(pool.apply(double, [1])).toBe(2);
  });

  test('of an argument that cannot be sent is a TypeError of the call, which names the part', () => {
    expect(() => pool.applyAsync(given, [1, { f: () => 1 }])).toThrow('cannot send a function (at args[1].f)');
    expect(() => pool.applyAsync(given, [], { kwargs: { f: () => 1 } })).toThrow('cannot send a function (at kwargs.f)');
    expect(pool.apply(double, [2])).toBe(4);
  });
});

describe('AsyncResult', () => {
  test('is not ready until the task is done', () => {
    const gate = new Semaphore(0);
    const result = pool.applyAsync(pass, [gate, 'done']);
    expect(result).toBeInstanceOf(AsyncResult);
    expect(result.ready()).toBe(false);
    expect(() => result.successful()).toThrow(ValueError);
    expect(result.wait(0.01)).toBe(false);
    expect(result.wait(0)).toBe(false);
    expect(() => result.get(0.01)).toThrow(TimeoutError);
    expect(() => result.get(0)).toThrow(TimeoutError);
    gate.release();
    expect(result.wait(LONG)).toBe(true);
    expect(result.ready()).toBe(true);
    expect(result.successful()).toBe(true);
    expect(result.get()).toBe('done');
    expect(result.get(0)).toBe('done');
  });

  test('can be awaited, before and after it is there', async () => {
    const result = pool.applyAsync(double, [3]);
    expect(await result).toBe(6);
    expect(await result).toBe(6);
    expect(await result.getAsync()).toBe(6);
    expect(await result.waitAsync()).toBe(true);
    await expect(pool.applyAsync(throwThis, [new RangeError('x')])).rejects.toThrow(RangeError);
    expect(await pool.applyAsync(throwThis, [5]).catch((reason) => reason)).toBe(5);
    let finished = false;
    await pool.applyAsync(double, [3]).finally(() => {
      finished = true;
    });
    expect(finished).toBe(true);
  });

  test('getAsync and waitAsync have a timeout and take a signal', async () => {
    const gate = new Semaphore(0);
    const result = pool.applyAsync(pass, [gate, 1]);
    await expect(result.getAsync(0.01)).rejects.toThrow(TimeoutError);
    expect(await result.waitAsync(0.01)).toBe(false);
    expect(await result.waitAsync(0)).toBe(false);
    const stop = new AbortController();
    const waiting = result.getAsync(undefined, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(result.getAsync(undefined, { signal: stop.signal })).rejects.toThrow('enough');
    gate.release();
    expect(await result.getAsync(LONG)).toBe(1);
  });

  test('is there for who blocks and for who awaits at the same time', async () => {
    const results = Array.from({ length: 50 }, (_, i) => pool.applyAsync(doubleLater, [i]));
    const awaited = Promise.all(results);
    expect(results[49]?.get(LONG)).toBe(98);
    expect(await awaited).toEqual(results.map((_, i) => 2 * i));
  });

  test('a NaN timeout is a ValueError', () => {
    const result = pool.applyAsync(double, [3]);
    expect(() => result.get(Number.NaN)).toThrow(ValueError);
    expect(result.get(LONG)).toBe(6);
  });
});

describe('a callback', () => {
  test('is called once, with the result, before a blocking get returns', () => {
    const seen: unknown[] = [];
    const result = pool.applyAsync(double, [5], { callback: (x) => seen.push(x), errorCallback: () => seen.push('error') });
    expect(seen).toEqual([]);
    result.get(LONG);
    expect(seen).toEqual([10]);
    result.get(LONG);
    expect(seen).toEqual([10]);
  });

  test('is called on the event loop when nobody blocks; errorCallback with the error', async () => {
    const seen = await new Promise((resolve) => {
      pool.applyAsync(throwThis, [new RangeError('bad')], { callback: () => resolve('result'), errorCallback: resolve });
    });
    expect(seen).toBeInstanceOf(RangeError);
  });

  test('that throws is reported, and harms nobody', async () => {
    const printed: unknown[][] = [];
    const { error } = console;
    console.error = (...what) => printed.push(what);
    try {
      const first = pool.applyAsync(double, [1], {
        callback: () => {
          throw new Error('of the callback');
        },
      });
      const second = pool.applyAsync(double, [2]);
      expect(await first).toBe(2);
      expect(await second).toBe(4);
      expect(pool.apply(double, [3])).toBe(6);
    } finally {
      console.error = error;
    }
    expect(printed).toHaveLength(1);
    expect(String(printed[0]?.[1])).toBe('Error: of the callback');
  });

  test('may use the pool itself, blocking', () => {
    const seen: number[] = [];
    pool.applyAsync(double, [1], { callback: (x) => seen.push(x, pool.apply(double, [x])) }).get(LONG);
    expect(seen).toEqual([2, 4]);
  });
});

describe('an initializer', () => {
  test('runs once in each worker, before its tasks, with initargs', () => {
    using prepared = new Pool(2, { initializer: prepare, initargs: [1, 'two'] });
    expect(prepared.apply(whatIsPrepared)).toEqual([1, 'two']);
    expect(prepared.map(whatIsPrepared, [1, 2, 3, 4], 1)).toEqual(Array(4).fill([1, 'two']));
    end(prepared);
  });

  test('may be async, and gets primitives live', () => {
    using later = new Pool(1, { initializer: prepareLater, initargs: [6] });
    expect(later.apply(whatIsPrepared)).toEqual([6]);
    end(later);
    const counter = new Value('i', 0);
    using locked = new Pool(2, { initializer: prepare, initargs: [new Lock(), counter] });
    const results = Array.from({ length: 20 }, () => locked.applyAsync(lockPrepared));
    expect(results.every((each) => each.get(LONG))).toBe(true);
    expect(counter.value).toBe(20);
    end(locked);
  });

  test('runs in replacements, too', () => {
    using pool = new Pool(1, { initializer: prepare, initargs: [3], maxtasksperchild: 1 });
    const first = pool.apply(pid);
    expect(pool.apply(whatIsPrepared)).toEqual([3]);
    expect(pool.apply(pid)).not.toBe(first);
    end(pool);
  });
});
