/**
 * PendingTasks: the tasks on their way, and which of them have died.
 *
 * Tasks are numbered as they are put, and the queue is first in, first out: those that have been taken are
 * exactly the first `puts - qsize`. A worker says on the table which task it has; one that is killed between
 * taking and saying leaves TAKING there. What it had taken is then known by exclusion: a task that was taken,
 * is assigned to nobody, and has no reply. For that each living worker must be seen either with a task, with
 * none, or asleep in the queue; one that is just about to say what it has taken will soon have said it, so
 * the question is put again.
 */

import type { Described } from './functions.ts';
import { MOST_TASKS, type Reply } from './protocol.ts';
import { Assignment, taskOf, type WorkerTable } from './worker-table.ts';

/** A task on its way, as its creator knows it. */
export interface PendingTask {
  fn: Described;
  /** Its number. */
  id: number;
  /** How many were put before it. */
  place: number;
  /** The call that it is a part of; undefined: it is the call itself. */
  readonly owner: object | undefined;
  /** Called when it is no longer on its way. */
  gone: (() => void) | undefined;
  /** A message of the task's. */
  hear(message: unknown): void;
  /** The first time counts. */
  arrive(value: unknown, reply: Reply): void;
}

/** Places at the start; a power of two. */
const CAPACITY = 64;

export class PendingTasks {
  /** By their numbers modulo its length: cheaper than a Map for what lives so shortly. At most half full. */
  #places: (PendingTask | undefined)[] = new Array(CAPACITY).fill(undefined);
  readonly #most: number;
  #size = 0;
  #puts = 0;
  #lastId = 0;

  /** @param most tasks that can be told apart at a time; a power of two */
  constructor(most = MOST_TASKS) {
    this.#most = most;
  }

  /** No two of them have the same number modulo this. */
  get places(): number {
    return this.#places.length;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * A number for the next task. None that is on its way has it, and none has had it for long: a worker that
   * dies may still have the last one as its assignment.
   */
  nextId(): number {
    if (2 * this.#size >= this.#places.length) this.#grow();
    do this.#lastId = this.#lastId === this.#most ? 1 : this.#lastId + 1;
    while (this.#places[this.#lastId & (this.#places.length - 1)] !== undefined);
    return this.#lastId;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Array(2 * before.length).fill(undefined);
    for (const each of before) if (each) this.#places[each.id & (this.#places.length - 1)] = each;
  }

  /** It is in the queue. */
  add(id: number, pending: PendingTask): void {
    pending.id = id;
    pending.place = this.#puts++;
    pending.fn.uses++;
    this.#places[id & (this.#places.length - 1)] = pending;
    this.#size++;
  }

  remove(id: number): PendingTask | undefined {
    const place = id & (this.#places.length - 1);
    const pending = this.#places[place];
    if (pending?.id !== id) return undefined;
    this.#places[place] = undefined;
    this.#size--;
    pending.fn.uses--;
    pending.gone?.();
    return pending;
  }

  get(id: number): PendingTask | undefined {
    const pending = this.#places[id & (this.#places.length - 1)];
    return pending?.id === id ? pending : undefined;
  }

  /** Those of a call. */
  of(call: object & { id?: number }): PendingTask[] {
    // A call of one task is that task: to look at all of them for each would take n² of n calls.
    const own = this.get(call.id ?? 0);
    if (own === call) return [own];
    return this.#all().filter((each) => (each.owner ?? each) === call);
  }

  #all(): PendingTask[] {
    return this.#places.filter((each) => each !== undefined);
  }

  /** All of them, which are then no longer in it. */
  removeAll(): PendingTask[] {
    return this.#all().map(({ id }) => this.remove(id) as PendingTask);
  }

  /**
   * Removes the tasks that died with those who had taken them; undefined: it cannot be told yet.
   * @param waiting how many tasks are in the queue
   * @param isAsleep whether the worker of an index sleeps in the queue
   * @param receive takes in all replies that are there
   */
  removeLost(
    table: WorkerTable,
    waiting: () => number,
    isAsleep: (index: number) => boolean,
    receive: () => void,
  ): PendingTask[] | undefined {
    // In this order: what was taken by now is assigned to a worker that is looked at later, or was before,
    // and then its reply is there even later.
    const taken = this.#puts - waiting();
    const assigned = new Set<number>();
    for (let index = 0; index < table.size; index++) {
      const assignment = table.assignment(index);
      if (assignment === Assignment.TAKING && !isAsleep(index)) return undefined;
      assigned.add(taskOf(assignment));
    }
    receive();
    const lost = this.#all().filter(({ id, place }) => place < taken && !assigned.has(id));
    for (const { id } of lost) this.remove(id);
    return lost;
  }
}
