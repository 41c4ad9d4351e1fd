import { BrokenLockError, Condition, heap, Lock, RLock, Semaphore, Value } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { end, LONG, sleepersIn, startProcess, until } from '../sync/support.ts';
import { attempt, changeValue, hold, holdAsync } from './sync.workers.ts';

/** Starts a worker that holds the lock, and waits until it does. */
function startHolder(lock: Lock | RLock | Condition, how: Parameters<typeof hold>[2] = 'sleep') {
  using held = new Semaphore(0);
  const process = startProcess(hold, lock, held, how);
  expect(held.acquire(true, LONG)).toBe(true);
  return process;
}

/** Its number among workers, which the system's processes have besides their own. */
function holderOf({ id }: Lock | RLock): number | undefined {
  return heap.inspect().find((info) => info.id === id)?.holder;
}

const kinds = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['multiprocessing.Lock', () => new mp.Lock()],
  ['multiprocessing.RLock', () => new mp.RLock()],
] as const;

describe.each(kinds)('a %s whose holder is killed', (_name, make) => {
  test('is broken: every acquire of now and later throws BrokenLockError, which names the dead', async () => {
    using lock = make();
    const holder = startHolder(lock);
    const dead = holderOf(lock);
    if (!spawns) expect(dead).toBe(holder.ident);
    using waiting = new Semaphore(0);
    const asleep = [startProcess(attempt, lock, 'acquire'), startProcess(attempt, lock, 'with')];
    const awaiting = [startProcess(attempt, lock, 'async', waiting)];
    until(() => sleepersIn(lock).length === 2);
    expect(waiting.acquire(true, LONG)).toBe(true);
    const here = expect(lock.acquireAsync()).rejects.toThrow(BrokenLockError);
    expect(lock.broken).toBe(false);
    holder.kill();
    end(holder);
    expect(lock.broken).toBe(true);
    for (const each of [...asleep, ...awaiting]) {
      const outcome = await each.resultAsync(LONG);
      expect(outcome).toMatch(/^BrokenLockError: /);
      expect(outcome).toContain(`worker ${dead} `);
    }
    await here;

    expect(() => lock.acquire()).toThrow(BrokenLockError);
    expect(() => lock.acquire(false)).toThrow(`worker ${dead} `);
    expect(() => lock.acquire(true, 0.01)).toThrow(BrokenLockError);
    expect(() => lock.hold()).toThrow(BrokenLockError);
    expect(() => lock.with(() => expect.unreachable())).toThrow(BrokenLockError);
    await expect(lock.acquireAsync()).rejects.toThrow(BrokenLockError);
    await expect(lock.acquireAsync(0)).rejects.toThrow(BrokenLockError);
    await expect(lock.withAsync(() => expect.unreachable())).rejects.toThrow(BrokenLockError);
    expect(lock.broken).toBe(true);
  });

  test('is whole and free after reset, for everybody', () => {
    using lock = make();
    const holder = startHolder(lock);
    holder.kill();
    end(holder);
    expect(() => lock.release()).toThrow();
    expect(lock.broken).toBe(true);
    lock.reset();
    expect(lock.broken).toBe(false);
    expect(lock.locked()).toBe(false);
    expect(lock.acquire(false)).toBe(true);
    lock.reset();
    expect(lock.locked()).toBe(true);
    const other = startProcess(attempt, lock, 'acquire');
    until(() => sleepersIn(lock).length === 1);
    lock.release();
    expect(other.result(LONG)).toBe('got it');
  });

  test('breaks again when the next holder dies', () => {
    using lock = make();
    for (let i = 0; i < 3; i++) {
      const holder = startHolder(lock);
      const dead = holderOf(lock);
      if (i % 2) holder.kill();
      else holder.terminate();
      end(holder);
      expect(() => lock.acquire()).toThrow(`worker ${dead} `);
      lock.reset();
    }
    expect(lock.acquire(false)).toBe(true);
  });
});

