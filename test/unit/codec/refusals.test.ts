import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec, SEND } from '../../../src/codec/index.ts';
import { noBridge, receive, refusal, send, sharedScratch } from './harness.ts';

describe('what cannot travel is named, with its place', () => {
  test('by itself', () => {
    expect(refusal(() => 1)).toBe('cannot send a function');
    expect(refusal(class {})).toBe('cannot send a function');
    expect(refusal(Symbol('s'))).toBe('cannot send a symbol');
    expect(refusal(new WeakMap())).toBe('cannot send a WeakMap');
  });

  test('inside objects and arrays', () => {
    const callback = (): void => {};
    expect(refusal({ jobs: [0, 1, 2, { callback }] })).toBe('cannot send a function (at .jobs[3].callback)');
    expect(refusal([[callback]])).toBe('cannot send a function (at [0][0])');
    expect(refusal({ 'two words': { 1: callback } })).toBe('cannot send a function (at ["two words"]["1"])');
    expect(refusal({ größe: { $_: callback } })).toBe('cannot send a function (at .größe.$_)');
    expect(refusal(Object.assign([1], { extra: callback }))).toBe('cannot send a function (at .extra)');
  });

  test('inside Maps, Sets and errors', () => {
    const bad = Symbol('bad');
    expect(
      refusal({
        map: new Map<unknown, unknown>([
          ['a', 1],
          ['k', [bad]],
        ]),
      }),
    ).toBe('cannot send a symbol (at .map.get("k")[0])');
    expect(refusal(new Map([[5, bad]]))).toBe('cannot send a symbol (at .get(5))');
    expect(refusal(new Map([[{}, bad]]))).toBe('cannot send a symbol (at .values()[0])');
    expect(refusal(new Map([[{ bad }, 1]]))).toBe('cannot send a symbol (at .keys()[0].bad)');
    expect(refusal({ set: new Set([1, { bad }]) })).toBe('cannot send a symbol (at .set.values()[1].bad)');
    expect(refusal(new Error('x', { cause: { bad } }))).toBe('cannot send a symbol (at .cause.bad)');
    expect(refusal(new AggregateError([1, bad]))).toBe('cannot send a symbol (at .errors[1])');
    expect(refusal(Object.assign(new Error('x'), { bad }))).toBe('cannot send a symbol (at .bad)');
  });

  test('in a class instance, and beside what would do', () => {
    class Job {
      id = 1;
      when = new Date();
      run = (): void => {};
    }
    expect(refusal({ job: new Job() })).toBe('cannot send a function (at .job.run)');
  });

  test('for every class that is not data', () => {
    const { port1, port2 } = new MessageChannel();
    const cases: [unknown, string][] = [
      [new WeakSet(), 'a WeakSet'],
      [new WeakRef({}), 'a WeakRef'],
      [new FinalizationRegistry(() => {}), 'a FinalizationRegistry'],
      [Promise.resolve(), 'a Promise'],
      [(function* () {})(), 'a Generator'],
      [(async function* () {})(), 'an AsyncGenerator'],
      [[].values(), 'an Array Iterator'],
      [new Map().entries(), 'a Map Iterator'],
      [Object(Symbol()), 'a Symbol'],
      [port1, 'a MessagePort'],
      [new URL('http://localhost/'), 'a URL'],
      [new Blob([]), 'a Blob'],
      [new AbortController().signal, 'an AbortSignal'],
      [new ReadableStream(), 'a ReadableStream'],
      [new TextDecoder(), 'a TextDecoder'],
      [new Intl.NumberFormat(), 'a NumberFormat'],
      [new WebAssembly.Memory({ initial: 1 }), 'a Memory'],
      [new Proxy(new Map(), {}), 'what looks like a Map but is none (a Proxy of one?)'],
      [new Proxy(new Date(), {}), 'what looks like a Date but is none (a Proxy of one?)'],
      [new Proxy(new Uint8Array(), {}), 'what looks like a typed array but is none (a Proxy of one?)'],
      [new Proxy(() => {}, {}), 'a function'],
    ];
    for (const [value, name] of cases) {
      expect(refusal(value)).toBe(`cannot send ${name}`);
      expect(refusal({ a: [value] })).toBe(`cannot send ${name} (at .a[0])`);
    }
    port1.close();
    port2.close();
  });

  test('for revoked proxies', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(proxy)).toBe('cannot send a revoked proxy');
    expect(refusal({ a: { b: proxy } })).toBe('cannot send a revoked proxy (at .a.b)');
    expect(refusal(new Map([[1, proxy]]))).toBe('cannot send a revoked proxy (at .get(1))');
  });
});

describe('a call that fails', () => {
  const boom = new Error('boom');
  const throwing = {
    get a(): never {
      throw boom;
    },
  };

  test('throws what a getter or a proxy threw', () => {
    const codec = new Codec(sharedScratch(), noBridge);
    expect(() => codec.encode(throwing)).toThrow(boom);
    expect(() => codec.encode([new Date(), { deep: [throwing] }])).toThrow(boom);
    const trap = (): never => {
      throw boom;
    };
    expect(() => codec.encode([new Proxy({}, { ownKeys: trap })])).toThrow(boom);
    expect(() => codec.encode(new Proxy({}, { getPrototypeOf: trap }))).toThrow(boom);
  });

  test('leaves the codec as it was', () => {
    const codec = new Codec(sharedScratch(), noBridge);
    const good = { id: 7, name: 'x', nested: [1, { a: 'b' }] };
    const rich = new Map([[good, new Date(5)]]);
    for (const bad of [throwing, () => 1, { f: [() => 1] }, new Map([[good, Symbol('s')]]), [good, new Set([throwing])]]) {
      expect(() => codec.encode(bad)).toThrow();
      expect(codec.handles).toEqual([]);
      const sent = send(codec, good);
      expect(sent.encoding).toBe(Encoding.PLAIN);
      expect(receive(codec, sent)).toEqual(good);
      expect(receive(codec, send(codec, rich))).toEqual(rich);
    }
  });

  test('leaves no handle, wherever the failure is', () => {
    const handle = { [SEND]: () => ({ tag: 1, id: 1, gen: 1 }) };
    const codec = new Codec(sharedScratch(), noBridge);
    expect(() => codec.encode([handle, () => 1])).toThrow('cannot send a function (at [1])');
    expect(() => codec.encode([handle, throwing])).toThrow(boom);
    expect(codec.handles).toEqual([]);
  });
});
