/**
 * A program with a small heap, which it fills in the way that its argument names. Its last line is what it
 * saw, as JSON.
 */
import { isDeepStrictEqual } from 'node:util';
import { configure, Event, heap, LifoQueue, Lock, MemoryError, main, PriorityQueue, Queue } from 'nogil';
import { refuses } from '../../support/refuses.workers.js';

const MIB = 2 ** 20;

/** Makes an item and gives it to `put`. */
type Make = (i: number, put: (item: unknown) => void) => void;

/** Puts items in until there is no memory for another; how many are in. */
function fill(queue: Queue<unknown>, make: Make): number {
  for (let i = 0; ; i++) if (refuses(() => make(i, (item) => queue.put(item)))) return i;
}

function drained(queue: Queue<unknown>, count: number, isRight: (item: never, i: number) => boolean): boolean {
  const numberOf = (i: number) => (queue instanceof LifoQueue ? count - 1 - i : i);
  for (let i = 0; i < count; i++) if (!isRight(queue.getNowait() as never, numberOf(i))) return false;
  return queue.empty();
}

function passes(queue: Queue<never>, item: unknown): boolean {
  queue.put(item as never);
  return isDeepStrictEqual(queue.getNowait(), item);
}

/** Not as often as at first: the heap has other pieces now. */
function refills(queue: Queue<unknown>, make: Make, isRight: (item: never, i: number) => boolean, least: number): boolean {
  const count = fill(queue, make);
  return count >= least && drained(queue, count, isRight);
}

/** Fills the heap with items of one kind, looks what still works, and drains it. */
async function scene(
  make: Make,
  isRight: (item: never, i: number) => boolean,
  queue: Queue<unknown> = new Queue(),
  probe: unknown = new Uint8Array(MIB),
  after = probe,
): Promise<object> {
  const other = new Queue<number>(8);
  const event = new Event();
  const before = heap.stats().bytesInUse;
  const count = fill(queue, make);
  const full = heap.stats();
  const seen = {
    some: count > 0,
    withinLimit: full.bytesReserved <= 8 * MIB,
    sizeUnchanged: queue.qsize() === count && queue.unfinishedTasks === count,
    refusesMore: refuses(() => queue.put(probe)) && refuses(() => queue.putMany([probe, probe])),
    refusesAsync: await queue.putAsync(probe).then(
      () => false,
      (error) => error instanceof MemoryError,
    ),
    refusesHandles: refuses(() => queue.put([Array.isArray(probe) ? probe[0] : event, event, new Uint8Array(MIB)])),
    leftNothing: heap.stats().bytesInUse === full.bytesInUse && queue.qsize() === count,
    othersWork: passes(other as Queue<never>, 7) && !event.isSet(),
    nothingLost: drained(queue, count, isRight),
    worksAfter: passes(queue as Queue<never>, after),
    again: refills(queue, make, isRight, count / 2),
  };
  queue.close();
  other.close();
  event.close();
  return { ...seen, freed: heap.stats().bytesInUse < before };
}

/** Fills it with locks and queues. */
function objects(): object {
  const queues = Array.from({ length: 100 }, () => new Queue());
  const locks: Lock[] = [];
  while (!refuses(() => locks.push(heap.keep(new Lock()))));
  while (!refuses(() => queues.push(heap.keep(new Queue()))));
  const full = {
    manyLocks: locks.length > 1000,
    locksWork: locks.every((lock) => lock.acquire(false)),
    queuesWork: queues.every((queue) => passes(queue as Queue<never>, 1)),
  };
  for (const lock of locks.splice(0, 100)) lock.close();
  const after = { lock: new Lock().acquire(), queue: queues.pop()?.close() === undefined && new Queue().empty() };
  return { ...full, after };
}

/** Fills it with locks, and when they are gone wants most of it in one piece, at the first attempt. */
function onePiece(): object {
  const queue = new Queue<Uint8Array>();
  const most = new Uint8Array(6 * MIB);
  const before = passes(queue as Queue<never>, most);
  const locks: Lock[] = [];
  while (!refuses(() => locks.push(heap.keep(new Lock()))));
  const tooFull = refuses(() => queue.put(new Uint8Array(MIB)));
  for (const lock of locks) lock.close();
  return { before, manyLocks: locks.length > 20_000, tooFull, after: passes(queue as Queue<never>, most) };
}

const scenes: Record<string, () => object> = {
  objects,
  onePiece,
  large: () =>
    scene(
      (i, put) => put(new Uint8Array(300_000).fill(i)),
      (item: Uint8Array, i) => item.length === 300_000 && item.every((byte) => byte === i),
    ),
  small: () =>
    scene(
      (i, put) => put(`item ${i}`.padEnd(500, '.')),
      (item: string, i) => item === `item ${i}`.padEnd(500, '.'),
    ),
  handles: () =>
    scene(
      (i, put) => {
        using lock = new Lock();
        put([lock, i, new Uint8Array(40_000)]);
      },
      ([lock, number]: [Lock, number], i) => {
        const works = !lock.locked() && number === i;
        lock.close();
        return works;
      },
    ),
  stack: () =>
    scene(
      (i, put) => put(`item ${i}`.padEnd(500, '.')),
      (item: string, i) => item === `item ${i}`.padEnd(500, '.'),
      new LifoQueue(),
      new Uint8Array(MIB),
      'y'.repeat(500),
    ),
  numbersOnAStack: () =>
    scene(
      (i, put) => put(i),
      (item: number, i) => item === i,
      new LifoQueue(),
      new Uint8Array(4 * MIB),
      7,
    ),
  priorities: () =>
    scene(
      (i, put) => put([i, `item ${i}`.padEnd(500, '.')]),
      ([first, text]: [number, string], i) => first === i && text === `item ${i}`.padEnd(500, '.'),
      new PriorityQueue(),
      [1, new Uint8Array(MIB)],
      [1, 'y'.repeat(490)],
    ),
  longPriorities: () =>
    scene(
      (i, put) => put([`priority ${String(i).padStart(9, '0')}`.padEnd(i % 2 ? 40 : 9000, '.'), i]),
      ([, number]: [string, number], i) => number === i,
      new PriorityQueue(),
      ['p'.repeat(MIB), 1],
      ['p'.repeat(40), 1],
    ),
};

main(import.meta, async () => {
  configure({ initialBytes: MIB, maximumBytes: 8 * MIB });
  console.log(JSON.stringify(await scenes[process.argv[2] as string]?.()));
});
