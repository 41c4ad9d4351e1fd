/**
 * What Lock, Semaphore(1) and a Condition over a Lock have in common in one thread: one suite for all of
 * them.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { heap, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';
import { rejectionsOf } from '../../support/thrown-by.ts';
import { type Acquirable, elapsed, isSettled } from './support.ts';

const wrongTimeouts: [unknown, new (...args: never[]) => Error][] = [
  [Number.NaN, ValueError],
  ['1', TypeError],
  [{}, TypeError],
  [true, TypeError],
];

/** @param make a free one; @param code the same as source, for a program of its own */
export function describeAcquirable(name: string, make: () => Acquirable, code: string): void {
  describe(`${name}: acquire and release`, () => {
    test('takes what is free, and answers false where it would have to wait and must not', () => {
      using it = make();
      expect(it.locked()).toBe(false);
      expect(it.acquire()).toBe(true);
      expect(it.locked()).toBe(true);
      expect(it.acquire(false)).toBe(false);
      expect(it.acquire(true, 0)).toBe(false);
      it.release();
      expect(it.locked()).toBe(false);
      expect(it.acquire(false)).toBe(true);
      it.release();
      expect(it.acquire(true, 0)).toBe(true);
      it.release();
      expect(it.acquire(true, null)).toBe(true);
    });

    test('waits for its timeout and not less, and leaves everything as it was', () => {
      using it = make();
      it.acquire();
      let got = true;
      expect(
        elapsed(() => {
          got = it.acquire(true, 0.03);
        }),
      ).toBeGreaterThanOrEqual(30);
      expect(got).toBe(false);
      it.release();
      expect(it.acquire(false)).toBe(true);
    });

    test('takes Infinity and very long timeouts where nothing is to be waited for', () => {
      using it = make();
      for (const timeout of [Number.POSITIVE_INFINITY, 1e300, 9223372036]) {
        expect(it.acquire(true, timeout)).toBe(true);
        it.release();
      }
    });

    test.each(wrongTimeouts)('refuses the timeout %s before it changes anything', async (timeout, error) => {
      using it = make();
      expect(() => it.acquire(true, timeout as never)).toThrow(error);
      const promise = it.acquireAsync(timeout as never);
      await expect(promise).rejects.toThrow(error);
      expect(it.locked()).toBe(false);
    });

    test.each([2, 'yes', null, {}])('refuses %s for blocking before it changes anything', (blocking) => {
      using it = make();
      expect(() => it.acquire(blocking as never)).toThrow(TypeError);
      expect(it.locked()).toBe(false);
    });
  });

  describe(`${name}: with`, () => {
    test('using holds it until the end of the block, and lets go also when that throws', () => {
      using it = make();
      {
        using _held = it.hold();
        expect(it.locked()).toBe(true);
      }
      expect(it.locked()).toBe(false);
      expect(() => {
        using _held = it.hold();
        throw new RangeError('inside');
      }).toThrow(RangeError);
      expect(it.locked()).toBe(false);
    });

    test('await using does the same', async () => {
      using it = make();
      {
        await using _held = await it.holdAsync();
        expect(it.locked()).toBe(true);
      }
      expect(it.locked()).toBe(false);
      const failing = async () => {
        await using _held = await it.holdAsync();
        throw new RangeError('inside');
      };
      await expect(failing()).rejects.toThrow(RangeError);
      expect(it.locked()).toBe(false);
    });

    test('with returns what its function returns, and lets go also when that throws', () => {
      using it = make();
      const result = { inside: it.with(() => it.locked()) };
      expect(result).toEqual({ inside: true });
      expect(it.locked()).toBe(false);
      const error = new RangeError('inside');
      expect(() =>
        it.with(() => {
          throw error;
        }),
      ).toThrow(error);
      expect(it.locked()).toBe(false);
    });

    test('withAsync holds it until the promise of its function settles', async () => {
      using it = make();
      const result = it.withAsync(async () => {
        await turn();
        return it.locked();
      });
      await expect(result).resolves.toBe(true);
      expect(it.locked()).toBe(false);
      await expect(it.withAsync(() => 'plain')).resolves.toBe('plain');
      await expect(it.withAsync(() => Promise.reject(new RangeError('inside')))).rejects.toThrow(RangeError);
      await expect(
        it.withAsync(() => {
          throw new RangeError('at once');
        }),
      ).rejects.toThrow(RangeError);
      expect(it.locked()).toBe(false);
    });

    test('withAsync and holdAsync never run while another holds it', async () => {
      using it = make();
      let inside = 0;
      let most = 0;
      const body = async () => {
        most = Math.max(most, ++inside);
        await turn();
        inside--;
      };
      const held = async () => {
        await using _held = await it.holdAsync();
        await body();
      };
      await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? it.withAsync(body) : held())));
      expect(most).toBe(1);
      expect(it.locked()).toBe(false);
    });

    test('an aborted withAsync or holdAsync does not run and does not hold', async () => {
      using it = make();
      it.acquire();
      const reason = new Error('enough');
      const stop = new AbortController();
      let ran = false;
      const waiting = it.withAsync(() => {
        ran = true;
      }, stop);
      const holding = it.holdAsync(stop);
      stop.abort(reason);
      expect(await rejectionsOf([waiting, holding])).toEqual([reason, reason]);
      it.release();
      expect(ran).toBe(false);
      expect(it.acquire(false)).toBe(true);
    });
  });

  describe(`${name}: acquireAsync`, () => {
    test('takes what is free, and waits for what is not', async () => {
      using it = make();
      await expect(it.acquireAsync()).resolves.toBe(true);
      const second = it.acquireAsync();
      expect(await isSettled(second)).toBe(false);
      it.release();
      await expect(second).resolves.toBe(true);
      expect(it.locked()).toBe(true);
    });

    test('never blocks: the release that it waits for can come from the same thread', async () => {
      using it = make();
      it.acquire();
      const order: string[] = [];
      const waiting = it.acquireAsync().then(() => order.push('acquired'));
      order.push('called');
      it.release();
      await waiting;
      expect(order).toEqual(['called', 'acquired']);
    });

    test('answers false when its time is up, not before, and leaves everything as it was', async () => {
      using it = make();
      it.acquire();
      const began = performance.now();
      await expect(it.acquireAsync(0.03)).resolves.toBe(false);
      expect(performance.now() - began).toBeGreaterThanOrEqual(30);
      await expect(it.acquireAsync(0)).resolves.toBe(false);
      it.release();
      expect(it.acquire(false)).toBe(true);
      it.release();
      await expect(it.acquireAsync(0)).resolves.toBe(true);
    });

    test('serves its waiters in the order in which they came', async () => {
      using it = make();
      it.acquire();
      const order: number[] = [];
      const waiters = Array.from({ length: 50 }, async (_, i) => {
        await it.acquireAsync(i % 3 ? undefined : 60);
        order.push(i);
        it.release();
      });
      it.release();
      await Promise.all(waiters);
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(it.locked()).toBe(false);
    });

    test('nobody overtakes a waiter of the same thread, also when the one before it gave up at that moment', async () => {
      using it = make();
      it.acquire();
      const stop = new AbortController();
      const first = it.acquireAsync(undefined, stop);
      await turn();
      stop.abort();
      // Before the wait that the first one left behind has ended.
      const second = it.acquireAsync();
      await expect(first).rejects.toThrow();
      const order: string[] = [];
      it.release();
      const later: Promise<unknown>[] = [];
      await second.then(() => {
        later.push(it.acquireAsync().then(() => order.push('third')));
      });
      await turn();
      it.release();
      later.push(it.acquireAsync().then(() => order.push('fourth')));
      while (order.length === 0) await turn();
      it.release();
      await Promise.all(later);
      expect(order).toEqual(['third', 'fourth']);
    });

    test('an aborted call rejects with the reason, also where it need not have waited', async () => {
      using it = make();
      const reason = { any: 'thing' };
      const stop = new AbortController();
      it.acquire();
      const waiting = it.acquireAsync(undefined, stop);
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      it.release();
      await expect(it.acquireAsync(undefined, stop)).rejects.toBe(reason);
      await expect(it.acquireAsync(undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
      expect(it.locked()).toBe(false);
    });

    test('the leftovers of aborted and timed out waiters steal no wake-up', async () => {
      using it = make();
      it.acquire();
      const order: number[] = [];
      const results = Array.from({ length: 12 }, (_, i) => {
        const stop = new AbortController();
        if (i % 3 === 0) setImmediate(() => stop.abort());
        const result = it.acquireAsync(i % 3 === 1 ? 0.01 : undefined, stop);
        return result.then(
          (got) => {
            if (got) order.push(i);
            if (got) it.release();
            return got;
          },
          () => 'aborted',
        );
      });
      await Promise.all(results.filter((_, i) => i % 3 !== 2));
      expect(order).toEqual([]);
      it.release();
      expect(await Promise.all(results)).toEqual(Array.from({ length: 12 }, (_, i) => ['aborted', false, true][i % 3]));
      expect(order).toEqual([2, 5, 8, 11]);
      expect(it.acquire(false)).toBe(true);
    });

    test('an abort after the end changes nothing, and no listener is left on the signal', async () => {
      using it = make();
      const stop = new AbortController();
      let listeners = 0;
      const { signal } = stop;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      it.acquire();
      const waiting = it.acquireAsync(undefined, stop);
      const late = it.acquireAsync(0.01, stop);
      await expect(late).resolves.toBe(false);
      it.release();
      await expect(waiting).resolves.toBe(true);
      expect(listeners).toBe(0);
      stop.abort();
      expect(it.locked()).toBe(true);
    });

    test('waiting takes no memory that is not given back', async () => {
      using it = make();
      const round = async () => {
        it.acquire();
        const stop = new AbortController();
        const waiting = [it.acquireAsync(), it.acquireAsync(undefined, stop), it.acquireAsync(0.001)];
        stop.abort();
        await Promise.allSettled([waiting[1], waiting[2]]);
        it.release();
        await waiting[0];
        it.release();
        await turn();
      };
      await round();
      const { bytesInUse } = heap.stats();
      for (let i = 0; i < 20; i++) await round();
      expect(heap.stats().bytesInUse).toBe(bytesInUse);
    });

    test('keeps the program alive until it has settled', async () => {
      const child = await runText(`
        const it = ${code};
        it.acquire();
        console.log(await it.acquireAsync(0.2));
        setTimeout(() => it.release(), 200).unref();
        console.log(await it.acquireAsync());
      `);
      expect(child).toEqual({ code: 0, lines: ['false', 'true'], errors: '' });
    });
  });

  describe(`${name}: close`, () => {
    test('every use of a closed handle is a ValueError, and closing twice is fine', async () => {
      const it = make();
      it.close();
      it.close();
      it[Symbol.dispose]();
      expect(() => it.acquire()).toThrow(ValueError);
      expect(() => it.acquire(false)).toThrow(ValueError);
      expect(() => it.release()).toThrow(ValueError);
      expect(() => it.locked()).toThrow(ValueError);
      expect(() => it.hold()).toThrow(ValueError);
      expect(() => it.with(() => expect.unreachable())).toThrow(ValueError);
      const promise = it.acquireAsync();
      await expect(promise).rejects.toThrow(ValueError);
      await expect(it.holdAsync()).rejects.toThrow(ValueError);
      await expect(it.withAsync(() => expect.unreachable())).rejects.toThrow(ValueError);
    });
  });
}

/** Where the handle that is closed is the lock's own. */
export function describeClosing(name: string, make: () => Acquirable): void {
  describe(`${name}: close while calls wait`, () => {
    test('a call that waits when its handle is closed rejects, and touches nothing that is made in its place', async () => {
      const it = make();
      it.acquire();
      const waiting = [it.acquireAsync(), it.acquireAsync(60)];
      it.close();
      const heirs = Array.from({ length: 40 }, make);
      for (const error of await rejectionsOf(waiting)) expect(error).toBeInstanceOf(ValueError);
      for (const each of heirs) {
        expect(each.acquire(false)).toBe(true);
        const next = each.acquireAsync();
        each.release();
        await expect(next).resolves.toBe(true);
        each.close();
      }
    });
  });
}
