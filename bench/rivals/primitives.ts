/**
 * What one would write by hand, in plain JavaScript, instead of RLock, Semaphore and Event: just enough of
 * each to do the measured work.
 */
import { Mutex } from './mutex.ts';

/**
 * A mutex and a count. The owner is this thread's object: each thread has an object of its own over the same
 * memory.
 */
export class ReentrantMutex {
  readonly #mutex = new Mutex();
  #depth = 0;

  acquire(blocking = true, timeout?: number): boolean {
    if (this.#depth === 0 && !this.#mutex.acquire(blocking, timeout)) return false;
    this.#depth++;
    return true;
  }

  release(): void {
    if (--this.#depth === 0) this.#mutex.release();
  }
}

/** Permits in one word, sleepers counted in another, so that a release wakes only where somebody sleeps. */
export class CountingSemaphore {
  readonly #words = new Int32Array(new SharedArrayBuffer(8));

  constructor(value = 1) {
    this.#words[0] = value;
  }

  acquire(blocking = true): boolean {
    const words = this.#words;
    for (;;) {
      const permits = Atomics.load(words, 0);
      if (permits === 0) {
        if (!blocking) return false;
        Atomics.add(words, 1, 1);
        Atomics.wait(words, 0, 0);
        Atomics.sub(words, 1, 1);
      } else if (Atomics.compareExchange(words, 0, permits, permits - 1) === permits) return true;
    }
  }

  release(): void {
    Atomics.add(this.#words, 0, 1);
    if (Atomics.load(this.#words, 1) > 0) Atomics.notify(this.#words, 0, 1);
  }
}

/** A word. */
export class Flag {
  readonly #words = new Int32Array(new SharedArrayBuffer(4));

  isSet(): boolean {
    return Atomics.load(this.#words, 0) !== 0;
  }

  set(): void {
    Atomics.store(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }
}
