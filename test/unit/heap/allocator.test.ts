import { Barrier, BoundedSemaphore, Condition, Event, heap, Lock, Queue, RawValue, RLock, Semaphore, Value } from 'nogil';
import { describe, expect, test } from 'vitest';
import { coreModule, instantiateCore } from '../../../src/heap/core.ts';
import { runText } from '../../support/programs.ts';

const PAGE = 65536;
const classes: [string, () => Disposable][] = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore', () => new Semaphore()],
  ['BoundedSemaphore', () => new BoundedSemaphore(3)],
  ['Condition', () => new Condition()],
  ['Event', () => new Event()],
  ['Barrier', () => new Barrier(2)],
  ['RawValue', () => new RawValue('d', 1)],
  ['Value', () => new Value('q', 1n)],
  ['Queue', () => new Queue()],
];

/** Park and Miller's minimal standard generator: the same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** An item that can be told from every other one. */
function item(bytes: number, seed: number): Uint8Array {
  const array = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i += 61) array[i] = seed + i;
  if (bytes > 0) array[bytes - 1] = seed ^ 0x5a;
  return array;
}

function expectItem(actual: Uint8Array, bytes: number, seed: number): void {
  expect(actual.length).toBe(bytes);
  expect(Buffer.compare(actual, item(bytes, seed)), `item ${seed} of ${bytes} bytes`).toBe(0);
}

describe('objects that come and go', () => {
  test.each(classes)('100 000 of class %s, each closed at once, leave nothing behind', (_name, make) => {
    make()[Symbol.dispose]();
    const { bytesInUse, bytesReserved, objects } = heap.stats();
    for (let i = 0; i < 100_000; i++) make()[Symbol.dispose]();
    expect(heap.stats()).toEqual({ bytesInUse, bytesReserved, objects });
  });

  test.each(classes)(
    '5 000 of class %s that live at the same time leave nothing but the rows of the object table',
    (_name, make) => {
      const many = () => {
        const kept = Array.from({ length: 5_000 }, make);
        const { bytesInUse } = heap.stats();
        for (const each of kept) each[Symbol.dispose]();
        return bytesInUse;
      };
      many();
      const { bytesInUse, bytesReserved } = heap.stats();
      expect(many()).toBeGreaterThan(bytesInUse);
      expect(heap.stats()).toMatchObject({ bytesInUse, bytesReserved });
    },
  );

  test('a Lock takes at most 128 bytes, everything included', () => {
    const before = heap.stats();
    const locks = Array.from({ length: 10_000 }, () => new Lock());
    const after = heap.stats();
    expect((after.objects.Lock ?? 0) - (before.objects.Lock ?? 0)).toBe(10_000);
    expect((after.bytesInUse - before.bytesInUse) / 10_000).toBeLessThanOrEqual(128);
    for (const lock of locks) lock.close();
  });
});

