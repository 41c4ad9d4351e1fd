/**
 * The ledger: what each player says of itself in shared memory before and after each call, so that of one
 * that is dead it is known what it was doing, and which items each has seen.
 *
 * A row is one player's, and only that one writes it. A zero in `TAKING`, `HOLDING` and `DOING` says that
 * it was in the midst of nothing; so nobody has to know who died, and a survivor's row is read as a dead
 * one's is.
 */
import { RawArray } from 'nogil';

/** Players of a scene, the dead ones included. Row 0 is the driver's. */
export const ROWS = 64;
/** Items that one player may put. */
export const SERIALS = 4096;

/** Words of the head. */
export const Head = { STOP: 0, LEVEL: 1, WORDS: 4 } as const;

/** Words of a row. */
export const Word = {
  /** Turns that are done: signs of life. */
  TURNS: 0,
  /** The first serial number that it has not begun to put. */
  PUTTING: 1,
  /** Puts that have returned: the items with lower serial numbers were put for certain. */
  PUT: 2,
  /** So many items may be in its hands. */
  TAKING: 3,
  /** 1: asks for the lock or permit; 2: has it; 3: gives it back. */
  HOLDING: 4,
  /** 1: a change that is to be counted in `DONE` may be made or not. */
  DOING: 5,
  DONE: 6,
  TAKEN: 7,
  /** Items that it was not the first to see. */
  DOUBLED: 8,
  /** What it has found changed, incomplete, or not exclusive. */
  TORN: 9,
  /** Rounds of a barrier of which it was number 0. */
  LED: 10,
  WORDS: 12,
} as const;

type Name = Exclude<keyof typeof Word, 'WORDS'>;

/** What came of a scene; numbers of items, permits and changes. */
export interface Findings {
  lost: number;
  inHand: number;
  doubled: number;
  torn: number;
}

export class Ledger {
  readonly words: RawArray<'i'>;
  readonly seen: RawArray<'B'>;
  readonly #words: Int32Array;
  readonly #seen: Uint8Array;

  /** A new one, or another player's. */
  constructor(words = new RawArray('i', Head.WORDS + ROWS * Word.WORDS), seen = new RawArray('B', ROWS * SERIALS)) {
    this.words = words;
    this.seen = seen;
    this.#words = words.view() as Int32Array;
    this.#seen = seen.view() as Uint8Array;
  }

  get isOver(): boolean {
    return Atomics.load(this.#words, Head.STOP) !== 0;
  }

  end(): void {
    Atomics.store(this.#words, Head.STOP, 1);
  }

  /** Items that are in, or nearly so: deaths make it inexact. */
  get level(): number {
    return Atomics.load(this.#words, Head.LEVEL);
  }

  addLevel(by: number): void {
    Atomics.add(this.#words, Head.LEVEL, by);
  }

  #at(row: number, name: Name): number {
    return Head.WORDS + row * Word.WORDS + Word[name];
  }

  get(row: number, name: Name): number {
    return Atomics.load(this.#words, this.#at(row, name));
  }

  set(row: number, name: Name, value: number): void {
    Atomics.store(this.#words, this.#at(row, name), value);
  }

  add(row: number, name: Name, by = 1): void {
    Atomics.add(this.#words, this.#at(row, name), by);
  }

  /** Notes that an item was seen. @returns whether it exists, and how often it was seen before */
  see(row: number, serial: number): number | 'never put' {
    if (!(row >= 0 && row < ROWS && serial >= 0 && serial < this.get(row, 'PUTTING'))) return 'never put';
    return Atomics.add(this.#seen, row * SERIALS + serial, 1);
  }

  sum(name: Name): number {
    let sum = 0;
    for (let row = 0; row < ROWS; row++) sum += this.get(row, name);
    return sum;
  }

  /** Rows whose word is at least that. */
  count(name: Name, least = 1): number {
    let count = 0;
    for (let row = 0; row < ROWS; row++) if (this.get(row, name) >= least) count++;
    return count;
  }

  /**
   * The account of items, once all players have ended and what was left was seen. What is missing and can
   * be in the hands of a dead player is there; what is missing beyond that is lost.
   */
  itemsAccount(): Findings {
    let missing = 0;
    for (let row = 0; row < ROWS; row++) {
      const put = this.get(row, 'PUT');
      for (let serial = 0; serial < put; serial++) if (this.#seen[row * SERIALS + serial] === 0) missing++;
    }
    const inHand = Math.min(missing, this.sum('TAKING'));
    return { lost: missing - inHand, inHand, doubled: this.sum('DOUBLED'), torn: this.sum('TORN') };
  }

  /** The account of changes that are counted one by one: `total` of them are found to be made. */
  changesAccount(total: number): Findings {
    const [done, doing] = [this.sum('DONE'), this.sum('DOING')];
    return {
      lost: Math.max(0, done - total),
      inHand: Math.max(0, Math.min(doing, total - done)),
      doubled: Math.max(0, total - done - doing),
      torn: this.sum('TORN'),
    };
  }

  /** What a row says, but for zeros. */
  rowText(row: number): string {
    const names = Object.keys(Word).filter((name) => name !== 'WORDS') as Name[];
    return names.flatMap((name) => (this.get(row, name) === 0 ? [] : [`${name} ${this.get(row, name)}`])).join(', ');
  }

  close(): void {
    this.words.close();
    this.seen.close();
  }
}
