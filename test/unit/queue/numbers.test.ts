import { Empty, LifoQueue, PriorityQueue, ShutDown } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { classes, timed } from './flavours.ts';

describe.each(classes)('%s', (_, Queue) => {
  test('takes typed arrays as batches of numbers', () => {
    const queue = new Queue<number>();
    const values = [0, -1, 1.5, 200, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40];
    for (const TypedArray of [
      Float64Array,
      Float32Array,
      Int32Array,
      Uint32Array,
      Int16Array,
      Uint16Array,
      Int8Array,
      Uint8Array,
    ]) {
      const batch = TypedArray.from(values);
      queue.putMany(batch);
      expect(queue.qsize()).toBe(values.length);
      expect(queue.getMany()).toEqual([...batch]);
    }
    queue.putMany(new Float64Array(0));
    expect(queue.empty()).toBe(true);
    const large = Float64Array.from(range(20_000));
    queue.putMany(large);
    let next = 0;
    while (!queue.empty()) for (const each of queue.getMany()) expect(each).toBe(next++);
    expect(next).toBe(large.length);
  });

  test('takes bigints out of a typed array as what they are', () => {
    const queue = new Queue<bigint>();
    queue.putMany(new BigInt64Array([1n, -2n, 2n ** 62n]));
    expect(queue.getMany()).toEqual([1n, -2n, 2n ** 62n]);
  });

  test('reads numbers into a typed array', async () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2.5, -3, Number.NaN, 1e300]);
    const target = new Float64Array(4).fill(9);
    expect([queue.getManyInto(target), [...target]]).toEqual([4, [1, 2.5, -3, Number.NaN]]);
    expect([await queue.getManyIntoAsync(target), [...target]]).toEqual([1, [1e300, 2.5, -3, Number.NaN]]);
    expect(queue.getManyInto(new Int32Array(0))).toBe(0);
    queue.putMany([300, -1, 2.7]);
    const bytes = new Uint8Array(8);
    expect([queue.getManyInto(bytes), [...bytes.subarray(0, 4)]]).toEqual([3, [44, 255, 2, 0]]);
    const waiting = queue.getManyIntoAsync(target);
    queue.put(7);
    expect([await waiting, target[0]]).toEqual([1, 7]);
  });

  test('reads up to the first item that is no number, which stays', () => {
    const queue = new Queue<unknown>();
    queue.putMany([1, 2, 'three', 4]);
    const target = new Float64Array(10);
    expect(queue.getManyInto(target)).toBe(2);
    const error = thrownBy(() => queue.getManyInto(target)) as Error;
    expect([error.name, error.message]).toEqual(['TypeError', 'the next item is no number: take it with get()']);
    expect([queue.qsize(), queue.get(), queue.getManyInto(target), target[0]]).toEqual([2, 'three', 1, 4]);
  });

  test('refuses what is no array of numbers, takes nothing and waits as getMany does', () => {
    const queue = new Queue<number>();
    queue.put(1);
    for (const target of [[], {}, null, new BigInt64Array(2), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8)])
      expect(thrownBy(() => queue.getManyInto(target as never))).toBeInstanceOf(TypeError);
    expect(queue.get()).toBe(1);
    const { error, seconds } = timed(() => queue.getManyInto(new Float64Array(2), 0.03));
    expect(error).toBeInstanceOf(Empty);
    expect(seconds).toBeGreaterThanOrEqual(0.03);
    queue.shutdown();
    expect(thrownBy(() => queue.getManyInto(new Float64Array(2)))).toBeInstanceOf(ShutDown);
  });
});

test('of the other queues numbers come in their order', () => {
  const stack = new LifoQueue<unknown>();
  stack.putMany([1, 'two', 3, 4]);
  const target = new Float64Array(8);
  expect([stack.getManyInto(target), [...target.subarray(0, 2)]]).toEqual([2, [4, 3]]);
  expect(thrownBy(() => stack.getManyInto(target))).toBeInstanceOf(TypeError);
  expect([stack.get(), stack.getManyInto(target), target[0]]).toEqual(['two', 1, 1]);
  const sorted = new PriorityQueue<number>();
  sorted.putMany(new Float64Array([3, 1, 2]));
  expect([sorted.getManyInto(target), [...target.subarray(0, 3)]]).toEqual([3, [1, 2, 3]]);
});
