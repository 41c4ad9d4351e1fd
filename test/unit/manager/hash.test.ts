/**
 * Keys of dicts cannot be chosen to collide: what they hash to is every heap's own. A dict whose keys come from
 * outside would cost a time that grows with their square.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Put } from '../../../assembly/abi.ts';
import { coreModule, instantiateCore } from '../../../src/heap/core.ts';
import { runText } from '../../support/programs.ts';

type Key = number | Uint8Array;

/** As assembly/layout.ts has them. */
const [BODY, BODY_BYTES, ENTRY_BYTES, HASH] = [36, 16, 16, 12];

/** A dict in a heap of its own. */
function table(seed: number) {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
  const core = instantiateCore(coreModule(), memory);
  core.rootInit(512, 512);
  core.rootSetHashSeed(seed);
  core.workerBecome(core.slotTake());
  const at = core.refObject(core.tableCreate());
  const words = () => new Int32Array(memory.buffer);
  const [body, slots, limit] = [
    () => words()[(at + BODY) >> 2] as number,
    () => words()[body() >> 2] as number,
    () => words()[(body() >> 2) + 1] as number,
  ];
  return {
    put(key: Key): void {
      // Behind what a value may take.
      const place = core.scratch() + 8 + core.inlineBytes();
      const bytes = typeof key === 'number' ? new Uint8Array(new Float64Array([key]).buffer) : key;
      words()[place >> 2] = bytes.length;
      words()[(place >> 2) + 1] = typeof key === 'number' ? Encoding.NUMBER : Encoding.BYTES;
      new Uint8Array(memory.buffer).set(bytes, place + 8);
      expect(core.tablePutNumber(at, 1, Put.ALWAYS)).toBe(0);
    },
    /** What the keys, which are bytes, hash to, in the order in which they were put. */
    hashes(count: number): number[] {
      const entry = (i: number) => (body() + BODY_BYTES + i * ENTRY_BYTES) >> 2;
      return Array.from({ length: count }, (_, i) => words()[((words()[entry(i)] as number) + HASH) >> 2] as number);
    },
    /** The longest way that anybody may have to go from one slot of the index to the next. */
    longest(): number {
      const index = (body() + BODY_BYTES + limit() * ENTRY_BYTES) >> 2;
      let most = 0;
      for (let i = 0, run = 0; i < 2 * slots(); i++) {
        run = words()[index + (i % slots())] === 0 ? 0 : run + 1;
        most = Math.max(most, run);
      }
      return most;
    },
  };
}

const SEEDS = [0, 1, 2, -1, 0x9e3779b9 | 0, 0x7fffffff, 123456789, 42];
const MANY = 4096;

function longestOf(keys: readonly Key[], seed: number): number {
  const dict = table(seed);
  for (const key of keys) dict.put(key);
  return dict.longest();
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const names = Array.from({ length: 40_000 }, (_, i) => bytesOf(`name ${i}`));

test('keys that collide under one seed do not under another', () => {
  const first = table(1);
  for (const name of names) first.put(name);
  const hashes = first.hashes(names.length);
  const chosen = names.filter((_, i) => ((hashes[i] as number) & 0xff) === 7);
  expect(chosen.length).toBeGreaterThan(100);
  expect(longestOf(chosen, 1)).toBeGreaterThanOrEqual(chosen.length);
  for (const seed of SEEDS) if (seed !== 1) expect(longestOf(chosen, seed)).toBeLessThan(chosen.length / 3);
});

test('two seeds have next to no hash in common', () => {
  const all = SEEDS.map((seed) => {
    const dict = table(seed);
    for (const name of names) dict.put(name);
    return dict.hashes(names.length);
  });
  for (const [i, one] of all.entries())
    for (const other of all.slice(0, i)) expect(one.filter((hash, at) => hash === other[at]).length).toBeLessThan(3);
});

test('a heap has a seed of its own', async () => {
  const seedOf = async () => {
    const { lines } = await runText(`
      new Lock();
      const { link } = globalThis[Symbol.for('nogil.heap')].heap;
      console.log(new Int32Array(link.memory.buffer)[(64 + 100) >> 2]);`);
    return Number(lines[0]);
  };
  const seeds = await Promise.all([seedOf(), seedOf(), seedOf()]);
  expect(new Set(seeds).size).toBe(3);
  expect(seeds).not.toContain(0);
});

/** A double of which the two halves are such: in a cell 2^49 is added to it. */
function double(high: number, low: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high - 0x20000);
  view.setUint32(4, low);
  return view.getFloat64(0);
}

/** Of each two words of a key, both or neither have these bits changed. */
function changed(pairs: number, bytes: readonly number[]): Uint8Array[] {
  return Array.from({ length: 2 ** pairs }, (_, i) => {
    const key = new Uint8Array(16 * pairs).fill(7);
    for (let pair = 0; pair < pairs; pair++) if ((i >> pair) & 1) for (const at of bytes) key[16 * pair + at] = 0x87;
    return key;
  });
}

const families: readonly (readonly [what: string, keys: readonly Key[]])[] = [
  [
    'doubles whose halves are equal',
    Array.from({ length: MANY }, (_, i) => double((0x40000000 | (i << 16)) >>> 0, (0x40000000 | (i << 16)) >>> 0)),
  ],
  ['doubles that differ in their upper half', Array.from({ length: MANY }, (_, i) => double((0x40000000 | (i << 16)) >>> 0, 0))],
  ['bytes whose highest bits cancel', changed(12, [7, 15])],
  ['bytes whose highest bits cancel once they are folded', changed(12, [3, 7, 11, 15])],
  ['integers', Array.from({ length: MANY }, (_, i) => i)],
  ['multiples of a power of two', Array.from({ length: MANY }, (_, i) => i * 65_536)],
  ['fractions', Array.from({ length: MANY }, (_, i) => i / 65_536)],
  ['names', names.slice(0, MANY)],
];

describe.each(families)('%s', (_, keys) => {
  // At less than two thirds of the slots, random hashes make runs of some 20 to 60.
  test.each(SEEDS)('are spread under seed %i', (seed) => {
    expect(longestOf(keys, seed)).toBeLessThan(200);
  });
});
