import { Lock, PriorityQueue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { thrownBy } from '../../support/thrown-by.ts';

describe('what a PriorityQueue cannot order', () => {
  const cycle: unknown[] = [1];
  cycle.push(cycle);
  const unordered: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['null', null],
    ['undefined', undefined],
    ['an object without a priority', { prio: 1 }],
    ['an object with priority NaN', { priority: Number.NaN }],
    ['an object with an object for a priority', { priority: { priority: 1 } }],
    ['a Date', new Date(5)],
    ['a Uint8Array', new Uint8Array(2)],
    ['an empty array', []],
    ['an array that begins with null', [null, 1]],
    ['an array that begins with NaN', [Number.NaN, 1]],
    ['an array that begins with an object', [{ priority: 1 }]],
    ['an array that begins with an empty one', [[], 1]],
    ['an array that contains itself', cycle],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ];

  test.each(unordered)('is a TypeError and is not in the queue: %s', async (_, item) => {
    const queue = new PriorityQueue<unknown>();
    queue.put([2, 'there']);
    const before = held();
    for (const put of [
      () => queue.put(item),
      () => queue.putNowait(item),
      () => queue.putMany([[1, new Uint8Array(9000)], item]),
    ])
      expect(thrownBy(put)).toBeInstanceOf(TypeError);
    await expect(queue.putAsync(item)).rejects.toBeInstanceOf(TypeError);
    await expect(queue.putManyAsync([1, item])).rejects.toBeInstanceOf(TypeError);
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([1, 1]);
    expect(held()).toEqual(before);
    queue.put([1, 'first']);
    expect(queue.getMany()).toEqual([
      [1, 'first'],
      [2, 'there'],
    ]);
  });

  test('is a number among strings, a string among numbers, either among arrays of arrays', async () => {
    const lock = new Lock();
    const kinds: unknown[][] = [
      [1, 2n, [3, 'a'], { priority: 4, bytes: new Uint8Array(9000) }],
      ['a', ['b', 1], { priority: 'c', lock }, 'd'.repeat(9000)],
      [[[1], 2], [[1, 'x'], 1], { priority: [[2]] }],
      [
        [['a'], 1],
        [['b', 1], 1],
      ],
    ];
    for (const own of kinds) {
      const queue = new PriorityQueue<unknown>();
      queue.putMany(own);
      const before = held();
      for (const other of kinds.filter((kind) => kind !== own).flat()) {
        for (const put of [() => queue.put(other), () => queue.putMany([other]), () => queue.putMany([...own, other])])
          expect(thrownBy(put)).toBeInstanceOf(TypeError);
        await expect(queue.putAsync(other)).rejects.toBeInstanceOf(TypeError);
      }
      expect(queue.qsize()).toBe(own.length);
      expect(held()).toEqual(before);
      queue.close();
    }
  });

  test('is decided by what is in the queue at the time: an empty one takes any kind', () => {
    const queue = new PriorityQueue<unknown>();
    queue.put(1);
    expect(() => queue.put('a')).toThrow(TypeError);
    expect(queue.get()).toBe(1);
    queue.put('a');
    expect(() => queue.put(1)).toThrow(TypeError);
    expect(queue.get()).toBe('a');
  });

  test('is a TypeError also when there is no room', () => {
    const queue = new PriorityQueue<unknown>(1);
    queue.put(1);
    expect(() => queue.put('a')).toThrow(TypeError);
    expect(() => queue.put('a', false)).toThrow(TypeError);
  });

  test('may come up while it waits for room', async () => {
    const queue = new PriorityQueue<unknown>(1);
    queue.put(1);
    const waiting = queue.putAsync(2, 5).catch((error) => error);
    queue.get();
    queue.put('a');
    expect(await waiting).toBeInstanceOf(TypeError);
    expect(queue.getMany()).toEqual(['a']);
  });

  test('is not what a getter puts meanwhile', () => {
    const queue = new PriorityQueue<unknown>();
    let asked = 0;
    const item = {
      get priority() {
        if (asked++ === 0) queue.put([7, 'from the getter']);
        return 5;
      },
      text: 'y'.repeat(3000),
    };
    queue.put(item);
    expect(queue.qsize()).toBe(2);
    expect(queue.get()).toMatchObject({ priority: 5, text: item.text });
    expect(queue.get()).toEqual([7, 'from the getter']);
  });
});
