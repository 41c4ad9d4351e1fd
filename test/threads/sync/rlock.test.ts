import { RawValue, RLock } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { isSettled } from '../../unit/sync/support.ts';
import { count, meddle, nest } from './lock.workers.ts';
import { LONG, resultsOf, startAll, startMany, untilAsleep } from './support.ts';

describe('an RLock between workers', () => {
  test('is nested by each of them to any depth, and excludes the others all the while', () => {
    using lock = new RLock();
    using counter = new RawValue('i');
    const levels = resultsOf(startMany(3, nest, lock, counter, 4_000));
    expect(counter.value).toBe(levels.reduce((sum, each) => sum + each, 0));
    expect(levels).toEqual([12_000, 12_000, 12_000]);
    expect(lock.locked()).toBe(false);
  });

  test.each([
    ['RLock', RLock, 'RuntimeError'],
    ['multiprocessing.RLock', mp.RLock, 'AssertionError'],
  ] as const)('that one holds, no other can take or release: %s', (_name, Class, misuse) => {
    using lock = new Class();
    lock.acquire();
    lock.acquire();
    const attempts = startAll(meddle, [lock]);
    expect(resultsOf(attempts)).toEqual([[true, false, false, misuse]]);
    lock.release();
    expect(resultsOf(startAll(meddle, [lock]))).toEqual([[true, false, false, misuse]]);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('is free for others at the last release, and not before', () => {
    using lock = new RLock();
    using counter = new RawValue('i');
    for (let i = 0; i < 3; i++) lock.acquire();
    const threads = startMany(1, count, lock, counter, 1, ['acquire']);
    for (let i = 0; i < 3; i++) {
      untilAsleep(lock, 1);
      expect(counter.value).toBe(0);
      lock.release();
    }
    resultsOf(threads);
    expect(counter.value).toBe(1);
  });

  test('is awaited by those who do not hold it', async () => {
    using lock = new RLock();
    using counter = new RawValue('i');
    lock.acquire();
    const threads = startMany(3, count, lock, counter, 200, ['async', 'with async']);
    expect(await isSettled(Promise.race(threads.map((thread) => thread.joinAsync())))).toBe(false);
    expect(counter.value).toBe(0);
    lock.release();
    await Promise.all(threads.map((thread) => thread.resultAsync(LONG)));
    expect(counter.value).toBe(600);
  });
});
