import { Empty, Full, Lock, ShutDown } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { classes, timed } from './flavours.ts';

describe.each(classes)('%s', (_, Queue) => {
  test('puts a batch in, in order, as one put after the other would', () => {
    const queue = new Queue<unknown>();
    const items = ['a', 1, null, undefined, { a: [true] }, new Uint8Array([1, 2]), 2n, 'ä€😀', ''];
    queue.putMany(items);
    expect(queue.qsize()).toBe(items.length);
    expect(queue.unfinishedTasks).toBe(items.length);
    expect(items.map(() => queue.get())).toEqual(items);
  });

  test('takes any iterable as a batch', () => {
    const queue = new Queue<number>();
    queue.putMany(new Set([1, 2]));
    queue.putMany(
      (function* () {
        yield 3;
        yield 4;
      })(),
    );
    queue.putMany([]);
    expect(queue.getMany()).toEqual([1, 2, 3, 4]);
  });

  test('puts a generator that uses the queue itself behind what the generator put', () => {
    const queue = new Queue<number>();
    queue.putMany(
      (function* () {
        queue.put(1);
        yield 2;
        queue.put(3);
        yield 4;
      })(),
    );
    expect(queue.getMany()).toEqual([1, 3, 2, 4]);
  });

  test('keeps the items of a batch apart from what a getter in one of them puts or takes', () => {
    const queue = new Queue<unknown>();
    queue.putMany(['taken 1', 'taken 2']);
    let asked = 0;
    const item = {
      get text() {
        if (asked++ === 0) {
          queue.put('put '.repeat(100));
          queue.putMany(['in', 'a', 'batch', { of: 'its own' }]);
          queue.get();
        }
        return 'got';
      },
    };
    queue.putMany(['before '.repeat(50), 1, { before: true }, item, 'behind', new Map([[1, item]])]);
    const nested = ['taken 2', 'put '.repeat(100), 'in', 'a', 'batch', { of: 'its own' }];
    const batch = ['before '.repeat(50), 1, { before: true }, { text: 'got' }, 'behind', new Map([[1, { text: 'got' }]])];
    const got: unknown[] = [];
    while (!queue.empty()) got.push(...queue.getMany());
    expect(got).toEqual([...nested, ...batch]);
  });

  test('takes at least one and at most as many as it is asked for', () => {
    const queue = new Queue<number>();
    queue.putMany(range(10));
    expect(queue.getMany(3)).toEqual([0, 1, 2]);
    expect(queue.getMany(1)).toEqual([3]);
    expect(queue.getMany(100)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(thrownBy(() => queue.getMany(5, 0))).toBeInstanceOf(Empty);
    const { error, seconds } = timed(() => queue.getMany(5, 0.03));
    expect(error).toBeInstanceOf(Empty);
    expect(seconds).toBeGreaterThanOrEqual(0.03);
  });

  test('takes as many as Infinity, and refuses to take none or half of one', () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2]);
    expect(() => queue.getMany(0)).toThrow('max must be');
    expect(() => queue.getMany(-1)).toThrow('max must be');
    expect(() => queue.getMany(1.5)).toThrow(TypeError);
    expect(queue.getMany(Number.POSITIVE_INFINITY)).toEqual([1, 2]);
  });

  test('moves a batch of many sizes, larger than any staging area, in order', () => {
    const queue = new Queue<string>();
    const items = range(4000).map((i) => `${i}-${'y'.repeat(i % 50 === 0 ? 9000 : (i * 13) % 300)}`);
    queue.putMany(items);
    const got: string[] = [];
    while (got.length < items.length) got.push(...queue.getMany());
    expect(got).toEqual(items);
    expect(queue.empty()).toBe(true);
  });

  test('puts in as many as there is room for in time, and says how many in Full.put', () => {
    const queue = new Queue<number>(3);
    const { error, seconds } = timed(() => queue.putMany([1, 2, 3, 4, 5], 0.03));
    expect(error).toBeInstanceOf(Full);
    expect((error as Full).put).toBe(3);
    expect(seconds).toBeGreaterThanOrEqual(0.03);
    expect(queue.getMany()).toEqual([1, 2, 3]);
    queue.put(0);
    expect((thrownBy(() => queue.putMany([1, 2, 3], 0)) as Full).put).toBe(2);
    expect((thrownBy(() => queue.putMany([9], 0)) as Full).put).toBe(0);
    expect(queue.getMany()).toEqual([0, 1, 2]);
  });

  test('counts in Full.put over many steps, too', () => {
    const queue = new Queue<string>(700);
    const items = range(1000).map((i) => `${i}${'z'.repeat(300)}`);
    const full = thrownBy(() => queue.putMany(items, 0.01)) as Full;
    expect(full.put).toBe(700);
    const got: string[] = [];
    while (!queue.empty()) got.push(...queue.getMany());
    expect(got).toEqual(items.slice(0, 700));
  });

  test('frees what a batch that was too long left over', () => {
    const queue = new Queue<unknown>(2);
    const before = held();
    const lock = new Lock();
    const items = [1, 2, new Uint8Array(50_000), [lock], { lock, more: 'x'.repeat(10_000) }, 'text'];
    expect((thrownBy(() => queue.putMany(items, 0)) as Full).put).toBe(2);
    lock.close();
    queue.getMany();
    expect(held()).toEqual(before);
  });

  test('puts nothing in when one item of a batch cannot be sent, wherever it stands', () => {
    const queue = new Queue<unknown>();
    queue.put('before');
    const lock = new Lock();
    const before = held();
    for (const count of [0, 1, 100, 5000]) {
      const items = range(count).map((i) => (i % 3 ? new Uint8Array(3000) : { lock, i }));
      expect(() => queue.putMany([...items, { callback: () => 1 }])).toThrow('cannot send a function (at .callback)');
      expect(queue.qsize()).toBe(1);
      expect(queue.unfinishedTasks).toBe(1);
    }
    expect(held()).toEqual(before);
    expect(queue.get()).toBe('before');
  });

  test('puts nothing of a batch in after a shutdown, and frees it', () => {
    const queue = new Queue<unknown>();
    queue.shutdown();
    const before = held();
    const lock = new Lock();
    expect(thrownBy(() => queue.putMany([new Uint8Array(1e5), [lock], lock]))).toBeInstanceOf(ShutDown);
    lock.close();
    expect(held()).toEqual(before);
  });

  test('puts a batch without blocking, as room comes', async () => {
    const queue = new Queue<string>(4);
    const items = range(60).map((i) => `${i}${'q'.repeat(i * 100)}`);
    const putting = queue.putManyAsync(items, 10);
    expect(queue.qsize()).toBe(4);
    const got: string[] = [];
    while (got.length < items.length) got.push(...(await queue.getManyAsync(3, 10)));
    await putting;
    expect(got).toEqual(items);
  });

  test('takes the snapshot of a whole async batch at the call', async () => {
    const queue = new Queue<{ i: number }>(2);
    const items = range(3000).map((i) => ({ i, filler: 'f'.repeat(100) }));
    const putting = queue.putManyAsync(items, 10);
    for (const item of items) item.i = -1;
    items.length = 10;
    const got: number[] = [];
    while (got.length < 3000) got.push(...(await queue.getManyAsync(undefined, 10)).map(({ i }) => i));
    await putting;
    expect(got).toEqual(range(3000));
  });

  test('says in Full.put how many of an async batch are in when the time is up', async () => {
    const queue = new Queue<number>(3);
    const full = await queue.putManyAsync([1, 2, 3, 4], 0.02).catch((error) => error);
    expect(full).toBeInstanceOf(Full);
    expect(full.put).toBe(3);
    expect(queue.getMany()).toEqual([1, 2, 3]);
  });
});
