/**
 * When the supervisor may wait for a lock of the core's.
 *
 * A worker that is terminated stops in the middle of anything, with a lock of the heap's or of a queue's in
 * hand, say. Others who want that lock wait until the supervisor has heard of the death; the supervisor
 * itself must not, or it would never hear. So while workers are on their way out it does at once what waits
 * for nobody (letting go of the locks of the dead), and puts off the rest until all of them are gone.
 */

import { Line } from '../heap/line.ts';
import { longestEnd } from '../platform/index.ts';

/**
 * Others wait for a worker to go for as long as the platform lets it run on. Who is still there then is held
 * up outside of the core (in a long native call, say), where no worker has a lock: inside, it would have met
 * its end.
 */
export class Quiescence {
  /** Who was told to stop, and until when that matters. */
  readonly #leaving = new Map<number, number>();
  readonly #later = new Line<() => void>();
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tid` was told to stop. */
  begin(tid: number): void {
    if (!this.#leaving.has(tid)) this.#leaving.set(tid, performance.now() + longestEnd);
  }

  /** `tid` is gone, and its locks have been let go of. */
  end(tid: number): void {
    this.#leaving.delete(tid);
  }

  /**
   * Runs what may wait for locks, now or when it may; in the order of the calls. An action that stops
   * somebody does so last.
   */
  whenQuiescent(action: () => void): void {
    this.#later.push(action);
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#timer);
    try {
      while (this.#later.length > 0 && this.#untilQuiescent() <= 0) this.#later.shift()?.();
    } finally {
      this.#running = false;
      if (this.#later.length > 0) this.#timer = setTimeout(() => this.#run(), Math.max(this.#untilQuiescent(), 0));
    }
  }

  /** Milliseconds. */
  #untilQuiescent(): number {
    if (this.#leaving.size === 0) return 0;
    return Math.max(...this.#leaving.values()) - performance.now();
  }
}
