/** Line: the order of an array, and what it keeps. */
import { describe, expect, test } from 'vitest';
import { Line } from '../../../src/heap/line.ts';

describe('a line', () => {
  test('gives in the order in which it was given, however long it is', () => {
    const line = new Line<number>();
    const expected: number[] = [];
    const got: (number | undefined)[] = [];
    let next = 0;
    for (let round = 1; round <= 60; round++) {
      for (let i = 0; i < 97 * round; i++) {
        expected.push(next);
        line.push(next++);
      }
      for (let i = 0; i < 89 * round; i++) got.push(line.shift());
    }
    expect(line.length).toBe(8 * ((60 * 61) / 2));
    while (line.length > 0) got.push(line.shift());
    expect(got).toEqual(expected);
    expect(line.shift()).toBeUndefined();
  });

  test('takes what it was made of, and gives the rest at once', () => {
    const line = new Line(['a', 'b', 'c']);
    expect([line.shift(), line.takeAll(), line.length, line.shift()]).toEqual(['a', ['b', 'c'], 0, undefined]);
    line.push('d');
    expect(line.takeAll()).toEqual(['d']);
  });
});
