/**
 * WorkerTable: the words of a pool that its creator, its monitor and its workers see.
 *
 * | word          | writer                    | holds                                                              |
 * | ------------- | ------------------------- | ------------------------------------------------------------------ |
 * | state         | creator, monitor           | PoolState; it only grows                                           |
 * | assignment     | its worker, or the monitor | the number of the task that its worker has (from 1), or Assignment |
 * | tid            | monitor                    | its worker                                                         |
 *
 * A worker that dies between taking a task and saying which has TAKING as its assignment. Which task that was
 * comes out by exclusion: see PendingTasks.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { reaches } from '../heap/extent.ts';
import { theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';

export const enum PoolState {
  OPEN = 0,
  /** No new tasks. */
  CLOSED = 1,
  /** No more tasks at all. */
  TERMINATED = 2,
}

export const enum Assignment {
  /** Nothing, and not about to take anything. */
  NONE = 0,
  /** The worker starts, or its initializer runs. */
  STARTING = -1,
  /** Asleep waiting for a task, or about to say which it has taken. */
  TAKING = -2,
}

const NO_LOCK = 1;
/** Words of a cache line: each index has one, since its worker writes it twice a task. */
const LINE = 16;
const STATE = 0;
const SIZE = 1;
const ASSIGNMENT = 0;
const TID = 1;

export class WorkerTable extends Shared {
  readonly #words: Int32Array;
  readonly size: number;

  constructor(size: number | AdoptionToken) {
    if (size instanceof AdoptionToken) super(size.heap, size.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.valueCreate((1 + size) * LINE * 4, NO_LOCK)));
      heap.storeWord(heap.core.valueData(this[Member.PTR]) + 4 * SIZE, size);
    }
    const at = this[Member.HEAP].core.valueData(this[Member.PTR]);
    this.size = this[Member.HEAP].loadWord(at + 4 * SIZE);
    const bytes = (1 + this.size) * LINE * 4;
    // The first bytes of a memory never move: a view on them stays good when it grows.
    this.#words = new Int32Array(this[Member.HEAP].words(at + bytes).buffer, at, bytes >> 2);
  }

  get state(): PoolState {
    return Atomics.load(this.#words, STATE);
  }

  /** Moves on to `state`, never back. */
  reach(state: PoolState): void {
    for (let before = this.state; before < state; before = this.state) Atomics.compareExchange(this.#words, STATE, before, state);
  }

  assignment(index: number): number {
    return Atomics.load(this.#words, (1 + index) * LINE + ASSIGNMENT);
  }

  assign(index: number, assignment: number): void {
    Atomics.store(this.#words, (1 + index) * LINE + ASSIGNMENT, assignment);
  }

  tid(index: number): number {
    return Atomics.load(this.#words, (1 + index) * LINE + TID);
  }

  setTid(index: number, tid: number): void {
    Atomics.store(this.#words, (1 + index) * LINE + TID, tid);
  }

  /** Whether the worker of an index is certainly asleep in an object, and so has taken nothing out of it. */
  sleepsIn(index: number, object: number): boolean {
    const { core } = this[Member.HEAP];
    const tid = this.tid(index);
    const slot = core.slotOf(tid);
    const on = core.parkedOn(slot);
    return this[Member.HEAP].loadWord(slot) === tid && reaches(core, object, on);
  }
}

registerShared(ClassTag.WORKER_TABLE, WorkerTable, Kind.VALUE);
