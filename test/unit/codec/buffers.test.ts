import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { typedArrays } from '../../support/typed-arrays.ts';
import { encodingOf, expectSame, noBridge, refusal, roundTrip, sharedScratch } from './harness.ts';

describe('a Uint8Array by itself', () => {
  test('is its own target, so that the caller copies once', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const codec = new Codec(sharedScratch(), noBridge);
    expect(codec.encode(bytes)).toBe(Encoding.BYTES);
    expect(codec.target).toBe(bytes);
    expect([codec.start, codec.end]).toEqual([0, 3]);
  });

  test('arrives as one, on a buffer of its own', () => {
    for (const length of [0, 1, 3, 64, 65, 10_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i);
      expectSame(roundTrip(bytes), bytes);
    }
    const piece = new Uint8Array(100).fill(7).subarray(10, 20);
    const got = roundTrip(piece);
    expect(got).toEqual(new Uint8Array(10).fill(7));
    expect(got.buffer.byteLength).toBe(10);
  });

  test("arrives as one from Node's Buffer", () => {
    const got = roundTrip(Buffer.from('hello'));
    expect(Object.getPrototypeOf(got)).toBe(Uint8Array.prototype);
    expect(got).toEqual(new TextEncoder().encode('hello'));
  });

  test('is its bytes, also in shared memory', () => {
    const got = roundTrip(sharedScratch(4).fill(5));
    expect(got).toEqual(new Uint8Array([5, 5, 5, 5]));
    expect(got.buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe('array buffers and their views', () => {
  test('arrive in every class', () => {
    for (const View of typedArrays) {
      const view = new View(Uint8Array.from({ length: 40 }, (_, i) => i * 7).buffer);
      expectSame(roundTrip([view]), structuredClone([view]));
      if (View !== Uint8Array) expect(encodingOf(view)).toBe(Encoding.RICH);
    }
    expectSame(roundTrip(new DataView(new ArrayBuffer(8), 2, 3)), new DataView(new ArrayBuffer(3)));
    expect(new Uint8Array(roundTrip(Uint8Array.of(1, 2, 3).buffer))).toEqual(Uint8Array.of(1, 2, 3));
    expect(roundTrip(new ArrayBuffer(0)).byteLength).toBe(0);
  });

  test('stay views on one buffer, in their places', () => {
    const buffer = Uint8Array.from({ length: 64 }, (_, i) => i).buffer;
    const value = { bytes: new Uint8Array(buffer, 3, 5), words: new Int32Array(buffer, 8, 4), data: new DataView(buffer, 1, 60) };
    const got = roundTrip(value);
    expectSame(got, structuredClone(value));
    expect(got.bytes.buffer).toBe(got.words.buffer);
    expect(got.data.buffer).toBe(got.words.buffer);
    expect([got.bytes.byteOffset, got.words.byteOffset, got.data.byteOffset]).toEqual([3, 8, 1]);
    got.words[0] = -1;
    expect(got.bytes[4]).toBe(7);
    expect(got.bytes[5]).toBeUndefined();
    expect(got.data.getUint8(8)).toBe(255);
  });

  test('keep the whole buffer if the value holds it, before or after its view', () => {
    const buffer = Uint8Array.from({ length: 16 }, (_, i) => i).buffer;
    const view = new Uint8Array(buffer, 4, 2);
    for (const value of [
      { buffer, view },
      { view, buffer },
    ]) {
      const got = roundTrip(value);
      expect(got.view.buffer).toBe(got.buffer);
      expect(got.view.byteOffset).toBe(4);
      expect(new Uint8Array(got.buffer)).toEqual(new Uint8Array(buffer));
    }
  });

  test('bring only what they show when they are alone on their buffer', () => {
    const view = new Float64Array(new ArrayBuffer(1 << 20), 8, 2).fill(1.5);
    const codec = new Codec(sharedScratch(), noBridge);
    codec.encode({ view });
    expect(codec.end - codec.start).toBeLessThan(200);
    const { view: got } = roundTrip({ view });
    expect(got).toEqual(new Float64Array([1.5, 1.5]));
    expect([got.byteOffset, got.buffer.byteLength]).toEqual([0, 16]);
  });

  test("of Node's pool bring nothing of the pool", () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    expect(one.buffer).toBe(other.buffer);
    const got = roundTrip([one, other, one]);
    expect(got.map((each) => new TextDecoder().decode(each))).toEqual(['one', 'other', 'one']);
    expect(got[0]?.buffer).not.toBe(got[1]?.buffer);
    expect(got[0]).toBe(got[2]);
    expect(got[0]?.buffer.byteLength).toBe(3);
  });

  test('that can be resized still can', () => {
    const buffer = new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(4, { maxByteLength: 16 });
    const got = roundTrip([buffer, new Uint8Array(buffer, 0, 4)] as const);
    expect((got[0] as unknown as { maxByteLength: number }).maxByteLength).toBe(16);
    expect(got[1].buffer).toBe(got[0]);
  });

  test('of megabytes arrive', () => {
    const big = new Uint8Array(3_000_000).map((_, i) => i);
    expectSame(roundTrip({ big, more: [big.buffer] }), structuredClone({ big, more: [big.buffer] }));
  });

  test('are refused when detached', () => {
    const buffer = new ArrayBuffer(8);
    const [bytes, words] = [new Uint8Array(buffer), new Int32Array(buffer)];
    structuredClone(buffer, { transfer: [buffer] });
    expect(refusal(buffer)).toBe('cannot send a detached ArrayBuffer');
    expect(refusal(bytes)).toBe('cannot send a detached ArrayBuffer');
    expect(refusal({ a: [words] })).toBe('cannot send a detached ArrayBuffer (at .a[0])');
  });

  test('are refused when shared', () => {
    const shared = new SharedArrayBuffer(8);
    expect(refusal(shared)).toMatch(/^cannot send a SharedArrayBuffer: memory is shared through a Value, an Array/);
    expect(refusal({ s: shared })).toMatch(/^cannot send a SharedArrayBuffer \(at \.s\): /);
    expect(refusal({ s: new Int32Array(shared) })).toMatch(/^cannot send an Int32Array on a SharedArrayBuffer \(at \.s\): /);
    expect(refusal([new Uint8Array(shared)])).toMatch(/^cannot send a Uint8Array on a SharedArrayBuffer \(at \[0\]\): /);
  });
});
