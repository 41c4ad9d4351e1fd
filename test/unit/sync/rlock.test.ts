import { AssertionError, RLock, RuntimeError, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';

describe.each([
  ['RLock', RLock, RuntimeError, 'new RLock()'],
  ['multiprocessing.RLock', mp.RLock, AssertionError, 'new mp.RLock()'],
] as const)('%s', (_name, Class, misuse, code) => {
  test('its holder takes it again without waiting, and it is free when it was released as often', () => {
    using lock = new Class();
    for (let i = 0; i < 100; i++) expect(lock.acquire()).toBe(true);
    for (let i = 0; i < 100; i++) {
      expect(lock.locked()).toBe(true);
      lock.release();
    }
    expect(lock.locked()).toBe(false);
    expect(() => lock.release()).toThrow(misuse);
  });

  test('nests whatever the call says about waiting', async () => {
    using lock = new Class();
    expect(lock.acquire(false)).toBe(true);
    expect(lock.acquire(true, 0)).toBe(true);
    expect(lock.acquire(true, null)).toBe(true);
    expect(lock.acquire(true, Number.POSITIVE_INFINITY)).toBe(true);
    await expect(lock.acquireAsync()).resolves.toBe(true);
    await expect(lock.acquireAsync(0)).resolves.toBe(true);
    for (let i = 0; i < 6; i++) lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('a wrong release is an error that changes nothing', () => {
    using lock = new Class();
    expect(() => lock.release()).toThrow(misuse);
    lock.acquire();
    lock.release();
    expect(() => lock.release()).toThrow(misuse);
    expect(lock.acquire(false)).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('using, await using, with and withAsync nest and let go, also when they throw', async () => {
    using lock = new Class();
    {
      using _outer = lock.hold();
      await using _inner = await lock.holdAsync();
      expect(lock.with(() => lock.locked())).toBe(true);
      await expect(lock.withAsync(async () => lock.locked())).resolves.toBe(true);
      expect(() =>
        lock.with(() => {
          throw new RangeError('inside');
        }),
      ).toThrow(RangeError);
      expect(lock.locked()).toBe(true);
    }
    expect(lock.locked()).toBe(false);
    await expect(lock.withAsync(() => Promise.reject(new RangeError('inside')))).rejects.toThrow(RangeError);
    expect(lock.locked()).toBe(false);
  });

  test('two async tasks of one worker are the same holder', async () => {
    using lock = new Class();
    let inside = 0;
    let most = 0;
    const task = async () => {
      await using _held = await lock.holdAsync();
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all([task(), task(), task()]);
    expect(most).toBe(3);
    expect(lock.locked()).toBe(false);
  });

  test('bad arguments are refused before anything changes', async () => {
    using lock = new Class();
    expect(() => lock.acquire(2 as never)).toThrow(TypeError);
    expect(() => lock.acquire(true, 'x' as never)).toThrow(TypeError);
    expect(() => lock.acquire(true, Number.NaN)).toThrow(ValueError);
    const promise = lock.acquireAsync(Number.NaN);
    await expect(promise).rejects.toThrow(ValueError);
    expect(() => new Class({ onOwnerDeath: 'never' } as never)).toThrow(ValueError);
    expect(lock.locked()).toBe(false);
  });

  test('an aborted call does not nest', async () => {
    using lock = new Class();
    const reason = new Error('enough');
    await expect(lock.acquireAsync(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(lock.locked()).toBe(false);
    lock.acquire();
    await expect(lock.acquireAsync(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('every use of a closed handle is a ValueError', async () => {
    const lock = new Class();
    lock.close();
    lock.close();
    expect(() => lock.acquire()).toThrow(ValueError);
    expect(() => lock.release()).toThrow(ValueError);
    expect(() => lock.locked()).toThrow(ValueError);
    expect(() => lock.broken).toThrow(ValueError);
    expect(() => lock.reset()).toThrow(ValueError);
    const promise = lock.acquireAsync();
    await expect(promise).rejects.toThrow(ValueError);
  });

  test('reset frees nothing that is held', () => {
    using lock = new Class();
    lock.acquire();
    lock.acquire();
    lock.reset();
    expect(lock.broken).toBe(false);
    lock.release();
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  test('keeps the program alive while a call waits for another worker', async () => {
    const child = await runText(`
      import { Worker } from 'node:worker_threads';
      const lock = ${code};
      const taken = new Semaphore(0);
      const code = \`
        import { workerData } from 'node:worker_threads';
        const { RLock, Semaphore } = await import(workerData.nogil);
        const mp = await import(workerData.mp);
        const lock = RLock.from(workerData.lock);
        const taken = Semaphore.from(workerData.taken);
        lock.acquire();
        taken.release();
        setTimeout(() => lock.release(), 200);
      \`;
      const workerData = { nogil: ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)},
        mp: ${JSON.stringify(new URL('../../../dist/multiprocessing.js', import.meta.url).href)},
        lock: lock.handle(), taken: taken.handle() };
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)), { workerData }).unref();
      taken.acquire();
      console.log(lock.acquire(false), await lock.acquireAsync(0.02), await lock.acquireAsync());
    `);
    expect(child).toEqual({ code: 0, lines: ['false false true'], errors: '' });
  });
});
