/** Objects that are written by compiled code, once their shape was met often: nothing may be different. */
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { expectSame, noBridge, receive, send, shapeStore, sharedScratch } from './harness.ts';

/** So often that the shape is known and its writer is compiled. */
const WARM = 64;

type Value = Record<string, unknown>;

const order = (i: number): Value => ({
  id: i,
  customer: { name: `name ${i}`, mail: null, age: undefined },
  lines: [
    { sku: 'x', count: i },
    { sku: 'ÿ', count: Number.NaN },
  ],
  note: i % 2 === 0 ? 'a text that is longer than most texts, and has more than forty characters' : 'Reykjavík, Þingvellir',
});

function warmed(...makers: ((i: number) => unknown)[]): Codec {
  const codec = new Codec(sharedScratch(), noBridge, shapeStore());
  for (let i = 0; i < WARM; i++) for (const make of makers) send(codec, make(i));
  return codec;
}

function expectPass(codec: Codec, value: unknown, encoding = Encoding.PLAIN): void {
  const expected = structuredClone(value);
  const sent = send(codec, value);
  expect(sent.encoding).toBe(encoding);
  expectSame(receive(codec, sent), expected);
}

describe('an object of a shape that was met often', () => {
  test('arrives as it was, again and again', () => {
    const codec = warmed(order);
    for (let i = 0; i < WARM; i++) expectPass(codec, order(i));
  });

  test('takes as many bytes as before', () => {
    const codec = new Codec(sharedScratch(), noBridge, shapeStore());
    const lengths = Array.from({ length: 3 * WARM }, () => send(codec, order(8)).bytes.length);
    expect(new Set(lengths.slice(WARM)).size).toBe(1);
  });

  test.each<[string, (value: Value) => unknown]>([
    ['one key more', (value) => ({ ...value, more: 1 })],
    ['one key less', ({ note, ...value }) => value],
    ['another last key', ({ note, ...value }) => ({ ...value, Note: note })],
    ['another order', ({ id, ...value }) => ({ ...value, id })],
    ['no prototype', (value) => Object.assign(Object.create(null), value)],
    ['a key of a symbol', (value) => ({ ...value, [Symbol('s')]: 1 })],
    [
      'an accessor',
      (value) => ({
        ...value,
        get id() {
          return 'got';
        },
      }),
    ],
    ['a key that is not enumerable', (value) => Object.defineProperty({ ...value }, 'hidden', { value: 1 })],
    ['no key at all', () => ({})],
    ['an array in its place', (value) => [value, value.id]],
    ['values of other types', () => ({ id: 'a', customer: 1n, lines: { sku: 1, count: 2 }, note: [true, null] })],
    ['undefined everywhere', () => ({ id: undefined, customer: undefined, lines: undefined, note: undefined })],
    ['holes in its array', (value) => ({ ...value, lines: new Array(3) })],
  ])('is told from one with %s', (_, change) => {
    const codec = warmed(order);
    const value = change(order(1));
    const expected = structuredClone(value);
    expectSame(receive(codec, send(codec, value)), expected);
    expectPass(codec, order(2));
  });

  test('is told from an instance of a class that has the same keys', () => {
    class Point {
      x = 1;
      y = 2;
      get sum(): number {
        return this.x + this.y;
      }
    }
    const codec = warmed((i) => ({ x: i, y: i }));
    expectPass(codec, new Point());
    for (let i = 0; i < WARM; i++) expectPass(codec, i % 2 === 0 ? new Point() : { x: i, y: 2 });
    const array = Object.setPrototypeOf([1, 2], Object.prototype);
    expect(send(codec, Object.assign(array, { x: 1, y: 2 })).encoding).toBe(Encoding.RICH);
  });

  test('shows no key that it inherits', () => {
    const codec = warmed((i) => ({ x: i }));
    expectPass(codec, Object.assign(Object.create({ inherited: 1 }), { x: 1 }));
    (Object.prototype as Value).everywhere = 1;
    try {
      expectSame(receive(codec, send(codec, { x: 1 })), { x: 1 });
    } finally {
      delete (Object.prototype as Value).everywhere;
    }
    expectPass(codec, { x: 2 });
  });

  test('may have any keys', () => {
    const keys = ['__proto__', 'constructor', '', '"', "'", '`$' + '{x}`', '\u2028', '1', 'ключ', '\ud800', 'toString'];
    const make = (i: number) => Object.fromEntries(keys.map((key, k) => [key, i + k]));
    const codec = warmed(make);
    for (let i = 0; i < 3; i++) expectPass(codec, make(i));
  });

  test('is met twice: both are one object there', () => {
    const make = (i: number) => ({ a: { n: i }, b: { n: i } });
    const codec = warmed(make);
    const shared = { n: 1 };
    expectPass(codec, { a: shared, b: shared }, Encoding.RICH);
    const cycle: Value = { a: shared };
    cycle.b = cycle;
    expectPass(codec, cycle, Encoding.RICH);
    expectPass(codec, make(3));
  });

  test('is as deep as it may be', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : { next: nest(depth - 1) });
    const codec = warmed(() => nest(100));
    for (const depth of [1, 199, 200]) expectPass(codec, nest(depth));
    expectPass(codec, nest(400), Encoding.RICH);
  });

  test('takes turns with others at one place', () => {
    const makers = [
      order,
      (i: number) => ({ type: 'a', i }),
      (i: number) => ({ type: 'b', i, more: [i] }),
      (i: number) => [{ i }],
    ];
    const codec = warmed(...makers);
    for (let i = 0; i < WARM; i++) for (const make of makers) expectPass(codec, make(i));
  });
});

describe('accessors and proxies of a known shape', () => {
  test('are read once', () => {
    const codec = warmed((i) => ({ id: i, next: i }));
    let reads = 0;
    const value = {
      get id() {
        return ++reads;
      },
      next: 2,
    };
    expectSame(receive(codec, send(codec, value)), { id: 1, next: 2 });
    expect(reads).toBe(1);
  });

  test('may take away what comes behind them', () => {
    const codec = warmed((i) => ({ id: i, next: i }));
    const value: Value = {
      get id() {
        delete value.next;
        return 1;
      },
      next: 2,
    };
    const received = receive(codec, send(codec, value)) as Value;
    expect(Object.keys(received)).toEqual(['id']);
  });

  test('may encode values of the same shape', () => {
    const codec = warmed(order);
    const inner = order(7);
    let arrived: unknown;
    const value = {
      ...order(1),
      get note() {
        arrived = receive(codec, send(codec, inner));
        return 'done';
      },
    };
    expectSame(receive(codec, send(codec, value)), { ...order(1), note: 'done' });
    expectSame(arrived, inner);
  });

  test('may throw', () => {
    const codec = warmed((i) => ({ id: i, next: i }));
    const value = {
      id: 1,
      get next(): number {
        throw new Error('not today');
      },
    };
    expect(() => codec.encode(value)).toThrow('not today');
    expectPass(codec, { id: 1, next: 2 });
  });

  test('show what the proxy shows', () => {
    const codec = warmed((i) => ({ id: i, next: i }));
    const proxy = new Proxy({ id: 1, next: 2 }, {});
    expectSame(receive(codec, send(codec, proxy)), { id: 1, next: 2 });
    const { proxy: revoked, revoke } = Proxy.revocable({ id: 1, next: 2 }, {});
    revoke();
    expect(() => codec.encode({ id: 1, next: revoked })).toThrow('a revoked proxy');
  });
});
