/**
 * The rival of Lock: a futex mutex in plain JavaScript, as one would write it by hand. It knows no owner,
 * notices no death, cannot be awaited and does not travel.
 *
 * Ancestry: Drepper, "Futexes are tricky", mutex2. The word: 0 free, 1 held, 2 held and somebody may sleep.
 */
export class Mutex {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#words = new Int32Array(memory);
  }

  get memory(): SharedArrayBuffer {
    return this.#words.buffer as SharedArrayBuffer;
  }

  /** @param timeout seconds */
  acquire(blocking = true, timeout?: number): boolean {
    return Atomics.compareExchange(this.#words, 0, 0, 1) === 0 || (blocking && this.#acquireSlow(timeout));
  }

  #acquireSlow(timeout: number | undefined): boolean {
    const words = this.#words;
    const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout * 1000;
    while (Atomics.exchange(words, 0, 2) !== 0) {
      const left = deadline === Number.POSITIVE_INFINITY ? deadline : deadline - performance.now();
      if (left <= 0 || Atomics.wait(words, 0, 2, left) === 'timed-out') return false;
    }
    return true;
  }

  release(): void {
    if (Atomics.exchange(this.#words, 0, 0) === 2) Atomics.notify(this.#words, 0, 1);
  }
}
