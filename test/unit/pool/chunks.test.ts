import { describe, expect, test } from 'vitest';
import { ValueError } from '../../../src/errors.ts';
import { checkChunksize, defaultChunksize, itemsOf, slice } from '../../../src/pool/chunks.ts';

describe('the default chunksize', () => {
  test.each([
    [0, 2, 1],
    [1, 2, 1],
    [8, 2, 1],
    [9, 2, 2],
    [10_000, 2, 1250],
    [10_001, 2, 1251],
    [100, 100, 1],
  ])('of %i items and %i workers is %i, as in Python: a quarter of a worker’s share, rounded up', (length, workers, expected) => {
    expect(defaultChunksize(length, workers)).toBe(expected);
  });

  test('is asked for by undefined and null; below 1 is a ValueError', () => {
    expect(checkChunksize(undefined)).toBeUndefined();
    expect(checkChunksize(null)).toBeUndefined();
    expect(checkChunksize(3)).toBe(3);
    for (const wrong of [0, -1, 0.5, Number.NEGATIVE_INFINITY]) expect(() => checkChunksize(wrong)).toThrow(ValueError);
    for (const wrong of [1.5, Number.NaN, '2' as never]) expect(() => checkChunksize(wrong)).toThrow(TypeError);
  });
});

describe('a slice', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);

  test('of many numbers is a Float64Array, of few or of anything else an array', () => {
    expect(slice(numbers, 10, 60)).toEqual(Float64Array.from(numbers.slice(10, 60)));
    expect(slice(numbers, 0, 3)).toEqual([0, 1, 2]);
    const mixed = numbers.map((x) => (x === 50 ? 'fifty' : x));
    expect(slice(mixed, 0, 100)).toEqual(mixed);
    expect(slice(mixed, 0, 50)).toBeInstanceOf(Float64Array);
  });

  test('of a typed array is one, of the same class', () => {
    const typed = Int16Array.from(numbers);
    expect(slice(typed, 5, 8)).toEqual(Int16Array.of(5, 6, 7));
    const shared = new Int16Array(new SharedArrayBuffer(20));
    shared[2] = 7;
    const copy = slice(shared, 2, 4) as Int16Array;
    expect(copy).toEqual(Int16Array.of(7, 0));
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('keeps holes as what they are read as', () => {
    const holes: unknown[] = new Array(3);
    holes[0] = 1;
    holes[2] = 3;
    expect(Array.from(slice(holes, 0, 3))).toEqual([1, undefined, 3]);
  });
});

test('the items of an iterable are what it gives; arrays are not copied', () => {
  const array = [1, 2];
  expect(itemsOf(array)).toBe(array);
  expect(itemsOf(new Set('ab'))).toEqual(['a', 'b']);
  expect(itemsOf('ab')).toEqual(['a', 'b']);
  for (const wrong of [undefined, null, 5, {}, new DataView(new ArrayBuffer(1))])
    expect(() => itemsOf(wrong as never)).toThrow(TypeError);
});
