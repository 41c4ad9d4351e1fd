import fc from 'fast-check';
import { type Prioritized, PriorityQueue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';

function sorted<T>(items: T[]): T[] {
  const queue = new PriorityQueue<T>();
  for (const item of items) queue.put(item);
  const one = items.map(() => queue.get());
  queue.putMany(items);
  const many: T[] = [];
  while (!queue.empty()) many.push(...queue.getMany(7));
  queue.close();
  expect(many).toEqual(one);
  return one;
}

/** A shuffle that is the same each time. */
function shuffled<T>(items: T[]): T[] {
  return items
    .map((item, i) => ({ item, at: (i * 7919) % 104_729 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** In the order given: every one of them is below the next. */
function ascends(items: unknown[]): void {
  expect(sorted(shuffled(items))).toEqual(items);
  expect(sorted(items)).toEqual(items);
  expect(sorted([...items].reverse())).toEqual(items);
}

const { MAX_VALUE, MIN_VALUE, POSITIVE_INFINITY, NEGATIVE_INFINITY, MAX_SAFE_INTEGER, EPSILON } = Number;

describe('the order of a PriorityQueue', () => {
  test('is that of numbers, all of them', () => {
    ascends([
      NEGATIVE_INFINITY,
      -MAX_VALUE,
      -1e10,
      -2,
      -1 - EPSILON,
      -1,
      -MIN_VALUE,
      0,
      MIN_VALUE,
      0.1,
      1,
      1 + EPSILON,
      1e10,
      MAX_VALUE,
      POSITIVE_INFINITY,
    ]);
  });

  test('is that of bigints, exactly, also among numbers', () => {
    const big = BigInt(MAX_VALUE);
    ascends([
      NEGATIVE_INFINITY,
      -(big ** 3n),
      -big * 2n - 1n,
      -big * 2n,
      -big - 1n,
      -MAX_VALUE,
      1n - big,
      -(2n ** 64n) - 1n,
      -(2 ** 64),
      1n - 2n ** 64n,
    ]);
    ascends([
      -1n,
      -0.5,
      0n,
      0.5,
      1,
      1.5,
      2n,
      MAX_SAFE_INTEGER,
      2n ** 53n,
      2n ** 53n + 1n,
      2 ** 53 + 2,
      2n ** 53n + 3n,
      2n ** 64n - 1n,
      2 ** 64,
      2n ** 64n + 1n,
      2n ** 64n + 255n,
      2n ** 64n + 256n,
    ]);
    ascends([big - 1n, MAX_VALUE, big + 1n, big + 2n ** 900n, big * 2n, big ** 2n, big ** 3n, POSITIVE_INFINITY]);
    expect(sorted<number | bigint>([1n, 1, 0n, -0, true as never])).toEqual([0n, -0, 1n, 1, true]);
  });

  test('is that of strings by UTF-16 unit, as of `<`, whatever the locale', () => {
    ascends([
      '',
      '\0',
      '\0\0',
      '\0a',
      ' ',
      'A',
      'B',
      'Z',
      'a',
      'aa',
      'ab',
      'abcdefg',
      'abcdefgh',
      'abcdefghi',
      'b',
      '\x7f',
      '\x80',
      'ÿ',
      'Ā',
      '\u07ff',
      '\u0800',
      '日本',
      '😀',
      '\ud83d\ude01',
      '\ud900',
      '\udfff',
      '\ue000',
      '\uffff',
      '\uffff\uffff',
    ]);
  });

  test('is that of arrays, element by element, a shorter one first', () => {
    ascends([
      [-1, 'z'],
      [0],
      [0, -5],
      [0, 3],
      [0, 3, 1],
      [0, 3, 2n ** 60n],
      [0, 3, 2n ** 60n + 1n],
      [0, '', 1],
      [0, 'a'],
      [0, 'a', 1],
      [0, 'a\0'],
      [0, 'ab'],
      [0, []],
      [0, [1]],
      [0, [1], 1],
      [0, [1, 1]],
      [0, [1, [2]], 0],
      [0, [2]],
      [1],
    ]);
    ascends([['a'], ['a', 5], ['a', 'b'], ['a\0', 1], ['ab'], ['b']]);
    ascends([
      [[1], 'x'],
      [[1, 1], 'a'],
      [[1, 'a'], 'a'],
      [[2], 'a'],
    ]);
  });

  test('is that of the property `priority` of objects', () => {
    class Job {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      get priority(): number {
        return this.name.length;
      }
    }
    expect(sorted([new Job('ccc'), new Job('a'), new Job('bb')]).map((job) => job.name)).toEqual(['a', 'bb', 'ccc']);
    expect(sorted([{ priority: 'b' }, { priority: 'a' }])).toEqual([{ priority: 'a' }, { priority: 'b' }]);
    expect(
      sorted([{ priority: [1, 2] }, { priority: [1, 1], more: new Map() }, { priority: [0, 9] }]).map(({ priority }) => priority),
    ).toEqual([
      [0, 9],
      [1, 1],
      [1, 2],
    ]);
    expect(sorted<Prioritized>([3, [2, 'b'], { priority: 1 }, 2.5, 2n])).toEqual([{ priority: 1 }, 2n, [2, 'b'], 2.5, 3]);
  });

  test('is that in which equal ones came', () => {
    const items = range(2000).map((i) => ({ priority: i % 3, i }));
    const got = sorted(items);
    for (const priority of [0, 1, 2]) {
      const ones = got.filter((item) => item.priority === priority).map(({ i }) => i);
      expect(ones).toEqual([...ones].sort((a, b) => a - b));
      expect(ones.length).toBeGreaterThan(600);
    }
  });

  test('goes by nothing behind an element that has no order', () => {
    const tasks = [null, { z: 1 }, { a: 1 }, undefined, Number.NaN, new Date(5), new Uint8Array(2), new Map()];
    for (const task of tasks) {
      const items = [
        [1, task, 9],
        [1, task, 1],
        [0, task, 5],
        [1, [task, 3], 2],
        [1, [task], 1],
      ];
      expect(sorted(items).map(([first, , last]) => [first, last])).toEqual([
        [0, 5],
        [1, 9],
        [1, 1],
        [1, 2],
        [1, 1],
      ]);
    }
  });

  test('holds while puts and gets alternate', () => {
    const queue = new PriorityQueue<[number, string]>();
    const wanted: [number, string][] = [];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (const round of range(4000)) {
      if (random(9) < 5 || wanted.length === 0) {
        const item: [number, string] = [random(30), `${round}`];
        queue.put([item[0], { toJSON: 1 } as never, item[1]] as never);
        const at = wanted.findIndex(([priority]) => priority > item[0]);
        wanted.splice(at < 0 ? wanted.length : at, 0, item);
      } else {
        const [priority, , name] = queue.get() as unknown as [number, object, string];
        expect([priority, name]).toEqual(wanted.shift());
      }
    }
    expect(queue.qsize()).toBe(wanted.length);
  });

  test('holds for 100 000 items', () => {
    const queue = new PriorityQueue<number>();
    for (const i of range(100_000)) queue.put((i * 7919) % 100_003);
    let last = -1;
    for (const _ of range(100_000)) {
      const next = queue.get();
      if (next <= last) throw new Error(`${next} after ${last}`);
      last = next;
    }
    expect(queue.empty()).toBe(true);
  });

  test('holds for keys that are longer than a staging area', () => {
    const before = held();
    const long = 'k'.repeat(3_000_000);
    const items = [
      `${long}a`,
      `${long}b`,
      [`${long}b`, 1],
      [`${long}b`, 2],
      `${long}c`,
      `${long.slice(0, 5000)}l`,
      'l',
      `${'m'.repeat(2055)}`,
      `${'m'.repeat(2056)}`,
      `${'m'.repeat(2057)}`,
    ];
    expect(
      sorted(shuffled(items)).map((item, i) => item === items[i] || JSON.stringify(item) === JSON.stringify(items[i])),
    ).toEqual(items.map(() => true));
    const many = range(3000);
    expect(
      sorted([
        [5, ...many, 2],
        [5, ...many, 1],
        [5, ...many],
      ]).map((item) => item.at(-1)),
    ).toEqual([2999, 1, 2]);
    expect(held()).toEqual(before);
  });

  const leaf = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true }),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.boolean(),
  );
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  const shaped = fc.constantFrom(leaf, text).map((first: fc.Arbitrary<unknown>) =>
    fc.oneof(
      first,
      fc.tuple(first),
      fc.tuple(first, fc.oneof(leaf, text, fc.array(leaf, { maxLength: 3 }))),
      first.map((priority) => ({ priority })),
    ),
  );

  test('is one and the same for any items of a kind, and what `<` says of them', () => {
    fc.assert(
      fc.property(
        shaped.chain((item) => fc.array(item, { maxLength: 60 })),
        (items) => {
          const wanted = items
            .map((item, at) => ({ item, at }))
            .sort((a, b) => compare(priorityOf(a.item), priorityOf(b.item)) || a.at - b.at);
          expect(sorted(items)).toEqual(wanted.map(({ item }) => item));
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** What the documentation says, in plain JavaScript. */
function priorityOf(item: unknown): unknown[] {
  const priority = typeof item === 'object' && !Array.isArray(item) ? (item as { priority: unknown }).priority : item;
  return Array.isArray(priority) ? priority : [priority];
}

function rank(value: unknown): number {
  return Array.isArray(value) ? 2 : typeof value === 'string' ? 1 : 0;
}

function compare(a: unknown[], b: unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (rank(x) !== rank(y)) return rank(x) - rank(y);
    if (Array.isArray(x) && Array.isArray(y)) {
      const inner = compare(x, y);
      if (inner !== 0) return inner;
    } else if (x < y) return -1;
    else if (y < x) return 1;
  }
  return a.length - b.length;
}
