import { Pool, Semaphore, Value, ValueError } from 'nogil';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { ofNumbers } from '../../support/typed-arrays.ts';
import { LONG } from '../../support/until.ts';
import { add, countItem, double, doubleLater, evenOnly, identity, pid, typeOf } from './pool.workers.ts';
import { end } from './support.ts';

let pool: Pool;
beforeAll(() => {
  pool = new Pool(2);
});
afterAll(() => end(pool));

describe('map', () => {
  test('answers the results in the order of the items, for any number of them and any chunksize', async () => {
    for (const length of [0, 1, 2, 7, 8, 9, 23, 24, 25, 1000]) {
      const items = range(length);
      const expected = items.map((x) => 2 * x);
      expect(pool.map(double, items)).toEqual(expected);
      expect(await pool.mapAsync(double, items, 3)).toEqual(expected);
      expect(pool.map(double, items, { chunksize: 30 })).toEqual(expected);
    }
  });

  test('takes any iterable', () => {
    expect(pool.map(double, new Set([1, 2, 3]))).toEqual([2, 4, 6]);
    expect(pool.map(identity, 'abc')).toEqual(['a', 'b', 'c']);
    function* generator() {
      yield 1;
      yield 'two';
    }
    expect(pool.map(identity, generator())).toEqual([1, 'two']);
    expect(() => pool.map(identity, 5 as never)).toThrow(TypeError);
    expect(() => pool.map(identity, null as never)).toThrow(TypeError);
  });

  test('keeps what is special about a number, in bulk and one by one', () => {
    for (const times of [1, 20]) {
      const items = Array(times)
        .fill([-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e-320])
        .flat();
      expect(pool.map(identity, items)).toStrictEqual(items);
    }
  });

  test('takes numbers among other things', () => {
    const items = range(100).map((i) => (i % 30 === 29 ? `text ${i}` : i));
    expect(pool.map(identity, items)).toEqual(items);
    expect(pool.map((x: number) => (x === 70 ? null : x), range(100))).toEqual(range(100).map((x) => (x === 70 ? null : x)));
  });

  test.each(ofNumbers)('takes a %o of any length, and of a part of a buffer', (Kind) => {
    const items = Kind.from(range(300).map((i) => i % 100));
    expect(pool.map(double, items)).toEqual([...items].map((x) => 2 * x));
    const part = items.subarray(7, 19);
    expect(pool.map(double, part)).toEqual([...part].map((x) => 2 * x));
  });

  test('takes bigints and shared memory', () => {
    expect(pool.map(typeOf, BigInt64Array.from([1n, 2n]))).toEqual(['bigint', 'bigint']);
    const shared = new Int32Array(new SharedArrayBuffer(400)).map((_, i) => i);
    const inShared = new Int32Array(new SharedArrayBuffer(400));
    inShared.set(shared);
    expect(pool.map(double, inShared)).toEqual([...shared].map((x) => 2 * x));
  });

  test('of a million numbers is right', () => {
    const results = pool.map(double, range(1_000_000));
    expect(results).toHaveLength(1_000_000);
    expect(results.every((x, i) => x === 2 * i)).toBe(true);
  });

  test('awaits async functions', async () => {
    expect(pool.map(doubleLater, range(20), 7)).toEqual(range(20).map((x) => 2 * x));
    expect(await pool.mapAsync((x: number) => (x % 2 ? Promise.resolve(x) : x), range(100))).toEqual(range(100));
  });

  test('reads the items at the call', async () => {
    const items = [[1], [2]];
    const result = pool.mapAsync(identity, items);
    items[0]?.push(9);
    items.length = 0;
    expect(await result).toEqual([[1], [2]]);
  });

  test('throws the first error that arrived, and only after all chunks are done', () => {
    const gate = new Semaphore(0);
    const late = pool.mapAsync(
      ([which, gate]: [number, Semaphore]) => {
        if (which === 0) gate.acquire(true, 20);
        throw new RangeError(`of ${which}`);
      },
      [
        [0, gate],
        [1, gate],
      ] as [number, Semaphore][],
      1,
    );
    expect(late.wait(0.1)).toBe(false);
    gate.release();
    expect(() => late.get(LONG)).toThrow('of 1');
  });

  test('an error ends its chunk, not the others', () => {
    const error = thrownBy(() => pool.map(evenOnly, [0, 2, 3, 5], 2)) as Error & { number: number };
    expect(error).toMatchObject({ name: 'RangeError', message: '3 is odd', number: 3 });
    const counter = new Value('i', 0);
    expect(() =>
      pool.map(
        ([x, counter]: [number, Value<'i'>]) => {
          counter.add(1);
          if (x === 1) throw new Error('one');
          return x;
        },
        range(8).map((x) => [x, counter] as [number, Value<'i'>]),
        4,
      ),
    ).toThrow('one');
    expect(counter.value).toBe(2 + 4);
  });

  test('of what cannot be sent throws at once, and the pool goes on', () => {
    expect(() => pool.map(identity, [1, () => 2], 2)).toThrow('cannot send a function (at items[1])');
    expect(pool.map(double, [4])).toEqual([8]);
  });

  test('a chunksize below 1 is a ValueError, and one that is no integer a TypeError', () => {
    for (const call of [
      (n: number) => pool.map(double, [1], n),
      (n: number) => pool.mapAsync(double, [1], n),
      (n: number) => pool.starmap(add, [[1, 2]], n),
      (n: number) => pool.imap(double, [1], n),
      (n: number) => pool.imapUnordered(double, [1], n),
    ]) {
      expect(() => call(0)).toThrow(ValueError);
      expect(() => call(-1)).toThrow(ValueError);
      expect(() => call(1.5)).toThrow(TypeError);
    }
  });

  test('calls back once, with the whole list', () => {
    const seen: unknown[] = [];
    const result = pool.mapAsync(double, [1, 2, 3], 1, { callback: (list) => seen.push(list) });
    result.wait(LONG);
    expect(seen).toEqual([[2, 4, 6]]);
    const errors: unknown[] = [];
    pool.mapAsync(evenOnly, [1], { errorCallback: (error) => errors.push(error) }).wait(LONG);
    expect(errors.map(String)).toEqual(['RangeError: 1 is odd']);
  });

  test('calls back for no items, too', () => {
    const seen: unknown[] = [];
    expect(pool.mapAsync(double, [], { callback: (list) => seen.push(list) }).get(LONG)).toEqual([]);
    expect(seen).toEqual([[]]);
  });
});