describe.each([
  ['Lock', () => new Lock({ onOwnerDeath: 'release' })],
  ['RLock', () => new RLock({ onOwnerDeath: 'release' })],
] as const)("a %s({ onOwnerDeath: 'release' }) whose holder is killed", (_name, make) => {
  test('goes to those who wait, one after the other', async () => {
    using lock = make();
    const holder = startHolder(lock);
    using waiting = new Semaphore(0);
    const others = [
      startProcess(attempt, lock, 'acquire'),
      startProcess(attempt, lock, 'with'),
      startProcess(attempt, lock, 'async', waiting),
    ];
    until(() => sleepersIn(lock).length === 2);
    expect(waiting.acquire(true, LONG)).toBe(true);
    holder.kill();
    for (const each of others) expect(await each.resultAsync(LONG)).toBe('got it');
    expect(lock.broken).toBe(false);
    expect(lock.locked()).toBe(false);
  });

  test('goes to who comes later, who holds it like any other', () => {
    using lock = make();
    const holder = startHolder(lock);
    holder.kill();
    end(holder);
    expect(lock.acquire(true, LONG)).toBe(true);
    expect(lock.broken).toBe(false);
    expect(lock.locked()).toBe(true);
    const other = startProcess(attempt, lock, 'acquire');
    until(() => sleepersIn(lock).length === 1);
    lock.release();
    expect(other.result(LONG)).toBe('got it');
    expect(lock.locked()).toBe(false);
  });

  test('goes to an async waiter here', async () => {
    using lock = make();
    const holder = startHolder(lock);
    const here = lock.acquireAsync(LONG);
    holder.terminate();
    await expect(here).resolves.toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });
});

describe('how a holder ends', () => {
  test('a Lock breaks with a worker that fails, however it does', () => {
    for (const how of ['throw', 'exit 3', 'overflow'] as const) {
      using lock = new Lock();
      const holder = startHolder(lock, how);
      end(holder);
      expect(holder.exitcode).not.toBe(0);
      expect(() => lock.acquire(true, LONG), how).toThrow(BrokenLockError);
    }
  });

  test('a Lock stays locked after the clean end of its holder, and anybody may release it', () => {
    for (const how of ['return', 'exit 0'] as const) {
      using lock = new Lock();
      const holder = startHolder(lock, how);
      end(holder);
      expect(holder.exitcode).toBe(0);
      expect(lock.acquire(true, 0.05)).toBe(false);
      expect(lock.broken).toBe(false);
      expect(lock.locked()).toBe(true);
      lock.release();
      expect(lock.acquire(false)).toBe(true);
    }
  });

  test('an RLock is broken after any end of its holder: nobody else could release it', () => {
    for (const how of ['return', 'exit 0', 'throw'] as const) {
      using lock = new RLock();
      end(startHolder(lock, how));
      expect(() => lock.acquire(true, LONG), how).toThrow(BrokenLockError);
      expect(lock.broken).toBe(true);
      lock.reset();
      expect(lock.acquire(false)).toBe(true);
    }
  });

  test("an RLock({ onOwnerDeath: 'release' }) goes on after the clean end of its holder", () => {
    using lock = new RLock({ onOwnerDeath: 'release' });
    end(startHolder(lock, 'return'));
    expect(lock.acquire(true, LONG)).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('a holder whose event loop goes on is no less dead', async () => {
    using lock = new Lock();
    using held = new Semaphore(0);
    const holder = startProcess(holdAsync, lock, held);
    expect(await held.acquireAsync(LONG)).toBe(true);
    const here = lock.acquireAsync();
    holder.kill();
    await expect(here).rejects.toThrow(BrokenLockError);
  });
});

describe('what is built on a lock', () => {
  test('a Condition whose lock broke says so to all who come and to all who come back, and works again after reset', async () => {
    const lock = new RLock();
    using condition = new Condition(lock);
    condition.acquire();
    const waiting = condition.waitAsync(0.05);
    const holder = startHolder(condition);
    holder.kill();
    end(holder);
    await expect(waiting).rejects.toThrow(BrokenLockError);
    expect(() => condition.acquire()).toThrow(BrokenLockError);
    expect(() => condition.wait(0)).toThrow();
    lock.reset();
    condition.acquire();
    expect(condition.wait(0.01)).toBe(false);
    condition.release();
    expect(condition.locked()).toBe(false);
    lock.close();
  });

  test('a Value that somebody died changing is broken until its lock is reset', () => {
    using value = new Value('i', 5);
    using held = new Semaphore(0);
    const holder = startProcess(changeValue, value, held);
    expect(held.acquire(true, LONG)).toBe(true);
    holder.kill();
    end(holder);
    expect(() => value.value).toThrow(BrokenLockError);
    expect(() => value.add(1)).toThrow(BrokenLockError);
    value.getLock().reset();
    expect(value.add(1)).toBe(6);
  });
});
