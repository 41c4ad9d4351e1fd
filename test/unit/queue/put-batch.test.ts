/** Batches are written behind each other in one buffer, into which getters of their items may write, too. */
import { Queue } from 'nogil';
import { expect, test } from 'vitest';

function drained(queue: Queue<unknown>): unknown[] {
  const items: unknown[] = [];
  while (!queue.empty()) items.push(...queue.getMany());
  return items;
}

test('items of all encodings arrive in one batch, in their order', () => {
  const queue = new Queue<unknown>();
  const items = [
    { id: 1, name: 'plain' },
    1.5,
    Number.NaN,
    '',
    'ascii',
    'Þingvellir',
    'ключ',
    '\ud800 alone',
    12n,
    -(10n ** 30n),
    null,
    undefined,
    true,
    new Uint8Array([1, 2, 3]),
    new Map([['a', [1]]]),
    new Float64Array([1, 2]),
    [1, { two: 2 }],
    { large: 'x'.repeat(100_000) },
  ];
  for (let round = 0; round < 3; round++) {
    queue.putMany(items);
    expect(drained(queue)).toEqual(items);
  }
});

test('items of each length arrive, wherever the buffer has to grow', () => {
  const queue = new Queue<unknown>();
  for (const make of [
    (n: number) => new Uint8Array(n).fill(n),
    (n: number) => 'y'.repeat(n),
    (n: number) => ({ text: 'z'.repeat(n) }),
  ]) {
    const items = Array.from({ length: 300 }, (_, i) => make(1 + ((i * 37) % 2100)));
    queue.putMany(items);
    expect(drained(queue)).toEqual(items);
  }
});

test('a getter may put batches of its own', () => {
  const queue = new Queue<unknown>();
  const others = new Queue<unknown>();
  const items = Array.from({ length: 40 }, (_, i) => ({
    before: i,
    get inner() {
      others.putMany([{ before: i, text: 'x'.repeat(i * 30) }, 'text', new Map([[i, i]])]);
      others.put({ before: -i });
      return i;
    },
    after: 'after',
  }));
  queue.putMany(items);
  expect(drained(queue)).toEqual(Array.from({ length: 40 }, (_, i) => ({ before: i, inner: i, after: 'after' })));
  // Of one that is read a second time, once more.
  expect(others.qsize()).toBe(160);
});

test('a getter in which the stack is used up while it puts leaves the item that it is of as it is', () => {
  const queue = new Queue<unknown>();
  const others = new Queue<unknown>();
  let overflows = 0;
  /** Puts from as deep as it goes, and from all the way back. */
  const dive = (): void => {
    try {
      dive();
    } catch {
      overflows++;
    }
    if (overflows === 0 || overflows > 200) return;
    try {
      others.put({ id: 1, text: 'of the getter' });
    } catch {
      overflows++;
    }
  };
  const item = {
    first: 'first',
    get second() {
      overflows = 0;
      dive();
      return 'second';
    },
    third: [1, 2, 3],
  };
  for (let i = 0; i < 100; i++) queue.put({ id: i, text: 'before' });
  drained(queue);
  queue.putMany(['a', item, 'b']);
  expect(overflows).toBeGreaterThan(0);
  expect(drained(queue)).toEqual(['a', { first: 'first', second: 'second', third: [1, 2, 3] }, 'b']);
  for (const other of drained(others)) expect(other).toEqual({ id: 1, text: 'of the getter' });
});

test('a batch with an item that cannot be sent is not in the queue, and the next one is whole', () => {
  const queue = new Queue<unknown>();
  for (const wrong of [() => {}, Symbol('s'), { deep: [{ fn: () => {} }] }]) {
    expect(() => queue.putMany([{ id: 1 }, 'text', wrong, 2])).toThrow(TypeError);
    expect(queue.qsize()).toBe(0);
    queue.putMany([{ id: 1 }, 2]);
    expect(drained(queue)).toEqual([{ id: 1 }, 2]);
  }
});
