import { BrokenLockError, Lock, RuntimeError, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { describeAcquirable, describeClosing } from './acquirable.ts';

describeAcquirable('Lock', () => new Lock(), 'new Lock()');
describeClosing('Lock', () => new Lock());
describeAcquirable('multiprocessing.Lock', () => new mp.Lock(), 'new mp.Lock()');
describeClosing('multiprocessing.Lock', () => new mp.Lock());

describe('Lock', () => {
  test('is not reentrant: its holder waits like anybody else', () => {
    using lock = new Lock();
    lock.acquire();
    expect(lock.acquire(true, 0.01)).toBe(false);
    lock.release();
  });

  test('a wrong release is an error that changes nothing', () => {
    using lock = new Lock();
    expect(() => lock.release()).toThrow(RuntimeError);
    expect(() => lock.release()).toThrow(/not locked/);
    expect(lock.acquire(false)).toBe(true);
    lock.release();
    expect(() => lock.release()).toThrow(RuntimeError);
  });

  test('a released lock can be taken without end', () => {
    using lock = new Lock();
    for (let i = 0; i < 10_000; i++) {
      expect(lock.acquire()).toBe(true);
      lock.release();
    }
  });

  test('locks know nothing of each other', () => {
    const locks = Array.from({ length: 100 }, () => new Lock());
    for (const lock of locks) expect(lock.acquire(false)).toBe(true);
    locks.forEach((lock, i) => {
      lock.release();
      expect(locks.filter((each) => each.locked())).toHaveLength(99 - i);
    });
    expect(new Set(locks.map((lock) => lock.id)).size).toBe(100);
    for (const lock of locks) lock.close();
  });

  test('is whole as long as nobody died: reset frees nothing that is held', () => {
    using lock = new Lock();
    expect(lock.broken).toBe(false);
    lock.acquire();
    lock.reset();
    expect(lock.locked()).toBe(true);
    expect(lock.broken).toBe(false);
    lock.release();
  });

  test('takes nothing but options: Python’s takes no argument at all', () => {
    for (const wrong of [1, true, 'name', null]) expect(() => new Lock(wrong as never)).toThrow(TypeError);
    expect(new Lock({}).locked()).toBe(false);
  });

  test('takes one of two answers to what happens when its holder dies', () => {
    for (const onOwnerDeath of ['break', 'release'] as const) new Lock({ onOwnerDeath }).close();
    for (const onOwnerDeath of ['', 'free', null, 1]) expect(() => new Lock({ onOwnerDeath } as never)).toThrow(ValueError);
  });

  test('broken and reset of a closed lock are ValueErrors too', () => {
    const lock = new Lock();
    lock.close();
    expect(() => lock.broken).toThrow(ValueError);
    expect(() => lock.reset()).toThrow(ValueError);
    expect(() => lock.id).toThrow(ValueError);
    expect(() => lock.handle()).toThrow(ValueError);
  });

  test('its error for a dead holder is a RuntimeError with a name of its own', () => {
    const error = new BrokenLockError('x');
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.name).toBe('BrokenLockError');
  });
});
