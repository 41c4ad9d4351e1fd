import {
  acquireAll,
  acquireAllAsync,
  BoundedSemaphore,
  Condition,
  Lock,
  RLock,
  RuntimeError,
  Semaphore,
  Thread,
  TimeoutError,
  ValueError,
} from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { elapsed } from './support.ts';

const locks = (count: number) =>
  Array.from({ length: count }, () => new Lock()).sort((a, b) => a.id - b.id) as [Lock, Lock, Lock];
const held = (...each: { locked(): boolean }[]) => each.map((lock) => lock.locked());

/** A lock that writes down when it is taken and given back. */
class Noted extends Lock {
  log: string[] = [];
  override acquire(blocking?: boolean, timeout?: number | null): boolean {
    this.log.push(`+${this.id}`);
    return super.acquire(blocking, timeout);
  }
  override async acquireAsync(timeout?: number | null, options?: { signal?: AbortSignal }): Promise<boolean> {
    this.log.push(`+${this.id}`);
    return super.acquireAsync(timeout, options);
  }
  override release(): void {
    this.log.push(`-${this.id}`);
    super.release();
  }
}

describe.each([
  ['acquireAll', async (...args: never[]) => acquireAll(...args)],
  ['acquireAllAsync', acquireAllAsync as (...args: never[]) => Promise<Disposable>],
] as [string, (...args: unknown[]) => Promise<Disposable>][])('%s', (_, take) => {
  test('takes all in the order of their ids, however they are named, and gives back in reverse', async () => {
    const log: string[] = [];
    const noted = Array.from({ length: 3 }, () => new Noted());
    for (const each of noted) each.log = log;
    const [a, b, c] = noted.map(({ id }) => id).sort((x, y) => x - y);
    {
      using _all = await take(...noted.toReversed());
      expect(held(...noted)).toEqual([true, true, true]);
    }
    expect(held(...noted)).toEqual([false, false, false]);
    expect(log).toEqual([`+${a}`, `+${b}`, `+${c}`, `-${c}`, `-${b}`, `-${a}`]);
  });

  test('gives back also when the block throws, and only once', async () => {
    const [a, b] = locks(2);
    await expect(
      (async () => {
        using _all = await take(a, b);
        throw new RangeError('inside');
      })(),
    ).rejects.toThrow('inside');
    expect(held(a, b)).toEqual([false, false]);
    const all = await take(a, b);
    all[Symbol.dispose]();
    a.acquire();
    all[Symbol.dispose]();
    expect(held(a, b)).toEqual([true, false]);
    a.release();
  });

  test('takes locks of every kind, of both modules; one that is named twice once', async () => {
    const plain = new Lock();
    const [shared, other] = [new Condition(plain), new Condition(plain)];
    const semaphore = new Semaphore(2);
    const kinds = [
      new RLock(),
      new mp.Lock(),
      new BoundedSemaphore(1),
      semaphore,
      semaphore,
      shared,
      plain,
      other,
      new Condition(),
    ];
    {
      using _all = await take(...kinds);
      expect(held(...kinds.filter((each) => each !== semaphore)).every(Boolean)).toBe(true);
      expect(semaphore.getValue()).toBe(1);
    }
    expect(held(...kinds)).toEqual(kinds.map(() => false));
  });

  test('gives those before back when one is not free in time, after all of the time', async () => {
    const [a, b, c] = locks(3);
    b.acquire();
    const began = performance.now();
    await expect(take(c, b, a, { timeout: 0.03 })).rejects.toThrow(TimeoutError);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    expect(held(a, b, c)).toEqual([false, true, false]);
    await expect(take(b, { timeout: 0 })).rejects.toThrow(TimeoutError);
    b.release();
    using _all = await take(a, b, c, { timeout: 0 });
  });

  test('gives those before back when one throws', async () => {
    const [a, b, c] = locks(3);
    b.acquire = b.acquireAsync = () => {
      throw new RangeError('of the second');
    };
    await expect(take(a, b, c)).rejects.toThrow('of the second');
    expect(held(a, b, c)).toEqual([false, false, false]);
  });

  test('gives the others back when one cannot be given back, and throws that', async () => {
    const [a, b, c] = locks(3);
    const all = await take(a, b, c);
    b.release();
    expect(() => all[Symbol.dispose]()).toThrow(RuntimeError);
    expect(held(a, b, c)).toEqual([false, false, false]);
  });

  test('refuses what is no lock, and closed ones, before it takes any', async () => {
    const [a, b] = locks(2);
    await expect(take(a, 5)).rejects.toThrow(TypeError);
    await expect(take({ timeout: 1 }, a)).rejects.toThrow(TypeError);
    await expect(take(a, { timeout: Number.NaN })).rejects.toThrow(ValueError);
    b.close();
    await expect(take(a, b)).rejects.toThrow(ValueError);
    expect(a.locked()).toBe(false);
  });

  test('of nothing is nothing', async () => {
    using _none = await take();
    using _timed = await take({ timeout: 0 });
  });
});