describe('items of all sizes', () => {
  const edges = [2048, 8192, 32768, PAGE, 2 * PAGE, 17 * PAGE, 18 * PAGE, 2 ** 20];
  const sizes = [
    0,
    1,
    7,
    8,
    9,
    15,
    16,
    17,
    63,
    64,
    65,
    100,
    1000,
    5_000_000,
    ...edges.flatMap((edge) => [edge - 1, edge, edge + 1]),
  ];

  test.each(sizes)('an item of %i bytes comes out as it went in, and takes nothing with it', (bytes) => {
    using queue = new Queue<Uint8Array>();
    const round = (seed: number) => {
      queue.put(item(bytes, seed));
      expectItem(queue.get(), bytes, seed);
    };
    round(1);
    const { bytesInUse } = heap.stats();
    for (let seed = 2; seed < 6; seed++) round(seed);
    expect(heap.stats().bytesInUse).toBe(bytesInUse);
  });

  test.each([1, 2, 16, 17, 18, 40])('an item of %i pages is counted while it is there', (pages) => {
    using queue = new Queue<Uint8Array>();
    const bytes = pages * PAGE - 1024;
    queue.put(item(bytes, 1));
    queue.get();
    const { bytesInUse } = heap.stats();
    queue.put(item(bytes, 2));
    expect(heap.stats().bytesInUse - bytesInUse).toBe(pages * PAGE);
    queue.get();
    expect(heap.stats().bytesInUse).toBe(bytesInUse);
  });

  test('blocks of all sizes at the same time do not overlap, and are all given back', () => {
    const random = numbers(42);
    const { bytesInUse, objects } = heap.stats();
    const queues = Array.from({ length: 8 }, () => new Queue<Uint8Array>());
    const expected: { bytes: number; seed: number }[][] = queues.map(() => []);
    for (let step = 0; step < 3_000; step++) {
      const at = random(queues.length);
      const queue = queues[at] as Queue<Uint8Array>;
      const kept = expected[at] as { bytes: number; seed: number }[];
      if (random(100) < (step < 2_000 ? 55 : 30)) {
        const bytes = random(2 ** (4 + random(16)));
        kept.push({ bytes, seed: step });
        queue.put(item(bytes, step));
      } else {
        const next = kept.shift();
        if (next) expectItem(queue.getNowait(), next.bytes, next.seed);
        else expect(queue.empty()).toBe(true);
      }
    }
    expect(expected.some((kept) => kept.length > 0)).toBe(true);
    for (const queue of queues) queue.close();
    expect(heap.stats()).toMatchObject({ bytesInUse, objects });
  });

  test('large blocks of changing sizes use the same memory again: neighbours are merged', () => {
    using queue = new Queue<Uint8Array>();
    const random = numbers(7);
    const round = () => {
      const count = 1 + random(3);
      for (let i = 0; i < count; i++) queue.put(new Uint8Array(2 ** 20 + random(3 * 2 ** 20)));
      for (let i = 0; i < count; i++) queue.get();
    };
    for (let i = 0; i < 20; i++) round();
    const { bytesReserved } = heap.stats();
    // What three of the largest need, twice over: without merging it would grow by some megabytes each round.
    const limit = bytesReserved + 2 * 3 * 4 * 2 ** 20;
    for (let i = 0; i < 200; i++) round();
    expect(heap.stats().bytesReserved).toBeLessThanOrEqual(limit);
  });

  test('what is in use is never more than what is reserved, which never shrinks', () => {
    using queue = new Queue<Uint8Array>();
    let reserved = heap.stats().bytesReserved;
    for (let i = 0; i < 30; i++) {
      queue.put(new Uint8Array(2 ** 20));
      const stats = heap.stats();
      expect(stats.bytesInUse).toBeGreaterThan(i * 2 ** 20);
      expect(stats.bytesInUse).toBeLessThanOrEqual(stats.bytesReserved);
      expect(stats.bytesReserved).toBeGreaterThanOrEqual(reserved);
      reserved = stats.bytesReserved;
    }
    while (!queue.empty()) queue.get();
    expect(heap.stats().bytesReserved).toBe(reserved);
  });
});

describe('the allocator itself, in a memory of its own', () => {
  function fresh(pages: number, maximum: number) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true });
    const core = instantiateCore(coreModule(), memory);
    core.rootInit(pages, maximum);
    core.workerBecome(core.slotTake());
    return { memory, core };
  }

  test('no two blocks overlap, whatever their sizes', () => {
    const { core } = fresh(64, 512);
    const random = numbers(99);
    const live = new Map<number, number>();
    for (let step = 0; step < 20_000; step++) {
      if (live.size > 0 && random(100) < 48) {
        const blocks = [...live.keys()];
        const block = blocks[random(Math.min(blocks.length, 64))] as number;
        live.delete(block);
        core.free(block);
      } else {
        const bytes = random(2 ** (3 + random(14)));
        const block = core.allocate(bytes);
        expect(block).toBeGreaterThan(0);
        live.set(block, bytes);
      }
    }
    const sorted = [...live].sort(([a], [b]) => a - b);
    sorted.forEach(([block, bytes], i) => {
      const next = sorted[i + 1];
      if (next) expect(block + bytes).toBeLessThanOrEqual(next[0]);
    });
    expect(core.bytesReserved()).toBeLessThanOrEqual(512 * PAGE);
    for (const block of live.keys()) core.free(block);
  });

  test('answers 0 when the memory is full, not before most of it is given away, and gives the same again afterwards', () => {
    for (const bytes of [16, 500, 20_000, 40_000, PAGE, 3 * PAGE, 20 * PAGE]) {
      const { core, memory } = fresh(16, 60);
      const empty = core.bytesInUse();
      let most = 0;
      for (let round = 0; round < 3; round++) {
        const blocks: number[] = [];
        for (let block = core.allocate(bytes); block; block = core.allocate(bytes)) blocks.push(block);
        expect(memory.buffer.byteLength).toBeLessThanOrEqual(60 * PAGE);
        expect(new Set(blocks).size).toBe(blocks.length);
        expect(blocks.length).toBeGreaterThanOrEqual(most);
        most = blocks.length;
        expect(core.allocate(bytes)).toBe(0);
        for (const block of blocks) core.free(block);
        expect(core.bytesInUse()).toBe(empty);
      }
      // The rest is what size classes round up, and what is left over at the ends.
      expect(most * bytes).toBeGreaterThan(0.6 * 55 * PAGE);
    }
  });

  test('runs of pages that are kept for their own length are given back when another length is wanted', () => {
    const { core } = fresh(16, 40);
    const blocks: number[] = [];
    for (let block = core.allocate(2 * PAGE); block; block = core.allocate(2 * PAGE)) blocks.push(block);
    expect(core.allocate(10 * PAGE)).toBe(0);
    for (const block of blocks) core.free(block);
    expect(core.allocate(20 * PAGE)).not.toBe(0);
  });

  test('refuses what no memory can hold', () => {
    const { core } = fresh(16, 40);
    for (const bytes of [40 * PAGE, 2 ** 31 - 1, 2 ** 31, -1, -16]) expect(core.allocate(bytes)).toBe(0);
    expect(core.allocate(16)).not.toBe(0);
  });
});

