import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { noBridge, receive, send, sharedScratch } from './harness.ts';

const codec = new Codec(sharedScratch(), noBridge);
const nested = { id: 7, list: [{ a: 'b' }], text: 'x'.repeat(100), wide: 'д'.repeat(100) };

describe('the codec in the middle of its own encoding', () => {
  test('may be called by a getter', () => {
    const inner = new Map([[1, nested]]);
    const long = Array.from({ length: 5000 }, (_, i) => ({ i, text: `text ${i}` }));
    const value = {
      before: 'b',
      get encoded(): unknown {
        return [receive(codec, send(codec, nested)), receive(codec, send(codec, inner)), receive(codec, send(codec, 'text'))];
      },
      // The writer's buffer grows, and is another one afterwards.
      get grown(): unknown {
        return (receive(codec, send(codec, long)) as unknown[]).length;
      },
      after: 'a'.repeat(50),
      list: [1, 2, { three: 3 }],
    };
    const expected = {
      before: 'b',
      encoded: [nested, inner, 'text'],
      grown: 5000,
      after: value.after,
      list: [1, 2, { three: 3 }],
    };
    for (const each of [value, [value], new Map([[1, value]])]) {
      const got = receive(codec, send(codec, each));
      expect(got instanceof Map ? got.get(1) : Array.isArray(got) ? got[0] : got).toEqual(expected);
    }
  });

  test('goes on where it was when the inner one fails', () => {
    const value = {
      before: [1, 2],
      get failed(): string {
        try {
          codec.encode({ deep: [{ fn: () => 1 }] });
          return 'was sent';
        } catch (error) {
          return (error as Error).name;
        }
      },
      after: { a: 1 },
    };
    expect(receive(codec, send(codec, value))).toEqual({ before: [1, 2], failed: 'TypeError', after: { a: 1 } });
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

  test('writes texts to any place of its scratch, aligned or not', () => {
    for (let at = 0; at < 20; at++) {
      for (const value of ['text', 'текст', { id: 7 }, nested, new Map([[1, 2]])]) {
        const sent = send(codec, value, at);
        if (typeof value === 'string') expect(codec.start).toBe(at);
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
