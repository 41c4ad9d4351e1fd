import { Condition, Lock, RLock, Thread } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { rejectionOf, thrownBy } from '../../support/thrown-by.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

const conditions: [string, () => Condition][] = [
  ['its own RLock', () => new Condition()],
  ['an RLock', () => new Condition(new RLock())],
  ['a Lock', () => new Condition(new Lock())],
  ['its own RLock, of multiprocessing', () => new mp.Condition()],
];

describe.each(conditions)('async tasks of one worker use a Condition with %s as asyncio’s do:', (_, make) => {
  test('all that wait are woken, and hold the lock one after the other', async () => {
    const condition = make();
    const log: string[] = [];
    const task = async (name: string) => {
      await condition.acquireAsync();
      log.push(`${name} in`);
      const notified = await condition.waitAsync();
      log.push(`${name} ${notified}`);
      await turn();
      log.push(`${name} out`);
      condition.release();
    };
    const tasks = ['a', 'b', 'c'].map(task);
    await turn();
    await condition.withAsync(() => condition.notifyAll());
    await Promise.all(tasks);
    const one = (name: string) => [`${name} true`, `${name} out`];
    expect(log).toEqual(['a in', 'b in', 'c in', ...one('a'), ...one('b'), ...one('c')]);
    expect(condition.locked()).toBe(false);
  });

  test('nobody is in while another is, over its awaits', async () => {
    const condition = make();
    let inside = 0;
    let most = 0;
    const task = () =>
      condition.withAsync(async () => {
        most = Math.max(most, ++inside);
        await turn();
        inside--;
      });
    await Promise.all([task(), task(), task()]);
    expect([most, condition.locked()]).toEqual([1, false]);
  });

  test('a producer and consumers', async () => {
    const condition = make();
    const items: number[] = [];
    const got: number[] = [];
    const consume = async () => {
      for (let i = 0; i < 20; i++) {
        await condition.acquireAsync();
        try {
          await condition.waitForAsync(() => items.length > 0);
          got.push(items.shift() as number);
        } finally {
          condition.release();
        }
      }
    };
    const produce = async () => {
      for (let i = 0; i < 40; i++) {
        await condition.withAsync(() => {
          items.push(i);
          condition.notify();
        });
        if (i % 3 === 0) await turn();
      }
    };
    await Promise.all([consume(), consume(), produce()]);
    expect(got.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('an acquire that is given up, or is late, leaves the line', async () => {
    const condition = make();
    await condition.acquireAsync();
    const stop = new AbortController();
    const aborted = condition.acquireAsync(undefined, { signal: stop.signal });
    const late = condition.acquireAsync(0.01);
    const served = condition.acquireAsync();
    stop.abort(new Error('enough'));
    expect(String(await rejectionOf(aborted))).toBe('Error: enough');
    expect(await late).toBe(false);
    condition.release();
    expect(await served).toBe(true);
    condition.release();
    expect(condition.locked()).toBe(false);
  });

  test('together with a thread', async () => {
    const condition = make();
    const other = new Thread({
      target: (shared: Condition) => {
        for (let i = 0; i < 50; i++) {
          shared.acquire();
          shared.notify();
          shared.release();
        }
        shared.acquire();
        shared.notifyAll();
        shared.release();
      },
      args: [condition] as never,
    });
    const task = async () => {
      await condition.acquireAsync();
      await condition.waitAsync(5);
      await turn();
      condition.release();
    };
    const tasks = [task(), task(), task()];
    await turn();
    other.start();
    await Promise.all(tasks);
    expect([await other.joinAsync(20), condition.locked()]).toEqual([true, false]);
  });
});

describe('what is left of an RLock between tasks', () => {
  test('its holder takes it again at once, also while others wait for it', async () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    await condition.acquireAsync();
    const waiting = condition.acquireAsync();
    await turn();
    expect([await lock.acquireAsync(), condition.acquire()]).toEqual([true, true]);
    for (let i = 0; i < 3; i++) condition.release();
    expect(await waiting).toBe(true);
    condition.release();
    expect(lock.locked()).toBe(false);
  });

  test('an error names the cure', async () => {
    const condition = new Condition();
    const cure = 'new Condition(new Lock())';
    expect((thrownBy(() => condition.release()) as Error).message).toContain(cure);
    expect((thrownBy(() => condition.notify()) as Error).message).toContain(cure);
    expect(((await rejectionOf(condition.waitAsync())) as Error).message).toContain(cure);
    expect((thrownBy(() => new Condition(new Lock()).notify()) as Error).message).toBe('cannot notify on un-acquired lock');
  });
});
