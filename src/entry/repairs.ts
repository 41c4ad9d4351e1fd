/** Repairs of what a dead worker held, where something else has written over the memory, too. */
import { HeapCorruptError } from '../errors.ts';
import type { CoreExports } from '../heap/core.ts';

/** Objects that a repair goes past because they make no sense: then it gives up. */
const MOST = 1000;

/** The core's repairs, which go on behind what makes no sense: others wait for the rest. */
export class Repairs {
  readonly #core: CoreExports;
  readonly #complain: (what: string, error: unknown) => void;

  /** @param complain is told of the first thing that a repair goes past */
  constructor(core: CoreExports, complain: (what: string, error: unknown) => void) {
    this.#core = core;
    this.#complain = complain;
  }

  /** As the core's. */
  reapLocks(tid: number, clean: boolean): void {
    this.#past('to let go of the locks of a dead worker', () => this.#core.reapLocks(tid, clean ? 1 : 0));
  }

  /** As the core's. */
  reap(tid: number, clean: boolean): void {
    this.#past('to repair what a dead worker held', () => this.#core.reap(tid, clean ? 1 : 0));
  }

  #past(what: string, repair: () => void): void {
    for (let left = MOST; left > 0; left--) {
      try {
        repair();
        return;
      } catch (error) {
        if (!(error instanceof HeapCorruptError)) throw error;
        if (left === MOST) this.#complain(`the supervisor goes past something that makes no sense, ${what}`, error);
      }
    }
  }
}
