/** A heap whose sizes drift for long: nothing of it is lost, to small pages or to pieces. */
import { describe, expect, test } from 'vitest';
import { Kind, Status } from '../../../assembly/abi.ts';
import { coreModule, instantiateCore } from '../../../src/heap/core.ts';
import { runText } from '../../support/programs.ts';

const PAGE = 65536;
const MIB = 2 ** 20;

/** Park and Miller's minimal standard generator: the same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function heapOf(mebibytes: number) {
  const pages = (mebibytes * MIB) / PAGE;
  const memory = new WebAssembly.Memory({ initial: 16, maximum: pages, shared: true });
  const core = instantiateCore(coreModule(), memory);
  core.rootInit(16, pages);
  expect(core.workerBecome(core.slotTake())).toBeTruthy();
  return { core, words: () => new Int32Array(memory.buffer) };
}

describe.each([
  [16, 1],
  [32, 2],
  [64, 3],
])('%i MiB (seed %i)', (mebibytes, seed) => {
  test('after thousands of rounds of sizes from 1 B to 4 MiB all is free, and three quarters at once', () => {
    const { core, words } = heapOf(mebibytes);
    const random = numbers(seed);
    const used = core.bytesInUse();
    const held: [block: number, mark: number, bytes: number][] = [];
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      // For a while most are of one size, then of another.
      const usual = 2 ** ((round / 1000) % 22);
      const bytes = 1 + Math.floor(random(4) === 0 ? 2 ** (random(2200) / 100) : usual * (1 + random(100) / 100));
      const free = random(100) < (round % 2000 < 1000 ? 40 : 60);
      if (free && held.length > 0) {
        const at = random(held.length);
        const [block, mark] = held[at] as [number, number, number];
        held[at] = held[held.length - 1] as (typeof held)[number];
        held.pop();
        expect(words()[block >> 2]).toBe(mark);
        core.free(block);
        continue;
      }
      const block = core.allocate(Math.min(bytes, 4 * MIB));
      if (block === 0) {
        refused++;
        // Full: half of all goes, whatever it is.
        for (const [each] of held.splice(0, held.length >> 1)) core.free(each);
        continue;
      }
      words()[block >> 2] = round;
      held.push([block, round, bytes]);
    }
    expect(refused).toBeGreaterThan(0);
    for (const [block] of held) core.free(block);
    expect(core.bytesInUse()).toBe(used);
    const most = core.allocate(mebibytes * MIB * 0.75);
    expect(most).toBeGreaterThan(0);
    core.free(most);
    expect(core.bytesInUse()).toBe(used);
  });

  test('filled with blocks of one size after another, each time as full as the first time', () => {
    const { core } = heapOf(mebibytes);
    const used = core.bytesInUse();
    const fill = (bytes: number) => {
      const blocks: number[] = [];
      for (let block = core.allocate(bytes); block; block = core.allocate(bytes)) blocks.push(block);
      for (const block of blocks) core.free(block);
      return blocks.length;
    };
    const sizes = [2300, 1000, 32768, 16, 100_000, 3 * MIB, 200, 65_536];
    const first = sizes.map(fill);
    expect(sizes.map(fill)).toEqual(first);
    const bytesHad = sizes.map((bytes, i) => bytes * (first[i] as number));
    expect(Math.min(...bytesHad)).toBeGreaterThan(mebibytes * MIB * 0.6);
    expect(core.bytesInUse()).toBe(used);
  });
});

describe('a heap that was full of objects', () => {
  test('has room for what takes nearly all of it, time and again, and no handle of old opens anything', () => {
    const { core } = heapOf(32);
    const used = core.bytesInUse();
    const ids: [id: number, generation: number][] = [];
    const entries: number[] = [];
    for (let round = 0; round < 12; round++) {
      const refs: number[] = [];
      for (let ref = core.eventCreate(); ref > 0; ref = core.eventCreate()) refs.push(ref);
      expect(refs.length).toBeGreaterThan(200_000);
      for (const ref of refs.filter((_, i) => i % 997 === 0)) {
        const object = core.refObject(ref);
        ids.push([core.objectId(object), core.objectGeneration(object)]);
      }
      for (const ref of refs) core.refClose(ref);
      entries.push(core.objectEntries());
      const block = core.allocate(31 * MIB);
      expect(block).toBeGreaterThan(0);
      core.free(block);
      expect(ids.every(([id, generation]) => core.refOpen(id, generation) === Status.STALE)).toBe(true);
    }
    expect(new Set(entries.slice(1)).size).toBe(1);
    expect(core.bytesInUse() - used).toBeLessThan(2 * PAGE);
  });

  test('keeps the chunks of the table that objects are in', () => {
    const { core } = heapOf(32);
    const refs: number[] = [];
    for (let ref = core.eventCreate(); ref > 0; ref = core.eventCreate()) refs.push(ref);
    const kept = refs.filter((_, i) => i % 40_000 === 1);
    for (const ref of refs) if (!kept.includes(ref)) core.refClose(ref);
    expect(core.allocate(31 * MIB)).toBe(0);
    const objects = kept.map((ref) => core.refObject(ref));
    for (const object of objects) {
      expect(core.eventIsSet(object)).toBe(0);
      expect(core.objectKind(core.objectId(object))).toBe(Kind.EVENT);
    }
    for (const ref of kept) core.refClose(ref);
    const block = core.allocate(31 * MIB);
    expect(block).toBeGreaterThan(0);
    core.free(block);
  });
});

describe('a program whose heap', () => {
  test('was full of objects once can have nearly all of it in one piece, also while workers make others', async () => {
    const { lines, errors, code } = await runText(`
      const { RawArray, main } = nogil;
      configure({ initialBytes: 4 * 2 ** 20, maximumBytes: 48 * 2 ** 20 });
      export function churn(stop) {
        while (!stop.isSet()) {
          const locks = Array.from({ length: 3000 }, () => new Lock());
          for (const lock of locks) lock.close();
        }
      }
      main(import.meta, () => {
        const keep = [];
        try { for (;;) keep.push(heap.keep(new RawArray('b', 2000))); } catch (error) { console.log(error.name, keep.length > 12_000); }
        for (const each of keep) each.close();
        new RawArray('b', 44 * 2 ** 20).close();
        const stop = new Event();
        const workers = [1, 2].map(() => new Thread({ target: churn, args: [stop] }));
        for (const worker of workers) worker.start();
        let had = 0;
        for (const end = Date.now() + 20_000; had < 200 && Date.now() < end; ) {
          try { new RawArray('b', 40 * 2 ** 20).close(); had++; } catch (error) { if (error.name !== 'MemoryError') throw error; }
        }
        stop.set();
        console.log(had, workers.map((worker) => (worker.join(20), worker.exception)).length);
      });`);
    expect({ lines, errors, code }).toEqual({ lines: ['MemoryError true', '200 2'], errors: '', code: 0 });
  });

  test('was full of small arrays once can have everything else afterwards', async () => {
    const { lines, errors, code } = await runText(`
      const { RawArray } = nogil;
      configure({ initialBytes: 4 * 2 ** 20, maximumBytes: 64 * 2 ** 20 });
      const keep = [];
      try { for (;;) keep.push(heap.keep(new RawArray('b', 2300))); } catch (error) { console.log(error.name, keep.length > 10_000); }
      for (const each of keep) each.close();
      for (const size of [1000, 2300, 3000, 40_000, 100_000, 3_000_000]) new RawArray('b', size).close();
      const queue = new Queue();
      queue.put('x'.repeat(5000));
      console.log(queue.get().length, heap.stats().bytesInUse < 2 ** 20);`);
    expect({ lines, errors, code }).toEqual({ lines: ['MemoryError true', '5000 true'], errors: '', code: 0 });
  });

  test('has arrays, queues and dicts of drifting sizes for long gives all of it back', async () => {
    const { lines, errors, code } = await runText(`
      const { RawArray, Manager } = nogil;
      configure({ initialBytes: 4 * 2 ** 20, maximumBytes: 48 * 2 ** 20 });
      let state = 7;
      const random = (below) => (state = (state * 48271) % 2147483647) % below;
      const queue = new Queue();
      const dict = Manager().dict();
      const size = () => 1 + Math.floor(2 ** (random(2100) / 100));
      let refused = 0;
      const round = (rounds) => {
        const arrays = [];
        for (let i = 0; i < rounds; i++) {
          try {
            switch (random(6)) {
              case 0: arrays.push(new RawArray('B', size())); break;
              case 1: arrays.splice(random(arrays.length + 1), 1)[0]?.close(); break;
              case 2: queue.put(new Uint8Array(size())); break;
              case 3: if (!queue.empty()) queue.get(); break;
              case 4: dict.set(random(50), 'x'.repeat(Math.min(size(), 100_000))); break;
              case 5: dict.pop(random(50), null); break;
            }
          } catch (error) {
            if (error.name !== 'MemoryError') throw error;
            refused++;
            for (const each of arrays.splice(0)) each.close();
            while (!queue.empty()) queue.get();
          }
        }
        for (const each of arrays) each.close();
        while (!queue.empty()) queue.get();
        dict.clear();
      };
      round(1000);
      const before = heap.stats().bytesInUse;
      round(5000);
      const after = heap.stats().bytesInUse;
      new RawArray('B', 36 * 2 ** 20).close();
      console.log(after <= before + 2 ** 18);`);
    expect({ lines, errors, code }).toEqual({ lines: ['true'], errors: '', code: 0 });
  });
});
