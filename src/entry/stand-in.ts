/**
 * StandIn: a handle of a class that this thread has not loaded, and that it only passes on.
 */
import { type HandleRef, SEND } from '../codec/index.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { Shared, setStandIn } from '../heap/shared.ts';

class StandIn extends Shared {
  readonly #tag: number;

  constructor(heap: Heap, ref: number, tag: number) {
    super(heap, ref);
    this.#tag = tag;
  }

  /** It goes on as what it came as: who receives it checks that it can be one. */
  override [SEND](): HandleRef {
    const { core } = this[Member.HEAP];
    return { tag: this.#tag, id: core.objectId(this[Member.OPEN]), gen: core.objectGeneration(this[Member.OPEN]) };
  }
}

/**
 * An error that a user's code has thrown may hold objects of any class: no class is missing in a thread that
 * has called this.
 */
export function passOnUnknown(): void {
  setStandIn((heap, ref, tag) => new StandIn(heap, ref, tag));
}
