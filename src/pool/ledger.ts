/**
 * Ledger: the tasks on their way, and which of them have died.
 *
 * Tasks are numbered as they are put, and the queue is first in, first out: those that have been taken are exactly the first `puts - qsize`. A worker says
 * on the board which task it has in hand; one that is killed between taking and saying leaves TAKING there. What it had taken is then
 * known by exclusion: a task that was taken, is in nobody's hand, and has no reply. For that each living worker must be seen either with a task
 * in hand, with none, or asleep in the queue; one that is just about to say what it has taken will soon have said it, so the question is put again.
 */
import { type Board, Hand } from './board.ts';
import type { Described } from './functions.ts';
import { MOST_TASKS, type Reply } from './protocol.ts';

/** A task on its way, as its creator knows it. */
export interface Pending {
  fn: Described;
  /** How many were put before it. */
  place: number;
  /** Called once. */
  arrive(value: unknown, reply: Reply): void;
}

export class Ledger {
  readonly #pending = new Map<number, Pending>();
  readonly #most: number;
  #puts = 0;
  #lastId = 0;

  /** @param most tasks that can be told apart at a time */
  constructor(most = MOST_TASKS) {
    this.#most = most;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** A number for the next task: none that is on its way has it. */
  nextId(): number {
    do this.#lastId = this.#lastId === this.#most ? 1 : this.#lastId + 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  /** It is in the queue. */
  add(id: number, pending: Pending): void {
    pending.place = this.#puts++;
    pending.fn.uses++;
    this.#pending.set(id, pending);
  }

  remove(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.fn.uses--;
    return pending;
  }

  /** All of them, which are then no longer in it. */
  removeAll(): Pending[] {
    return [...this.#pending.keys()].map((id) => this.remove(id) as Pending);
  }

  /**
   * Removes the tasks that died with those who had taken them; undefined: it cannot be told yet.
   * @param waiting how many tasks are in the queue
   * @param isAsleep whether the worker of a seat sleeps in the queue
   * @param receive takes in all replies that are there
   */
  removeLost(
    board: Board,
    waiting: () => number,
    isAsleep: (seat: number) => boolean,
    receive: () => void,
  ): Pending[] | undefined {
    // In this order: what was taken by now is in the hand of a worker that is looked at later, or was before, and then its reply is there even later.
    const taken = this.#puts - waiting();
    const inHand = new Set<number>();
    for (let seat = 0; seat < board.seats; seat++) {
      const hand = board.hand(seat);
      if (hand === Hand.TAKING && !isAsleep(seat)) return undefined;
      inHand.add(hand);
    }
    receive();
    const lost: number[] = [];
    for (const [id, { place }] of this.#pending) if (place < taken && !inHand.has(id)) lost.push(id);
    return lost.map((id) => this.remove(id) as Pending);
  }
}