describe('starmap', () => {
  test('takes each item as the arguments', async () => {
    expect(
      pool.starmap(add, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([3, 7]);
    const pairs = range(200).map((i) => [i, 1] as [number, number]);
    expect(await pool.starmapAsync(add, pairs, 9)).toEqual(range(200).map((i) => i + 1));
  });
});

describe('progress', () => {
  test('tells a function how many of how many are done', () => {
    const seen: [number, number | undefined][] = [];
    pool.map(double, range(10), 4, { progress: (done, total) => seen.push([done, total]) });
    expect(seen.map(([, total]) => total)).toEqual([10, 10, 10]);
    expect(seen.at(-1)?.[0]).toBe(10);
    expect([...seen.map(([done]) => done)].sort((a, b) => a - b)).toEqual(seen.map(([done]) => done));
    expect([2, 4]).toContain(seen[0]?.[0]);
  });

  test('goes with imap, whose total may be unknown', () => {
    const seen: unknown[] = [];
    expect([...pool.imap(double, [1, 2], { progress: (...args) => seen.push(args) })]).toEqual([2, 4]);
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
    seen.length = 0;
    expect([...pool.imap(double, new Map([[1, 2]]).keys(), { progress: (...args) => seen.push(args) })]).toEqual([2]);
    expect(seen).toEqual([[1, undefined]]);
  });

  test('true draws nothing where there is no terminal', () => {
    const { write } = process.stderr;
    const written: unknown[] = [];
    process.stderr.write = ((chunk: unknown) => written.push(chunk) > 0) as typeof write;
    try {
      expect(pool.map(double, [1, 2, 3], { progress: true })).toEqual([2, 4, 6]);
    } finally {
      process.stderr.write = write;
    }
    expect(written).toEqual([]);
    expect(() => pool.map(double, [1], { progress: 3 as never })).toThrow(TypeError);
  });

  test.each(['map', 'imap'] as const)('true draws a bar on a terminal, also while %s blocks', (method) => {
    const { write, isTTY } = process.stderr;
    let written = '';
    process.stderr.write = ((chunk: unknown) => {
      written += chunk;
      return true;
    }) as typeof write;
    process.stderr.isTTY = true;
    try {
      expect([...pool[method](double, [1, 2, 3], { progress: true, chunksize: 1 })]).toEqual([2, 4, 6]);
    } finally {
      process.stderr.write = write;
      process.stderr.isTTY = isTTY;
    }
    expect(written).toContain('100% | 3/3');
  });

  test('a function that throws harms nobody', () => {
    const { error } = console;
    let printed = 0;
    console.error = () => printed++;
    try {
      const progress = () => {
        throw new Error('no');
      };
      expect(pool.map(double, [1, 2], 1, { progress })).toEqual([2, 4]);
    } finally {
      console.error = error;
    }
    expect(printed).toBe(2);
  });
});

describe('maxtasksperchild', () => {
  test('counts chunks: nine of one item are one worker, the tenth another; five of two are one', () => {
    const nine = new Pool(1, { maxtasksperchild: 9 });
    const pids = nine.map(pid, range(10), 1);
    expect(new Set(pids.slice(0, 9)).size).toBe(1);
    expect(pids[9]).not.toBe(pids[0]);
    const more = nine.map(pid, range(10), 2);
    expect(new Set(more).size).toBe(1);
    end(nine);
  });

  test('works while the pool’s creator looks elsewhere: each task has a worker of its own', () => {
    const here = new Semaphore(0);
    const gate = new Semaphore(100);
    const counter = new Value('i', 0);
    const each = new Pool(1, { maxtasksperchild: 1 });
    const items = range(4).map(() => [counter, here, gate] as [Value<'i'>, Semaphore, Semaphore]);
    const result = each.mapAsync(countItem, items, 1);
    for (const _ of items) expect(here.acquire(true, LONG)).toBe(true);
    result.get(LONG);
    expect(counter.value).toBe(4);
    end(each);
  });
});
