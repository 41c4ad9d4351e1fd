/**
 * Counters, sequences and positions that come around: each starts near the end of its range, in a heap that
 * is otherwise as it was made, and real work goes on across it. The words are those of assembly/layout.ts.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Kind, Status } from '../../../assembly/abi.ts';
import { type CoreExports, coreModule, instantiateCore } from '../../../src/heap/core.ts';

const FOREVER = Number.POSITIVE_INFINITY;
const PAGES = 256;
/** Where a public object's words lie, in bytes behind its address. */
const TAIL = 112;
const HEAD = 240;
const NOT_EMPTY = 368;
const NOT_FULL = 432;
const DONE = 448;
const JOIN = 12;
const POSITION = 64;
const OTHER_CACHE = 16;
const SEGMENT = 24;
/** The root, and words in it and in a slot. */
const ROOT = 64;
const NEXT_SLOT = 64;
const FREE_ENTRY = 72;
const CLASSES = 128;
const CLASS = 64;
const SEQUENCE = 4;

interface Bench {
  core: CoreExports;
  words: Int32Array;
  longs: BigInt64Array;
  tid: number;
  /** Puts a number; takes one. */
  put(queue: number, value: number): void;
  get(queue: number): number;
}

function bench(): Bench {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const core = instantiateCore(coreModule(), memory);
  core.rootInit(PAGES, PAGES);
  const tid = core.slotTake();
  expect(core.workerBecome(tid)).toBeTruthy();
  const words = new Int32Array(memory.buffer);
  const scratch = new Float64Array(memory.buffer, core.scratch(), 8);
  return {
    core,
    words,
    longs: new BigInt64Array(memory.buffer),
    tid,
    put: (queue, value) => expect(core.queuePutNumber(queue, value, 0)).toBe(Status.OK),
    get(queue) {
      expect(core.queueGet(queue, 0)).toBe(Encoding.NUMBER);
      return scratch[1] as number;
    },
  };
}

const position = (items: number, bytes: number) => (BigInt(items | 0) << 32n) | BigInt(bytes >>> 0);

/** A ring that looks as if so many items and bytes had gone through it. */
function aged({ core, words, longs }: Bench, items: number, bytes: number, maxsize = 0): number {
  const queue = core.refObject(core.queueCreate(maxsize));
  const at = position(items, bytes);
  for (const side of [TAIL, HEAD]) {
    longs[(queue + side + POSITION) >> 3] = at;
    longs[(queue + side + OTHER_CACHE) >> 3] = at;
    // Segment.base: no record in it is older.
    words[((words[(queue + side + SEGMENT) >> 2] as number) + 8) >> 2] = bytes;
  }
  words[(queue + DONE) >> 2] = items;
  return queue;
}

/** Just below a sign bit, and just below 0. */
const EDGES = [0x7fffffff - 100, 0xffffffff - 100];

describe('a ring whose positions come around', () => {
  const both = EDGES.flatMap((items) => EDGES.map((bytes) => [items, bytes & ~7] as const));

  test.each(both)('(%i items, %i bytes) keeps items, their order and their number', (items, bytes) => {
    const b = bench();
    const queue = aged(b, items, bytes);
    let [next, expected] = [0, 0];
    for (let round = 0; round < 400; round++) {
      for (let i = 0; i <= round % 7; i++) b.put(queue, next++);
      for (let i = 0; i <= round % 5 && expected < next; i++) expect(b.get(queue)).toBe(expected++);
      expect(b.core.queueSize(queue)).toBe(next - expected);
    }
    while (expected < next) expect(b.get(queue)).toBe(expected++);
    expect(b.core.queueGet(queue, 0)).toBe(Status.TIMEOUT);
  });

  test.each(both)('(%i items, %i bytes) grows by segments, and shrinks', (items, bytes) => {
    const b = bench();
    const queue = aged(b, items, bytes);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3000; i++) b.put(queue, i);
      expect(b.core.queueSize(queue)).toBe(3000);
      for (let i = 0; i < 3000; i++) expect(b.get(queue)).toBe(i);
    }
    expect(b.core.queueSize(queue)).toBe(0);
  });

  test.each(both)('(%i items, %i bytes) is full at its maxsize, no sooner', (items, bytes) => {
    const b = bench();
    const queue = aged(b, items, bytes, 3);
    for (let i = 0; i < 300; i++) {
      for (let k = 0; k < 3; k++) b.put(queue, i + k);
      expect(b.core.queuePutNumber(queue, 0, 0)).toBe(Status.TIMEOUT);
      for (let k = 0; k < 3; k++) expect(b.get(queue)).toBe(i + k);
    }
  });

  test.each(EDGES)('(%i items) counts its tasks', (items) => {
    const b = bench();
    const queue = aged(b, items, 0);
    for (let i = 0; i < 300; i++) {
      b.put(queue, i);
      b.put(queue, i);
      expect(b.core.queueUnfinished(queue) >>> 0).toBe(2);
      expect(b.core.queueJoin(queue, 0)).toBe(Status.TIMEOUT);
      b.get(queue);
      expect([b.core.queueTaskDone(queue), b.core.queueTaskDone(queue)]).toEqual([Status.OK, Status.OK]);
      expect(b.core.queueTaskDone(queue)).toBe(Status.RANGE);
      expect(b.core.queueJoin(queue, 0)).toBe(Status.OK);
      b.get(queue);
    }
  });

  test('counts on where nobody counts off: tasks never come around to none', () => {
    const b = bench();
    const queue = aged(b, 0, 0);
    // 2^31 and 2^32 - 2^20 puts that nobody counted off: every look at them is behind a multiple of 2^20.
    for (const done of [0x80000000, 0xc0000000, 0xffff0000]) {
      const at = position(-16, 0);
      for (const side of [TAIL, HEAD]) b.longs[(queue + side + POSITION) >> 3] = at;
      for (const side of [TAIL, HEAD]) b.longs[(queue + side + OTHER_CACHE) >> 3] = at;
      for (const side of [TAIL, HEAD]) b.words[((b.words[(queue + side + SEGMENT) >> 2] as number) + 8) >> 2] = 0;
      b.words[(queue + DONE) >> 2] = (-16 - done) | 0;
      for (let i = 0; i < 64; i++) {
        b.put(queue, i);
        expect(b.core.queueJoin(queue, 0)).toBe(Status.TIMEOUT);
        expect(b.get(queue)).toBe(i);
      }
      expect(b.core.queueTaskDone(queue)).toBe(Status.OK);
    }
  });
});

