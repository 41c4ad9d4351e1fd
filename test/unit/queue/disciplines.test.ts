/**
 * What the shell does around every discipline: limits, waiting, batches, tasks, shutdown, memory. The order
 * in which items come out is in lifo.test.ts and priority.test.ts.
 */
import { Empty, Full, heap, LifoQueue, Lock, PriorityQueue, type Queue, ShutDown, SimpleQueue, ValueError } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { disciplines } from '../../support/disciplines.ts';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';
import { rejectionOf, rejectionsOf, thrownBy } from '../../support/thrown-by.ts';
import { timed, turn } from './flavours.ts';

/** Items that every discipline takes. */
interface Item {
  priority: number;
  text?: string;
  lock?: Lock;
  bytes?: Uint8Array;
}

const { limited, all } = disciplines<Item>();

const byPriority = (a: Item, b: Item): number => a.priority - b.priority;

/**
 * Of every way in which an item travels: inline, in a block of the core's, in one of the sender's, with
 * handles.
 */
function varied(priority: number, lock: Lock): Item {
  switch (priority % 5) {
    case 0:
      return { priority };
    case 1:
      return { priority, text: `text ${priority} `.repeat(priority % 50) };
    case 2:
      return { priority, bytes: new Uint8Array(priority * 300).fill(priority) };
    case 3:
      return { priority, lock };
    default:
      return { priority, lock, bytes: new Uint8Array(5000) };
  }
}

describe.each(limited)('%s', (_, Queue) => {
  test('takes no more than maxsize items, and says when it is full', () => {
    const queue = new Queue(2);
    expect(queue.maxsize).toBe(2);
    queue.put({ priority: 1 });
    expect([queue.qsize(), queue.empty(), queue.full()]).toEqual([1, false, false]);
    queue.putNowait({ priority: 2 });
    expect([queue.qsize(), queue.empty(), queue.full()]).toEqual([2, false, true]);
    for (const put of [
      () => queue.put({ priority: 3 }, false),
      () => queue.putNowait({ priority: 3 }),
      () => queue.put({ priority: 3, bytes: new Uint8Array(9000) }, true, 0),
      () => queue.putMany([{ priority: 3 }], 0),
      () => (queue as Queue<unknown>).put(3, false),
    ])
      expect(thrownBy(put)).toBeInstanceOf(Full);
    expect(queue.qsize()).toBe(2);
    expect(queue.unfinishedTasks).toBe(2);
  });

  test('has no limit without a maxsize, or with one of 0 or less', () => {
    for (const queue of [new Queue(), new Queue(0), new Queue(-1)]) {
      for (const priority of range(3000)) queue.putNowait({ priority });
      expect([queue.full(), queue.qsize()]).toEqual([false, 3000]);
    }
    expect(() => new Queue(1.5)).toThrow(TypeError);
  });

  test('waits for room as long as it was told', () => {
    const queue = new Queue(1);
    queue.put({ priority: 1 });
    const { error, seconds } = timed(() => queue.put({ priority: 2 }, true, 0.03));
    expect(error).toBeInstanceOf(Full);
    expect(seconds).toBeGreaterThanOrEqual(0.03);
  });

  test('says in Full.put how many of a batch are in, and frees the rest', () => {
    const queue = new Queue(3);
    const before = held();
    const lock = new Lock();
    const error = thrownBy(() =>
      queue.putMany(
        range(10).map((i) => varied(i, lock)),
        0,
      ),
    ) as Full;
    expect(error).toBeInstanceOf(Full);
    expect(error.put).toBe(3);
    while (!queue.empty()) queue.get().lock?.close();
    lock.close();
    expect(held().objects).toEqual(before.objects);
  });

  test('puts without blocking as room comes', async () => {
    const queue = new Queue(2);
    const putting = queue.putManyAsync(
      range(20).map((priority) => ({ priority })),
      5,
    );
    const single = queue.putAsync({ priority: 20 }, 5);
    const got: Item[] = [];
    while (got.length < 21) got.push(...(await queue.getManyAsync(3, 5)));
    await putting;
    await single;
    expect(got.sort(byPriority)).toEqual(range(21).map((priority) => ({ priority })));
  });

  test('leaves no trace of an async put that was given up', async () => {
    const queue = new Queue(1);
    queue.put({ priority: 0 });
    const lock = new Lock();
    const before = held();
    const gone = new AbortController();
    const puts = [2, 3, 4].map((i) => queue.putAsync(varied(i, lock), 5, gone));
    puts.push(
      queue.putManyAsync(
        range(9).map((i) => varied(i, lock)),
        5,
        gone,
      ),
    );
    const late = rejectionOf(queue.putAsync(varied(4, lock), 0.01));
    await turn();
    gone.abort('gone');
    for (const error of await rejectionsOf(puts)) expect(error).toBe('gone');
    expect(await late).toBeInstanceOf(Full);
    expect(held()).toEqual(before);
    expect(queue.get()).toEqual({ priority: 0 });
    expect(queue.empty()).toBe(true);
  });

  test('rejects with ShutDown who waits for room when it is shut down', async () => {
    const queue = new Queue(1);
    queue.put({ priority: 1 });
    const putting = rejectionOf(queue.putAsync({ priority: 2, bytes: new Uint8Array(9000) }, 5));
    await turn();
    queue.shutdown();
    expect(await putting).toBeInstanceOf(ShutDown);
    expect(thrownBy(() => queue.put({ priority: 2 }))).toBeInstanceOf(ShutDown);
    expect(queue.get()).toEqual({ priority: 1 });
  });

  test('takes no more memory once it has held maxsize items', () => {
    const queue = new Queue(100);
    const fill = () => {
      for (const priority of range(100)) queue.put({ priority, text: 'x'.repeat(100) });
      for (const _ of range(100)) queue.get();
    };
    fill();
    const before = held();
    for (const _ of range(50)) fill();
    expect(held()).toEqual(before);
  });

  test('gives memory back as it is drained', () => {
    const queue = new Queue();
    const before = held().bytesInUse;
    for (const priority of range(20_000)) queue.put({ priority });
    expect(held().bytesInUse).toBeGreaterThan(before + 20_000 * 16);
    for (const _ of range(20_000)) queue.get();
    expect(held().bytesInUse).toBeLessThan(before + 10_000);
  });
});

