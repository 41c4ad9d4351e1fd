/**
 * A program with a small heap, which it fills. Its last line is what it saw, as JSON.
 */
import { isDeepStrictEqual } from 'node:util';
import { configure, Event, heap, Lock, MemoryError, main, Queue } from 'nogil';

const MIB = 2 ** 20;

function refuses(call: () => unknown): boolean {
  try {
    call();
  } catch (error) {
    if (error instanceof MemoryError) return true;
    throw error;
  }
  return false;
}

/** Makes an item and gives it to `put`. */
type Make = (i: number, put: (item: unknown) => void) => void;

/** Puts items in until there is no memory for another; how many are in. */
function fill(queue: Queue<unknown>, make: Make): number {
  for (let i = 0; ; i++) if (refuses(() => make(i, (item) => queue.put(item)))) return i;
}

function drained(queue: Queue<unknown>, count: number, isRight: (item: never, i: number) => boolean): boolean {
  for (let i = 0; i < count; i++) if (!isRight(queue.getNowait() as never, i)) return false;
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
async function scene(make: Make, isRight: (item: never, i: number) => boolean): Promise<object> {
  const queue = new Queue<unknown>();
  const other = new Queue<number>(8);
  const event = new Event();
  const before = heap.stats().bytesInUse;
  const count = fill(queue, make);
  const full = heap.stats();
  const seen = {
    some: count > 0,
    withinLimit: full.bytesReserved <= 8 * MIB,
    sizeUnchanged: queue.qsize() === count && queue.unfinishedTasks === count,
    refusesMore: refuses(() => queue.put(new Uint8Array(MIB))) && refuses(() => queue.putMany([1, new Uint8Array(MIB), 'x'])),
    refusesAsync: await queue.putAsync(new Uint8Array(MIB)).then(
      () => false,
      (error) => error instanceof MemoryError,
    ),
    refusesHandles: refuses(() => queue.put([event, new Uint8Array(MIB)])),
    leftNothing: heap.stats().bytesInUse === full.bytesInUse && queue.qsize() === count,
    othersWork: passes(other as Queue<never>, 7) && !event.isSet(),
    nothingLost: drained(queue, count, isRight),
    worksAfter: passes(queue as Queue<never>, new Uint8Array(MIB)),
    again: refills(queue, make, isRight, count / 2),
  };
  queue.close();
  other.close();
  event.close();
  return { ...seen, freed: heap.stats().bytesInUse < before };
}

main(import.meta, async () => {
  configure({ initialBytes: MIB, maximumBytes: 8 * MIB });
  const report: Record<string, unknown> = {
    large: await scene(
      (i, put) => put(new Uint8Array(300_000).fill(i)),
      (item: Uint8Array, i) => item.length === 300_000 && item.every((byte) => byte === i),
    ),
    small: await scene(
      (i, put) => put(`item ${i}`.padEnd(500, '.')),
      (item: string, i) => item === `item ${i}`.padEnd(500, '.'),
    ),
    handles: await scene(
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
  };
  const locks: Lock[] = [];
  while (!refuses(() => locks.push(new Lock())));
  const queues: Queue[] = [];
  while (!refuses(() => queues.push(new Queue())));
  report.objects = {
    manyLocks: locks.length > 1000,
    locksWork: locks.every((lock) => lock.acquire(false)),
    queuesWork: queues.every((queue) => passes(queue as Queue<never>, 1)),
  };
  for (const lock of locks.splice(0, 100)) lock.close();
  report.after = { lock: new Lock().acquire(), queue: queues.pop()?.close() === undefined && new Queue().empty() };
  console.log(JSON.stringify(report));
});
