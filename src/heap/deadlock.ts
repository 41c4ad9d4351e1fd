/**
 * Deadlocks: cycles of workers, each of which waits for a lock that the next one holds.
 *
 * Ancestry: the wait-for graph of Holt, "Some deadlock properties of computer systems", 1972. A blocked
 * worker waits for one lock and a lock has one holder, so the graph is chains and cycles, and to look for a
 * cycle is to follow one chain.
 *
 * | word          | says                                                        | written by          |
 * | ------------- | ----------------------------------------------------------- | ------------------- |
 * | slot.wants    | the watched lock for which the worker waits without timeout | that worker, here   |
 * | a lock's word | who holds it                                                | the core            |
 *
 * No cycle is missed: a worker says what it wants before it looks, in sequentially consistent steps; whoever
 * of a cycle is the last to say so finds the others'.
 * Two that close it at the same moment may both find it.
 *
 * No cycle is invented: it is read once more against its direction. The last link waits for what this very
 * worker holds, so it stays blocked, so it holds what it holds; therefore the link before it, read after it,
 * stays as well; and so on up to the first.
 *
 * Not watched: an async wait, since other tasks of its worker go on, and a condition's way back to its lock,
 * which the core takes.
 *
 * Death of a link: its locks break soon, or go to the next; for a moment the cycle stands all the same.
 */
import { Kind, Limit, SlotField } from '../../assembly/abi.ts';
import { DeadlockError } from '../errors.ts';
import { cycleThrough, type Link } from './cycles.ts';
import { type Heap, theHeap } from './heap.ts';

/** One worker of a cycle, and the lock for which it waits. */
export interface DeadlockLink {
  /** The `ident` of the worker that waits. */
  worker: number;
  /** The class of the lock for which it waits, such as `'RLock'`. */
  class: string;
  /** The lock's number, as its `id` says. */
  id: number;
}

const NAMES: Partial<Record<Kind, string>> = { [Kind.LOCK]: 'Lock', [Kind.RLOCK]: 'RLock', [Kind.VALUE]: 'Value' };

/** Waits for a watched lock by `take`. @throws DeadlockError when that would be for ever */
export function watchfully(heap: Heap, lock: number, take: () => number): number {
  const { core, tid } = heap;
  const wantedBy = (other: number) => {
    const slot = core.slotOf(other);
    return heap.loadWord(slot) === other ? heap.loadWord(slot + SlotField.WAITS_FOR) : 0;
  };
  const word = core.slotOf(tid) + SlotField.WAITS_FOR;
  heap.storeWord(word, lock);
  try {
    const cycle = cycleThrough(tid, lock, core.lockOwner, wantedBy);
    if (cycle) throw deadlock(heap, cycle);
    return take();
  } finally {
    heap.storeWord(word, 0);
  }
}

function deadlock({ core, tid }: Heap, cycle: Link[]): DeadlockError {
  const links = cycle.map((link) => ({ tid: link.tid, id: core.objectId(link.lock) }));
  const way = links.map((link) => `worker ${link.tid} -> ${nameOf(core.objectKind(link.id)) ?? 'lock'} ${link.id} -> `).join('');
  return new DeadlockError(`deadlock: ${way}worker ${tid} (each waits for the lock that the next one holds)`);
}

function nameOf(kind: Kind): string | undefined {
  return NAMES[kind];
}

/** A lock of which no reference is counted: it may go at any time. */
interface Seen {
  class: string;
  id: number;
  generation: number;
}

/** All cycles that stand now, of watched locks and of others, each once. */
export function findCycles(): DeadlockLink[][] {
  const heap = theHeap();
  const { core } = heap;
  const locks = livingLocks(heap);
  const waits = (tid: number): number => {
    const slot = core.slotOf(tid);
    if (heap.loadWord(slot) !== tid) return 0;
    const on = core.parkedOn(slot);
    return locks.has(on) ? on : 0;
  };
  const seen = new Set<number>();
  const cycles: DeadlockLink[][] = [];
  for (let index = 0; index < Limit.SLOTS; index++) {
    const tid = heap.loadWord(core.slotOf(index));
    const lock = tid > 0 && !seen.has(tid) ? waits(tid) : 0;
    const links = lock === 0 ? undefined : cycleThrough(tid, lock, core.lockOwner, waits);
    if (links === undefined) continue;
    for (const link of links) seen.add(link.tid);
    const cycle = links.map((link) => ({ worker: link.tid, lock: locks.get(link.lock) as Seen }));
    // One that has gone meanwhile was none: its address may have been another's.
    if (cycle.some(({ lock: { id, generation } }) => core.objectAt(id, generation) === 0)) continue;
    cycles.push(cycle.map(({ worker, lock: { class: name, id } }) => ({ worker, class: name, id })));
  }
  return cycles;
}

/** The locks that live, by address. */
function livingLocks({ core }: Heap): Map<number, Seen> {
  const locks = new Map<number, Seen>();
  for (let id = 1; id < core.objectEntries(); id++) {
    const generation = core.generationAt(id);
    const name = nameOf(core.objectKind(id));
    const object = name === undefined ? 0 : core.objectAt(id, generation);
    if (object !== 0) locks.set(object, { class: name as string, id, generation });
  }
  return locks;
}