describe.each(all)('%s', (_, Queue) => {
  test('is a class of its own, also for whoever receives it', () => {
    using queue = new Queue();
    queue.put({ priority: 7 });
    const carrier = new SimpleQueue<unknown>();
    carrier.put({ queue });
    using got = (carrier.get() as { queue: Queue<Item> }).queue;
    expect(got.constructor).toBe(Queue);
    expect(got.id).toBe(queue.id);
    expect(got.get()).toEqual({ priority: 7 });
    expect(queue.empty()).toBe(true);
  });

  test('throws Empty when nothing is there in time', () => {
    const queue = new Queue();
    for (const get of [() => queue.get(false), () => queue.getNowait(), () => queue.get(true, 0), () => queue.getMany(3, 0)])
      expect(thrownBy(get)).toBeInstanceOf(Empty);
    const { error, seconds } = timed(() => queue.get(true, 0.03));
    expect(error).toBeInstanceOf(Empty);
    expect(seconds).toBeGreaterThanOrEqual(0.03);
  });

  test('gives every item back whole, whatever its size, and keeps none of its memory', () => {
    const before = held();
    const queue = new Queue();
    const lock = new Lock();
    const items = range(300).map((i) => varied(i, lock));
    items.push({ priority: 300, bytes: new Uint8Array(2_000_000).fill(3) });
    for (const item of items.slice(0, 150)) queue.put(item);
    queue.putMany(items.slice(150));
    expect(queue.qsize()).toBe(301);
    const got: Item[] = [];
    for (const _ of range(150)) got.push(queue.get());
    while (!queue.empty()) got.push(...queue.getMany(40));
    got.sort(byPriority).forEach((item, i) => {
      const { lock: inner, ...rest } = item;
      const { lock: sent, ...wanted } = items[i] as Item;
      expect(inner?.id).toBe(sent?.id);
      inner?.close();
      expect(rest.bytes === undefined || Buffer.from(rest.bytes).equals(wanted.bytes as Uint8Array)).toBe(true);
      expect([rest.priority, rest.text]).toEqual([wanted.priority, wanted.text]);
    });
    lock.close();
    queue.close();
    expect(held()).toEqual(before);
  });

  test('gives everything back when it is dropped with items in it, or shut down', () => {
    const before = held();
    for (const immediate of [undefined, false, true]) {
      const queue = new Queue();
      const lock = new Lock();
      queue.putMany(range(200).map((i) => varied(i, lock)));
      lock.close();
      if (immediate !== undefined) queue.shutdown(immediate);
      if (immediate)
        expect([queue.qsize(), queue.unfinishedTasks, heap.stats().objects.Lock]).toEqual([0, 0, before.objects.Lock]);
      queue.close();
    }
    expect(held()).toEqual(before);
  });

  test('takes a snapshot', () => {
    const queue = new Queue();
    const item = { priority: 1, bytes: new Uint8Array([1]) };
    queue.put(item);
    item.priority = 9;
    item.bytes[0] = 9;
    expect(queue.get()).toEqual({ priority: 1, bytes: new Uint8Array([1]) });
  });

  test('refuses what cannot be sent, and nothing changes', () => {
    const queue = new Queue();
    queue.put({ priority: 1 });
    const before = held();
    const bad = { priority: 2, bytes: new Uint8Array(9000), text: (() => 1) as never };
    for (const put of [() => queue.put(bad), () => queue.putMany([{ priority: 0, bytes: new Uint8Array(9000) }, bad])])
      expect(put).toThrow('cannot send a function (at .text)');
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([1, 1]);
    expect(held()).toEqual(before);
  });

  test('waits for an item without blocking, and passes none to who gave up', async () => {
    const queue = new Queue();
    const gone = new AbortController();
    const first = rejectionOf(queue.getAsync(5, gone));
    const second = queue.getAsync(5);
    const third = queue.getManyAsync(5, 5);
    await turn();
    gone.abort('gone');
    queue.put({ priority: 1 });
    queue.put({ priority: 2 });
    expect(await first).toBe('gone');
    expect([await second, ...(await third)].sort(byPriority)).toEqual([{ priority: 1 }, { priority: 2 }]);
    expect(await rejectionOf(queue.getAsync(0.01))).toBeInstanceOf(Empty);
  });

  test('counts tasks, and is joined when all are counted off', async () => {
    const queue = new Queue();
    expect(queue.join()).toBe(true);
    queue.putMany([{ priority: 1 }, { priority: 2 }]);
    queue.get();
    expect([queue.unfinishedTasks, queue.join(0), await queue.joinAsync(0)]).toEqual([2, false, false]);
    const joined = queue.joinAsync(5);
    queue.taskDone();
    queue.taskDone();
    expect(await joined).toBe(true);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('is drained after a shutdown, also by its iterators', async () => {
    const queue = new Queue();
    queue.putMany(range(6).map((priority) => ({ priority })));
    queue.shutdown();
    expect(queue.isShutdown).toBe(true);
    expect(thrownBy(() => queue.put({ priority: 9 }))).toBeInstanceOf(ShutDown);
    expect(thrownBy(() => queue.putMany([{ priority: 9 }]))).toBeInstanceOf(ShutDown);
    const seen: Item[] = [];
    for (const item of queue) if (seen.push(item) === 3) break;
    for await (const item of queue) seen.push(item);
    expect(seen.sort(byPriority)).toEqual(range(6).map((priority) => ({ priority })));
    expect([...queue]).toEqual([]);
    for (const get of [() => queue.get(), () => queue.getNowait(), () => queue.getMany()])
      expect(thrownBy(get)).toBeInstanceOf(ShutDown);
  });

  test('counts off what an immediate shutdown drops, and nothing more', () => {
    const queue = new Queue();
    queue.putMany(range(5).map((priority) => ({ priority })));
    queue.get();
    queue.shutdown(true);
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([0, 1]);
    queue.taskDone();
    expect(queue.join()).toBe(true);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('shows in heap.inspect with its size', () => {
    using queue = new Queue();
    queue.putMany([{ priority: 1 }, { priority: 2 }]);
    const name = queue instanceof SimpleQueue ? 'Queue' : queue.constructor.name;
    expect(heap.inspect().find(({ id }) => id === queue.id)).toMatchObject({ class: name, size: 2, waiters: [] });
  });

  test('is an error to use once it is closed', () => {
    const queue = new Queue();
    queue.close();
    queue.close();
    for (const call of [() => queue.put({ priority: 1 }), () => queue.get(), () => queue.putMany([]), () => queue.qsize()])
      expect(call).toThrow(ValueError);
  });
});

describe('timeouts', () => {
  test('that are negative are a ValueError for the classes of queue, even when an item is there', () => {
    for (const queue of [new LifoQueue<number>(1), new PriorityQueue<number>(1), new SimpleQueue<number>()]) {
      queue.put(1);
      expect(() => queue.get(true, -1)).toThrow(ValueError);
      expect(() => queue.getMany(1, -1)).toThrow(ValueError);
      expect(queue.get(false, -1)).toBe(1);
    }
    expect(() => new LifoQueue(1).put(1, true, -1)).toThrow(ValueError);
    expect(() => new PriorityQueue(1).put(1, true, -1)).toThrow(ValueError);
  });

  test('that are negative are one try for multiprocessing.SimpleQueue', () => {
    const queue = new multiprocessing.SimpleQueue<number>();
    expect(thrownBy(() => queue.get(true, -1))).toBeInstanceOf(Empty);
    queue.put(1);
    expect(queue.get(true, -1)).toBe(1);
  });
});

describe('SimpleQueue', () => {
  test.each([SimpleQueue, multiprocessing.SimpleQueue])('is first in, first out, without a limit', (ctor) => {
    const queue = new ctor<number>();
    for (const i of range(5000)) queue.put(i);
    expect([queue.qsize(), queue.full(), queue.maxsize]).toEqual([5000, false, 0]);
    expect(range(5000).map(() => queue.getNowait())).toEqual(range(5000));
  });

  test('ignores block and timeout of put, whatever they are', () => {
    const queue = new SimpleQueue<unknown>();
    queue.put('a', false);
    queue.put('b', true, -1);
    queue.put('c', 'yes', Number.NaN);
    queue.putNowait('d');
    expect(queue.getMany()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('takes no maxsize', () => {
    expect(() => new (SimpleQueue as unknown as new (maxsize: number) => unknown)(5)).toThrow(TypeError);
  });

  test('may be put into while an item is being put into it', () => {
    const queue = new SimpleQueue<unknown>();
    let times = 0;
    queue.put({
      get inner() {
        if (times++ === 0) queue.put('first');
        return 'second';
      },
    });
    expect(queue.getMany()).toEqual(['first', { inner: 'second' }]);
  });
});
