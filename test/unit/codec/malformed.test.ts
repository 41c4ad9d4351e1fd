/** Bytes that no value was written as; and what only looks so: a stack that is used up while they are read. */
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { HeapCorruptError } from '../../../src/errors.ts';
import { noBridge, receive, send, sharedScratch } from './harness.ts';

const ARRAY = -10;
const codec = new Codec(sharedScratch(), noBridge);

/** Arrays of one element in each other, and a number in the last. */
function nested(depth: number): Uint8Array {
  const cells = new Int32Array(2 * depth + 2);
  for (let i = 0; i < depth; i++) cells.set([1, ARRAY], 2 * i);
  return new Uint8Array(cells.buffer);
}

describe('values in each other', () => {
  const deepest = 201;
  const deeper = new HeapCorruptError('the bytes of a value were written over: more than 200 values in each other');
  const read = (depth: number) => {
    const bytes = nested(depth);
    return codec.decode(Encoding.PLAIN, bytes, 0, bytes.length, []);
  };

  test('are read as deep as they are written', () => {
    let value: unknown = 0;
    for (let i = 0; i < deepest; i++) value = [value];
    const sent = send(codec, value);
    expect(sent.encoding).toBe(Encoding.PLAIN);
    expect(receive(codec, sent)).toEqual(value);
    expect(read(deepest)).toEqual(value);
    expect(send(codec, [value]).encoding).toBe(Encoding.RICH);
  });

  test('are refused where they are deeper, and the next ones are not', () => {
    for (const depth of [deepest + 1, 1000, 100_000]) expect(() => read(depth)).toThrow(deeper);
    expect(read(1)).toEqual([0]);
  });

  test('are no sign of bad bytes where the stack has no room for them', () => {
    const bytes = nested(deepest);
    const thrown: unknown[] = [];
    let isRead = false;
    const dive = (): void => {
      try {
        dive();
      } catch {
        // The end of the stack.
      }
      if (isRead) return;
      try {
        codec.decode(Encoding.PLAIN, bytes, 0, bytes.length, []);
        isRead = true;
      } catch (error) {
        thrown.push(error);
      }
    };
    dive();
    expect(isRead).toBe(true);
    expect(thrown.length).toBeGreaterThan(0);
    expect(thrown.filter((error) => !(error instanceof RangeError))).toEqual([]);
  });
});
