import { BoundedSemaphore, Condition, Lock, Queue, RawValue, RLock, Semaphore } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { count, giveBack, take, type Way } from './lock.workers.ts';
import { LONG, resultsOf, startAll, startMany, untilAsleep } from './support.ts';

const WORKERS = 3;

describe('mutual exclusion', () => {
  const exclusive = [
    ['Lock', () => new Lock()],
    ["Lock({ onOwnerDeath: 'release' })", () => new Lock({ onOwnerDeath: 'release' })],
    ['RLock', () => new RLock()],
    ['Semaphore(1)', () => new Semaphore()],
    ['BoundedSemaphore(1)', () => new BoundedSemaphore()],
    ['Condition', () => new Condition()],
    ['multiprocessing.Lock', () => new mp.Lock()],
  ] as const;

  test.each(exclusive)('a plain counter under a %s misses no step of any worker, however it is taken', (_name, make) => {
    const ways: Way[] = ['acquire', 'try', 'timeout', 'using', 'with'];
    using lock = make();
    using counter = new RawValue('i');
    const rounds = 10_000;
    const threads = startMany(WORKERS, count, lock, counter, rounds, ways);
    expect(resultsOf(threads)).toEqual([0, 1, 2]);
    expect(counter.value).toBe(WORKERS * rounds);
    expect(lock.locked()).toBe(false);
  });

  test.each(exclusive.filter(([name]) => name !== 'RLock' && name !== 'Condition'))(
    'a plain counter under a %s misses no step when some wait for it asleep, and some in their event loop',
    (_name, make) => {
      using lock = make();
      using counter = new RawValue('i');
      const rounds = 1_000;
      const threads = [
        ...startAll(count, [0, lock, counter, rounds, ['async', 'with async']], [1, lock, counter, rounds, ['acquire', 'async']]),
        ...startAll(count, [2, lock, counter, rounds, ['acquire', 'timeout', 'with']]),
      ];
      expect(resultsOf(threads)).toEqual([0, 1, 2]);
      expect(counter.value).toBe(3 * rounds);
      expect(lock.locked()).toBe(false);
    },
  );

  test('the main thread takes part with async calls', async () => {
    using lock = new Lock();
    using counter = new RawValue('i');
    const threads = startMany(2, count, lock, counter, 5_000, ['acquire']);
    for (let i = 0; i < 500; i++) {
      await lock.withAsync(() => {
        counter.value += 1;
      });
    }
    await Promise.all(threads.map((thread) => thread.resultAsync(LONG)));
    expect(counter.value).toBe(10_500);
  });
});

describe('a Lock between workers', () => {
  test('is released by whoever wants to: its holder stays without it', () => {
    using lock = new Lock();
    using orders = new Queue<string>();
    const [thread] = startAll(giveBack, [lock, orders]);
    for (let i = 0; i < 200; i++) {
      expect(lock.acquire(true, LONG)).toBe(true);
      orders.put('release');
    }
    lock.acquire(true, LONG);
    lock.release();
    orders.put('stop');
    expect(thread?.result(LONG)).toBe('RuntimeError');
  });

  test('one release lets exactly one of those who wait go', () => {
    using lock = new Lock();
    using taken = new Queue<boolean>();
    lock.acquire();
    const threads = startMany(4, take, lock, taken);
    for (let left = 4; left > 0; left--) {
      untilAsleep(lock, left);
      expect(taken.empty()).toBe(true);
      lock.release();
      expect(taken.get(true, LONG)).toBe(true);
      expect(lock.locked()).toBe(true);
    }
    lock.release();
    resultsOf(threads);
    expect(lock.locked()).toBe(false);
  });

  test('who gives up waiting leaves the others and the lock as they were', () => {
    using lock = new Lock();
    using given = new Queue<boolean>();
    using taken = new Queue<boolean>();
    lock.acquire();
    const impatient = startMany(2, take, lock, given, 0.02);
    const patient = startMany(1, take, lock, taken);
    expect([given.get(true, LONG), given.get(true, LONG)]).toEqual([false, false]);
    untilAsleep(lock, 1);
    lock.release();
    expect(taken.get(true, LONG)).toBe(true);
    resultsOf([...impatient, ...patient]);
    lock.release();
    expect(lock.acquire(false)).toBe(true);
  });

  test('a release wakes an async waiter here and a blocked one there, one after the other', async () => {
    using lock = new Lock();
    using taken = new Queue<boolean>();
    lock.acquire();
    const here = Promise.all([lock.acquireAsync().then(() => lock.release()), lock.acquireAsync().then(() => lock.release())]);
    const threads = startMany(2, take, lock, taken);
    untilAsleep(lock, 2);
    lock.release();
    // The blocked ones keep it until we release it for them.
    for (let i = 0; i < 2; i++) {
      expect(await taken.getAsync(LONG)).toBe(true);
      lock.release();
    }
    await here;
    resultsOf(threads);
    expect(lock.locked()).toBe(false);
  });
});
