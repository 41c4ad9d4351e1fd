import { AttributeError, heap, IndexError, Lock, MemoryError, RawArray, RLock, Array as SharedArray, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { codes, integers, itemOf } from './typecodes.ts';

describe.each([
  ['RawArray', RawArray],
  ['Array', SharedArray],
] as const)('%s', (name, Class) => {
  test.each(codes)('of typecode %s begins with zeros, or with what it is given', (code) => {
    const zero = itemOf(code, 0);
    const values = [1, 2, 3].map((n) => itemOf(code, n));
    using zeros = new Class(code, 3);
    expect([...zeros]).toEqual([zero, zero, zero]);
    using given = new Class(code, values as never);
    expect([...given]).toEqual(values);
    using generated = new Class(
      code,
      (function* () {
        yield* values;
      })() as never,
    );
    expect([...generated]).toEqual(values);
    expect([zeros.length, given.length, generated.length]).toEqual([3, 3, 3]);
    expect([...zeros]).toEqual([zero, zero, zero]);
  });

  test.each(integers)('of typecode %s keeps %i bits, and wraps around as C does', (code, width, signed) => {
    using array = new Class(code as 'i', 2);
    const most = signed ? 2 ** (width - 1) - 1 : 2 ** width - 1;
    array.set(1, most);
    expect([...array]).toEqual([0, most]);
    array.set(0, most + 1);
    expect([...array]).toEqual([signed ? -(2 ** (width - 1)) : 0, most]);
  });

  test('of q keeps 64 bits, of f rounds, of d keeps everything', () => {
    using q = new Class('q', [2n ** 63n]);
    expect(q.get(0)).toBe(-(2n ** 63n));
    using f = new Class('f', [0.1]);
    expect(f.get(0)).toBe(Math.fround(0.1));
    using d = new Class('d', [0.1, Number.NaN, -0]);
    expect([...d]).toEqual([0.1, Number.NaN, -0]);
  });

  test('may have no elements', () => {
    for (const init of [0, []]) {
      using array = new Class('i', init);
      expect([array.length, [...array], array.slice()]).toEqual([0, [], []]);
      expect(() => array.get(0)).toThrow(IndexError);
    }
  });

  test('is read and written by index, from the end if that is negative', () => {
    using array = new Class('i', [1, 2, 3]);
    expect([array.get(0), array.get(2), array.get(-1), array.get(-3), array.at(-2)]).toEqual([1, 3, 3, 1, 2]);
    array.set(0, 10);
    array.set(-1, 30);
    expect([...array]).toEqual([10, 2, 30]);
    for (const index of [3, -4, 1e10]) {
      expect(() => array.get(index)).toThrow(IndexError);
      expect(() => array.at(index)).toThrow(IndexError);
      expect(() => array.set(index, 0)).toThrow(IndexError);
    }
    for (const index of [0.5, Number.NaN, '0', null, undefined]) expect(() => array.get(index as never)).toThrow(TypeError);
    for (const wrong of ['1', 1n, null, undefined, 0.5]) expect(() => array.set(0, wrong as never)).toThrow(TypeError);
    expect([...array]).toEqual([10, 2, 30]);
  });

  test('is read and written in brackets', () => {
    using array = new Class('i', [1, 2, 3]);
    array[0] = 10;
    array[-1] = 30;
    array[1] = (array[1] as number) + 18;
    expect([array[0], array[1], array[2], array[-3]]).toEqual([10, 20, 30, 10]);
    expect(() => array[3]).toThrow(IndexError);
    expect(() => {
      array[-4] = 1;
    }).toThrow(IndexError);
    expect(() => {
      array[0] = 'x' as never;
    }).toThrow(TypeError);
    expect(Object.keys(array).filter((key) => /\d/.test(key))).toEqual([]);
    // What looks like an index and is none, is an ordinary property.
    expect((array as unknown as Record<string, unknown>)['00']).toBeUndefined();
    expect((array as unknown as Record<string, unknown>).nothing).toBeUndefined();
  });

  test('has slices, as JavaScript’s arrays have them', () => {
    const values = [1, 2, 3, 4, 5];
    using array = new Class('d', values);
    for (const range of [[], [1], [1, 3], [-2], [0, -1], [-3, -1], [4, 2], [9], [-9, 9]] as [number?, number?][])
      expect(array.slice(...range)).toEqual(values.slice(...range));
    const copy = array.slice();
    copy[0] = 9;
    expect(array.get(0)).toBe(1);
  });

  test('sets many at once, or none', () => {
    using array = new Class('i', 5);
    array.set([1, 2]);
    array.set(new Set([4, 5]), 3);
    expect([...array]).toEqual([1, 2, 0, 4, 5]);
    array.set([7, 8], -2);
    expect([...array]).toEqual([1, 2, 0, 7, 8]);
    array.set([], 5);
    for (const [values, start] of [
      [[1, 2, 3], 3],
      [[1], 5],
      [[1, 1, 1, 1, 1, 1], 0],
      [[1], -6],
    ] as const)
      expect(() => array.set(values, start)).toThrow(ValueError);
    expect(() => array.set([1, 'x' as never])).toThrow(TypeError);
    expect(() => array.set(null as never)).toThrow(TypeError);
    expect(() => array.set([1], 0.5)).toThrow(TypeError);
    expect([...array]).toEqual([1, 2, 0, 7, 8]);
  });

  test('is iterated as it was when that began', () => {
    using array = new Class('i', [1, 2, 3]);
    const seen: number[] = [];
    for (const value of array) {
      seen.push(value);
      array.set(2, 9);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(Math.max(...array)).toBe(9);
  });

  test('has a view on the memory itself, which stays good when that grows', () => {
    using array = new Class('H', [1, 2, 3]);
    const view = array.view();
    expect(view).toBeInstanceOf(Uint16Array);
    const before = heap.stats().bytesReserved;
    const queue = new mp.Queue<Uint8Array>();
    queue.put(new Uint8Array(before));
    expect(heap.stats().bytesReserved).toBeGreaterThan(before);
    view[0] = 7;
    expect(array.get(0)).toBe(7);
    array.set(1, 8);
    expect([...view]).toEqual([7, 8, 3]);
    using late = new Class('d', [0.5]);
    expect(late.view()[0]).toBe(0.5);
    queue.close();
  });

  test('refuses unknown typecodes, wrong sizes and wrong values, and makes nothing', () => {
    const { objects, bytesInUse } = heap.stats();
    for (const code of ['x', 'u', '', null, undefined, 'toString']) expect(() => new Class(code as never, 1)).toThrow(TypeError);
    expect(() => new Class('i', -1)).toThrow(ValueError);
    for (const init of [1.5, null, undefined, {}, 'text', [1, '2'], [1n], [0.5]])
      expect(() => new Class('i', init as never)).toThrow(TypeError);
    expect(() => new Class('d', 2 ** 31 - 1)).toThrow(MemoryError);
    expect(heap.stats()).toMatchObject({ objects, bytesInUse });
  });

  test('every use of a closed handle is a ValueError', () => {
    const array = new Class('c', 5);
    array.close();
    array.close();
    const uses = [
      () => array.get(0),
      () => array[0],
      () => array.set(0, 1),
      () => array.set([1]),
      () => array.slice(),
      () => [...array],
      () => array.view(),
      () => array.value,
      () => array.raw,
      () => array.handle(),
    ];
    for (const use of uses) expect(use).toThrow(ValueError);
    expect(String(array)).toBe(`<${name}, closed>`);
  });

  test('is counted, and gives its memory back', () => {
    const before = heap.stats();
    const array = new Class('d', 1000);
    const after = heap.stats();
    expect((after.objects.Array ?? 0) - (before.objects.Array ?? 0)).toBe(1);
    expect(after.bytesInUse).toBeGreaterThanOrEqual(before.bytesInUse + 8000);
    expect(heap.inspect().find((info) => info.id === array.id)?.class).toBe('Array');
    array.close();
    expect(heap.stats()).toEqual(before);
  });

  test('of typecode c has a value up to the first zero, and raw bytes', () => {
    using array = new Class('c', 5);
    const text = (string: string) => new TextEncoder().encode(string);
    array.value = text('abc');
    expect(array.value).toEqual(text('abc'));
    expect(array.raw).toEqual(text('abc\0\0'));
    array.value = text('z');
    expect(array.raw).toEqual(text('z\0c\0\0'));
    array.value = text('abcde');
    expect(array.value).toEqual(text('abcde'));
    array.raw = text('xy');
    expect(array.raw).toEqual(text('xycde'));
    for (const key of ['value', 'raw'] as const) {
      expect(() => {
        array[key] = text('abcdef');
      }).toThrow(ValueError);
      expect(() => {
        array[key] = 'abc' as never;
      }).toThrow(TypeError);
    }
    expect(array.value).toEqual(text('xycde'));
    expect(array.get(0)).toBe(120);
    using given = new Class('c', text('hello'));
    expect(new TextDecoder().decode(given.value)).toBe('hello');
  });

  test('of another typecode has neither', () => {
    using array = new Class('B', 5);
    for (const key of ['value', 'raw'] as const) {
      expect(() => array[key]).toThrow(AttributeError);
      expect(() => {
        array[key] = new Uint8Array(1);
      }).toThrow(AttributeError);
    }
  });
});

describe('Array', () => {
  test('is a RawArray with an RLock of its own, which every access takes', () => {
    using array = new SharedArray('i', 2);
    expect(array).toBeInstanceOf(RawArray);
    expect(array.constructor.name).toBe('Array');
    expect(array.getLock()).toBeInstanceOf(RLock);
    expect(array.getLock()).toBe(array.getLock());
    using _held = array.hold();
    array[0] = (array[0] as number) + 1;
    expect([...array]).toEqual([1, 0]);
    expect(array.getLock().locked()).toBe(true);
  });

  test('takes locks of either module, true for its own, false for none, and refuses everything else', () => {
    for (const lock of [new Lock(), new RLock(), new mp.Lock(), new mp.RLock()]) {
      const array = new SharedArray('i', 1, { lock });
      expect(array.getLock()).toBe(lock);
      array.set(0, 1);
      expect(lock.locked()).toBe(false);
      array.close();
      expect(lock.acquire(false)).toBe(true);
      lock.release();
      lock.close();
    }
    for (const lock of [true, null, undefined]) expect(new SharedArray('i', 1, { lock }).getLock()).toBeInstanceOf(RLock);
    for (const lock of ['x', 5, {}]) expect(() => new SharedArray('i', 1, { lock } as never)).toThrow(AttributeError);
    using bare = new SharedArray('i', [3], { lock: false });
    bare[0] = 4;
    expect(bare[0]).toBe(4);
    for (const use of [() => bare.getLock(), () => bare.acquire(), () => bare.release(), () => bare.add(0, 1)])
      expect(use).toThrow(AttributeError);
    expect(bare[0]).toBe(4);
  });

  test('add and update change one element in one step, with a lock that is not reentrant, too', () => {
    using lock = new Lock();
    for (const options of [undefined, { lock }]) {
      using array = new SharedArray('i', [5, 6], options);
      expect(array.add(0, 3)).toBe(8);
      expect(array.add(-1, -10)).toBe(-4);
      let inside = false;
      const update = (value: number) => {
        inside = array.getLock().locked();
        return value * 2;
      };
      expect(array.update(0, update)).toBe(16);
      expect(inside).toBe(true);
      expect([...array]).toEqual([16, -4]);
      expect(() => array.update(2, (value) => value)).toThrow(IndexError);
      expect(() => array.update(0, () => 'x' as never)).toThrow(TypeError);
      expect(() =>
        array.update(0, () => {
          throw new RangeError('inside');
        }),
      ).toThrow(RangeError);
      expect([...array]).toEqual([16, -4]);
      expect(array.getLock().locked()).toBe(false);
    }
    using bytes = new SharedArray('B', [250]);
    expect(bytes.add(0, 10)).toBe(4);
    using big = new SharedArray('q', [1n]);
    expect(big.add(0, 2n)).toBe(3n);
  });

  test('getObj is the same numbers without the lock', () => {
    using lock = new Lock();
    using array = new SharedArray('i', [5], { lock });
    using raw = array.getObj();
    expect(raw).not.toBeInstanceOf(SharedArray);
    lock.acquire();
    raw[0] = 6;
    expect(raw[0]).toBe(6);
    lock.release();
    expect(array[0]).toBe(6);
  });
});

describe.each([
  ['Value', (lock?: Lock) => new mp.Value('i', 0, { lock: lock ?? true })],
  ['Array', (lock?: Lock) => new SharedArray('i', 1, { lock: lock ?? true })],
])('the lock of %s', (_name, make) => {
  test('is taken and given by acquire and release', async () => {
    using lock = new Lock();
    using own = make(lock);
    expect(own.acquire()).toBe(true);
    expect(lock.locked()).toBe(true);
    expect(own.acquire(false)).toBe(false);
    expect(own.acquire(true, 0.002)).toBe(false);
    const waiting = own.acquireAsync();
    own.release();
    expect(await waiting).toBe(true);
    expect(await own.acquireAsync(0)).toBe(false);
    own.release();
    expect(lock.locked()).toBe(false);
  });

  test('is held by using, with and their twins', async () => {
    using own = make();
    const locked = () => own.getLock().locked();
    {
      using _held = own.hold();
      expect(locked()).toBe(true);
    }
    expect(locked()).toBe(false);
    expect(own.with(locked)).toBe(true);
    expect(await own.withAsync(async () => locked())).toBe(true);
    {
      await using _held = await own.holdAsync();
      expect(locked()).toBe(true);
    }
    expect(locked()).toBe(false);
  });
});

test('raw ones have no lock to take', () => {
  using array = new RawArray('i', 1);
  using value = new mp.RawValue('i');
  for (const raw of [array, value])
    for (const use of [() => raw.getLock(), () => raw.acquire(), () => raw.release(), () => raw.hold()])
      expect(use).toThrow(AttributeError);
});
