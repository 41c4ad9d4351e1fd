import { Pool, Queue, Semaphore, Value } from 'nogil';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { rejectionsOf } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { count, countItem, double, enter, signalState, untilUnwanted, untilUnwantedAsync } from './pool.workers.ts';
import { end } from './support.ts';

let pool: Pool;
beforeAll(() => {
  pool = new Pool(1);
});
afterAll(() => end(pool));

describe('a signal', () => {
  test('that is aborted already rejects the call, and nothing is sent', () => {
    const counter = new Value('i', 0);
    const signal = AbortSignal.abort(new RangeError('never'));
    expect(() => pool.applyAsync(count, [counter], { signal })).toThrow('never');
    expect(() => pool.mapAsync(double, [1], { signal })).toThrow('never');
    expect(() => pool.imap(double, [1], { signal })).toThrow('never');
    expect(pool.apply(double, [1])).toBe(2);
    expect(counter.value).toBe(0);
  });

  test.each([
    ['that never awaits', untilUnwanted, 'saw it'],
    ['that awaits', untilUnwantedAsync, 'true AbortError'],
  ] as const)('is seen by a task %s; its call has rejected with the reason at once', async (_, target, said) => {
    const here = new Semaphore(0);
    const log = new Queue<string>();
    const stop = new AbortController();
    const errors: unknown[] = [];
    const result = pool.applyAsync(target, [here, log], { signal: stop.signal, errorCallback: (error) => errors.push(error) });
    expect(here.acquire(true, LONG)).toBe(true);
    const reason = new RangeError('enough');
    stop.abort(reason);
    expect(result.ready()).toBe(true);
    await expect(result).rejects.toBe(reason);
    expect(errors).toEqual([reason]);
    expect(log.get(true, LONG)).toBe(said);
    // The worker lives on.
    expect(pool.apply(double, [1])).toBe(2);
  });

  test('keeps what has not begun from beginning', async () => {
    const counter = new Value('i', 0);
    const here = new Semaphore(0);
    const gate = new Semaphore(0);
    const stop = new AbortController();
    const { signal } = stop;
    const running = pool.applyAsync(enter, [here, gate, 'kept']);
    const dropped = range(30).map(() => pool.applyAsync(count, [counter], { signal }));
    const map = pool.mapAsync(
      ([c]: [Value<'i'>]) => c.add(1),
      range(30).map(() => [counter] as [Value<'i'>]),
      5,
      { signal },
    );
    expect(here.acquire(true, LONG)).toBe(true);
    stop.abort();
    const after = pool.applyAsync(double, [4]);
    gate.release();
    expect(running.get(LONG)).toBe('kept');
    expect(after.get(LONG)).toBe(8);
    expect(counter.value).toBe(0);
    for (const error of await rejectionsOf([...dropped, map])) expect(error).toMatchObject({ name: 'AbortError' });
  });

  test('ends a map between two items', async () => {
    const counter = new Value('i', 0);
    const here = new Semaphore(0);
    const gate = new Semaphore(0);
    const stop = new AbortController();
    const items = range(10).map(() => [counter, here, gate] as [Value<'i'>, Semaphore, Semaphore]);
    const result = pool.mapAsync(countItem, items, 10, { signal: stop.signal });
    expect(here.acquire(true, LONG)).toBe(true);
    stop.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    gate.release(10);
    expect(pool.apply(double, [4])).toBe(8);
    expect(counter.value).toBe(1);
  });

  test('ends an imap: what was not consumed is dropped, the next is the reason, and then nothing', () => {
    let closed = false;
    function* endless() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    const stop = new AbortController();
    const results = pool.imap(double, endless(), { signal: stop.signal });
    expect(results.next(LONG).value).toBe(0);
    stop.abort(new Error('enough'));
    expect(closed).toBe(true);
    expect(() => results.next(LONG)).toThrow('enough');
    expect(results.next(LONG).done).toBe(true);
    expect(pool.apply(double, [1])).toBe(2);
  });

  test('that comes too late changes nothing', async () => {
    const stop = new AbortController();
    const result = pool.applyAsync(double, [2], { signal: stop.signal });
    expect(result.get(LONG)).toBe(4);
    stop.abort();
    expect(await result).toBe(4);
  });

  test('serves thousands of calls with one listener', () => {
    const stop = new AbortController();
    let listeners = 0;
    const { addEventListener } = stop.signal;
    stop.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(stop.signal, args);
    };
    const results = range(2000).map((x) => pool.applyAsync(double, [x], { signal: stop.signal }));
    expect(results.map((each) => each.get(LONG))).toEqual(range(2000).map((x) => 2 * x));
    expect(listeners).toBe(1);
  });

  test('is never aborted for a task that was given none, whatever the one before had', () => {
    expect(pool.apply(signalState)).toBe(false);
    const stop = new AbortController();
    expect(pool.applyAsync(signalState, [], { signal: stop.signal }).get(LONG)).toBe(false);
    stop.abort();
    expect(pool.apply(signalState)).toBe(false);
  });
});
