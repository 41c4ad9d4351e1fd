/**
 * AttachedThreads: the end of threads that the package did not start.
 */
import { watchOrphan } from '../platform/index.ts';
import type { Quiescence } from './quiescence.ts';
import type { Slots } from './slots.ts';

/** What the supervisor does for them. */
export interface Care {
  heapId: string;
  slots: Slots;
  quiescence: Quiescence;
  /** Whether it has an entry of that worker. */
  isCaredFor(tid: number): boolean;
  reapLocks(tid: number, clean: boolean): void;
  /** Repairs what a worker held of which there is no entry, when that may wait for locks. */
  repair(tid: number, clean: boolean): void;
}

export class AttachedThreads {
  readonly #care: Care;

  constructor(care: Care) {
    this.#care = care;
  }

  /**
   * One is no more. Its own supervisor and the workers of that end with it, and nobody else is going to
   * repair them.
   */
  gone(tid: number, clean: boolean): void {
    const { reapLocks, repair } = this.#care;
    reapLocks(tid, clean);
    // Not before: they may be running on.
    this.#whenFamilyGone(tid, new Set(), () => {
      for (const each of this.#descendantsOf(tid)) repair(each, false);
      repair(tid, clean);
    });
  }

  /**
   * Calls `done` once nobody runs whom `parent` has started, or who was started by those. `gone`: who is
   * known to be.
   */
  #whenFamilyGone(parent: number, gone: Set<number>, done: () => void): void {
    const { heapId, quiescence, reapLocks } = this.#care;
    const family = this.#descendantsOf(parent).filter((tid) => !gone.has(tid));
    let left = family.length;
    if (left === 0) done();
    for (const tid of family) {
      quiescence.begin(tid);
      watchOrphan(heapId, tid, () => {
        gone.add(tid);
        quiescence.end(tid);
        reapLocks(tid, false);
        // On their way out they may have started others.
        if (--left === 0) this.#whenFamilyGone(parent, gone, done);
      });
    }
  }

  /** Children before their parents. */
  #descendantsOf(parent: number): number[] {
    const { slots, isCaredFor } = this.#care;
    const children = slots.all().filter((tid) => slots.parentOf(tid) === parent && !isCaredFor(tid));
    return children.flatMap((tid) => [...this.#descendantsOf(tid), tid]);
  }
}