describe('a queue with one lock whose count of puts comes around', () => {
  test.each(EDGES)('(%i) LIFO stays last in, first out', (items) => {
    const b = bench();
    const queue = b.core.refObject(b.core.singleLockCreate(Kind.LIFO, 0));
    b.longs[(queue + TAIL + POSITION) >> 3] = position(items, 0);
    b.words[(queue + DONE) >> 2] = items;
    for (let i = 0; i < 300; i++) b.put(queue, i);
    expect(b.core.queueSize(queue)).toBe(300);
    expect(b.core.queueUnfinished(queue) >>> 0).toBe(300);
    for (let i = 299; i >= 0; i--) expect(b.get(queue)).toBe(i);
    for (let i = 0; i < 300; i++) expect(b.core.queueTaskDone(queue)).toBe(Status.OK);
    expect(b.core.queueTaskDone(queue)).toBe(Status.RANGE);
  });
});

describe('the words on which one sleeps', () => {
  test.each([0x7ffffffe, -2])('(generation %i) an event is set and clear', (generation) => {
    const { core, words } = bench();
    const event = core.refObject(core.eventCreate());
    words[event >> 2] = generation;
    for (let i = 0; i < 8; i++) {
      expect([core.eventIsSet(event), core.eventWait(event, 0)]).toEqual([0, Status.TIMEOUT]);
      core.eventSet(event);
      expect([core.eventIsSet(event), core.eventWait(event, 0)]).toEqual([1, Status.OK]);
      core.eventClear(event);
    }
  });

  test.each([0x7ffffffd, -3])('(seq %i) event counts and gates let a wait end', (seq) => {
    const b = bench();
    const queue = b.core.refObject(b.core.queueCreate(1));
    for (const count of [NOT_EMPTY, NOT_FULL, JOIN]) for (const word of [0, 8]) b.words[(queue + count + word) >> 2] = seq;
    for (let i = 0; i < 8; i++) {
      // Each wait enters and leaves; each put and get finds somebody counted, and moves seq on.
      expect(b.core.queueGet(queue, 1)).toBe(Status.TIMEOUT);
      for (const count of [NOT_EMPTY, NOT_FULL, JOIN]) {
        b.core.gateEnter(queue + count + 8);
        b.words[(queue + count + 4) >> 2] = 1;
      }
      b.put(queue, i);
      expect(b.core.queuePutNumber(queue, 0, 1)).toBe(Status.TIMEOUT);
      expect(b.core.queueJoin(queue, 1)).toBe(Status.TIMEOUT);
      expect(b.get(queue)).toBe(i);
      expect(b.core.queueTaskDone(queue)).toBe(Status.OK);
      expect(b.core.queueJoin(queue, FOREVER)).toBe(Status.OK);
    }
    for (const count of [NOT_EMPTY, NOT_FULL]) expect((b.words[(queue + count) >> 2] as number) - seq).not.toBe(0);
  });
});

