import { Lock, Manager, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

const { dict } = Manager();

/** Keys of which no two are equal. */
const keys = [
  '',
  'a',
  'A',
  'é',
  '日本',
  '\ud800',
  'x'.repeat(40),
  `${'x'.repeat(39)}y`,
  '1',
  'true',
  'null',
  0,
  1,
  1.5,
  -1,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  0n,
  1n,
  -1n,
  2n ** 63n,
  2n ** 64n,
  -(2n ** 100n),
  true,
  false,
  null,
  undefined,
  new Uint8Array(),
  new Uint8Array([97]),
  new Uint8Array(3000),
  [],
  ['a'],
  ['a', 'b'],
  [['a'], 'b'],
  [['a', 'b']],
  [1],
  [1n],
  ['1'],
  [null],
  [undefined],
  [true],
  [[]],
  [new Uint8Array([1])],
  [1, [2, [3, 'x']]],
];

describe('a key of a managed dict', () => {
  test('may be a string, a number, a bigint, a boolean, null, undefined, bytes, or an array of those', () => {
    const d = dict();
    for (const [i, key] of keys.entries()) d.set(key, i);
    expect(d.size).toBe(keys.length);
    expect(d.keys()).toEqual(keys);
    for (const [i, key] of keys.entries()) expect([d.has(key), d.get(key)]).toEqual([true, i]);
    for (const [i, key] of keys.entries()) expect([d.pop(key), d.has(key), d.size]).toEqual([i, false, keys.length - i - 1]);
  });

  test('is found again by an equal one that was made otherwise', () => {
    const d = dict();
    const part = ['x', 1];
    const pool = Buffer.from('some bytes');
    const pairs: [unknown, unknown][] = [
      [0, -0],
      [Number.NaN, Number.NaN],
      ['ab'.repeat(30), ['ab'.repeat(29), 'ab'].join('')],
      [
        [part, part],
        [
          ['x', 1],
          ['x', 1],
        ],
      ],
      [
        [0, [0]],
        [-0, [-0]],
      ],
      [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2, 3]).subarray(1, 3)],
      [new Uint8Array(pool), pool],
      [[new Uint8Array([1, 2])], [new Uint8Array([9, 1, 2]).subarray(1)]],
      [
        [new Uint8Array(pool), 'x'],
        [pool, 'x'],
      ],
      [Object.freeze(['f']), ['f']],
      [[undefined], new Array(1)],
      [10n, BigInt('10')],
    ];
    for (const [i, [key, same]] of pairs.entries()) {
      d.set(key, i);
      expect([i, d.get(same)]).toEqual([i, i]);
      d.set(same, 'again');
      expect(d.size).toBe(i + 1);
    }
  });

  test('is copied: a caller that goes on with its array changes nothing', () => {
    const d = dict();
    const key = ['a', [1]];
    d.set(key, 1);
    (key[1] as number[]).push(2);
    expect([d.has(key), d.has(['a', [1]])]).toEqual([false, true]);
  });

  test.each([[{}], [new Map()], [new Date()], [() => 1], [Symbol('s')], [[{}]], [new Int8Array(1)], [new Lock()], [dict()]])(
    'cannot be %s',
    (key) => {
      const d = dict();
      expect(() => d.set(key, 1)).toThrow(TypeError);
      expect(() => d.get(key)).toThrow(TypeError);
      expect(() => d.update(key, () => 1)).toThrow(TypeError);
      expect(d.size).toBe(0);
    },
  );

  test('has its limits: 61 KiB, and a depth of 64', () => {
    const d = dict();
    d.set('x'.repeat(60_000), 1);
    expect(d.get('x'.repeat(60_000))).toBe(1);
    expect(() => d.set('x'.repeat(70_000), 1)).toThrow(ValueError);
    expect(() => d.get(new Uint8Array(70_000))).toThrow(ValueError);
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => d.set(endless, 1)).toThrow(ValueError);
  });

  test('may be as many as there is memory, and collide as they like', () => {
    const d = dict();
    const count = 20_000;
    for (let i = 0; i < count; i++) d.set(i * 65_536, i);
    for (let i = 0; i < count; i += 7) expect(d.get(i * 65_536)).toBe(i);
    expect([d.size, d.has(1), d.has(count * 65_536)]).toEqual([count, false, false]);
  });
});
