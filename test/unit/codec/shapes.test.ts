/** Objects by their shapes: keys that are written once, and dictionaries, which must not fill the table. */
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { builderFor, compiled, fromTemplate } from '../../../src/codec/builder.ts';
import { Codec } from '../../../src/codec/index.ts';
import { OFTEN } from '../../../src/codec/shapes.ts';
import { expectSame, noBridge, receive, send, shapeStore, sharedScratch } from './harness.ts';

const newCodec = (store = shapeStore()): Codec => new Codec(sharedScratch(), noBridge, store);

/** What comes out elsewhere, and how many bytes it took. */
function pass(codec: Codec, value: unknown, to = codec): number {
  const sent = send(codec, value);
  expect(sent.encoding).toBe(Encoding.PLAIN);
  expectSame(receive(to, sent), structuredClone(value));
  return sent.bytes.length;
}

const order = (i: number) => ({
  id: i,
  customer: { name: `name ${i}`, mail: null },
  lines: [{ sku: 'x', count: i }],
  paid: true,
});

describe('a shape', () => {
  test('is one when it was met some times, and its keys are not written again', () => {
    const store = shapeStore();
    const codec = newCodec(store);
    const lengths = Array.from({ length: 2 * OFTEN }, (_, i) => pass(codec, order(i)));
    expect(store.shapes.map((keys) => keys.join())).toEqual(['name,mail', 'sku,count', 'id,customer,lines,paid']);
    expect(new Set(lengths.slice(0, OFTEN - 1)).size).toBe(1);
    expect(new Set(lengths.slice(OFTEN - 1)).size).toBe(1);
    expect(lengths[OFTEN]).toBeLessThan(lengths[0] as number);
  });

  test('is the same for all who share the table', () => {
    const store = shapeStore();
    const [one, other, reader] = [newCodec(store), newCodec(store), newCodec(store)];
    for (let i = 0; i < OFTEN; i++) for (const codec of [one, other]) pass(codec, order(i), reader);
    expect(store.shapes).toHaveLength(3);
  });

  test('is a sequence: the same keys in another order are another one', () => {
    const store = shapeStore();
    const codec = newCodec(store);
    for (let i = 0; i < OFTEN; i++)
      for (const value of [{ a: i, b: 2 }, { b: 2, a: i }, { a: i }, { b: i, a: 1, c: 2 }, {}]) pass(codec, value);
    expect(store.shapes).toEqual([['a', 'b'], ['b', 'a'], ['a'], ['b', 'a', 'c']]);
  });

  test('may have any keys', () => {
    const codec = newCodec();
    const keys = [
      '__proto__',
      'constructor',
      '',
      ' ',
      '"',
      "'",
      '\\',
      '\n',
      '\u2028',
      '\ud800',
      '0',
      '7',
      '-1',
      'ключ',
      '𝒳',
      '`$' + '{1}`',
      '*/',
    ];
    const value = Object.create(null) as Record<string, unknown>;
    for (const key of keys)
      Object.defineProperty(value, key, { value: { of: key }, enumerable: true, writable: true, configurable: true });
    for (let i = 0; i < OFTEN; i++) pass(codec, value);
    for (const key of keys) for (let i = 0; i < OFTEN; i++) pass(codec, Object.fromEntries([[key, i]]));
  });

  test('is not taken by what only looks like it', () => {
    const codec = newCodec();
    for (let i = 0; i < OFTEN; i++) {
      pass(codec, { a: 1, b: 2 });
      const hidden = { a: 1, b: 2 };
      Object.defineProperty(hidden, 'b', { enumerable: false });
      expect(receive(codec, send(codec, hidden))).toEqual({ a: 1 });
      const gone: Record<string, unknown> = {
        get a() {
          delete gone.b;
          return 1;
        },
        b: 2,
      };
      expect(receive(codec, send(codec, gone))).toEqual({ a: 1 });
    }
  });

  test('is told apart though many begin alike', () => {
    const store = shapeStore();
    const codec = newCodec(store);
    const shapes = Array.from({ length: 40 }, (_, i) => ({ type: i, [`field ${i}`]: i, [`other ${i % 3}`]: 'x' }));
    for (let i = 0; i < OFTEN; i++) for (const value of shapes) pass(codec, value);
    expect(store.shapes).toHaveLength(40);
  });
});

describe('dictionaries', () => {
  test('with ever new keys never become shapes', () => {
    const store = shapeStore();
    const codec = newCodec(store);
    for (let i = 0; i < 5000; i++) pass(codec, { [`user ${i}`]: i, [`user ${i + 1}`]: { count: i, last: i } });
    expect(store.shapes).toEqual([['count', 'last']]);
    // And what is a shape is still found among them.
    for (let i = 0; i < 100; i++) pass(codec, { fresh: i, shape: 1 });
    expect(store.shapes).toHaveLength(2);
  });

  test('of many keys never do', () => {
    const store = shapeStore();
    const codec = newCodec(store);
    const value = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key ${i}`, i]));
    for (let i = 0; i < OFTEN; i++) pass(codec, value);
    expect(store.shapes).toEqual([]);
  });

  test('arrive also when the table is full', () => {
    const store = shapeStore(2);
    const codec = newCodec(store);
    for (let i = 0; i < OFTEN; i++)
      for (const key of ['a', 'b', 'c', 'd']) pass(codec, { [key]: i, inner: { [`${key}2`]: [i] } });
    expect(store.shapes).toHaveLength(2);
  });
});

describe('an object is built', () => {
  const KEYS = ['2', 'b', '__proto__', 'a', 'get', 'with space'];
  const values = () => {
    let next = 0;
    return { value: () => ({ value: next++ }) };
  };

  test.each([
    ['by a compiled literal', compiled],
    ['without compiling', fromTemplate],
  ])('%s', (_, builder) => {
    const build = builder(KEYS);
    for (let i = 0; i < OFTEN; i++) {
      const object = build(values());
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.keys(object)).toEqual(KEYS);
      expect(KEYS.map((key) => Object.getOwnPropertyDescriptor(object, key))).toEqual(
        KEYS.map((_, value) => ({ value: { value }, writable: true, enumerable: true, configurable: true })),
      );
    }
  });

  test('in one of these ways, whichever the engine allows', () => {
    expect(builderFor(['a'], false)({ value: () => 1 })).toEqual({ a: 1 });
    expect(builderFor(['a'], true)({ value: () => 1 })).toEqual({ a: 1 });
  });
});
