import { Empty, Full, heap, ShutDown, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';
import { rejectionOf, rejectionsOf } from '../../support/thrown-by.ts';
import { classes, lenient, strict, turn } from './flavours.ts';

describe.each(classes)('%s', (_, Queue) => {
  test('puts and gets at once where nothing has to wait', async () => {
    const queue = new Queue<string>(1);
    await queue.putAsync('a');
    expect(queue.qsize()).toBe(1);
    expect(await queue.getAsync()).toBe('a');
  });

  test('waits for an item without blocking', async () => {
    const queue = new Queue<number>();
    const got = queue.getAsync(5);
    await turn();
    queue.put(1);
    expect(await got).toBe(1);
    expect(queue.empty()).toBe(true);
  });

  test('waits for room without blocking', async () => {
    const queue = new Queue<unknown>(1);
    queue.put('a');
    const putting = queue.putAsync(['b', new Uint8Array(10_000)], 5);
    await turn();
    expect(queue.qsize()).toBe(1);
    expect(queue.get()).toBe('a');
    await putting;
    expect(queue.get()).toEqual(['b', new Uint8Array(10_000)]);
  });

  test('serves those who wait in their order', async () => {
    const queue = new Queue<number>();
    const all = Promise.all(range(20).map(() => queue.getAsync(5)));
    await turn();
    for (const i of range(20)) queue.put(i);
    expect(await all).toEqual(range(20));
    const full = new Queue<number>(1);
    const putting = Promise.all(range(20).map((i) => full.putAsync(i, 5)));
    const got = [];
    for (const _ of range(20)) got.push(await full.getAsync(5));
    await putting;
    expect(got).toEqual(range(20));
  });

  test('rejects with Empty or Full when the time is up, not before, and leaves no trace', async () => {
    const queue = new Queue<unknown>(1);
    const before = held();
    const began = performance.now();
    expect(await rejectionOf(queue.getAsync(0.03))).toBeInstanceOf(Empty);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    expect(await rejectionOf(queue.getManyAsync(2, 0.01))).toBeInstanceOf(Empty);
    expect(await rejectionOf(queue.getAsync(0))).toBeInstanceOf(Empty);
    queue.put(1);
    expect(await rejectionOf(queue.putAsync(new Uint8Array(100_000), 0.01))).toBeInstanceOf(Full);
    expect(await rejectionOf(queue.putAsync({ queue }, 0.01))).toBeInstanceOf(Full);
    expect(await rejectionOf(queue.putAsync({ queue }, 0))).toBeInstanceOf(Full);
    expect(await rejectionOf(queue.putManyAsync([new Uint8Array(100_000), queue], 0.01))).toBeInstanceOf(Full);
    expect(queue.get()).toBe(1);
    expect(queue.unfinishedTasks).toBe(1);
    expect(held()).toEqual(before);
  });

  test('rejects with the reason of its signal, and leaves no trace', async () => {
    const queue = new Queue<unknown>(1);
    const before = held();
    const gone = new AbortController();
    const gets = [queue.getAsync(5, gone), queue.getAsync(undefined, gone), queue.getManyAsync(3, null, gone)];
    await turn();
    const reason = new Error('enough');
    gone.abort(reason);
    for (const error of await rejectionsOf(gets)) expect(error).toBe(reason);
    queue.put('x');
    await turn();
    expect(queue.qsize()).toBe(1);

    const stop = new AbortController();
    const puts = [
      queue.putAsync(new Uint8Array(50_000), 5, stop),
      queue.putAsync([queue], null, stop),
      queue.putManyAsync([1, [queue], new Uint8Array(5000)], 5, stop),
    ];
    await turn();
    stop.abort();
    for (const error of await rejectionsOf(puts)) expect(error).toBe(stop.signal.reason);
    expect(queue.get()).toBe('x');
    await turn();
    expect(queue.empty()).toBe(true);
    expect(held()).toEqual(before);
  });

  test('does nothing when its signal is aborted already', async () => {
    const queue = new Queue<unknown>(1);
    queue.put(1);
    const options = { signal: AbortSignal.abort('why') };
    const before = held();
    expect(await rejectionOf(queue.getAsync(undefined, options))).toBe('why');
    expect(await rejectionOf(queue.getManyAsync(1, undefined, options))).toBe('why');
    expect(await rejectionOf(queue.putAsync(new Uint8Array(9999), undefined, options))).toBe('why');
    expect(await rejectionOf(queue.putManyAsync([queue], undefined, options))).toBe('why');
    expect(await rejectionOf(queue.joinAsync(undefined, options))).toBe('why');
    expect(queue.qsize()).toBe(1);
    expect(held()).toEqual(before);
  });

  test('passes an item on when the one who waited first gives up as it comes', async () => {
    const queue = new Queue<number>();
    const gone = new AbortController();
    const first = rejectionOf(queue.getAsync(5, gone));
    const second = queue.getAsync(5);
    await turn();
    queue.put(1);
    gone.abort('gone');
    expect(await first).toBe('gone');
    expect(await second).toBe(1);
  });

  test('still gets and puts in order after one in the middle gave up', async () => {
    const queue = new Queue<number>(1);
    const gone = new AbortController();
    const results = [queue.getAsync(5), rejectionOf(queue.getAsync(5, gone)), queue.getAsync(5)];
    await turn();
    gone.abort('gone');
    for (const i of [1, 2]) await queue.putAsync(i, 5);
    expect(await Promise.all(results)).toEqual([1, 'gone', 2]);
  });

  test('serves one that begins to wait just when the last one gave up', async () => {
    const queue = new Queue<number>();
    for (const i of range(30)) {
      const gone = new AbortController();
      const first = rejectionOf(queue.getAsync(5, gone));
      if (i % 2) await turn();
      gone.abort('gone');
      const second = queue.getAsync(5);
      if (i % 3 === 0) await turn();
      queue.put(i);
      expect(await first).toBe('gone');
      expect(await second).toBe(i);
    }
  });

  test('rejects with ShutDown whoever waits when it is shut down', async () => {
    const queue = new Queue<number>(1);
    const gets = [queue.getAsync(5), queue.getManyAsync(3, 5)].map(rejectionOf);
    await turn();
    queue.shutdown();
    for (const get of gets) expect(await get).toBeInstanceOf(ShutDown);
    expect(await rejectionOf(queue.getAsync())).toBeInstanceOf(ShutDown);
    const full = new Queue<number>(1);
    full.put(1);
    const puts = [full.putAsync(2, 5), full.putManyAsync([3, 4], 5)].map(rejectionOf);
    await turn();
    full.shutdown();
    for (const put of puts) expect(await put).toBeInstanceOf(ShutDown);
    expect(await full.getAsync()).toBe(1);
    expect(await rejectionOf(full.getAsync())).toBeInstanceOf(ShutDown);
  });

  test('joins without blocking', async () => {
    const queue = new Queue<number>();
    expect(await queue.joinAsync()).toBe(true);
    queue.putMany([1, 2]);
    expect(await queue.joinAsync(0)).toBe(false);
    expect(await queue.joinAsync(0.01)).toBe(false);
    const gone = new AbortController();
    const aborted = rejectionOf(queue.joinAsync(5, gone));
    const joined = queue.joinAsync(5);
    await turn();
    gone.abort('gone');
    expect(await aborted).toBe('gone');
    queue.taskDone();
    queue.taskDone();
    expect(await joined).toBe(true);
  });

  test('is joined at an immediate shutdown', async () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2]);
    const joined = queue.joinAsync(5);
    await turn();
    queue.shutdown(true);
    expect(await joined).toBe(true);
  });

  test('rejects what the blocking twin throws', async () => {
    const queue = new Queue<unknown>(1);
    expect(await rejectionOf(queue.putAsync(() => 1))).toBeInstanceOf(TypeError);
    expect(await rejectionOf(queue.putManyAsync([1, Symbol('s')]))).toBeInstanceOf(TypeError);
    expect(await rejectionOf(queue.getManyAsync(0))).toBeInstanceOf(ValueError);
    for (const call of [
      () => queue.getAsync(Number.NaN),
      () => queue.getManyAsync(1, Number.NaN),
      () => queue.putAsync(1, Number.NaN),
      () => queue.putManyAsync([1], Number.NaN),
      () => queue.joinAsync(Number.NaN),
    ])
      expect(await rejectionOf(call())).toBeInstanceOf(ValueError);
    expect(queue.empty()).toBe(true);
    queue.close();
    for (const call of [
      () => queue.getAsync(),
      () => queue.getManyAsync(),
      () => queue.putAsync(1),
      () => queue.putManyAsync([1]),
      () => queue.joinAsync(),
    ])
      expect(await rejectionOf(call())).toBeInstanceOf(ValueError);
  });

  test('rejects whoever still waits when its handle is closed, and leaves the next object in its place alone', async () => {
    const before = held();
    for (const _ of range(10)) {
      const closed = new Queue<number>();
      const waiting = rejectionOf(closed.getAsync(5));
      closed.close();
      const next = new Queue<number>();
      expect(await waiting).toBeInstanceOf(ValueError);
      await turn();
      const got = next.getAsync(5);
      await turn();
      next.put(7);
      expect(await got).toBe(7);
      next.close();
    }
    await turn();
    expect(held()).toEqual(before);
  });

  test('lets those wait on who have a handle of their own when another is closed', async () => {
    const queue = new Queue<unknown>();
    queue.put(queue);
    const other = queue.get() as typeof queue;
    const [first, second, third] = [other.getAsync(5), rejectionOf(queue.getAsync(5)), other.getAsync(5)];
    await turn();
    queue.close();
    expect(await second).toBeInstanceOf(ValueError);
    other.putMany(['a', 'b']);
    expect(await Promise.all([first, third])).toEqual(['a', 'b']);
  });

  test('has no sleeper while only async calls wait', async () => {
    const queue = new Queue<number>();
    const waiting = queue.getAsync(5);
    await turn();
    expect(heap.inspect().find(({ id }) => id === queue.id)).toMatchObject({ class: 'Queue', size: 0, waiters: [] });
    queue.put(1);
    await waiting;
  });
});

describe.each(strict)('the strict %s', (_, Queue) => {
  test('rejects a negative timeout with ValueError', async () => {
    const queue = new Queue<number>(1);
    queue.put(1);
    for (const call of [
      () => queue.getAsync(-1),
      () => queue.getManyAsync(1, -1),
      () => queue.putAsync(1, -1),
      () => queue.putManyAsync([1], -1),
      () => queue.joinAsync(-1),
    ])
      expect(await rejectionOf(call())).toBeInstanceOf(ValueError);
    expect(queue.qsize()).toBe(1);
  });
});

describe.each(lenient)('the lenient %s', (_, Queue) => {
  test('takes a negative timeout as one try', async () => {
    const queue = new Queue<number>(1);
    expect(await rejectionOf(queue.getAsync(-1))).toBeInstanceOf(Empty);
    await queue.putAsync(1, -1);
    expect(await rejectionOf(queue.putAsync(2, -1))).toBeInstanceOf(Full);
    expect(await queue.joinAsync(-1)).toBe(false);
    expect(await queue.getAsync(-1)).toBe(1);
  });
});
