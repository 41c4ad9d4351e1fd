/**
 * Board: the words of a pool that its creator, its keeper and its workers see.
 *
 * | word          | writer                    | holds                                                              |
 * | ------------- | ------------------------- | ------------------------------------------------------------------ |
 * | state         | creator, keeper           | PoolState; it only grows                                           |
 * | hand (a seat) | its worker, or the keeper | what its worker has in hand: the number of a task (from 1), or Hand |
 * | tid (a seat)  | keeper                    | its worker                                                         |
 *
 * A worker that dies between taking a task and saying which has TAKING in its hand. Which task that was comes out by exclusion: see Ledger.
 */
import { Kind } from '../../assembly/abi.ts';
import { reaches } from '../heap/extent.ts';
import { theHeap } from '../heap/heap.ts';
import { created, Existing, registerShared, Shared } from '../heap/shared.ts';

export const enum PoolState {
  OPEN = 0,
  /** No new tasks. */
  CLOSED = 1,
  /** No more tasks at all. */
  TERMINATED = 2,
}

export const enum Hand {
  /** Nothing, and not about to take anything. */
  EMPTY = 0,
  /** The worker starts, or its initializer runs. */
  STARTING = -1,
  /** Asleep waiting for a task, or about to say which it has taken. */
  TAKING = -2,
}

const NO_LOCK = 1;
/** Words of a cache line: each seat has one, since its worker writes it twice a task. */
const LINE = 16;
const STATE = 0;
const SEATS = 1;
const HAND = 0;
const TID = 1;

export class Board extends Shared {
  readonly #words: Int32Array;
  readonly seats: number;

  constructor(seats: number | Existing) {
    if (seats instanceof Existing) super(seats.heap, seats.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.valueCreate((1 + seats) * LINE * 4, NO_LOCK)));
      heap.storeWord(heap.core.valueData(this.ptr) + 4 * SEATS, seats);
    }
    const at = this.heap.core.valueData(this.ptr);
    this.seats = this.heap.loadWord(at + 4 * SEATS);
    const bytes = (1 + this.seats) * LINE * 4;
    // The first bytes of a memory never move: a view on them stays good when it grows.
    this.#words = new Int32Array(this.heap.words(at + bytes).buffer, at, bytes >> 2);
  }

  get state(): PoolState {
    return Atomics.load(this.#words, STATE);
  }

  /** Moves on to `state`, never back. */
  reach(state: PoolState): void {
    for (let before = this.state; before < state; before = this.state) Atomics.compareExchange(this.#words, STATE, before, state);
  }

  hand(seat: number): number {
    return Atomics.load(this.#words, (1 + seat) * LINE + HAND);
  }

  setHand(seat: number, hand: number): void {
    Atomics.store(this.#words, (1 + seat) * LINE + HAND, hand);
  }

  tid(seat: number): number {
    return Atomics.load(this.#words, (1 + seat) * LINE + TID);
  }

  setTid(seat: number, tid: number): void {
    Atomics.store(this.#words, (1 + seat) * LINE + TID, tid);
  }

  /** Whether the worker of a seat is certainly asleep in an object, and so has taken nothing out of it. */
  sleepsIn(seat: number, object: number): boolean {
    const { core } = this.heap;
    const tid = this.tid(seat);
    const slot = core.slotOf(tid);
    const on = core.parkedOn(slot);
    return this.heap.loadWord(slot) === tid && reaches(core, object, on);
  }
}

registerShared(21, Board, Kind.VALUE);
