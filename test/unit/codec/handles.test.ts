import { beforeEach, describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec, type HandleBridge, type HandleRef, SEND } from '../../../src/codec/index.ts';
import { receive, send, sharedScratch } from './harness.ts';

class Live {
  readonly ref: HandleRef;
  constructor(ref: HandleRef) {
    this.ref = ref;
  }
  get [SEND](): () => HandleRef {
    return () => {
      calls.push(`send ${this.ref.id}`);
      return this.ref;
    };
  }
}

let calls: string[] = [];
const bridge: HandleBridge = {
  revive(handle) {
    calls.push(`revive ${handle.id}`);
    return new Live({ ...handle });
  },
};
const codec = new Codec(sharedScratch(), bridge);
const lock = new Live({ tag: 1, id: 10, gen: 3 });
const queue = new Live({ tag: 7, id: 0xffff_ffff, gen: 0xffff_fffe });

beforeEach(() => {
  calls = [];
});

describe('a live object', () => {
  test('travels by itself, as a handle', () => {
    const sent = send(codec, lock);
    expect(sent.encoding).toBe(Encoding.RICH);
    expect(sent.handles).toEqual([{ tag: 1, id: 10, gen: 3 }]);
    expect(calls).toEqual(['send 10']);
    const got = receive(codec, sent);
    expect(got).toBeInstanceOf(Live);
    expect(got).toEqual(lock);
    expect(calls.slice(1)).toEqual(['revive 10']);
  });

  test('travels anywhere inside plain data and in every class', () => {
    const value = { lock, list: [{ queue }], map: new Map([[lock, queue]]), set: new Set([queue]) };
    const sent = send(codec, value);
    const got = receive(codec, sent) as typeof value;
    expect(got.lock).toEqual(lock);
    expect(got.list[0]?.queue).toEqual(queue);
    expect(got.map.get(got.lock)).toBe(got.list[0]?.queue);
    expect(got.set.has(got.list[0]?.queue as Live)).toBe(true);
  });

  test('is named once and revived once, however often the value mentions it', () => {
    const sent = send(codec, [lock, lock, { lock }, queue]);
    expect(sent.handles).toEqual([lock.ref, queue.ref]);
    calls = [];
    const got = receive(codec, sent) as [Live, Live, { lock: Live }, Live];
    expect(calls).toEqual(['revive 10', `revive ${queue.ref.id}`]);
    expect(got[0]).toBe(got[1]);
    expect(got[0]).toBe(got[2].lock);
  });

  test('is the same as another object for the same thing', () => {
    const sent = send(codec, [lock, new Live({ ...lock.ref }), new Live({ ...lock.ref, gen: 4 })]);
    expect(sent.handles).toHaveLength(2);
    const got = receive(codec, sent) as [Live, Live, Live];
    expect(got[0]).toBe(got[1]);
    expect(got[2].ref.gen).toBe(4);
  });

  test('may be an object literal, an array or a function', () => {
    const ref = { tag: 2, id: 5, gen: 6 };
    for (const object of [
      { [SEND]: () => ref },
      Object.assign([1], { [SEND]: () => ref }),
      Object.assign(() => 1, { [SEND]: () => ref }),
    ]) {
      for (const value of [object, [object], { object }]) expect(send(codec, value).handles).toEqual([ref]);
    }
  });

  test('may stand behind a proxy, as a managed dict does', () => {
    const proxy = new Proxy(lock, { get: (target, key) => Reflect.get(target, key, target) });
    expect(send(codec, { proxy }).handles).toEqual([lock.ref]);
  });

  test('is not taken for one because its proxy answers to every name', () => {
    const eager = new Proxy({ a: 1 }, { get: (target, key) => Reflect.get(target, key) ?? (() => 'anything') });
    expect(receive(codec, send(codec, { eager }))).toEqual({ eager: { a: 1 } });
  });
});

describe('handles', () => {
  test('are none when the object is closed', () => {
    const closed = {
      get [SEND](): () => never {
        return () => {
          throw new RangeError('is closed');
        };
      },
    };
    expect(() => codec.encode([lock, closed])).toThrow(new RangeError('is closed'));
    expect(calls).toEqual(['send 10']);
    expect(codec.handles).toEqual([]);
  });

  test('of the last value are gone with the next one', () => {
    send(codec, [lock]);
    for (const value of [1, 'text', null, { a: 1 }, new Date(), new Uint8Array(1)]) {
      send(codec, lock);
      expect(send(codec, value).handles).toEqual([]);
    }
  });

  test('must be as many as the bytes need', () => {
    const sent = send(codec, [lock]);
    expect(() => receive(codec, { ...sent, handles: [] })).toThrow('needs a handle of class 1');
  });

  test('get their class from the bytes, whatever those say who carry them', () => {
    const sent = send(codec, [lock, queue]);
    const carried = sent.handles.map((handle) => ({ ...handle, tag: 0 }));
    expect(receive(codec, { ...sent, handles: carried })).toEqual([lock, queue]);
  });

  test('may be many', () => {
    const all = Array.from({ length: 300 }, (_, id) => new Live({ tag: 1, id, gen: 0 }));
    const got = receive(codec, send(codec, all)) as Live[];
    expect(got.map(({ ref }) => ref.id)).toEqual(all.map(({ ref }) => ref.id));
  });
});