describe('a heap that is full', () => {
  const makers = ['new Lock()', 'new Condition()', 'new Barrier(2)', "new Value('i')", 'new Queue()'];
  test.each(makers)('%s throws MemoryError, what exists goes on, and what is closed makes room', async (make) => {
    const child = await runText(`
      configure({ maximumBytes: 3 * 2 ** 20 });
      const make = () => ${make};
      const before = JSON.stringify(heap.stats().objects);
      let most = 0;
      for (let round = 0; round < 3; round++) {
        const kept = [];
        let error;
        try {
          for (;;) kept.push(heap.keep(make()));
        } catch (caught) {
          error = caught;
        }
        if (error.name !== 'MemoryError' || !(error instanceof nogil.MemoryError)) throw error;
        if (heap.stats().bytesReserved > 3 * 2 ** 20) throw new Error('reserved too much');
        for (const each of kept.filter((_, i) => i % 97 === 0)) {
          if (each.acquire) { each.acquire(); each.release(); }
          if (each.parties) { each.abort(); each.reset(); }
          if (each instanceof Value) each.value = each.value + 1;
          if (each instanceof Queue) { each.put(5); if (each.get() !== 5) throw new Error('lost'); }
        }
        if (kept.length < Math.max(500, most)) throw new Error('only ' + kept.length + ' in round ' + round);
        most = kept.length;
        for (const each of kept) each.close();
        if (JSON.stringify(heap.stats().objects) !== before) throw new Error('not all are gone');
      }
      console.log('usable');
    `);
    expect(child).toEqual({ code: 0, lines: ['usable'], errors: '' });
  });

  test.each([100, 5_000, 70_000, 300_000, 1_200_000])(
    'a put of %i bytes that finds no room throws MemoryError and loses nothing',
    async (bytes) => {
      const child = await runText(`
      configure({ maximumBytes: 8 * 2 ** 20 });
      const queue = new Queue();
      let most = 0;
      for (let round = 0; round < 3; round++) {
        let count = 0;
        try {
          for (;; count++) queue.put(new Uint8Array(${bytes}).fill(count));
        } catch (error) {
          if (!(error instanceof nogil.MemoryError)) throw error;
        }
        if (queue.qsize() !== count || count < 4) throw new Error(count + ' were put, ' + queue.qsize() + ' are in');
        for (let i = 0; i < count; i++) {
          const item = queue.get();
          if (item.length !== ${bytes} || item.some((byte) => byte !== (i & 255))) throw new Error('item ' + i + ' is damaged');
        }
      }
      queue.put('after');
      console.log(queue.get(), queue.empty());
    `);
      expect(child).toEqual({ code: 0, lines: ['after true'], errors: '' });
    },
  );

  test('an async call that needs memory for its wait rejects with MemoryError, and the primitive is as it was', async () => {
    const child = await runText(`
      configure({ maximumBytes: 2 ** 20 });
      const condition = new Condition();
      const barrier = new Barrier(2);
      const lock = new Lock();
      lock.acquire();
      const kept = [];
      try { for (;;) kept.push(new Lock()); } catch {}
      try { for (;;) kept.push(new Barrier(2)); } catch {}
      condition.acquire();
      console.log(await condition.waitAsync(0).catch((error) => error.name), condition.locked());
      console.log(await barrier.waitAsync(0).catch((error) => error.name), barrier.nWaiting, barrier.broken);
      const waiting = lock.acquireAsync();
      lock.release();
      console.log(await waiting);
      for (const each of kept) each.close();
      console.log(await condition.waitAsync(0));
    `);
    expect(child).toEqual({ code: 0, lines: ['MemoryError true', 'MemoryError 0 false', 'true', 'false'], errors: '' });
  });

  test('a worker for which there is no room ends with an error, and its creator is told', async () => {
    const child = await runText(`
      configure({ maximumBytes: 2 ** 20 });
      const queue = new Queue();
      const process = new Process({ target: () => 1 });
      try { for (;;) queue.put(new Uint8Array(60000)); } catch {}
      try {
        process.start();
        process.join(10);
        console.log('ended', process.exitcode !== 0, process.exception instanceof Error);
      } catch (error) {
        console.log('ended', error instanceof nogil.MemoryError, true);
      }
      while (!queue.empty()) queue.get();
      const second = new Process({ target: () => 2 });
      second.start();
      console.log(second.result(10));
    `);
    expect([child.code, child.lines]).toEqual([0, ['ended true true', '2']]);
  });
});
