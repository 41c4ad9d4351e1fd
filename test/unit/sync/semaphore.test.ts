import { BoundedSemaphore, Semaphore, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { describeAcquirable, describeClosing } from './acquirable.ts';
import { elapsed, isSettled } from './support.ts';

describeAcquirable('Semaphore', () => new Semaphore(), 'new Semaphore()');
describeClosing('Semaphore', () => new Semaphore());
describeAcquirable('BoundedSemaphore', () => new BoundedSemaphore(), 'new BoundedSemaphore()');
describeClosing('BoundedSemaphore', () => new BoundedSemaphore());

const classes = [
  ['Semaphore', Semaphore],
  ['BoundedSemaphore', BoundedSemaphore],
  ['multiprocessing.Semaphore', mp.Semaphore],
  ['multiprocessing.BoundedSemaphore', mp.BoundedSemaphore],
] as const;

describe.each(classes)('%s', (_name, Class) => {
  test('starts with its permits, one by default, and counts them down and up', () => {
    using one = new Class();
    expect(one.getValue()).toBe(1);
    using three = new Class(3);
    for (const left of [2, 1, 0]) {
      expect(three.acquire()).toBe(true);
      expect(three.getValue()).toBe(left);
    }
    expect(three.acquire(false)).toBe(false);
    expect(three.getValue()).toBe(0);
    expect(three.locked()).toBe(true);
    three.release();
    expect(three.locked()).toBe(false);
    three.release(2);
    expect(three.getValue()).toBe(3);
  });

  test('may start with none, or with as many as an i32 holds', () => {
    using none = new Class(0);
    expect(none.acquire(false)).toBe(false);
    using most = new Class(0x7fffffff);
    expect(most.acquire(false)).toBe(true);
    most.release();
    expect(most.getValue()).toBe(0x7fffffff);
    expect(() => most.release()).toThrow(ValueError);
    expect(most.getValue()).toBe(0x7fffffff);
  });

  test('refuses impossible start values', () => {
    for (const value of [-1, -0x7fffffff, 0x80000000, 2 ** 53]) expect(() => new Class(value)).toThrow(ValueError);
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, {}, 1n])
      expect(() => new Class(value as never)).toThrow(TypeError);
  });

  test('refuses impossible releases, and changes nothing', () => {
    using semaphore = new Class(5);
    semaphore.acquire();
    for (const n of [0, -1, 0x80000000]) expect(() => semaphore.release(n)).toThrow(ValueError);
    for (const n of [0.5, Number.NaN, '1', null]) expect(() => semaphore.release(n as never)).toThrow(TypeError);
    expect(semaphore.getValue()).toBe(4);
  });

  test('a negative timeout is one try', async () => {
    using semaphore = new Class();
    expect(semaphore.acquire(true, -1)).toBe(true);
    expect(semaphore.acquire(true, -1)).toBe(false);
    await expect(semaphore.acquireAsync(-5)).resolves.toBe(false);
    semaphore.release();
    await expect(semaphore.acquireAsync(-5)).resolves.toBe(true);
  });

  test('release(n) lets n async waiters go, the first ones', async () => {
    using semaphore = new Class(4);
    for (let i = 0; i < 4; i++) semaphore.acquire();
    const order: number[] = [];
    const waiters = Array.from({ length: 6 }, async (_, i) => {
      await semaphore.acquireAsync();
      order.push(i);
    });
    semaphore.release(4);
    await Promise.all(waiters.slice(0, 4));
    expect(await isSettled(Promise.race(waiters.slice(4)))).toBe(false);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(semaphore.getValue()).toBe(0);
    semaphore.release(2);
    await Promise.all(waiters);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('never lets more in than it has permits', async () => {
    using semaphore = new Class(3);
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 30 }, () =>
        semaphore.withAsync(async () => {
          most = Math.max(most, ++inside);
          await new Promise(setImmediate);
          inside--;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(semaphore.getValue()).toBe(3);
  });

  test('a timed out acquire takes no permit, and waits its time', () => {
    using semaphore = new Class(0);
    expect(elapsed(() => semaphore.acquire(true, 0.02))).toBeGreaterThanOrEqual(20);
    expect(semaphore.getValue()).toBe(0);
  });

  test('getValue and locked of a closed handle are ValueErrors', () => {
    const semaphore = new Class();
    semaphore.close();
    expect(() => semaphore.getValue()).toThrow(ValueError);
    expect(() => semaphore.locked()).toThrow(ValueError);
    expect(() => semaphore.release()).toThrow(ValueError);
  });
});

describe.each([
  ['BoundedSemaphore', BoundedSemaphore],
  ['multiprocessing.BoundedSemaphore', mp.BoundedSemaphore],
] as const)('%s', (_name, Class) => {
  test('cannot be released above the value it started with, not even in part', () => {
    using semaphore = new Class(3);
    expect(() => semaphore.release()).toThrow(ValueError);
    semaphore.acquire();
    semaphore.acquire();
    expect(() => semaphore.release(3)).toThrow(ValueError);
    expect(semaphore.getValue()).toBe(1);
    semaphore.release(2);
    expect(semaphore.getValue()).toBe(3);
    expect(() => semaphore.release()).toThrow(ValueError);
    expect(semaphore.getValue()).toBe(3);
  });

  test('one that started with nothing can never be released', () => {
    using semaphore = new Class(0);
    expect(() => semaphore.release()).toThrow(ValueError);
    expect(semaphore.getValue()).toBe(0);
  });

  test('is a Semaphore', () => {
    expect(new Class()).toBeInstanceOf(Semaphore);
  });
});

describe('Semaphore', () => {
  test('can be released above the value it started with', () => {
    using semaphore = new Semaphore(0);
    semaphore.release(1000);
    semaphore.release();
    expect(semaphore.getValue()).toBe(1001);
    expect(() => semaphore.release(0x7fffffff)).toThrow(ValueError);
    expect(semaphore.getValue()).toBe(1001);
  });
});
