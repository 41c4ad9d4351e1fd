/**
 * heap: what the shared memory holds, who holds what, and who waits where.
 */
import { Kind } from '../../assembly/abi.ts';
import { type DeadlockLink, findCycles } from './deadlock.ts';
import { isQueue, reaches } from './extent.ts';
import { theHeap } from './heap.ts';
import { nameOf } from './kind-names.ts';
import { keep, scope, tidy } from './scope.ts';
import { isCreated, isGone } from './shared.ts';

/** What `heap.stats()` answers: how full the heap is. */
export interface HeapStats {
  /**
   * Bytes in blocks that somebody has. The keys of objects that were sent are the program's, as its code is, and
   * not counted: each sequence once, 200 KB at the very most.
   */
  bytesInUse: number;
  /** The memory's size now, in bytes. It grows as needed, and never shrinks. */
  bytesReserved: number;
  /** Living objects by class. */
  objects: Record<string, number>;
}

/** One living primitive, as `heap.inspect()` shows it. */
export interface ObjectInfo {
  /** Its class, such as `'Lock'`. */
  class: string;
  /** Its number, as its `id` says in every worker. */
  id: number;
  /** The worker that holds it, 0 if nobody does; only locks have one. */
  holder?: number;
  /** The workers that are asleep in it. Async waiters are not among them. */
  waiters: number[];
  /** What is in it: items of a queue, permits of a semaphore, parties at a barrier. */
  size?: number;
}

/** Worker ids and the address of the word each sleeps on. */
function sleepers(): { tid: number; on: number }[] {
  const { core } = theHeap();
  const found: { tid: number; on: number }[] = [];
  for (let index = 0; index < core.slotCount(); index++) {
    const slot = core.slotOf(index);
    const on = core.parkedOn(slot);
    if (on !== 0) found.push({ tid: theHeap().loadWord(slot), on });
  }
  return found;
}

function livingRows(): { id: number; kind: Kind }[] {
  const { core } = theHeap();
  const rows: { id: number; kind: Kind }[] = [];
  for (let id = 1; id < core.objectEntries(); id++) {
    const kind = core.objectKind(id);
    if (kind !== Kind.FREE) rows.push({ id, kind });
  }
  return rows;
}

function describe(id: number, kind: Kind, asleep: { tid: number; on: number }[]): ObjectInfo | undefined {
  const { core } = theHeap();
  const name = nameOf(kind);
  const generation = core.generationAt(id);
  const object = core.objectAt(id, generation);
  if (object === 0) return undefined;
  // A handle, not just a reference: whoever is killed here has it given back.
  const ref = core.refOpen(id, generation);
  if (isGone(ref)) return undefined;
  // With a full heap: what can be said without touching it.
  if (!isCreated(ref)) return { class: name, id, waiters: asleep.filter(({ on }) => on === object).map(({ tid }) => tid) };
  try {
    // Before that the row could be given back and become something else.
    if (core.objectKind(id) !== kind) return undefined;
    const node = (on: number) => (kind === Kind.CONDITION || kind === Kind.BARRIER) && core.listHas(object, on) !== 0;
    const info: ObjectInfo = {
      class: name,
      id,
      waiters: asleep.filter(({ on }) => reaches(core, object, on) || node(on)).map(({ tid }) => tid),
    };
    if (kind === Kind.LOCK || kind === Kind.RLOCK || kind === Kind.VALUE || kind === Kind.ARRAY)
      info.holder = core.lockOwner(object);
    if (isQueue(kind)) info.size = core.queueSize(object);
    if (kind === Kind.TABLE || kind === Kind.VECTOR) info.holder = core.updateLockOwner(object);
    if (kind === Kind.SEMAPHORE) info.size = core.semaphoreValue(object);
    if (kind === Kind.TABLE) info.size = core.tableSize(object);
    if (kind === Kind.VECTOR) info.size = core.vectorLength(object);
    if (kind === Kind.BARRIER) info.size = core.barrierWaiting(object);
    return info;
  } finally {
    core.refClose(ref);
  }
}

/**
 * Handles in bulk; and looks into the shared memory. Other workers go on meanwhile: each figure is true at
 * one moment of the call.
 */
export const heap = {
  /**
   * Runs `fn`, and closes every handle that this worker came by meanwhile, except those in what it returns
   * (in fields, arrays, maps and sets, however deep) and those given to `keep`. Of one that throws, those in
   * the error stay. For code that never returns to its event loop, and for whoever wants the memory back at
   * once.
   *
   * Calls may nest: what an inner one returns is the outer one's. Not closed: workers that run, and what
   * callbacks of a pool came by. Of an async `fn` those are closed that came before its first `await`, once
   * its promise has settled.
   * @returns what `fn` returns
   * @example
   * ```ts
   * import { heap, Queue } from 'nogil';
   *
   * const requests = new Queue<{ text: string; reply: Queue<string> }>();
   * const reply = new Queue<string>();
   * requests.put({ text: 'hello', reply });
   * const text = heap.tidy(() => {
   *   const request = requests.get();
   *   request.reply.put(request.text.toUpperCase());
   *   return request.text; // the handle of the reply queue that came with the request is closed
   * });
   * console.log(text, reply.get()); // prints hello HELLO
   * ```
   */
  tidy<T>(fn: () => T): T {
    return tidy(fn);
  },

  /**
   * The same for a block: `using scope = heap.scope()`. The block must not `await` or `yield`: then nothing
   * is closed, with a warning.
   */
  scope(): Disposable {
    return scope();
  },

  /** Has no scope close a handle, or the handles in a value; `close()` does still. @returns the value */
  keep<T>(value: T): T {
    return keep(value);
  },

  /** How full the heap is: bytes, and living objects by class. */
  stats(): HeapStats {
    const { core } = theHeap();
    const objects: Record<string, number> = {};
    for (const { kind } of livingRows()) {
      const name = nameOf(kind);
      objects[name] = (objects[name] ?? 0) + 1;
    }
    return { bytesInUse: core.bytesInUse() - core.shapeBytes(), bytesReserved: core.bytesReserved(), objects };
  },

  /**
   * Every living primitive: who holds it, who is asleep in it, what is in it.
   * @example
   * ```ts
   * import { heap, Lock } from 'nogil';
   *
   * const lock = new Lock();
   * lock.acquire();
   * const info = heap.inspect().find(({ id }) => id === lock.id);
   * console.log(info?.class, info?.holder === undefined); // prints Lock false
   * ```
   */
  inspect(): ObjectInfo[] {
    const asleep = sleepers();
    return livingRows()
      .map(({ id, kind }) => describe(id, kind, asleep))
      .filter((info) => info !== undefined);
  },

  /**
   * The cycles of workers that wait for each other now: each element waits for a lock that the next one
   * holds, the last for one of the first. A wait with a timeout counts while it lasts. Empty: there is no
   * deadlock among locks (a worker may still wait for an event that nobody sets).
   * @example
   * ```ts
   * import { heap } from 'nogil';
   *
   * console.log(heap.deadlocks()); // prints []
   * ```
   */
  deadlocks(): DeadlockLink[][] {
    return findCycles();
  },
};
