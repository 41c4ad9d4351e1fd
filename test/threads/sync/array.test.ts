import { BrokenLockError, Event, RawArray, Array as SharedArray } from 'nogil';
import { describe, expect, test } from 'vitest';
import { countAll, dieWithLock, double, moveWithLock } from './array.workers.ts';
import { end, LONG, resultsOf, startAll, startMany, startProcess } from './support.ts';

describe('an array between workers', () => {
  test('is the same numbers for all, of the same class, with the same lock', () => {
    using raw = new RawArray('d', [0.5, 1.5, 2.5]);
    using names = new SharedArray('c', 30);
    expect(resultsOf(startAll(double, [raw, names]))).toEqual([names.getLock().id]);
    expect([...raw]).toEqual([1, 3, 5]);
    expect(new TextDecoder().decode(names.value)).toBe('RawArray Array');
  });

  test('add loses nothing', () => {
    using array = new SharedArray('i', 3);
    resultsOf(startMany(3, countAll, array, 3000));
    expect([...array]).toEqual([3000, 3000, 3000]);
  });

  test('several accesses with the lock in hand are one step', () => {
    using array = new SharedArray('q', [6000n, 0n]);
    resultsOf(startMany(3, moveWithLock, array, 2000));
    expect([...array]).toEqual([0n, 6000n]);
  });

  test('whose lock was held by a worker that died says so', () => {
    const array = new SharedArray('i', [1]);
    const has = new Event();
    const process = startProcess(dieWithLock, array, has);
    expect(has.wait(LONG)).toBe(true);
    process.kill();
    end(process);
    expect(() => array[0]).toThrow(BrokenLockError);
    using raw = array.getObj();
    expect(raw[0]).toBe(1);
    array.getLock().reset();
    expect(array[0]).toBe(1);
    array.close();
    has.close();
  });
});
