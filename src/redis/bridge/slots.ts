/**
 * Slots: the items that this program has in hand. An item's slot travels with it to a worker, who writes
 * there that it is his, and sends its number back when the item is done. So an item costs no message more
 * than its own, and of a dead worker is known what he had.
 */
import type { RawArray } from '../core.ts';
import { SLOTS } from '../protocol.ts';

/** An item in hand. */
export interface Held {
  slot: number;
  /** The entry of its stream. */
  id: string;
  from: { readonly base: string };
  /** When it came: performance.now(). */
  since: number;
  /** How often others had looked at it who then let it go; 0: it is new. */
  times: number;
}

export class Slots {
  readonly #owners: Int32Array;
  readonly #held: (Held | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(owners: RawArray<'i'>) {
    this.#owners = owners.view();
  }

  get room(): number {
    return SLOTS - this.#held.length + this.#free.length;
  }

  take(id: string, from: Held['from'], times: number): Held {
    const slot = this.#free.pop() ?? this.#held.length;
    const held = { slot, id, from, since: performance.now(), times };
    this.#held[slot] = held;
    Atomics.store(this.#owners, slot, 0);
    return held;
  }

  get(slot: number): Held | undefined {
    return this.#held[slot];
  }

  give(held: Held): void {
    if (this.#held[held.slot] !== held) return;
    this.#held[held.slot] = undefined;
    this.#free.push(held.slot);
  }

  ownerOf(held: Held): number {
    return Atomics.load(this.#owners, held.slot);
  }
}
