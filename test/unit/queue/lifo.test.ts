import { LifoQueue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';

describe('LifoQueue', () => {
  test('gives the items back last in, first out', () => {
    const queue = new LifoQueue<number>();
    for (const i of range(1000)) queue.put(i);
    expect(range(1000).map(() => queue.get())).toEqual(range(1000).reverse());
  });

  test('keeps that order while puts and gets alternate', () => {
    const queue = new LifoQueue<string>();
    const stack: string[] = [];
    for (const round of range(80)) {
      for (const i of range((round * 7) % 40)) {
        queue.put(`${round}:${i}`);
        stack.push(`${round}:${i}`);
      }
      for (const _ of range(Math.min(stack.length, (round * 11) % 40))) expect(queue.get()).toBe(stack.pop());
    }
    expect(queue.qsize()).toBe(stack.length);
    while (!queue.empty()) expect(queue.getNowait()).toBe(stack.pop());
  });

  test('puts a batch in in order, and takes one out newest first', () => {
    const queue = new LifoQueue<unknown>();
    queue.putMany([1, 'two', null, { four: 4 }, undefined, true, '12345678', new Uint8Array(3)]);
    expect(queue.getMany(3)).toEqual([new Uint8Array(3), '12345678', true]);
    expect(queue.getMany()).toEqual([undefined, { four: 4 }, null, 'two', 1]);
  });

  test('is iterated from the newest on', () => {
    const queue = new LifoQueue<number>();
    queue.putMany([1, 2, 3]);
    queue.shutdown();
    expect([...queue]).toEqual([3, 2, 1]);
  });

  test('holds 100 000 items', () => {
    const queue = new LifoQueue<number>();
    for (const i of range(100_000)) queue.put(i);
    for (let i = 100_000; i-- > 0; ) if (queue.get() !== i) throw new Error(`item ${i} is not there`);
    expect(queue.empty()).toBe(true);
  });
});
