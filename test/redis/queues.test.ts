import { Empty, Full, Queue as LocalQueue, ShutDown, Thread, ValueError } from 'nogil';
import { type Cluster, connect, JoinableQueue, type Queue } from 'nogil/redis';
import { describe, expect, test } from 'vitest';
import { closes, putAll, sumOf } from './programs.workers.ts';
import { fresh, LONG, Program, type RedisServer, useRedis } from './support.ts';

let redis: RedisServer;
let cluster: Cluster;

useRedis({ lease: 3, prefix: 'test' }, (server, connected) => {
  redis = server;
  cluster = connected;
});

function start<A extends unknown[], R>(target: (...args: A) => R, ...args: A): Thread<(...args: A) => R> {
  const thread = new Thread({ target, args });
  thread.start();
  return thread;
}

describe('a queue between programs', () => {
  test('values arrive as through a local queue', () => {
    const queue = cluster.Queue<unknown>(fresh('values'));
    const when = new Date(1e12);
    const values = [
      1,
      -0.5,
      Number.NaN,
      2n ** 70n,
      'text',
      '\u{1f600}\ud800',
      '',
      null,
      undefined,
      true,
      new Uint8Array([1, 2, 3]),
      { a: [1, { b: when }], c: new Map([[1, new Set(['x'])]]) },
      Array(3),
      new RangeError('no'),
      new Float64Array([1.5, 2.5]),
      'x'.repeat(100_000),
    ];
    queue.putMany(values);
    using local = new LocalQueue<unknown>();
    for (const value of values) {
      local.put(value);
      expect(queue.get(true, LONG)).toEqual(local.get());
    }
  });

  test('a shared object is refused, and so is what cannot be sent', () => {
    const queue = cluster.Queue<unknown>(fresh('refused'));
    using local = new LocalQueue();
    expect(() => queue.put([local])).toThrow(/other machines/);
    expect(() => queue.put(() => 1)).toThrow(TypeError);
    expect(queue.qsize()).toBe(0);
  });

  test('is first in, first out, with what is there at once', async () => {
    const queue = cluster.Queue<number>(fresh('order'));
    for (let i = 0; i < 5; i++) queue.put(i);
    expect(queue.qsize()).toBe(5);
    expect(queue.getNowait()).toBe(0);
    expect(queue.getMany(2, LONG)).toEqual([1, 2]);
    expect(await queue.getAsync(LONG)).toBe(3);
    expect(await queue.getManyAsync(10, LONG)).toEqual([4]);
    expect(queue.empty()).toBe(true);
    expect(() => queue.getNowait()).toThrow(Empty);
    expect(() => queue.get(true, 0.05)).toThrow(Empty);
    await expect(queue.getAsync(0.05)).rejects.toThrow(Empty);
    expect(() => queue.get(true, -1)).toThrow(ValueError);
    queue.putMany([1, 2, 3]);
    const numbers = new Float64Array(4);
    let count = 0;
    while (count < 3) count += queue.getManyInto(numbers.subarray(count), LONG);
    expect([...numbers]).toEqual([1, 2, 3, 0]);
  });

  test('an aborted get takes nothing', async () => {
    const queue = cluster.Queue<number>(fresh('abort'));
    const controller = new AbortController();
    const got = queue.getAsync(undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(got).rejects.toThrow('enough');
    queue.put(7);
    expect(queue.get(true, LONG)).toBe(7);
    await expect(queue.getAsync(1, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  test('maxsize: a put waits until an item is done', async () => {
    const queue = cluster.JoinableQueue<number>(fresh('full'), { maxsize: 2 });
    expect(queue.maxsize).toBe(2);
    queue.putMany([1, 2]);
    expect(queue.full()).toBe(true);
    expect(() => queue.putNowait(3)).toThrow(Full);
    expect(() => queue.put(3, true, 0.05)).toThrow(Full);
    await expect(queue.putAsync(3, 0.05)).rejects.toThrow(Full);
    const waiting = queue.putAsync(3);
    expect(queue.get(true, LONG)).toBe(1);
    expect(queue.get(true, LONG)).toBe(2);
    queue.taskDone();
    await waiting;
    const error = (() => {
      try {
        queue.putMany([4, 5, 6], 0.1);
      } catch (thrown) {
        return thrown as Full;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(Full);
    expect(error?.put).toBe(0);
    queue.taskDone();
    expect(queue.get(true, LONG)).toBe(3);
    queue.taskDone();
    expect(queue.join(LONG)).toBe(true);
    expect(queue.unfinishedTasks).toBe(0);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('tasks are counted for a Queue, too', async () => {
    const queue = cluster.Queue<number>(fresh('tasks'));
    queue.putMany([1, 2]);
    expect(queue.join(0.05)).toBe(false);
    queue.get(true, LONG);
    queue.get(true, LONG);
    queue.taskDone();
    expect(queue.unfinishedTasks).toBe(1);
    const joined = queue.joinAsync();
    queue.taskDone();
    expect(await joined).toBe(true);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('shutdown ends who puts, and who gets when it is drained', async () => {
    const queue = cluster.Queue<number>(fresh('down'));
    queue.putMany([1, 2, 3]);
    const counting = start(closes, queue as Queue<number>);
    const other = queue.getAsync;
    expect(other).toBeTypeOf('function');
    queue.shutdown();
    expect(() => queue.put(4)).toThrow(ShutDown);
    expect(await counting.resultAsync(LONG)).toBe(3);
    expect(() => queue.get(true, LONG)).toThrow(ShutDown);
    expect(queue.isShutdown).toBe(true);
    const dropped = cluster.JoinableQueue<number>(fresh('drop'));
    dropped.putMany([1, 2, 3]);
    dropped.shutdown(true);
    expect(dropped.join(LONG)).toBe(true);
    await expect(dropped.getAsync(LONG)).rejects.toThrow(ShutDown);
  });

  test('its handle travels to workers, which block', async () => {
    const queue = cluster.JoinableQueue<number>(fresh('workers'));
    const consumers = [start(sumOf, queue, 500), start(sumOf, queue, 500)];
    const producer = start(putAll, queue as Queue<number>, 500);
    queue.putMany(Array.from({ length: 500 }, (_, i) => 500 + i));
    await producer.resultAsync(LONG);
    const sums = await Promise.all(consumers.map((thread) => thread.resultAsync(LONG)));
    expect((sums[0] as number) + (sums[1] as number)).toBe((999 * 1000) / 2);
    expect(queue.join(LONG)).toBe(true);
    using local = new LocalQueue<unknown>();
    local.put({ queue });
    const { queue: again } = local.get() as { queue: JoinableQueue<number> };
    expect(again).toBeInstanceOf(JoinableQueue);
    expect(again.name).toBe(queue.name);
  });

  test('2000 items of another program arrive once each; its end loses none', async () => {
    const name = fresh('program');
    const queue = cluster.JoinableQueue<number>(name);
    const producer = new Program('produce', redis.url, { lease: 3, prefix: 'test' }, name, 0, 2000);
    const items: number[] = [];
    // The main thread, which blocks.
    while (items.length < 2000) {
      items.push(queue.get(true, LONG));
      queue.taskDone();
    }
    expect(items).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    expect(queue.join(LONG)).toBe(true);
    expect(await producer.over()).toBe(0);
  });

  test('shards: each item arrives once, whichever it is in, and all are one queue', async () => {
    const queue = cluster.JoinableQueue<number>(fresh('shards'), { shards: 4, maxsize: 400 });
    const consumers = [start(sumOf, queue, 100), start(sumOf, queue, 100)];
    queue.putMany(Array.from({ length: 190 }, (_, i) => i));
    for (let i = 190; i < 200; i++) await queue.putAsync(i);
    const sums = await Promise.all(consumers.map((thread) => thread.resultAsync(LONG)));
    expect((sums[0] as number) + (sums[1] as number)).toBe((199 * 200) / 2);
    expect(queue.join(LONG)).toBe(true);
    expect(queue.unfinishedTasks).toBe(0);
    expect(() => queue.getNowait()).toThrow(Empty);
    expect(() => queue.taskDone()).toThrow(ValueError);
    queue.putMany([1, 2, 3]);
    expect(await queue.joinAsync(0.05)).toBe(false);
    queue.shutdown(true);
    expect(queue.isShutdown).toBe(true);
    expect(() => queue.get(true, LONG)).toThrow(ShutDown);
    expect(() => cluster.Queue('a', { shards: 0 })).toThrow(ValueError);
    expect(() => cluster.PriorityQueue('a', { shards: 2 })).toThrow(TypeError);
  });

  test('names and options that cannot be are errors', async () => {
    expect(() => cluster.Queue('')).toThrow(ValueError);
    expect(() => cluster.Queue('a{b}')).toThrow(ValueError);
    expect(() => cluster.Queue('a', { maxsize: -1 })).toThrow(ValueError);
    expect(() => cluster.Queue('a', { maxSize: 1 } as never)).toThrow(/did you mean 'maxsize'/);
    await expect(connect('http://x')).rejects.toThrow(ValueError);
    await expect(connect(redis.url, { lease: 0 })).rejects.toThrow(ValueError);
  });
});

describe('a priority queue between programs', () => {
  test('gives the smallest first, and of equal ones the first', () => {
    const queue = cluster.PriorityQueue<unknown>(fresh('priorities'));
    const items = [3, -1.5, 2n ** 60n, true, 0, -0.25, Number.NEGATIVE_INFINITY];
    queue.putMany(items);
    queue.put([3, 'second']);
    expect(() => queue.put('text')).toThrow(TypeError);
  });

  test('orders as a local one', async () => {
    const { PriorityQueue } = await import('nogil');
    const queue = cluster.PriorityQueue<unknown>(fresh('order'));
    using local = new PriorityQueue<unknown>();
    const items = [
      [2, 'a', 1],
      [2, 'a'],
      [2],
      [1, { no: 'order' }],
      [1, 'x'],
      [2n ** 64n, 'big'],
      [2 ** 64, 'float'],
      [2n ** 64n + 1n],
      [-1],
      [2, ['nested', 1]],
    ];
    for (const item of items) {
      queue.put(item);
      local.put(item as never);
    }
    const there = Array.from(items, () => queue.get(true, LONG));
    expect(there).toEqual(Array.from(items, () => local.get()));
    expect(queue.empty()).toBe(true);
    expect(() => queue.get(true, 0.05)).toThrow(Empty);
    const waiting = queue.getAsync();
    queue.put(['now']);
    expect(await waiting).toEqual(['now']);
  });

  test('what a killed program held comes again, once its lease is over', async () => {
    const name = fresh('held');
    const queue = cluster.PriorityQueue<number>(name, { until: 'taskDone' });
    queue.putMany([3, 1, 2]);
    const program = new Program('hoardPriorities', redis.url, { lease: 1, prefix: 'test' }, name, 2);
    expect(await program.next()).toEqual([1, 2]);
    expect(queue.qsize()).toBe(1);
    await program.kill();
    const items: number[] = [];
    while (items.length < 3) {
      items.push(queue.get(true, LONG));
      queue.taskDone();
    }
    expect(items.sort()).toEqual([1, 2, 3]);
    expect(queue.join(LONG)).toBe(true);
  });
});
