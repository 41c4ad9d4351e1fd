import { setImmediate as turn } from 'node:timers/promises';
import { AssertionError, Condition, Event, heap, Lock, RLock, RuntimeError, sleepAsync, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';
import { describeAcquirable } from './acquirable.ts';
import { elapsed, isSettled } from './support.ts';

describeAcquirable('Condition(Lock)', () => new Condition(new Lock()), 'new Condition(new Lock())');

const flavours = [
  ['Condition', Condition, Lock, RLock, RuntimeError],
  ['multiprocessing.Condition', mp.Condition, mp.Lock, mp.RLock, AssertionError],
] as const;

describe.each(flavours)('%s', (_name, Class, LockClass, RLockClass, misuse) => {
  /** One waiter after the other, with the lock free afterwards: `order` fills as they come back. */
  function startWaiters(condition: Condition, count: number, order: number[], timeout?: number): Promise<boolean>[] {
    return Array.from({ length: count }, async (_, i) => {
      await condition.acquireAsync();
      const notified = await condition.waitAsync(timeout);
      if (notified) order.push(i);
      condition.release();
      return notified;
    });
  }

  test('has an RLock of its own by default', () => {
    using condition = new Class();
    condition.acquire();
    expect(condition.acquire(false)).toBe(true);
    condition.release();
    expect(condition.locked()).toBe(true);
    condition.release();
    expect(condition.locked()).toBe(false);
    expect(() => condition.release()).toThrow(misuse);
  });

  test('uses the lock it is given, which several conditions may share', () => {
    for (const lock of [new LockClass(), new RLockClass()]) {
      using one = new Class(lock);
      using other = new Class(lock);
      one.acquire();
      expect(lock.locked()).toBe(true);
      other.notifyAll();
      other.release();
      expect(one.locked()).toBe(false);
    }
  });

  test('refuses what is no lock, or a closed one, and makes nothing', () => {
    const closed = new LockClass();
    closed.close();
    const { objects } = heap.stats();
    for (const lock of [5, null, {}, new Event()]) expect(() => new Class(lock as never)).toThrow(TypeError);
    expect(() => new Class(closed)).toThrow(ValueError);
    expect(heap.stats().objects.Condition).toBe(objects.Condition);
  });

  test('waiting or notifying without the lock is an error that changes nothing', async () => {
    for (const lock of [undefined, new LockClass()]) {
      using condition = new Class(lock);
      const { bytesInUse } = heap.stats();
      expect(() => condition.wait()).toThrow(misuse);
      expect(() => condition.wait(0)).toThrow(misuse);
      await expect(condition.waitAsync()).rejects.toThrow(misuse);
      expect(() => condition.notify()).toThrow(misuse);
      expect(() => condition.notifyAll()).toThrow(misuse);
      expect(() => condition.notify(0)).toThrow(misuse);
      expect(condition.locked()).toBe(false);
      expect(heap.stats().bytesInUse).toBe(bytesInUse);
    }
  });

  test('wait that nobody notifies answers false when its time is up, not before, with the lock held', async () => {
    for (const lock of [undefined, new LockClass()]) {
      using condition = new Class(lock);
      condition.acquire();
      let answer = true;
      expect(
        elapsed(() => {
          answer = condition.wait(0.02);
        }),
      ).toBeGreaterThanOrEqual(20);
      expect(answer).toBe(false);
      expect(condition.locked()).toBe(true);
      expect(condition.wait(0)).toBe(false);
      expect(condition.wait(-1)).toBe(false);
      await expect(condition.waitAsync(0)).resolves.toBe(false);
      await expect(condition.waitAsync(-1)).resolves.toBe(false);
      const began = performance.now();
      await expect(condition.waitAsync(0.02)).resolves.toBe(false);
      expect(performance.now() - began).toBeGreaterThanOrEqual(20);
      expect(condition.locked()).toBe(true);
      condition.release();
    }
  });

  test('waiting gives the lock up, and takes it back before it returns', async () => {
    using condition = new Class(new LockClass());
    condition.acquire();
    const waiting = condition.waitAsync();
    expect(condition.locked()).toBe(false);
    condition.acquire();
    condition.notify();
    expect(await isSettled(waiting)).toBe(false);
    condition.release();
    await expect(waiting).resolves.toBe(true);
    expect(condition.locked()).toBe(true);
    condition.release();
  });

  test('waiting gives up all levels of an RLock, and takes them all back', async () => {
    using condition = new Class();
    for (let i = 0; i < 3; i++) condition.acquire();
    const waiting = condition.waitAsync();
    expect(condition.locked()).toBe(false);
    condition.with(() => condition.notify());
    await expect(waiting).resolves.toBe(true);
    condition.acquire();
    condition.wait(0);
    for (let i = 0; i < 4; i++) {
      expect(condition.locked()).toBe(true);
      condition.release();
    }
    expect(condition.locked()).toBe(false);
  });

  test('an async wait takes its levels of an RLock back once whoever of its worker took it meanwhile has released it', async () => {
    using condition = new Class();
    condition.acquire();
    condition.acquire();
    const waiting = condition.waitAsync();
    condition.acquire();
    condition.notify();
    let isBack = false;
    void waiting.then(() => {
      isBack = true;
    });
    await turn();
    expect(isBack).toBe(false);
    condition.release();
    await expect(waiting).resolves.toBe(true);
    for (let i = 0; i < 2; i++) {
      expect(condition.locked()).toBe(true);
      condition.release();
    }
    expect(condition.locked()).toBe(false);
  });

  test('notify(n) wakes exactly min(n, waiters), in the order in which they came', async () => {
    using condition = new Class(new LockClass());
    for (const n of [1, 2, 5, 9]) {
      const order: number[] = [];
      const waiters = startWaiters(condition, 5, order);
      await turn();
      await condition.withAsync(() => condition.notify(n));
      await Promise.all(waiters.slice(0, n));
      if (n < 5) expect(await isSettled(Promise.race(waiters.slice(n)))).toBe(false);
      expect(order).toEqual([0, 1, 2, 3, 4].slice(0, n));
      await condition.withAsync(() => condition.notifyAll());
      await Promise.all(waiters);
      expect(order).toEqual([0, 1, 2, 3, 4]);
    }
  });

  test('notify of nobody, or of n below 1, is nothing, and nobody who comes later inherits it', async () => {
    using condition = new Class(new LockClass());
    condition.with(() => condition.notify(5));
    condition.with(() => condition.notifyAll());
    const order: number[] = [];
    const waiters = startWaiters(condition, 2, order);
    await turn();
    condition.with(() => condition.notify(0));
    condition.with(() => condition.notify(-3));
    expect(await isSettled(Promise.race(waiters))).toBe(false);
    condition.with(() => condition.notify());
    await waiters[0];
    const late = startWaiters(condition, 1, order);
    expect(await isSettled(Promise.race([waiters[1], late[0]]))).toBe(false);
    condition.with(() => condition.notifyAll());
    expect(await Promise.all([...waiters, ...late])).toEqual([true, true, true]);
  });

  test('a waiter that timed out is not counted by notify', async () => {
    using condition = new Class(new LockClass());
    const order: number[] = [];
    const short = startWaiters(condition, 2, order, 0.01);
    const long = startWaiters(condition, 1, order);
    expect(await Promise.all(short)).toEqual([false, false]);
    condition.with(() => condition.notify());
    await expect(long[0]).resolves.toBe(true);
  });

  test('a waiter is notified if the notify found it, even if its time was up before it had the lock back', async () => {
    using condition = new Class(new LockClass());
    condition.acquire();
    const waiting = condition.waitAsync(0.01);
    condition.acquire();
    await sleepAsync(0.03);
    condition.notify();
    condition.release();
    await expect(waiting).resolves.toBe(true);
    condition.release();
  });

  test('an aborted wait takes the lock back, rejects with the reason, and is not counted by notify', async () => {
    using condition = new Class(new LockClass());
    const reason = new Error('enough');
    const stop = new AbortController();
    condition.acquire();
    const aborted = condition.waitAsync(undefined, stop);
    const order: number[] = [];
    const others = startWaiters(condition, 1, order);
    await turn();
    stop.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(condition.locked()).toBe(true);
    condition.notify();
    condition.release();
    await expect(others[0]).resolves.toBe(true);

    condition.acquire();
    await expect(condition.waitAsync(undefined, stop)).rejects.toBe(reason);
    expect(condition.locked()).toBe(true);
    condition.release();
  });

  test('a notify that an aborted wait has received is not lost: the wait has succeeded', async () => {
    using condition = new Class(new LockClass());
    const stop = new AbortController();
    condition.acquire();
    const waiting = condition.waitAsync(undefined, stop);
    condition.acquire();
    stop.abort(new Error('too late'));
    await turn();
    condition.notify();
    condition.release();
    await expect(waiting).resolves.toBe(true);
    condition.release();
  });

  test('waitFor answers the last value of its predicate as it is, and asks it first', async () => {
    using condition = new Class();
    expect(condition.waitFor(() => 'no lock needed')).toBe('no lock needed');
    await expect(condition.waitForAsync(() => [])).resolves.toEqual([]);
    condition.acquire();
    for (const value of [0, '', null, undefined, false]) {
      expect(condition.waitFor(() => value, 0.001)).toBe(value);
      await expect(condition.waitForAsync(() => value, 0.001)).resolves.toBe(value);
    }
    condition.release();
  });

  test('waitFor needs the lock when it has to wait, however short', async () => {
    using condition = new Class();
    for (const timeout of [undefined, 0, 0.01]) {
      expect(() => condition.waitFor(() => false, timeout)).toThrow(misuse);
      await expect(condition.waitForAsync(() => false, timeout)).rejects.toThrow(misuse);
    }
  });

  test('waitFor waits its whole time, over all wake-ups, and asks again after each', async () => {
    using condition = new Class(new LockClass());
    condition.acquire();
    expect(elapsed(() => condition.waitFor(() => false, 0.02))).toBeGreaterThanOrEqual(20);
    let asked = 0;
    // On a machine that others keep busy a wake-up may come too late for a short time.
    for (let seconds = 0.1; asked < 3 && seconds < 60; seconds *= 4) {
      asked = 0;
      const began = performance.now();
      const waiting = condition.waitForAsync(() => {
        expect(condition.locked()).toBe(true);
        asked++;
        return 0;
      }, seconds);
      for (let i = 0; i < 3; i++) await condition.withAsync(() => condition.notify());
      await expect(waiting).resolves.toBe(0);
      expect(performance.now() - began).toBeGreaterThanOrEqual(seconds * 1000);
    }
    expect(asked).toBeGreaterThanOrEqual(3);
    condition.release();
  });

  test('waitForAsync comes back as soon as a notify finds the predicate true', async () => {
    using condition = new Class(new LockClass());
    let ready = 0;
    condition.acquire();
    const waiting = condition.waitForAsync(() => ready === 2 && { ready }, 60);
    for (let i = 0; i < 2; i++) {
      await condition.withAsync(() => {
        ready++;
        condition.notify();
      });
      await turn();
    }
    await expect(waiting).resolves.toEqual({ ready: 2 });
    condition.release();
  });

  test('what a predicate throws comes through, with the lock held', async () => {
    using condition = new Class();
    condition.acquire();
    const bad = () => {
      throw new RangeError('inside');
    };
    expect(() => condition.waitFor(bad)).toThrow(RangeError);
    await expect(condition.waitForAsync(bad)).rejects.toThrow(RangeError);
    let asked = 0;
    expect(() => condition.waitFor(() => asked++ > 0 && bad(), 0.01)).toThrow(RangeError);
    expect(condition.locked()).toBe(true);
    condition.release();
  });

  test('an aborted waitForAsync rejects with the lock held', async () => {
    using condition = new Class(new LockClass());
    const stop = new AbortController();
    const reason = new Error('enough');
    condition.acquire();
    const waiting = condition.waitForAsync(() => false, undefined, stop);
    await turn();
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(condition.locked()).toBe(true);
    condition.release();
  });

  test('bad arguments are refused before the lock is given up or anybody is woken', async () => {
    using condition = new Class(new LockClass());
    condition.acquire();
    expect(() => condition.wait(Number.NaN)).toThrow(ValueError);
    expect(() => condition.wait('1' as never)).toThrow(TypeError);
    await expect(condition.waitAsync(Number.NaN)).rejects.toThrow(ValueError);
    expect(() => condition.waitFor(() => expect.unreachable(), Number.NaN)).toThrow(ValueError);
    expect(condition.locked()).toBe(true);
    const waiting = condition.waitAsync();
    condition.acquire();
    for (const n of [1.5, '1', null, Number.NaN]) expect(() => condition.notify(n as never)).toThrow(TypeError);
    condition.release();
    expect(await isSettled(waiting)).toBe(false);
    condition.with(() => condition.notify());
    await expect(waiting).resolves.toBe(true);
    condition.release();
  });

  test('every use of a closed handle is a ValueError, and who waits rejects', async () => {
    const condition = new Class();
    condition.acquire();
    const waiting = condition.waitAsync();
    condition.close();
    condition.close();
    const heirs = Array.from({ length: 20 }, () => new Class());
    await expect(waiting).rejects.toThrow(ValueError);
    expect(() => condition.acquire()).toThrow(ValueError);
    expect(() => condition.release()).toThrow(ValueError);
    expect(() => condition.wait()).toThrow(ValueError);
    expect(() => condition.notify()).toThrow(ValueError);
    await expect(condition.waitAsync()).rejects.toThrow(ValueError);
    await expect(condition.acquireAsync()).rejects.toThrow(ValueError);
    for (const each of heirs) {
      expect(each.acquire(false)).toBe(true);
      each.notifyAll();
      each.close();
    }
  });

  test('closing it leaves the lock that it was given alone', () => {
    using lock = new LockClass();
    const condition = new Class(lock);
    condition.acquire();
    condition.close();
    expect(lock.locked()).toBe(true);
    lock.release();
  });

  test('waiting takes no memory that is not given back', async () => {
    using condition = new Class(new LockClass());
    const round = async () => {
      condition.acquire();
      await condition.waitAsync(0);
      const waiting = condition.waitAsync();
      await condition.withAsync(() => condition.notify());
      await waiting;
      condition.release();
      await turn();
    };
    await round();
    const { bytesInUse } = heap.stats();
    for (let i = 0; i < 20; i++) await round();
    expect(heap.stats().bytesInUse).toBe(bytesInUse);
  });
});

test('a waiter of a Condition keeps the program alive', async () => {
  const child = await runText(`
    const condition = new Condition();
    condition.acquire();
    console.log(await condition.waitAsync(0.2));
    setTimeout(() => condition.with(() => condition.notify()), 200).unref();
    console.log(await condition.waitAsync());
  `);
  expect(child).toEqual({ code: 0, lines: ['false', 'true'], errors: '' });
});
