import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { encodingOf, expectSame, roundTrip } from './harness.ts';

/** Both that it arrives and by which way. */
function expectPlain(value: unknown): void {
  expect(encodingOf(value)).toBe(Encoding.PLAIN);
  expectSame(roundTrip(value), structuredClone(value));
}

function expectRich(value: unknown): void {
  expect(encodingOf(value)).toBe(Encoding.RICH);
  expectSame(roundTrip(value), structuredClone(value));
}

describe('values without bytes', () => {
  test('are told apart by their encoding alone', () => {
    expect([undefined, null, false, true].map(encodingOf)).toEqual([
      Encoding.UNDEFINED,
      Encoding.NULL,
      Encoding.FALSE,
      Encoding.TRUE,
    ]);
    for (const value of [undefined, null, false, true]) expect(roundTrip(value)).toBe(value);
  });

  test('leave a number in its field', () => {
    for (const value of [0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 60, 5e-324]) {
      expect(encodingOf(value)).toBe(Encoding.NUMBER);
      expect(roundTrip(value)).toBe(value);
    }
  });
});

describe('the plain way', () => {
  test('is taken by a flat object, by nested ones, by arrays', () => {
    expectPlain({ id: 7, name: 'x', text: 'abcdefghijklmnopqrstuvwxyz012345' });
    expectPlain({ a: { b: [{ c: [[], {}] }, null] } });
    expectPlain([1, 'a', undefined, null, true]);
    expectPlain({});
    expectPlain([]);
  });

  test('carries undefined, which JSON does not', () => {
    expectPlain({ a: undefined, b: [undefined] });
  });

  test('carries numbers of every size exactly', () => {
    const numbers: number[] = [];
    for (let power = 0; power < 64; power++) for (const d of [-1, 0, 1]) numbers.push(2 ** power + d, -(2 ** power) - d + 0);
    expectPlain(numbers.map((n) => n + 0));
    expectPlain([NaN, Infinity, -Infinity, 0.1, 5e-324, 1.7976931348623157e308]);
  });

  test('carries bigints of 64 bits as bigints', () => {
    expectPlain([0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n - 1n]);
    expect(encodingOf(5n)).toBe(Encoding.PLAIN);
    expect(roundTrip(-5n)).toBe(-5n);
  });

  test('keeps the order of keys, with the numeric ones in front', () => {
    const value = { z: 1, 10: 'ten', a: 2, 2: 'two', '-1': 3, '01': 4 };
    expectPlain(value);
    expect(Object.keys(roundTrip(value))).toEqual(['2', '10', 'z', 'a', '-1', '01']);
  });

  test('is not misled by keys that mean something elsewhere', () => {
    expectPlain({ constructor: 1, hasOwnProperty: 2, toString: 3, toJSON: 4, length: 5, valueOf: null, '': 7 });
  });

  test('carries as many keys and elements as there are', () => {
    const object = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`key ${i}`, i]));
    expectPlain(object);
    expectPlain(Array.from({ length: 70_000 }, (_, i) => i));
    expectPlain({ text: 'a'.repeat(70_000), wide: 'д'.repeat(70_000) });
  });

  test('carries the same text in many places: texts have no identity', () => {
    const text = 'again'.repeat(20);
    expectPlain([text, { text }, [text]]);
  });

  test('is taken by instances of the usual class, which arrive as plain objects', () => {
    class Base {
      kind = 'base';
    }
    class Job extends Base {
      id = 7;
      #secret = 1;
      get computed(): number {
        return this.#secret;
      }
      toJSON(): string {
        throw new Error('toJSON was called');
      }
      override hasOwnProperty(): boolean {
        throw new Error('hasOwnProperty was called');
      }
    }
    expectPlain(new Job());
    expectPlain({ jobs: [new Job(), new Job()] });
    expectPlain(Object.assign(Object.create(null), { a: 1 }));
    expectPlain(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }));
  });

  test('is taken by old-style classes, whatever they inherit from', () => {
    function List(this: Record<string, unknown>) {
      this.length = 2;
      this.name = 'list';
    }
    List.prototype = Object.create(Array.prototype);
    expectPlain(new (List as unknown as new () => object)());
    List.prototype.inherited = 1;
    expectPlain([new (List as unknown as new () => object)()]);
  });

  test('leaves inherited keys out, also those that somebody gives to all objects', () => {
    Object.defineProperty(Object.prototype, 'everywhere', { value: 1, enumerable: true, configurable: true, writable: true });
    try {
      for (let i = 0; i < 3; i++) {
        const got = roundTrip<object>({ a: 1, b: { c: 2 } });
        expect(Object.keys(got)).toEqual(['a', 'b']);
        expect(Object.keys((got as { b: object }).b)).toEqual(['c']);
      }
    } finally {
      delete (Object.prototype as { everywhere?: number }).everywhere;
    }
  });

  test('carries bigints of any size', () => {
    for (const n of [2n ** 63n, 2n ** 64n, -(2n ** 63n) - 1n, 10n ** 400n, -(10n ** 400n)]) {
      expectPlain(n);
      expectPlain({ n });
    }
  });

  test('carries -0', () => {
    expectPlain({ a: -0 });
    expectPlain([-0]);
  });

  test('carries an own property __proto__, which stays one', () => {
    for (let i = 0; i < 3; i++) {
      const value = JSON.parse('{"__proto__":{"polluted":1},"a":1}');
      expectPlain(value);
      const arrived = roundTrip(value);
      expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
      expect(arrived.polluted).toBeUndefined();
      expect(Object.getOwnPropertyDescriptor(arrived, '__proto__')?.value).toEqual({ polluted: 1 });
    }
  });

  test('reads getters and leaves out what is not enumerable or has a symbol for a key', () => {
    const value = {
      get a(): string {
        return 'read';
      },
      [Symbol('s')]: 1,
    };
    Object.defineProperty(value, 'hidden', { value: 1 });
    expect(roundTrip(value)).toEqual({ a: 'read' });
  });

  test('reads a getter once', () => {
    let reads = 0;
    const got = roundTrip({
      get changing(): unknown {
        return reads++ === 0 ? 1 : new Uint8Array([1, 2, 3]);
      },
    });
    expect([got.changing, reads]).toEqual([1, 1]);
  });

  test('never calls toJSON', () => {
    const toJSON = { toJSON: 'mine' };
    expect(roundTrip(toJSON)).toEqual(toJSON);
    const date = Object.assign(new Date(5), { toJSON: 1 });
    expect(roundTrip({ date })).toEqual({ date: new Date(5) });
  });
});