describe('worker ids', () => {
  test('come around after 2^19 workers of a slot, and are positive', () => {
    const { core, words } = bench();
    const ids = new Set<number>();
    words[(core.slotOf(5) + SEQUENCE) >> 2] = 2 ** 19 - 4;
    for (let i = 0; i < 8; i++) {
      words[(ROOT + NEXT_SLOT) >> 2] = 5;
      const tid = core.slotTake();
      expect(core.slotOf(tid)).toBe(core.slotOf(5));
      expect(tid).toBeGreaterThan(0);
      expect(core.workerIsKnown(tid)).toBe(1);
      ids.add(tid);
      core.slotFree(tid);
    }
    expect(ids.size).toBe(8);
  });

  test('a lock knows its owner with the largest id', () => {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const core = instantiateCore(coreModule(), memory);
    core.rootInit(PAGES, PAGES);
    const words = new Int32Array(memory.buffer);
    for (let slot = 0; slot < 1024; slot++) words[(core.slotOf(slot) + SEQUENCE) >> 2] = 2 ** 19 - 2;
    const tid = core.slotTake();
    expect(tid >> 10).toBe(2 ** 19 - 1);
    expect(core.workerBecome(tid)).toBeTruthy();
    const lock = core.refObject(core.lockCreate(0));
    expect(core.lockAcquire(lock, 0)).toBe(Status.OK);
    expect(core.lockOwner(lock)).toBe(tid);
    expect(core.lockAcquire(lock, 0)).toBe(Status.TIMEOUT);
    expect(core.lockRelease(lock)).toBe(Status.OK);
    const other = core.refObject(core.rlockCreate(0));
    for (let i = 0; i < 3; i++) expect(core.rlockAcquire(other, 0)).toBe(Status.OK);
    core.reapLocks(tid, 0);
    expect(core.lockDeadOwner(other)).toBe(tid);
  });
});

describe('the object table', () => {
  /** The entry that the next object takes, from the list of free ones. */
  function entryOf({ core, longs }: Bench, generation: number): number {
    const ref = core.eventCreate();
    const index = core.objectId(core.refObject(ref));
    core.refClose(ref);
    // Its entry holds the generation of the object that is gone: the one word that says it, found by moving
    // it on once.
    for (let at = 0; at < longs.length; at++) {
      if (longs[at] !== 2n << 32n) continue;
      longs[at] = BigInt(generation) << 32n;
      const again = core.eventCreate();
      const object = core.refObject(again);
      const hit = core.objectId(object) === index && core.objectGeneration(object) === (generation | 0);
      core.refClose(again);
      if (hit) return index;
      longs[at] = 2n << 32n;
    }
    throw new Error('the entry was not found');
  }

  test.each([0x7ffffffc, -4])('(generation %i) an old handle names nothing, a new one its object', (generation) => {
    const b = bench();
    const index = entryOf(b, generation);
    const seen = new Set<number>();
    for (let i = 0; i < 8; i++) {
      const ref = b.core.eventCreate();
      const object = b.core.refObject(ref);
      expect(b.core.objectId(object)).toBe(index);
      const now = b.core.objectGeneration(object);
      for (const old of seen) expect(b.core.refOpen(index, old)).toBe(Status.STALE);
      const again = b.core.refOpen(index, now);
      expect(again).toBeGreaterThan(0);
      b.core.refClose(again);
      b.core.refClose(ref);
      expect(b.core.refOpen(index, now)).toBe(Status.STALE);
      seen.add(now);
    }
    expect(seen.size).toBe(8);
  });
});

describe('the tags of free lists', () => {
  test.each([0x7fffff00, -0x100])('(tag %i) every block is in one hand', (tag) => {
    const { core, words, longs } = bench();
    // The first object makes the table.
    core.refClose(core.eventCreate());
    // A block of each class, so that hardly a list is empty.
    for (let bytes = 8; bytes <= 32768; bytes += 8) core.free(core.allocate(bytes));
    const used = core.bytesInUse();
    const setTags = () => {
      longs[(ROOT + FREE_ENTRY) >> 3] = ((longs[(ROOT + FREE_ENTRY) >> 3] as bigint) & 0xffffffffn) | (BigInt(tag) << 32n);
      for (let kind = 0; kind < 57; kind++) {
        const at = (ROOT + CLASSES + kind * CLASS) >> 3;
        longs[at] = ((longs[at] as bigint) & 0xffffffffn) | (BigInt(tag) << 32n);
      }
    };
    setTags();
    const held = new Map<number, number>();
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let round = 0; round < 6000; round++) {
      if (held.size > 100 || (held.size > 0 && random(2) === 0)) {
        const [block, mark] = [...held][random(held.size)] as [number, number];
        expect(words[block >> 2]).toBe(mark);
        held.delete(block);
        core.free(block);
      } else {
        const block = core.allocate(8 + random(2000));
        expect(block).toBeGreaterThan(0);
        expect(held.has(block)).toBe(false);
        words[block >> 2] = round;
        held.set(block, round);
      }
    }
    for (const block of held.keys()) core.free(block);
    expect(core.bytesInUse()).toBe(used);
    for (let i = 0; i < 300; i++) core.refClose(core.eventCreate());
    expect(core.bytesInUse()).toBe(used);
  });
});
