import { AttributeError, heap, Lock, RawValue, RLock, Value, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { codes, integers, itemOf } from './typecodes.ts';

describe.each([
  ['RawValue', RawValue],
  ['Value', Value],
] as const)('%s', (_name, Class) => {
  test.each(codes)('of typecode %s begins at zero, or at what it is given', (code) => {
    using first = new Class(code);
    expect(first.value).toBe(itemOf(code, 0));
    const one = itemOf(code, 1);
    using second = new Class(code, one as never);
    expect(second.value).toBe(one);
    expect(first.value).toBe(itemOf(code, 0));
  });

  test.each(integers)('of typecode %s keeps %i bits, and wraps around as C does', (code, bits, signed) => {
    using value = new Class(code as 'i');
    const least = signed ? -(2 ** (bits - 1)) : 0;
    const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    for (const n of [least, most, 0, 1]) {
      value.value = n;
      expect(value.value).toBe(n);
    }
    value.value = most + 1;
    expect(value.value).toBe(least);
    value.value = least - 1;
    expect(value.value).toBe(most);
    value.value = 2 ** bits + 5;
    expect(value.value).toBe(5);
  });

  test('of q and Q keeps 64 bits as bigints', () => {
    using q = new Class('q', 2n ** 63n - 1n);
    expect(q.value).toBe(2n ** 63n - 1n);
    q.value = 2n ** 63n;
    expect(q.value).toBe(-(2n ** 63n));
    using Q = new Class('Q');
    Q.value = -1n;
    expect(Q.value).toBe(2n ** 64n - 1n);
  });

  test('of f rounds to single precision, of d keeps everything', () => {
    using f = new Class('f', 0.1);
    expect(f.value).toBe(Math.fround(0.1));
    using d = new Class('d');
    for (const n of [0.1, -0, 5e-324, 1.7976931348623157e308, Number.POSITIVE_INFINITY, Number.NaN]) {
      d.value = n;
      expect(d.value).toBe(n);
    }
  });

  test('refuses what its type does not take, and keeps what it had', () => {
    using i = new Class('i', 7);
    for (const wrong of ['1', 1n, null, undefined, {}, true, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => {
        i.value = wrong as never;
      }).toThrow(TypeError);
    }
    expect(i.value).toBe(7);
    using q = new Class('q', 7n);
    for (const wrong of ['1', 1, null, true]) {
      expect(() => {
        q.value = wrong as never;
      }).toThrow(TypeError);
    }
    expect(q.value).toBe(7n);
    using d = new Class('d', 7);
    for (const wrong of ['1', 1n, null, true]) {
      expect(() => {
        d.value = wrong as never;
      }).toThrow(TypeError);
    }
    expect(d.value).toBe(7);
  });

  test('refuses unknown typecodes and wrong start values, and makes nothing', () => {
    using kept = new Class('i');
    const { objects, bytesInUse } = heap.stats();
    for (const code of ['x', 'u', '', 'ii', 'toString', 5, null, undefined])
      expect(() => new Class(code as never)).toThrow(TypeError);
    expect(() => new Class('i', '5' as never)).toThrow(TypeError);
    expect(() => new Class('i', 0.5)).toThrow(TypeError);
    expect(() => new Class('q', 5 as never)).toThrow(TypeError);
    expect(() => new Class('d', 5n as never)).toThrow(TypeError);
    expect(heap.stats()).toMatchObject({ objects, bytesInUse });
    expect(kept.value).toBe(0);
  });

  test('its value stays in place when the heap grows', () => {
    using value = new Class('d', 0.5);
    const before = heap.stats().bytesReserved;
    const queue = new mp.Queue<Uint8Array>();
    queue.put(new Uint8Array(before));
    expect(heap.stats().bytesReserved).toBeGreaterThan(before);
    expect(value.value).toBe(0.5);
    value.value = 1.5;
    using late = new Class('d', 2.5);
    expect([value.value, late.value]).toEqual([1.5, 2.5]);
    queue.close();
  });

  test('every use of a closed handle is a ValueError', () => {
    const value = new Class('i', 5);
    value.close();
    value.close();
    expect(() => value.value).toThrow(ValueError);
    expect(() => {
      value.value = 1;
    }).toThrow(ValueError);
    expect(() => value.handle()).toThrow(ValueError);
  });
});

describe('Value', () => {
  test('is a RawValue with an RLock of its own', () => {
    using value = new Value('i', 1);
    expect(value).toBeInstanceOf(RawValue);
    const lock = value.getLock();
    expect(lock).toBeInstanceOf(RLock);
    expect(value.getLock()).toBe(lock);
    using _held = lock.hold();
    value.value += 1;
    expect(value.value).toBe(2);
    expect(lock.locked()).toBe(true);
  });

  test('takes its lock for each access', () => {
    using lock = new Lock();
    using value = new Value('i', 1, { lock });
    expect(value.getLock()).toBe(lock);
    expect(value.value).toBe(1);
    expect(lock.locked()).toBe(false);
    let inside = false;
    expect(
      value.update((n) => {
        inside = lock.locked();
        return n + 1;
      }),
    ).toBe(2);
    expect(inside).toBe(true);
    expect(lock.locked()).toBe(false);
  });

  test('takes locks of either module, true for its own, false for none, and refuses everything else', () => {
    for (const lock of [new Lock(), new RLock(), new mp.Lock(), new mp.RLock()]) new Value('i', 0, { lock }).close();
    for (const lock of [true, null, undefined]) expect(new Value('i', 0, { lock }).getLock()).toBeInstanceOf(RLock);
    for (const lock of ['x', 5, {}]) expect(() => new Value('i', 0, { lock } as never)).toThrow(AttributeError);
    using bare = new Value('i', 3, { lock: false });
    bare.value = 4;
    expect(bare.value).toBe(4);
    expect(() => bare.getLock()).toThrow(AttributeError);
    expect(() => bare.add(1)).toThrow(AttributeError);
    expect(bare.value).toBe(4);
  });

  test('add and update answer the new value', () => {
    using n = new Value('i', 5);
    expect(n.add(3)).toBe(8);
    expect(n.add(-10)).toBe(-2);
    expect(n.update((value) => value * 50)).toBe(-100);
    expect(n.value).toBe(-100);
    using big = new Value('q', 5n);
    expect(big.add(3n)).toBe(8n);
    using byte = new Value('B', 250);
    expect(byte.add(10)).toBe(4);
    using half = new Value('d', 0.25);
    expect(half.add(0.5)).toBe(0.75);
  });

  test('nothing changes when the function of update throws or answers nonsense', () => {
    using value = new Value('i', 5);
    expect(() =>
      value.update(() => {
        throw new RangeError('inside');
      }),
    ).toThrow(RangeError);
    expect(() => value.update(() => 'six' as never)).toThrow(TypeError);
    expect(() => value.add(1n as never)).toThrow(TypeError);
    expect(value.value).toBe(5);
    expect(value.getLock().locked()).toBe(false);
  });

  test('getObj is the same number without the lock', () => {
    using lock = new Lock();
    using value = new Value('i', 5, { lock });
    using raw = value.getObj();
    expect(raw).not.toBeInstanceOf(Value);
    lock.acquire();
    raw.value += 1;
    expect(raw.value).toBe(6);
    lock.release();
    expect(value.value).toBe(6);
  });

  test('can be closed after its lock, whoever closed that', () => {
    const lock = new Lock();
    const value = new Value('i', 0, { lock });
    lock.close();
    expect(() => value.value).toThrow(ValueError);
    value.close();
    const own = new Value('i', 0);
    own.getLock().close();
    own.close();
    expect(() => own.value).toThrow(ValueError);
  });

  test('closing it leaves the lock that it was given alone', () => {
    using lock = new Lock();
    new Value('i', 0, { lock }).close();
    expect(lock.acquire(false)).toBe(true);
  });
});
