import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { encodingOf, expectSame, roundTrip } from './harness.ts';

function expectClone(value: unknown): void {
  expectSame(roundTrip(value), structuredClone(value));
}

describe('the built-in classes', () => {
  test('arrive: dates, valid or not', () => {
    for (const time of [0, -1, 1.7e12, 8.64e15, -8.64e15, NaN]) expectClone(new Date(time));
  });

  test('arrive: regular expressions, with lastIndex 0', () => {
    const regexp = /a(?<n>[/\]]+)\n/dgimsuy;
    regexp.lastIndex = 5;
    expectClone(regexp);
    expectClone(/\ud800/);
    expectClone(/(?:)/);
  });

  test('arrive: Boolean, Number, String and BigInt objects', () => {
    for (const value of [false, true, 0, -0, NaN, 'text', '\ud800', '', 5n, 10n ** 30n]) expectClone(Object(value));
  });

  test('arrive: Maps and Sets, in their order, with keys of any type', () => {
    expectClone(
      new Map<unknown, unknown>([
        [NaN, 1],
        ['NaN', 2],
        [{ a: 1 }, new Map()],
        [null, new Set([1, '1', 1n])],
        [undefined, -0],
      ]),
    );
    expectClone(new Set());
  });

  test('arrive as the base class, from a subclass, also one that changed its tag', () => {
    class MyMap extends Map<number, number> {
      override get [Symbol.toStringTag](): string {
        return 'Mine';
      }
    }
    class MyDate extends Date {}
    class MyArray extends Array {}
    class MyBytes extends Uint8Array {}
    expectClone([new MyMap([[1, 2]]), new MyDate(5), MyArray.from([1, 2]), new MyBytes(3)]);
  });

  test('are not believed from their tag', () => {
    class Impostor {
      readonly a = 1;
      get [Symbol.toStringTag](): string {
        return 'Map';
      }
    }
    expectClone([new Impostor()]);
    class NoError {
      get [Symbol.toStringTag](): string {
        return 'Error';
      }
    }
    expectClone([new NoError()]);
    expectClone({ [Symbol.toStringTag]: 'Date' });
  });

  test('arrive from another realm', () => {
    const foreign = vm.runInNewContext(`({
      object: { a: [1, { b: 2 }] }, map: new Map([[1, new Set([2])]]), date: new Date(5), regexp: /x/g,
      bytes: new Uint8Array([1, 2]), words: new Int16Array([1, 2]), buffer: new ArrayBuffer(3),
      box: Object(1n), bare: Object.create(null),
    })`);
    expectSame(roundTrip(foreign), structuredClone(foreign));
    const error = vm.runInNewContext('new RangeError("foreign")');
    const arrived = roundTrip(error);
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived.message).toBe('foreign');
  });

  test('arrive: module namespaces and arguments as plain objects', async () => {
    const namespace = await import('./fixtures/constants.ts');
    expect(roundTrip(namespace)).toEqual({ one: 1, two: 'two' });
    function list(..._: string[]): unknown {
      // biome-ignore lint/complexity/noArguments: that is the point
      return arguments;
    }
    expect(roundTrip(list('a', 'b'))).toEqual({ 0: 'a', 1: 'b' });
  });

  test('arrive: proxies of plain objects and arrays as what they show', () => {
    expect(roundTrip(new Proxy({ a: 1 }, { get: () => 2 }))).toEqual({ a: 2 });
    expect(roundTrip({ list: new Proxy([1, 2], {}) })).toEqual({ list: [1, 2] });
  });
});

describe('identity', () => {
  test('holds through everything that can hold a reference', () => {
    const shared = { name: 'shared' };
    const error = new Error('e', { cause: shared });
    const value = {
      property: shared,
      array: [shared],
      mapKey: new Map([[shared, 1]]),
      mapValue: new Map([[1, shared]]),
      set: new Set([shared]),
      error,
      many: new AggregateError([shared]),
      odd: Object.assign([], { extra: shared }),
    };
    const got = roundTrip(value);
    const one = got.property;
    expect(one).toEqual(shared);
    expect(got.array[0]).toBe(one);
    expect(got.mapKey.get(one)).toBe(1);
    expect(got.mapValue.get(1)).toBe(one);
    expect(got.set.has(one)).toBe(true);
    expect(got.error.cause).toBe(one);
    expect(got.many.errors[0]).toBe(one);
    expect((got.odd as unknown as { extra: unknown }).extra).toBe(one);
  });

  test('holds for a thing that holds itself', () => {
    const map = new Map();
    map.set(map, map);
    const set = new Set();
    set.add(set);
    const error = new Error('self');
    error.cause = error;
    const array: unknown[] = [map, set, error];
    array.push(array);
    const got = roundTrip(array) as [typeof map, typeof set, typeof error, unknown];
    expect(got[0].get(got[0])).toBe(got[0]);
    expect(got[1].has(got[1])).toBe(true);
    expect(got[2].cause).toBe(got[2]);
    expect(got[3]).toBe(got);
  });

  test('holds for leaves: dates, regular expressions, boxes', () => {
    const [date, regexp, box] = [new Date(1), /x/, Object('s')];
    const got = roundTrip([date, date, regexp, regexp, box, box]);
    expect(got[0]).toBe(got[1]);
    expect(got[2]).toBe(got[3]);
    expect(got[4]).toBe(got[5]);
  });

  test('holds along a chain of 100 000 links', () => {
    let chain: { next?: object; last?: object } = {};
    const end = chain;
    for (let i = 0; i < 100_000; i++) chain = { next: chain };
    chain.last = end;
    let got = roundTrip(chain) as typeof chain;
    const { last } = got;
    while (got.next !== undefined) got = got.next;
    expect(got).toBe(last);
  });
});

test('a value is a snapshot: changing the original or the bytes later changes nothing', () => {
  const value = { list: [1], bytes: new Uint8Array([1]), map: new Map([[1, 1]]) };
  const got = roundTrip(value);
  value.list.push(2);
  value.bytes[0] = 9;
  value.map.clear();
  expect(got).toEqual({ list: [1], bytes: new Uint8Array([1]), map: new Map([[1, 1]]) });
});

test('a getter inside a rich value is read once', () => {
  let reads = 0;
  const value = {
    when: new Date(5),
    get count(): number {
      return ++reads;
    },
  };
  expect(encodingOf(new Map([[1, value]]))).toBe(Encoding.RICH);
  expect(reads).toBe(1);
});
