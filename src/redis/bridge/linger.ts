/**
 * Linger: for a moment after something came the loop turns without sleeping, since who is answered asks again
 * soon, and to be woken costs more than all the rest of a call. A loop that is asked more seldom than that does
 * not turn at all: how long it does follows from how soon the next one came.
 */
import { availableParallelism } from 'node:os';

/** Milliseconds: as long as a near Redis's answer and the wake-up of who waits for it take together. */
const MOST = availableParallelism() > 1 ? 0.4 : 0;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export class Linger {
  #ms = 0;
  #last = 0;

  /** Something has come. */
  came(): void {
    const now = performance.now();
    const gap = now - this.#last;
    this.#last = now;
    this.#ms = gap < MOST ? Math.min(MOST, 2 * gap) : this.#ms / 2;
  }

  /** Turns until it is so, or it is time to sleep. */
  async until(isSo: () => boolean): Promise<void> {
    const end = this.#last + this.#ms;
    while (performance.now() < end) {
      await turn();
      if (isSo()) return;
    }
  }
}