describe('the order of nested calls of acquireAll', () => {
  test('must rise: to take a smaller lock, or one of the same again, is a violation that changes nothing', () => {
    const [a, b, c] = locks(3);
    {
      using _outer = acquireAll(b);
      expect(() => acquireAll(a)).toThrow(RuntimeError);
      expect(() => acquireAll(a, c)).toThrow(/^Lock Order Violation: <Lock \d+> is not larger than <Lock \d+>/);
      expect(() => acquireAll(b, c)).toThrow('Lock Order Violation');
      expect(held(a, b, c)).toEqual([false, true, false]);
      using _inner = acquireAll(c);
      expect(() => acquireAll(b, { timeout: 0 })).toThrow('Lock Order Violation');
    }
    expect(held(a, b, c)).toEqual([false, false, false]);
    // What was given back does not count any more.
    using _again = acquireAll(c);
    expect(() => acquireAll(a)).toThrow('Lock Order Violation');
  });

  test('does not count what was taken by itself', () => {
    const [a, b] = locks(2);
    using _held = b.hold();
    using _all = acquireAll(a);
  });

  test('allows an RLock to be nested', () => {
    const [a, b] = [new RLock(), new RLock()].sort((x, y) => x.id - y.id) as [RLock, RLock];
    using _outer = acquireAll(a, b);
    {
      using _inner = acquireAll(a);
    }
    expect(held(a, b)).toEqual([true, true]);
  });

  test('is forgotten when the calls end in another order than they began', () => {
    const [a, b] = locks(2);
    const outer = acquireAll(a);
    const inner = acquireAll(b);
    outer[Symbol.dispose]();
    expect(() => acquireAll(a)).toThrow('Lock Order Violation');
    inner[Symbol.dispose]();
    using _all = acquireAll(a, b);
  });
});

describe('acquireAllAsync', () => {
  test('waits without blocking, and is given back by await using, too', async () => {
    const [a, b] = locks(2);
    b.acquire();
    const taking = acquireAllAsync(b, a);
    await null;
    expect(a.locked()).toBe(true);
    b.release();
    {
      await using _all = await taking;
      expect(held(a, b)).toEqual([true, true]);
    }
    expect(held(a, b)).toEqual([false, false]);
  });

  test('an abort rejects with the reason, and those before are given back', async () => {
    const [a, b] = locks(2);
    b.acquire();
    const stop = new AbortController();
    const taking = acquireAllAsync(a, b, { signal: stop.signal });
    await null;
    stop.abort('enough');
    await expect(taking).rejects.toBe('enough');
    await expect(acquireAllAsync({ signal: stop.signal })).rejects.toBe('enough');
    expect(held(a, b)).toEqual([false, true]);
  });

  test('of many tasks never wait for each other in a cycle', async () => {
    const all = locks(4) as unknown as Lock[];
    let inside = 0;
    const task = async (seed: number) => {
      for (let round = 0; round < 20; round++) {
        const [one, two] = [all[(seed + round) % 4], all[(seed * 3 + round * 2 + 1) % 4]] as [Lock, Lock];
        await using _both = await acquireAllAsync(one, two);
        inside++;
        await null;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, seed) => task(seed)));
    expect(inside).toBe(160);
  });
});

test('a thread that waits by acquireAll is let in by who gives back', () => {
  const [a, b] = locks(2);
  const all = acquireAll(a, b);
  const thread = new Thread({ target: (one: Lock) => one.acquire(true, 20), args: [a], daemon: true });
  thread.start();
  expect(elapsed(() => thread.join(0.02))).toBeGreaterThanOrEqual(19);
  all[Symbol.dispose]();
  expect(thread.result(20)).toBe(true);
  a.release();
});
