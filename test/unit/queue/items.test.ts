import { Event, Lock, Queue, Semaphore, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { classes } from './flavours.ts';

/**
 * Sizes around every border: of short texts, of what lies in the ring, of the staging area, of a ring's first
 * and largest piece.
 */
const borders = [8, 32, 128, 1024, 2032, 2040, 2048, 4096, 32_768, 65_528, 65_536, 1_048_576];
const sizes = [...new Set([0, 1, 7, ...borders.flatMap((border) => [border - 1, border, border + 1]), 8 * 2 ** 20])];

function pattern(bytes: number): Uint8Array {
  const array = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) array[i] = (i * 31 + (i >> 8)) & 255;
  return array;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

describe.each(classes)('%s', (_, Queue) => {
  test('gives back every kind of value as it was put', () => {
    const cyclic: { self?: unknown; list: number[] } = { list: [1] };
    cyclic.self = cyclic;
    const items = [
      ...[undefined, null, true, false, 0, -0, 1.5, -1, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE],
      ...[0n, -5n, 2n ** 63n, -(2n ** 100n)],
      ...['', 'text', 'größe', 'ÿ', 'Ā', '日本', '😀', '\ud800 alone', '\0', 'nul\0inside'],
      ...[[], {}, [1, [2, [3]]], { a: { b: [null, undefined] } }, [undefined], { u: undefined }],
      ...[new Date(5), /a+/gi, new Map([[{ k: 1 }, new Set([1])]]), new Error('broken', { cause: 1 }), new RangeError('range')],
      ...[
        new Uint8Array([1, 2]),
        new Uint8Array(0),
        new Float64Array([0.5]),
        new BigInt64Array([-1n]),
        new DataView(new ArrayBuffer(3)),
      ],
      ...[new ArrayBuffer(5), cyclic, Object.assign([1], { 2: 3 })],
    ];
    const queue = new Queue<unknown>();
    for (const item of items) queue.put(item);
    for (const item of items) expect(queue.get()).toEqual(item);
    queue.putMany(items);
    expect(queue.getMany()).toEqual(items);
  });

  test('keeps what is shared inside one item shared', () => {
    const queue = new Queue<{ a: object; b: object }>();
    const shared = { x: 1 };
    queue.put({ a: shared, b: shared });
    const got = queue.get();
    expect(got.a).toBe(got.b);
    expect(got.a).not.toBe(shared);
  });

  test('gives a queue put into an item back as the same class', () => {
    const queue = new Queue<unknown>();
    using inner = new Queue<number>(5);
    inner.put(7);
    queue.put(inner);
    using got = queue.get() as typeof inner;
    expect(got).toBeInstanceOf(Queue);
    expect(got.constructor).toBe(Queue);
    expect(got.maxsize).toBe(5);
    expect(got.id).toBe(inner.id);
    expect(got.get()).toBe(7);
    expect(inner.empty()).toBe(true);
  });
});

describe('an item', () => {
  test('of bytes of any size arrives whole', () => {
    const queue = new Queue<Uint8Array>();
    for (const size of sizes) queue.put(pattern(size));
    for (const size of sizes) {
      const got = queue.get();
      expect(got.length).toBe(size);
      expect(same(got, pattern(size)), `${size} bytes`).toBe(true);
    }
  });

  test.each([
    ['of Latin-1 text', (size: number) => 'é'.repeat(size)],
    ['of ASCII text', (size: number) => 'ab'.repeat(size >> 1)],
    ['of wide text', (size: number) => '日'.repeat(size / 3)],
    ['of plain data', (size: number) => ({ id: size, text: 'x'.repeat(size), list: [size] })],
    ['of rich data', (size: number) => new Map<string, unknown>([['bytes', new Float32Array(size >> 2).fill(size)]])],
  ])('%s of any size arrives whole', (_, make) => {
    const queue = new Queue<unknown>();
    for (const size of sizes) queue.put(make(size));
    // Not toEqual for the text: it would take seconds to explain a difference of megabytes.
    for (const size of sizes) {
      const got = queue.get();
      const wanted = make(size);
      if (typeof wanted === 'string') expect(got === wanted, `${size} bytes`).toBe(true);
      else if (wanted instanceof Map) expect(same(bytesOf(got), bytesOf(wanted))).toBe(true);
      else expect(JSON.stringify(got) === JSON.stringify(wanted), `${size} bytes`).toBe(true);
    }
    function bytesOf(map: unknown): Uint8Array {
      return new Uint8Array(((map as Map<string, unknown>).get('bytes') as Float32Array).buffer);
    }
  });

  test('is a snapshot: what is done to it after put is not seen', async () => {
    const queue = new Queue<unknown>();
    const object = { n: 1, list: [1] };
    const small = new Uint8Array([1, 2, 3]);
    const large = new Uint8Array(100_000).fill(1);
    queue.put(object);
    queue.put(small);
    queue.put(large);
    await queue.putAsync(object);
    queue.putMany([small, large]);
    object.n = 2;
    object.list.push(2);
    small.fill(9);
    large.fill(9);
    expect(queue.get()).toEqual({ n: 1, list: [1] });
    expect(queue.get()).toEqual(new Uint8Array([1, 2, 3]));
    expect((queue.get() as Uint8Array).every((byte) => byte === 1)).toBe(true);
    expect(queue.get()).toEqual({ n: 1, list: [1] });
    expect(queue.get()).toEqual(new Uint8Array([1, 2, 3]));
    expect((queue.get() as Uint8Array).every((byte) => byte === 1)).toBe(true);
  });

  test('that was got is its receiver’s own: later traffic does not change it', () => {
    const queue = new Queue<Uint8Array>();
    queue.put(pattern(1000));
    queue.put(pattern(50_000));
    const [small, large] = [queue.get(), queue.get()];
    for (let i = 0; i < 20; i++) {
      queue.put(new Uint8Array(1000).fill(i));
      queue.put(new Uint8Array(50_000).fill(i));
    }
    queue.getMany();
    expect(same(small, pattern(1000))).toBe(true);
    expect(same(large, pattern(50_000))).toBe(true);
  });

  test('that cannot be sent is a TypeError that names the part, and nothing changes', () => {
    const queue = new Queue<unknown>(3);
    queue.put('first');
    const lock = new Lock();
    const before = held();
    const wrong: [unknown, string][] = [
      [() => 1, 'cannot send a function'],
      [{ jobs: [{ callback: () => 1 }] }, 'cannot send a function (at .jobs[0].callback)'],
      [[lock, Symbol('s')], 'cannot send a symbol (at [1])'],
      [{ big: new Uint8Array(1e6), bad: new WeakMap() }, 'cannot send a WeakMap (at .bad)'],
      [new Map([['k', Promise.resolve()]]), 'cannot send a Promise (at .get("k"))'],
    ];
    for (const [item, message] of wrong) {
      for (const put of [() => queue.put(item), () => queue.putNowait(item), () => queue.putMany(['fine', item])]) {
        const error = thrownBy(put);
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toBe(message);
      }
      expect(queue.qsize()).toBe(1);
      expect(queue.unfinishedTasks).toBe(1);
    }
    expect(held()).toEqual(before);
    expect(queue.get()).toBe('first');
  });

  test('whose getter throws is not in, and the getter’s error is what put throws', () => {
    const queue = new Queue<unknown>();
    const item = {
      get field(): number {
        throw new RangeError('mine');
      },
    };
    expect(() => queue.put(item)).toThrow(new RangeError('mine'));
    expect(() => queue.putMany([1, item])).toThrow(new RangeError('mine'));
    expect(queue.empty()).toBe(true);
  });

  test('with a closed handle is a ValueError, and nothing changes', () => {
    const queue = new Queue<unknown>();
    const [open, closed] = [new Lock(), new Lock()];
    closed.close();
    const before = held();
    for (const item of [closed, [open, closed], { open, deep: [closed] }]) {
      expect(() => queue.put(item)).toThrow(ValueError);
      expect(() => queue.putMany([open, item])).toThrow(ValueError);
    }
    expect(queue.empty()).toBe(true);
    expect(held()).toEqual(before);
  });

  test('may hold handles of every class, many, small and large, and they are live', () => {
    const queue = new Queue<{ locks: Lock[]; event: Event; semaphore: Semaphore; ballast?: Uint8Array }>();
    const item = { locks: range(20).map(() => new Lock()), event: new Event(), semaphore: new Semaphore(3) };
    queue.put(item);
    queue.put({ ...item, ballast: new Uint8Array(10_000) });
    for (const got of [queue.get(), queue.get()]) {
      item.locks[7]?.acquire();
      expect(got.locks.map((lock) => lock.locked())).toEqual(range(20).map((i) => i === 7));
      got.locks[7]?.release();
      expect(item.locks[7]?.locked()).toBe(false);
      got.event.set();
      expect(item.event.isSet()).toBe(true);
      item.event.clear();
      expect(got.semaphore.getValue()).toBe(3);
    }
  });

  test('keeps its handles alive after the sender has closed its own', () => {
    const queue = new Queue<unknown>();
    const inner = new Queue<string>();
    inner.put('inside');
    queue.put({ inner });
    queue.put([inner, new Uint8Array(5000)]);
    inner.close();
    const first = queue.get() as { inner: Queue<string> };
    expect(first.inner.get()).toBe('inside');
    first.inner.put('again');
    first.inner.close();
    expect((queue.get() as [Queue<string>])[0].get()).toBe('again');
  });
});
