import { Lock, RawValue, RLock, Semaphore, Value } from 'nogil';
import { describe, expect, test } from 'vitest';
import { isSettled } from '../../unit/sync/support.ts';
import { LONG, resultsOf, startAll, startMany } from './support.ts';
import { addBig, addOften, addWithLock, hold, look } from './value.workers.ts';

const ROUNDS = 5_000;

describe('a value between workers', () => {
  test('is the same number for all', () => {
    using raw = new RawValue('d', 0.5);
    using value = new Value('d', 1.5);
    expect(resultsOf(startAll(look, [raw, value]))).toEqual([[0.5, 1.5, 'RawValue Value']]);
    expect([raw.value, value.value]).toEqual([-0.5, -1.5]);
  });

  test('add and update lose nothing', () => {
    using value = new Value('i');
    resultsOf(startMany(3, addOften, value, ROUNDS));
    expect(value.value).toBe(3 * ROUNDS);
    using big = new Value('q');
    resultsOf(startMany(2, addBig, big, ROUNDS));
    expect(big.value).toBe(2n * BigInt(ROUNDS) * 2n ** 33n);
  });

  test('two accesses with the lock in hand lose nothing', () => {
    using value = new Value('i');
    resultsOf(startMany(3, addWithLock, value, ROUNDS));
    expect(value.value).toBe(3 * ROUNDS);
  });

  test.each([
    ['its own lock', undefined],
    ['a Lock that it was given', Lock],
    ['an RLock that it was given', RLock],
  ])('is guarded by %s in every worker', async (_name, LockClass) => {
    const lock = LockClass && new LockClass();
    using value = lock === undefined ? new Value('i', 1) : new Value('i', 1, { lock });
    using held = new Semaphore(0);
    using letGo = new Semaphore(0);
    const [thread] = startAll(hold, [value, held, letGo]);
    expect(await held.acquireAsync(LONG)).toBe(true);
    expect(value.getLock().acquire(false)).toBe(false);
    const waiting = value.getLock().acquireAsync();
    expect(await isSettled(waiting)).toBe(false);
    letGo.release();
    expect(await waiting).toBe(true);
    value.getLock().release();
    expect(await thread?.resultAsync(LONG)).toBe(value.getLock().id);
    expect(value.value).toBe(5);
    lock?.close();
  });
});
