/** Where Python's two modules disagree, each class raises what its own module does. */
import * as nogil from 'nogil';
import { AssertionError, RuntimeError, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import * as threading from 'nogil/threading';
import { describe, expect, test } from 'vitest';

const modules = {
  threading: {
    Lock: threading.Lock,
    RLock: threading.RLock,
    Semaphore: threading.Semaphore,
    BoundedSemaphore: threading.BoundedSemaphore,
    Condition: threading.Condition,
  },
  multiprocessing: {
    Lock: mp.Lock,
    RLock: mp.RLock,
    Semaphore: mp.Semaphore,
    BoundedSemaphore: mp.BoundedSemaphore,
    Condition: mp.Condition,
  },
};
const names = ['Lock', 'RLock', 'Semaphore', 'BoundedSemaphore', 'Condition'] as const;

const both = [
  {
    name: 'threading',
    module: modules.threading,
    released: RuntimeError,
    notOwner: RuntimeError,
    strict: true,
  },
  { name: 'multiprocessing', module: modules.multiprocessing, released: ValueError, notOwner: AssertionError, strict: false },
];

describe.each(both)('$name', ({ module, released, notOwner, strict }) => {
  const { Lock, RLock, Semaphore, BoundedSemaphore, Condition } = module;

  /** The class of what `call` throws, itself and no other. */
  function thrown(call: () => unknown): unknown {
    try {
      call();
    } catch (error) {
      return (error as Error).constructor;
    }
    return undefined;
  }

  test('release of a free Lock, and of an RLock or Condition that is not held', () => {
    expect(thrown(() => new Lock().release())).toBe(released);
    expect(thrown(() => new RLock().release())).toBe(notOwner);
    expect(thrown(() => new Condition().release())).toBe(notOwner);
    expect(thrown(() => new Condition(new Lock()).release())).toBe(released);
  });

  test('wait and notify without the lock', () => {
    const condition = new Condition();
    expect(thrown(() => condition.wait(0))).toBe(notOwner);
    expect(thrown(() => condition.waitFor(() => false, 0))).toBe(notOwner);
    expect(thrown(() => condition.notify())).toBe(notOwner);
    expect(thrown(() => condition.notifyAll())).toBe(notOwner);
  });

  test('a timeout for a call that shall not wait', () => {
    for (const make of [
      () => new Lock(),
      () => new RLock(),
      () => new Semaphore(),
      () => new BoundedSemaphore(),
      () => new Condition(),
    ]) {
      const it = make();
      expect(thrown(() => it.acquire(false, 1))).toBe(strict ? ValueError : undefined);
      if (strict) expect(it.acquire(false)).toBe(true);
      it.release();
      expect(it.acquire(false, null)).toBe(true);
      it.release();
      expect(it.acquire(false, undefined)).toBe(true);
      it.release();
    }
    const lock = new Lock();
    lock.acquire();
    expect(thrown(() => lock.acquire(false, 1))).toBe(strict ? ValueError : undefined);
    if (!strict) expect(lock.acquire(false, 1)).toBe(false);
  });

  test('negative timeouts of a Lock and an RLock', async () => {
    for (const lock of [new Lock(), new RLock(), new Condition(new Lock())]) {
      for (const timeout of [-2, -0.5, Number.NEGATIVE_INFINITY]) {
        expect(thrown(() => lock.acquire(true, timeout))).toBe(strict ? ValueError : undefined);
        if (!strict) lock.release();
        const promise = lock.acquireAsync(timeout);
        if (strict) await expect(promise).rejects.toThrow(ValueError);
        else {
          await expect(promise).resolves.toBe(true);
          lock.release();
        }
        expect(lock.locked()).toBe(false);
      }
      expect(lock.acquire(true, -1)).toBe(true);
      lock.release();
    }
    const held = new Lock();
    held.acquire();
    // -1 is for ever in threading, and one try in multiprocessing.
    if (strict) {
      const waiting = held.acquireAsync(-1);
      held.release();
      await expect(waiting).resolves.toBe(true);
    } else {
      expect(held.acquire(true, -1)).toBe(false);
      await expect(held.acquireAsync(-1)).resolves.toBe(false);
    }
  });

  test('what both agree on here: no timeout, Infinity, NaN, too few permits, release(n), getValue', () => {
    for (const it of [new Lock(), new RLock(), new Semaphore(), new Condition()]) {
      for (const timeout of [undefined, null, Number.POSITIVE_INFINITY]) {
        expect(it.acquire(true, timeout)).toBe(true);
        it.release();
      }
      expect(thrown(() => it.acquire(true, Number.NaN))).toBe(ValueError);
    }
    expect(thrown(() => new Semaphore(-1))).toBe(ValueError);
    expect(thrown(() => new BoundedSemaphore(-1))).toBe(ValueError);
    const semaphore = new Semaphore(0);
    semaphore.release(3);
    expect(semaphore.getValue()).toBe(3);
    expect(thrown(() => semaphore.release(0))).toBe(ValueError);
    expect(thrown(() => new BoundedSemaphore().release())).toBe(ValueError);
  });

  test('the lock that a Condition makes has the flavour of the Condition', () => {
    const condition = new Condition();
    condition.acquire();
    condition.release();
    expect(thrown(() => condition.release())).toBe(notOwner);
  });

  test('every class has its own name, and its instances are of the threading class', () => {
    for (const name of names) {
      expect(module[name].name).toBe(name);
      expect(new module[name]()).toBeInstanceOf(modules.threading[name]);
    }
    const lock = new Lock();
    lock.close();
    expect(() => lock.acquire()).toThrow(/^Lock is closed$/);
  });

  test('a handle that has travelled is of the class it was', () => {
    const queue = new nogil.Queue();
    const sent = [new Lock(), new RLock(), new Semaphore(2), new BoundedSemaphore(2), new Condition(), new Condition(new Lock())];
    for (const each of sent) {
      queue.put(each);
      const received = queue.get() as typeof each;
      expect(received).not.toBe(each);
      expect(received.constructor).toBe(each.constructor);
      expect(received.id).toBe(each.id);
      received.acquire();
      expect(each.locked()).toBe(!(each instanceof threading.Semaphore));
      received.release();
    }
    const condition = new Condition(new Lock());
    queue.put(condition);
    expect(thrown(() => (queue.get() as typeof condition).release())).toBe(released);
    queue.put(new Condition());
    expect(thrown(() => (queue.get() as typeof condition).release())).toBe(notOwner);
  });
});

test('the package itself exports the classes of threading', () => {
  const { Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event, Barrier } = nogil;
  expect({ Lock, RLock, Semaphore, BoundedSemaphore, Condition }).toEqual(modules.threading);
  expect([Event, Barrier]).toEqual([threading.Event, threading.Barrier]);
});
