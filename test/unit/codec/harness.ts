/** A codec over shared memory, as the queues use it, and a deep comparison that knows identity. */

import { expect } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec, type HandleBridge, type HandleRef, type ShapeStore } from '../../../src/codec/index.ts';

export const noBridge: HandleBridge = {
  revive() {
    throw new Error('no handle was to be revived');
  },
};

export const sharedScratch = (length = 8192): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

/** A table of shapes as a heap has one, for the codecs that share it. */
export function shapeStore(most = 100): ShapeStore & { readonly shapes: string[][] } {
  const blocks: Uint8Array[] = [];
  const reader = new Codec(sharedScratch(8), noBridge);
  return {
    intern(bytes, start, end) {
      const block = Uint8Array.from(bytes.subarray(start, end));
      const known = blocks.findIndex((each) => each.length === block.length && each.every((byte, i) => byte === block[i]));
      if (known >= 0) return known + 1;
      return blocks.length < most ? blocks.push(block) : 0;
    },
    keysOf(shape) {
      const source = blocks[shape - 1];
      if (source === undefined) throw new RangeError(`there is no shape ${shape}`);
      return { source, start: 0, end: source.length };
    },
    get shapes() {
      return blocks.map((block) => reader.decode(Encoding.PLAIN, block, 0, block.length, []) as string[]);
    },
  };
}

export interface Sent {
  encoding: Encoding;
  number: number;
  bytes: Uint8Array;
  handles: HandleRef[];
}

/** Encodes and takes a copy of what a queue would keep. */
export function send(codec: Codec, value: unknown, at = 0): Sent {
  const encoding = codec.encode(value, at);
  const { number, handles } = codec;
  const hasBytes = encoding > Encoding.NUMBER;
  const bytes = hasBytes ? Uint8Array.from(codec.target.subarray(codec.start, codec.end)) : new Uint8Array(0);
  return { encoding, number, bytes, handles };
}

/**
 * Decodes from the middle of shared memory, which is overwritten afterwards: nothing may be left pointing at
 * it.
 */
export function receive(codec: Codec, { encoding, number, bytes, handles }: Sent, at = 24): unknown {
  if (encoding === Encoding.NUMBER) return number;
  const source = sharedScratch(at + bytes.length + 8).fill(0xa5);
  source.set(bytes, at);
  const value = codec.decode(encoding, source, at, at + bytes.length, handles);
  source.fill(0xc1);
  return value;
}

const codec = new Codec(sharedScratch(), noBridge, shapeStore());

export function roundTrip<T>(value: T): T {
  return receive(codec, send(codec, value)) as T;
}

export function encodingOf(value: unknown): Encoding {
  return codec.encode(value);
}

/** A message as a TypeError's, without what comes before the path. */
export function refusal(value: unknown): string {
  try {
    codec.encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error('was sent');
}

/**
 * Fails unless `actual` is `expected` in every respect that a receiver can see: classes, own properties with
 * their order and enumerability, internal slots, and which references are to the same object.
 */
export function expectSame(actual: unknown, expected: unknown): void {
  const there = new Map<object, object>();
  const back = new Map<object, object>();
  const todo: [unknown, unknown, string][] = [[actual, expected, 'value']];
  const fail = (path: string, why: string): never => {
    throw new Error(`${path}: ${why}`);
  };
  const next = (a: unknown, b: unknown, path: string): void => void todo.push([a, b, path]);

  for (let step = todo.pop(); step !== undefined; step = todo.pop()) {
    const [a, b, path] = step;
    if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
      if (!Object.is(a, b)) fail(path, `${String(a)} instead of ${String(b)}`);
      continue;
    }
    // A buffer that only one view refers to may be cut; one that the value holds must be whole.
    if (b instanceof ArrayBuffer && !path.endsWith('.buffer'))
      compareBytes(new Uint8Array(a as ArrayBuffer), new Uint8Array(b), path, fail);
    if (there.has(a) || back.has(b)) {
      if (there.get(a) !== b || back.get(b) !== a) fail(path, 'another identity');
      continue;
    }
    there.set(a, b);
    back.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) fail(path, 'another prototype');
    const tag = Object.prototype.toString.call(b);
    if (Object.prototype.toString.call(a) !== tag) fail(path, `not ${tag}`);

    if (ArrayBuffer.isView(b)) {
      compareViews(a as Uint8Array, b as Uint8Array, path, fail);
      next((a as Uint8Array).buffer, b.buffer, `${path}.buffer`);
      continue;
    }
    if (b instanceof ArrayBuffer) continue;
    if (b instanceof Map) {
      if ((a as typeof b).size !== b.size) fail(path, 'another size');
      const entries = [...(a as typeof b)];
      [...b].forEach(([key, value], i) => {
        next(entries[i]?.[0], key, `${path}.keys()[${i}]`);
        next(entries[i]?.[1], value, `${path}.values()[${i}]`);
      });
    } else if (b instanceof Set) {
      if ((a as typeof b).size !== b.size) fail(path, 'another size');
      const members = [...(a as typeof b)];
      [...b].forEach((member, i) => void next(members[i], member, `${path}.values()[${i}]`));
    } else if (b instanceof RegExp) {
      const other = a as RegExp;
      if (other.source !== b.source || other.flags !== b.flags || other.lastIndex !== 0) fail(path, 'another RegExp');
      continue;
    } else if (b instanceof Date || /^\[object (Boolean|Number|String|BigInt)\]$/.test(tag)) {
      next((a as Date).valueOf(), b.valueOf(), `${path}.valueOf()`);
    }
    const keys = Object.getOwnPropertyNames(b);
    const found = Object.getOwnPropertyNames(a);
    if (b instanceof Error ? String(found.sort()) !== String(keys.sort()) : found.join('\0') !== keys.join('\0')) {
      fail(path, `has ${JSON.stringify(found)} instead of ${JSON.stringify(keys)}`);
    }
    for (const key of keys) {
      const one = Object.getOwnPropertyDescriptor(a, key) as PropertyDescriptor;
      const other = Object.getOwnPropertyDescriptor(b, key) as PropertyDescriptor;
      if (one.enumerable !== other.enumerable) fail(`${path}.${key}`, 'another enumerability');
      next((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`);
    }
  }
}

function compareViews(a: Uint8Array, b: Uint8Array, path: string, fail: (path: string, why: string) => never): void {
  const cut = a.byteOffset === 0 && a.buffer.byteLength === a.byteLength;
  if (!cut && (a.byteOffset !== b.byteOffset || a.buffer.byteLength !== b.buffer.byteLength)) fail(path, 'another place');
  const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
  compareBytes(bytesOf(a), bytesOf(b), path, fail);
}

function compareBytes(one: Uint8Array, other: Uint8Array, path: string, fail: (path: string, why: string) => never): void {
  if (one.length !== other.length || one.some((byte, i) => byte !== other[i])) fail(path, 'other bytes');
}
