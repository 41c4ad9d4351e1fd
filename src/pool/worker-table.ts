/**
 * WorkerTable: the words of a pool that its creator, its monitor and its workers see.
 *
 * | word          | writer                    | holds                                                              |
 * | ------------- | ------------------------- | ------------------------------------------------------------------ |
 * | state         | creator, monitor           | PoolState; it only grows                                           |
 * | withdrawn      | creator, workers           | bits: the tasks that are not to begin                              |
 * | asked          | creator, monitor           | 1: the monitor is on its way to look whether workers are missing   |
 * | limited        | creator                    | tasks on their way that have a limit                               |
 * | refused        | supervisor                 | 1: the heap was too full for a monitor                             |
 * | assignment     | its worker, or the monitor | the number of the task that its worker has (from 1), or Assignment |
 * | tid            | monitor                    | its worker                                                         |
 * | limit          | its worker                 | milliseconds for that task; minus: it only hears of it; 0: none    |
 * | done           | its worker                 | tasks done in its place: for who looks (src/inspector/pools.ts)     |
 * | tasks, replies | creator                    | the numbers of their queues: for who looks                         |
 *
 * A worker that dies between taking a task and saying which has TAKING as its assignment. Which task that was
 * comes out by exclusion: see PendingTasks.
 *
 * Who wants to end a worker for its task seals the assignment first: from then on this worker takes no other.
 * That, and the worker's own step on to the next task, are compare-and-exchange of one word, so one of them
 * is first: a worker is never ended for a task that it no longer has. What it had done by then has its reply.
 *
 * A task is withdrawn before the assignments are looked at, and a worker looks for what is withdrawn after it
 * has said which task it has. So one of the two sees the other.
 */
import { ClassTag, Kind, LockField, LockFlag } from '../../assembly/abi.ts';
import { reaches } from '../heap/extent.ts';
import { theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';
import { Assignment, LINE, type PoolState, TableWord, WorkerWord } from './table-words.ts';

export { Assignment, PoolState, taskOf } from './table-words.ts';

const NO_LOCK = 1;
/** Tasks on their way that can be told apart in what is withdrawn: a bit each. */
export const PLACES = 2 ** 17;

function bytesFor(size: number): number {
  return ((1 + size) * LINE + PLACES / 32) * 4;
}

export class WorkerTable extends Shared {
  readonly #words: Int32Array;
  readonly size: number;

  constructor(size: number | AdoptionToken) {
    if (size instanceof AdoptionToken) super(size.heap, size.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.valueCreate(bytesFor(size), NO_LOCK)));
      heap.storeWord(heap.core.valueData(this[Member.PTR]) + 4 * TableWord.SIZE, size);
      // For who looks from outside: it is no Value of a user's.
      heap.storeWord(this[Member.PTR] + LockField.FLAGS, LockFlag.POOL);
    }
    const at = this[Member.HEAP].core.valueData(this[Member.PTR]);
    this.size = this[Member.HEAP].loadWord(at + 4 * TableWord.SIZE);
    const bytes = bytesFor(this.size);
    // The first bytes of a memory never move: a view on them stays good when it grows.
    this.#words = new Int32Array(this[Member.HEAP].words(at + bytes).buffer, at, bytes >> 2);
  }

  get state(): PoolState {
    return Atomics.load(this.#words, TableWord.STATE);
  }

  /** Whether there was no memory for a monitor: there is no worker, and will be none. */
  get isRefused(): boolean {
    return Atomics.load(this.#words, TableWord.REFUSED) !== 0;
  }

  /** Says which queues its tasks and its replies are in: for who looks from outside. */
  setChannels(tasks: number, replies: number): void {
    this.#words[TableWord.TASKS] = tasks;
    this.#words[TableWord.REPLIES] = replies;
  }

  /** Moves on to `state`, never back. */
  reach(state: PoolState): void {
    for (let before = this.state; before < state; before = this.state)
      Atomics.compareExchange(this.#words, TableWord.STATE, before, state);
  }

  assignment(index: number): number {
    return Atomics.load(this.#words, (1 + index) * LINE + WorkerWord.ASSIGNMENT);
  }

  assign(index: number, assignment: number): void {
    Atomics.store(this.#words, (1 + index) * LINE + WorkerWord.ASSIGNMENT, assignment);
  }

  /** The worker of an index goes on to the next task; false: it is to be ended. */
  advance(index: number, id: number): boolean {
    const done = (1 + index) * LINE + WorkerWord.DONE;
    this.#words[done] = (this.#words[done] as number) + 1;
    return Atomics.compareExchange(this.#words, (1 + index) * LINE + WorkerWord.ASSIGNMENT, id, Assignment.TAKING) === id;
  }

  /** Has the worker of an index take no other task than this one; false: it has another one, or none. */
  seal(index: number, id: number): boolean {
    return Atomics.compareExchange(this.#words, (1 + index) * LINE + WorkerWord.ASSIGNMENT, id, Assignment.SEALED - id) === id;
  }

  isSealed(index: number): boolean {
    return this.assignment(index) < Assignment.SEALED;
  }

  /** Of the task that the worker of an index has. */
  limit(index: number): number {
    return Atomics.load(this.#words, (1 + index) * LINE + WorkerWord.LIMIT);
  }

  setLimit(index: number, ms: number): void {
    Atomics.store(this.#words, (1 + index) * LINE + WorkerWord.LIMIT, ms);
  }

  get limited(): number {
    return Atomics.load(this.#words, TableWord.LIMITED);
  }

  set limited(tasks: number) {
    Atomics.store(this.#words, TableWord.LIMITED, tasks);
  }

  /** Asks the monitor to look whether workers are missing; false: it was asked already. */
  ask(): boolean {
    return Atomics.compareExchange(this.#words, TableWord.ASKED, 0, 1) === 0;
  }

  /** The monitor looks: who asks from now on asks again. */
  answer(): void {
    Atomics.store(this.#words, TableWord.ASKED, 0);
  }

  /** How many workers there are. */
  get living(): number {
    let count = 0;
    for (let index = 0; index < this.size; index++) if (this.tid(index) !== 0) count++;
    return count;
  }

  // ── what is withdrawn ──────────────────────────────────────────────────────────────────────────────
  // A bit for each task, by its number: PendingTasks gives no two that are on their way the same place.

  #placeOf(id: number): number {
    return (1 + this.size) * LINE + ((id % PLACES) >>> 5);
  }

  /** It is not to begin. */
  withdraw(id: number): void {
    Atomics.or(this.#words, this.#placeOf(id), 1 << (id & 31));
  }

  /**
   * It may begin again; or a worker has taken it, and answers CANCELLED. Of creator and worker one is told
   * true.
   */
  restore(id: number): boolean {
    const bit = 1 << (id & 31);
    return (Atomics.and(this.#words, this.#placeOf(id), ~bit) & bit) !== 0;
  }

  isWithdrawn(id: number): boolean {
    return (Atomics.load(this.#words, this.#placeOf(id)) & (1 << (id & 31))) !== 0;
  }

  tid(index: number): number {
    return Atomics.load(this.#words, (1 + index) * LINE + WorkerWord.TID);
  }

  setTid(index: number, tid: number): void {
    Atomics.store(this.#words, (1 + index) * LINE + WorkerWord.TID, tid);
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
