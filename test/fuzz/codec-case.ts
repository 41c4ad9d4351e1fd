/** One case: the bytes of a value are changed, and decoded as if nothing had happened. */
import { Encoding } from '../../assembly/abi.ts';
import { Codec, type HandleRef } from '../../src/codec/index.ts';
import { HeapCorruptError } from '../../src/errors.ts';
import type { Outcome } from './core-case.ts';
import { Random } from './random.ts';

export interface CodecCase {
  mode: 'codec';
  encoding: number;
  /** In hexadecimal. */
  bytes: string;
  /** How many handles came with them. */
  handles: number;
}

/** Milliseconds that no value of some kilobytes takes. */
const SLOW = 2000;

class Point {
  x = 1;
  y = 2;
}

const shared = { a: [1, 2, 3], b: 'text' };
const values: (() => unknown)[] = [
  () => 'a text of more than eight characters',
  () => 'Grüße, 世界',
  () => 12345678901234567890n,
  () => -(2n ** 200n),
  () => [1, 2.5, Number.NaN, -0, 'x', null, undefined, true],
  () => Array.from({ length: 100 }, (_, i) => i),
  () => ({ id: 7, name: 'Ann', tags: ['a', 'b'], nested: { deep: { deeper: [] } } }),
  () => Array.from({ length: 12 }, (_, i) => ({ id: i, name: `n${i}`, on: i % 2 === 0 })),
  () => ({ ['__proto__']: 1, '': 2, length: 3 }),
  () =>
    new Map<unknown, unknown>([
      [1, { shared }],
      ['k', shared],
    ]),
  () => new Set([1, 'a', shared, shared]),
  () => new Date(86_400_000),
  () => /a(b)?c/giu,
  () => Object.assign(new TypeError('message', { cause: shared }), { code: 'E' }),
  () => [new Uint8Array([1, 2, 3]), new Float64Array([1.5, 2.5]), new DataView(new ArrayBuffer(9), 1)],
  () => {
    const cycle: Record<string, unknown> = { list: [1] };
    cycle.self = cycle;
    return cycle;
  },
  () => Object.assign(new Array(3), { 1: 'one', extra: 'x' }),
  () => [Object(1), Object('s'), Object(false), Object(1n)],
  () => new Point(),
  () => new Uint8Array(300).fill(7),
];

const scratch = new Uint8Array(new SharedArrayBuffer(65536));
const blocks: Uint8Array[] = [];
const codec = new Codec(
  scratch,
  { revive: ({ id }: HandleRef) => ({ handle: id }) },
  {
    intern(bytes, start, end) {
      const block = bytes.slice(start, end);
      const known = blocks.findIndex((each) => Buffer.compare(each, block) === 0);
      return known >= 0 ? known + 1 : blocks.push(block);
    },
    keysOf(shape) {
      const source = blocks[shape - 1];
      if (source === undefined) throw new HeapCorruptError(`there is no shape ${shape}`);
      return { source, start: 0, end: source.length };
    },
  },
);

/** The case of a number. */
export function codecCase(number: number): CodecCase {
  const random = new Random(number);
  // Shapes are known from the ninth object on.
  if (blocks.length === 0) for (let i = 0; i < 20; i++) for (const value of values) codec.encode(value());
  let encoding = codec.encode(random.pick(values)());
  let bytes: Buffer = encoding < Encoding.LATIN1 ? Buffer.alloc(8) : Buffer.from(codec.target.slice(codec.start, codec.end));
  for (let left = 1 + random.below(5); left > 0; left--) bytes = changed(bytes, random);
  if (random.chance(10)) encoding = random.below(18) as Encoding;
  return { mode: 'codec', encoding, bytes: bytes.toString('hex'), handles: random.below(3) };
}

function changed(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const at = random.below(bytes.length);
  const word = at & ~3;
  switch (random.below(7)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.word();
      return bytes;
    case 2:
      if (word + 4 <= bytes.length) bytes.writeInt32LE(random.pick([0, -1, 1, 0x7fffffff, -0x80000000, random.word() | 0]), word);
      return bytes;
    // A tag of a cell, or near one.
    case 3:
      if ((word | 4) + 4 <= bytes.length) bytes.writeInt32LE(-random.below(20), word | 4);
      return bytes;
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.below(bytes.length))]);
    default:
      if (word + 8 <= bytes.length) bytes.writeDoubleLE(random.pick([-1, 0, 1, 1e9, 2 ** 32, 2 ** 53, 0.5]), word);
      return bytes;
  }
}

export function runCodecCase({ encoding, bytes, handles }: CodecCase): Outcome {
  const source = Buffer.from(bytes, 'hex');
  const refs = Array.from({ length: handles }, (_, id) => ({ tag: 0, id, gen: 2 }));
  const outcome: Outcome = { refused: 0 };
  const begin = performance.now();
  const attempt = (where: Uint8Array, start: number) => {
    try {
      codec.decode(encoding as Encoding, where, start, start + source.length, refs);
    } catch (error) {
      if (error instanceof HeapCorruptError) outcome.refused++;
      // A class that is not registered, which is what a name that was changed looks like.
      else if (!(error instanceof TypeError && /not registered here|came without/.test(error.message)))
        outcome.wrong ??= String((error as Error)?.stack ?? error);
    }
  };
  // Where queues read most of it, and in a memory of its own.
  if (source.length + 24 <= scratch.length) {
    scratch.fill(0xa5, 0, source.length + 64);
    scratch.set(source, 24);
    attempt(scratch, 24);
  }
  attempt(Uint8Array.from(source), 0);
  const took = performance.now() - begin;
  if (took > SLOW) outcome.wrong ??= `it took ${Math.round(took)} ms`;
  return outcome;
}
