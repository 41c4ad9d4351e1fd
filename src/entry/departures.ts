/**
 * When the supervisor may wait for a lock of the core's.
 *
 * A worker that is terminated stops in the middle of anything, with a lock of the heap's in hand, say. Others who want that lock wait until the supervisor
 * has heard of the death; the supervisor itself must not, or it would never hear. So while workers are on their way out it does at once what waits for
 * nobody (letting go of the locks of the dead), and puts off the rest until all of them are gone.
 */

/**
 * Milliseconds after which the rest is done all the same. Who has not gone by then is held up outside of the core (a long native call, say), where
 * no worker has a lock: in the core it would have met its end within microseconds of running.
 */
const LONGEST = 1000;

export class Departures {
  readonly #leaving = new Set<number>();
  readonly #later: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tid` was told to stop. */
  begin(tid: number): void {
    this.#leaving.add(tid);
  }

  /** `tid` is gone, and its locks have been let go of. */
  end(tid: number): void {
    this.#leaving.delete(tid);
  }

  /** Runs what may wait for locks: now, or when it may. In the order of the calls. */
  whenQuiet(action: () => void): void {
    this.#later.push(action);
    this.#run(false);
  }

  #run(late: boolean): void {
    // An action may stop others: what comes behind it waits for these.
    while (this.#later.length > 0 && (late || this.#leaving.size === 0)) this.#later.shift()?.();
    if (this.#later.length > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#run(true);
      }, LONGEST);
    } else {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }
}
