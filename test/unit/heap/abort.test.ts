import { Condition, Event, Lock, Pipe, Pool, Queue, Semaphore, sleepAsync, waitAsync } from 'nogil';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runText } from '../../support/programs.ts';

/** How often anybody listens to a signal, now. */
function listening(signal: AbortSignal): { most: number; now: number } {
  const seen = { most: 0, now: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    seen.now++;
    seen.most = Math.max(seen.most, seen.now);
    (addEventListener as (...args: unknown[]) => void).apply(signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    seen.now--;
    (removeEventListener as (...args: unknown[]) => void).apply(signal, args);
  };
  return seen;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('one AbortSignal for many waits', () => {
  test('has one listener, of whatever waits there are, and none when they are over', async () => {
    const { signal } = new AbortController();
    const seen = listening(signal);
    const [event, full, condition, [, right]] = [new Event(), new Queue<number>(1), new Condition(new Lock()), Pipe()];
    full.put(1);
    using pool = new Pool(1);
    const waits: Promise<unknown>[] = Array.from({ length: 30 }, () => event.waitAsync(undefined, { signal }));
    waits.push(full.putAsync(2, undefined, { signal }), right.recvAsync({ signal }), waitAsync([right], undefined, { signal }));
    await condition.acquireAsync();
    waits.push(condition.waitAsync(undefined, { signal }), sleepAsync(0.05, { signal }));
    waits.push(pool.applyAsync((x: number) => x, [1], { signal }).getAsync(undefined, { signal }));
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(seen).toEqual({ most: 1, now: 1 });
    event.set();
    full.get();
    const [left] = Pipe();
    left.close();
    for (let held = false; !held; ) held = condition.acquire(false);
    condition.notify();
    condition.release();
    right.close();
    await Promise.allSettled(waits);
    expect(seen.now).toBe(0);
  });

  test('rejects them all, and the wait that comes then', async () => {
    const stop = new AbortController();
    const semaphore = new Semaphore(0);
    const waits = Array.from({ length: 20_000 }, () => semaphore.acquireAsync(undefined, { signal: stop.signal }));
    stop.abort(new Error('enough'));
    const settled = await Promise.allSettled(waits);
    expect(new Set(settled.map((each) => String((each as PromiseRejectedResult).reason)))).toEqual(new Set(['Error: enough']));
    await expect(semaphore.acquireAsync(undefined, { signal: stop.signal })).rejects.toThrow('enough');
    semaphore.release();
    expect(await semaphore.acquireAsync(1)).toBe(true);
  });

  test('who gives up in the midst of a line leaves it in order', async () => {
    const queue = new Queue<number>();
    const stops = Array.from({ length: 5 }, () => new AbortController());
    const gets = stops.map(({ signal }) => queue.getAsync(undefined, { signal }));
    for (const index of [0, 2, 4]) stops[index]?.abort(index);
    const late = queue.getAsync();
    queue.putMany([10, 11, 12]);
    const settled = await Promise.allSettled([...gets, late]);
    expect(settled.map((each) => (each.status === 'fulfilled' ? each.value : each.reason))).toEqual([0, 10, 2, 11, 4, 12]);
  });

  test('draws no warning', async () => {
    const { errors, lines } = await runText(`
      const stop = new AbortController();
      const event = new Event();
      const waits = Array.from({ length: 50 }, () => event.waitAsync(undefined, { signal: stop.signal }));
      setTimeout(() => stop.abort(), 1);
      const settled = await Promise.allSettled(waits);
      console.log(settled.every(({ status }) => status === 'rejected'));
    `);
    expect([errors, lines]).toEqual(['', ['true']]);
  });
});
