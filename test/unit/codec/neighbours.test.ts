import { addExtension, Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { noBridge, receive, send, sharedScratch } from './harness.ts';

const codec = new Codec(sharedScratch(), noBridge);
const nested = { id: 7, list: [{ a: 'b' }], text: 'x'.repeat(100), wide: 'д'.repeat(100) };

describe('another user of msgpackr in the same thread', () => {
  const packr = new Packr();

  test('keeps what it has packed', () => {
    const kept: [unknown, Buffer][] = [];
    for (let i = 0; i < 500; i++) {
      const value = { i, text: `text ${i}`.repeat(i % 50) };
      kept.push([value, packr.pack(value)]);
      codec.encode({ i: -i, other: 'z'.repeat(i * 3) });
    }
    for (const [value, bytes] of kept) expect(packr.unpack(bytes)).toEqual(value);
  });

  test('may be in the middle of packing', () => {
    const value = {
      before: 'b'.repeat(50),
      get during(): unknown {
        return receive(codec, send(codec, nested));
      },
      after: 'a'.repeat(50),
    };
    const bytes = packr.pack(value);
    expect(packr.unpack(bytes)).toEqual({ before: value.before, during: nested, after: value.after });
  });

  test('may be called in the middle of our encoding, as may the codec', () => {
    const inner = new Map([[1, nested]]);
    const value = {
      before: 'b',
      get packed(): unknown {
        return packr.unpack(packr.pack(nested));
      },
      get encoded(): unknown {
        return [receive(codec, send(codec, nested)), receive(codec, send(codec, inner)), receive(codec, send(codec, 'text'))];
      },
      after: 'a'.repeat(50),
    };
    const expected = { before: 'b', packed: nested, encoded: [nested, inner, 'text'], after: value.after };
    for (const each of [value, [value], new Map([[1, value]])]) {
      const got = receive(codec, send(codec, each));
      expect(got instanceof Map ? got.get(1) : Array.isArray(got) ? got[0] : got).toEqual(expected);
    }
  });

  test('may have loaded the native addon, as this file has where there is one; it does not read shared memory', () => {
    for (const text of ['x'.repeat(20), 'x'.repeat(300), 'д'.repeat(20), 'д'.repeat(300)]) {
      const value = { text, list: [text, text], [text]: 1 };
      expect(receive(codec, send(codec, value))).toEqual(value);
    }
  });

  test('may have registered extensions for classes that we send', () => {
    class Point {
      x = 1;
    }
    addExtension({ Class: Point, type: 0x42, pack: () => Buffer.from([1]), unpack: () => 'not ours' });
    addExtension({ Class: Uint8Array, type: 0x43, pack: () => Buffer.from([1]), unpack: () => 'not ours' });
    const sent = send(codec, [new Point(), { bytes: new Uint8Array([1, 2]), big: 2n ** 80n }]);
    expect(sent.encoding).toBe(Encoding.RICH);
    expect(receive(codec, sent)).toEqual([{ x: 1 }, { bytes: new Uint8Array([1, 2]), big: 2n ** 80n }]);
    expect(receive(codec, send(codec, new Point()))).toEqual({ x: 1 });
  });
});

describe('the codec', () => {
  test('may be one of several over the same memory', () => {
    const scratch = sharedScratch();
    const [one, other] = [new Codec(scratch.subarray(0, 4096), noBridge), new Codec(scratch.subarray(4096), noBridge)];
    one.encode(nested);
    other.encode({ other: 1 });
    expect(one.decode(Encoding.PLAIN, one.target, one.start, one.end, [])).toEqual(nested);
    expect(other.decode(Encoding.PLAIN, other.target, other.start, other.end, [])).toEqual({ other: 1 });
  });

  test('writes to any place of its scratch, aligned or not', () => {
    for (let at = 0; at < 20; at++) {
      for (const value of ['text', 'текст', { id: 7 }, nested, new Map([[1, 2]])]) {
        const sent = send(codec, value, at);
        expect(codec.start).toBe(at);
        expect(receive(codec, sent)).toEqual(value);
      }
    }
  });

  test('leaves no reference to the last value behind', () => {
    const big = new Uint8Array(1000);
    codec.encode(big);
    expect(codec.target).toBe(big);
    codec.encode(null);
    expect(codec.target).not.toBe(big);
    expect(codec.end - codec.start).toBe(0);
  });

  test('decodes from a plain array, from a Buffer, from a piece of either', () => {
    for (const value of ['text', 'текст', 'a'.repeat(200), nested, new Map([[1, 'текст'.repeat(40)]])]) {
      const { encoding, bytes } = send(codec, value);
      const room = new Uint8Array(bytes.length + 100);
      room.set(bytes, 50);
      for (const source of [room, Buffer.from(room), Buffer.from(room.buffer), room.subarray(40, 60 + bytes.length)]) {
        const start = source.length === room.length ? 50 : 10;
        expect(codec.decode(encoding, source, start, start + bytes.length, [])).toEqual(value);
      }
    }
  });

  test('has an answer for a record that was cut off', () => {
    const { encoding, bytes } = send(codec, new Map([[1, nested]]));
    expect(() => codec.decode(encoding, bytes, 0, 10, [])).toThrow('cut off');
  });
});