describe('the plain way is left', () => {
  test('for arrays with holes or further properties', () => {
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    expectRich([1, , 3]);
    expectRich(new Array(3));
    expectRich([...new Array(20).keys()].concat(new Array(1)));
    expectRich(Object.assign([1, 2], { extra: 1 }));
    expectRich(Object.assign(new Array(100).fill(0), { extra: 1 }));
    expectRich({ match: 'aXb'.match(/X/) });
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = 'far';
    expectRich(sparse);
  });

  test('for a shared reference, among few containers and among many', () => {
    for (const count of [1, 30, 31, 32, 33, 34, 100, 1000]) {
      const many: object[] = Array.from({ length: count }, (_, i) => ({ i }));
      expectPlain(many);
      for (const at of new Set([0, count >> 1, count - 1])) expectRich([...many, many[at]]);
    }
  });

  test('for a cycle', () => {
    const value: Record<string, unknown> = { a: 1 };
    value.self = value;
    expectRich(value);
    const list: unknown[] = [];
    list.push([list]);
    expectRich(list);
  });

  test('for depth', () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 ? { value } : [value];
      return value;
    };
    expectPlain(nest(200));
    expectRich(nest(300));
    expectSame(roundTrip(nest(100_000)), nest(100_000));
  });
});

describe('a walk', () => {
  test('forgets what it met, also when it was left early', () => {
    const shared = { a: 1 };
    for (let i = 0; i < 3; i++) {
      expect(encodingOf([shared, new Date()])).toBe(Encoding.RICH);
      expect(encodingOf([shared])).toBe(Encoding.PLAIN);
      expect(encodingOf(Array.from({ length: 50 }, () => [shared]))).toBe(Encoding.RICH);
    }
  });

  test('is not disturbed by a walk that a getter starts', () => {
    const shared = {};
    const seenInside = {};
    const inner = [shared, seenInside, ...Array.from({ length: 50 }, () => ({}))];
    const valueWith = (last: object): object => ({
      first: shared,
      get walk(): number {
        return encodingOf(inner);
      },
      last,
    });
    expect(encodingOf(valueWith({}))).toBe(Encoding.PLAIN);
    expect(encodingOf(valueWith(seenInside))).toBe(Encoding.PLAIN);
    expect(encodingOf(valueWith(shared))).toBe(Encoding.RICH);
  });

  test('is not fooled by a prototype', () => {
    expectRich(Object.setPrototypeOf([1, 2], Object.prototype));
    expectRich([Object.create(Array.prototype)]);
  });

  test('leaves nothing behind that would keep a value alive', async () => {
    v8.setFlagsFromString('--expose-gc');
    const gc = vm.runInNewContext('gc') as () => void;
    const kept: WeakRef<object>[] = [];
    for (const container of [{}, [{}], Array.from({ length: 50 }, () => ({})), new Map()]) {
      for (const last of [1, new Date(), Symbol('refused')]) {
        const value = container instanceof Map ? new Map([[{}, last]]) : [container, last];
        try {
          encodingOf(value);
        } catch {
          // refused
        }
        kept.push(new WeakRef(value));
      }
    }
    // What a WeakRef was made for in this turn stays until the next one.
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
    // The last one may still be in a register or a slot of the stack.
    expect(kept.slice(0, -1).filter((each) => each.deref() !== undefined)).toEqual([]);
  });
});
