import { Condition, Lock, Queue, RawValue, RLock, Semaphore, type Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { await1, await1Async, consume, depthAfterWait, impatient, produce, rounds } from './condition.workers.ts';
import { LONG, resultsOf, sleepersIn, startAll, startMany, until, untilAsleep } from './support.ts';

const locks = [
  ['an RLock', () => new RLock()],
  ['a Lock', () => new Lock()],
] as const;

/** Starts waiters one after the other, so that their order is known. */
function queueUp(condition: Condition, count: number, back: Queue<[number, boolean]>): Thread[] {
  return Array.from({ length: count }, (_, i) => {
    const threads = startAll(await1, [i, condition, back]);
    untilAsleep(condition, i + 1);
    return threads[0] as Thread;
  });
}

describe.each(locks)('a condition over %s between workers', (_name, makeLock) => {
  test('wakes in the order in which they came, one for each notify', () => {
    using condition = new Condition(makeLock());
    using back = new Queue<[number, boolean]>();
    const threads = queueUp(condition, 4, back);
    for (let i = 0; i < 4; i++) {
      condition.with(() => condition.notify());
      expect(back.get(true, LONG)).toEqual([i, true]);
      untilAsleep(condition, 3 - i);
      expect(back.empty()).toBe(true);
    }
    resultsOf(threads);
  });

  test('notify(n) wakes the first n, and no other', () => {
    using condition = new Condition(makeLock());
    using back = new Queue<[number, boolean]>();
    const threads = queueUp(condition, 5, back);
    condition.with(() => condition.notify(3));
    const first = Array.from({ length: 3 }, () => back.get(true, LONG)[0]);
    expect(first.sort()).toEqual([0, 1, 2]);
    untilAsleep(condition, 2);
    condition.with(() => condition.notify(0));
    expect(sleepersIn(condition)).toHaveLength(2);
    condition.with(() => condition.notify(7));
    expect([back.get(true, LONG)[0], back.get(true, LONG)[0]].sort()).toEqual([3, 4]);
    resultsOf(threads);
    expect(back.empty()).toBe(true);
  });

  test('wakes exactly min(n, waiters) in each of many rounds', () => {
    using condition = new Condition(makeLock());
    using woken = new RawValue('i');
    using again = new Semaphore(0);
    using over = new RawValue('i');
    const count = 4;
    const threads = startMany(count, rounds, condition, woken, again, over);
    again.release(count);
    let expected = 0;
    for (let round = 0; round < 60; round++) {
      untilAsleep(condition, count);
      const n = (round * 7) % (count + 3);
      condition.with(() => (n > count ? condition.notifyAll() : condition.notify(n)));
      const now = Math.min(n, count);
      expected += now;
      until(() => woken.value === expected);
      // Who was not woken is asleep still: nobody has come back on his own.
      expect(sleepersIn(condition).length).toBe(count - now);
      expect(woken.value).toBe(expected);
      if (now > 0) again.release(now);
    }
    untilAsleep(condition, count);
    over.value = 1;
    condition.with(() => condition.notifyAll());
    again.release(count);
    const notified = resultsOf(threads);
    expect(notified.reduce((sum, each) => sum + each, 0)).toBe(expected + count);
  });

  test('a late waiter does not steal the wake-up of one who waits already', () => {
    for (let round = 0; round < 3; round++) {
      using condition = new Condition(makeLock());
      using back = new Queue<[number, boolean]>();
      const [early] = queueUp(condition, 1, back);
      condition.acquire();
      condition.notify();
      const late = startMany(1, await1, condition, back);
      condition.release();
      early?.result(LONG);
      expect(back.get(true, LONG)).toEqual([0, true]);
      untilAsleep(condition, 1);
      expect(back.empty()).toBe(true);
      condition.with(() => condition.notify());
      resultsOf(late);
    }
  });

  test('who times out makes room in the line', () => {
    using condition = new Condition(makeLock());
    using back = new Queue<[number, boolean]>();
    const short = startAll(await1, [0, condition, back, 0.02]);
    resultsOf(short);
    expect(back.get(true, LONG)).toEqual([0, false]);
    const long = startAll(await1, [1, condition, back]);
    untilAsleep(condition, 1);
    condition.with(() => condition.notify());
    expect(back.get(true, LONG)).toEqual([1, true]);
    resultsOf(long);
  });

  test('stays exact where timeouts race with notifies', () => {
    using condition = new Condition(makeLock());
    using waits = new RawValue('i');
    using served = new RawValue('i');
    using over = new RawValue('i');
    const threads = startMany(3, impatient, condition, waits, served, over);
    let spent = 0;
    until(() => {
      condition.with(() => {
        condition.notify();
        // A wait that is neither over nor notified is in the line, even if its time is up.
        const inLine = waits.value - (spent - served.value);
        if (inLine > 0) spent++;
      });
      return spent > 300;
    });
    over.value = 1;
    resultsOf(threads);
    expect(served.value).toBe(spent);
    expect(waits.value).toBe(0);
    expect(sleepersIn(condition)).toEqual([]);
  });

  test('two conditions over one lock hand items over, each exactly once', () => {
    using lock = makeLock();
    using empty = new Condition(lock);
    using full = new Condition(lock);
    using place = new RawValue('i');
    const producers = startMany(2, produce, empty, full, place, 400);
    const consumers = startMany(2, consume, empty, full, place, 400);
    const sum = (threads: Thread[]) => (resultsOf(threads) as number[]).reduce((total, each) => total + each, 0);
    expect(sum(consumers)).toBe(sum(producers));
    expect(place.value).toBe(0);
  });
});

describe('a condition between workers', () => {
  test('gives up all levels of an RLock, and takes all of them back', () => {
    using condition = new Condition();
    const threads = startAll(depthAfterWait, [condition, 1], [condition, 7]);
    untilAsleep(condition, 2);
    expect(condition.acquire(false)).toBe(true);
    condition.notifyAll();
    condition.release();
    expect(resultsOf(threads)).toEqual([1, 7]);
  });

  test('keeps sleepers and event loops in one line', () => {
    using condition = new Condition(new Lock());
    using back = new Queue<[number, boolean]>();
    using waiting = new Semaphore(0);
    const threads: Thread[] = [];
    let asleep = 0;
    for (let i = 0; i < 6; i++) {
      if (i % 2) {
        threads.push(...startAll(await1Async, [i, condition, waiting, back]));
        waiting.acquire();
      } else {
        threads.push(...startAll(await1, [i, condition, back]));
        untilAsleep(condition, ++asleep);
      }
    }
    for (let i = 0; i < 6; i++) {
      condition.with(() => condition.notify());
      expect(back.get(true, LONG)).toEqual([i, true]);
    }
    resultsOf(threads);
  });

  test('is awaited here and notified there', async () => {
    using place = new RawValue('i');
    using both = new Lock();
    using empty = new Condition(both);
    using filled = new Condition(both);
    const producers = startAll(produce, [0, empty, filled, place, 50]);
    let sum = 0;
    for (let i = 0; i < 50; i++) {
      await filled.acquireAsync();
      await filled.waitForAsync(() => place.value !== 0);
      sum += place.value;
      place.value = 0;
      empty.notify();
      filled.release();
    }
    expect(sum).toBe(producers[0]?.result(LONG));
  });
});
