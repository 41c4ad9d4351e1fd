import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Barrier, Condition, Event, heap, Lock, Queue, RawValue, RLock, Semaphore, Value } from 'nogil';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { closeMine, makeAll, relay, useNested } from './handles.workers.ts';
import { LONG, resultsOf, startAll, until } from './support.ts';

describe('handles as arguments and items', () => {
  test('arrive live wherever they lie in plain data, one object for one thing', () => {
    using lock = new Lock();
    using semaphore = new Semaphore(0);
    using event = new Event();
    using out = new Queue<{ same: boolean; back: [Lock, Map<string, Semaphore>] }>();
    lock.acquire();
    const nested = { list: [lock, { deep: new Map([['semaphore', semaphore]]) }] as [Lock, never], again: lock, event };
    expect(resultsOf(startAll(useNested, [nested, out]))).toEqual([true]);
    expect([lock.locked(), semaphore.getValue(), event.isSet()]).toEqual([false, 1, true]);
    const { same, back } = out.get(true, LONG);
    expect(same).toBe(true);
    expect(back[0].id).toBe(lock.id);
    expect(back[1].get('semaphore')?.id).toBe(semaphore.id);
    back[0].close();
    back[1].get('semaphore')?.close();
  });

  test('that a worker made and sent outlive it', () => {
    const out = new Queue<[Lock, RLock, Semaphore, Condition, Event, Barrier, Value<'i'>, RawValue<'d'>]>();
    const threads = startAll(makeAll, [out]);
    const [{ result }] = resultsOf(threads) as [{ result: Semaphore }];
    const all = out.get(true, LONG);
    const [lock, rlock, semaphore, condition, event, barrier, value, raw] = all;
    expect(all.map((each) => each.constructor)).toEqual([Lock, RLock, Semaphore, Condition, Event, Barrier, Value, RawValue]);
    // Its maker has ended cleanly: the Lock is still locked, and anybody may release it.
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(condition.acquire(false)).toBe(true);
    expect(lock.locked()).toBe(true);
    condition.release();
    rlock.acquire();
    rlock.release();
    expect([semaphore.getValue(), result.getValue(), barrier.parties, value.value, raw.value]).toEqual([3, 5, 2, 7, 0.5]);
    expect(event.isSet()).toBe(false);
    const ids = [...all, result].map((each) => each.id);
    for (const each of [...all, result]) each.close();
    for (const thread of threads) thread.close();
    // The worker's own handles go when it is gone for good, which may be a moment after it has ended.
    until(() => !heap.inspect().some(({ id }) => ids.includes(id)));
    out.close();
  });

  test('travel on through any number of workers', () => {
    const queues = Array.from({ length: 3 }, () => new Queue<Lock>());
    const [first, second, third] = queues as [Queue<Lock>, Queue<Lock>, Queue<Lock>];
    const threads = startAll(relay, [first, second], [second, third]);
    using lock = new Lock();
    for (let i = 0; i < 50; i++) {
      first.put(lock);
      const arrived = third.get(true, LONG);
      expect(arrived.id).toBe(lock.id);
      arrived.close();
    }
    first.shutdown();
    threads[0]?.join(LONG);
    second.shutdown();
    resultsOf(threads);
    for (const queue of queues) queue.close();
  });

  test('are closed each for itself', () => {
    using lock = new Lock();
    expect(resultsOf(startAll(closeMine, [lock]))).toEqual(['ValueError']);
    expect(lock.locked()).toBe(true);
    lock.release();
  });
});

describe('handles posted to a worker that the package did not start', () => {
  const url = compiled('threads/sync/plain');

  /** A plain worker, and how to ask it. */
  function plainWorker() {
    const worker = new Worker(url);
    return {
      worker,
      ask: async (order: object) => {
        worker.postMessage(order);
        const [{ answer }] = await once(worker, 'message');
        return answer;
      },
      [Symbol.asyncDispose]: async () => void (await worker.terminate()),
    };
  }

  test('Lock.from excludes it from what we do, and us from what it does', async () => {
    await using one = plainWorker();
    await using two = plainWorker();
    using lock = new Lock();
    using counter = new RawValue('i');
    const rounds = 4_000;
    const order = { what: 'count', lock: lock.handle(), counter: counter.handle(), rounds };
    const answers = [one.ask(order), two.ask(order)];
    for (let i = 0; i < rounds; i++) {
      await lock.withAsync(() => {
        counter.value += 1;
      });
    }
    expect(await Promise.all(answers)).toEqual([counter.id, counter.id]);
    expect(counter.value).toBe(3 * rounds);
  });

  test('Event, Condition, Semaphore and Barrier work there as here', async () => {
    await using other = plainWorker();
    using event = new Event();
    using condition = new Condition();
    using semaphore = new Semaphore(0);
    const answer = other.ask({
      what: 'await',
      event: event.handle(),
      condition: condition.handle(),
      semaphore: semaphore.handle(),
    });
    expect(await event.waitAsync(LONG)).toBe(true);
    expect(await semaphore.acquireAsync(LONG)).toBe(true);
    await condition.acquireAsync(LONG);
    condition.notify();
    condition.release();
    expect(await answer).toBe(true);
    using barrier = new Barrier(2);
    const met = other.ask({ what: 'meet', barrier: barrier.handle() });
    const mine = await barrier.waitAsync(LONG);
    expect([mine, await met].sort()).toEqual([0, 1]);
  });

  test('queues carry handles to it and back', async () => {
    await using other = plainWorker();
    using to = new Queue<unknown>();
    using back = new Queue<unknown>();
    using lock = new Lock();
    const answer = other.ask({ what: 'echo', from: to.handle(), to: back.handle() });
    to.putMany([1, 'two', lock]);
    expect([await back.getAsync(LONG), await back.getAsync(LONG)]).toEqual([1, 'two']);
    const received = (await back.getAsync(LONG)) as Lock;
    expect(received.id).toBe(lock.id);
    received.close();
    to.shutdown();
    expect(await answer).toBe('shut down');
  });

  test('a handle of another class is refused there', async () => {
    await using other = plainWorker();
    using lock = new Lock();
    expect(await other.ask({ what: 'wrong', lock: lock.handle() })).toBe('ValueError');
  });
});
