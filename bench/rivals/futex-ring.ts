/**
 * The rival of a queue of bytes: a ring between one writer and one reader in plain JavaScript, as one would
 * write it by hand. It knows no third party, notices no death, cannot be awaited and does not travel.
 *
 * Ancestry: Lamport's ring of one producer and one consumer (1977), each with a copy of the other's position
 * (FastForward, PPoPP 2008); spin, then sleep on a futex.
 *
 * A record is its length and its bytes, at a multiple of 4. It never wraps: what does not fit before the end
 * begins anew at the front. Positions count up for ever and are compared by difference.
 */
const HEADER = 128;
/** Words, on a line for each end: the writer's position, the reader's; behind each, who sleeps until it changes. */
const [WRITTEN, READ] = [0, 16] as const;
const SLEEPER = 1;
/** In place of a length: the next record begins at the front. */
const FRONT = -1;
const SPINS = 20_000;
/** Up to this many bytes a loop beats the call of `set`. Chosen by measurement, on Node 20. */
const FEW = 16;

export class FutexRing {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #state: Int32Array;
  readonly #capacity: number;
  /** This end's position, and the other's as last seen. */
  #own = 0;
  #other = 0;

  /** @param memory from `FutexRing.memory` */
  constructor(memory: SharedArrayBuffer) {
    this.#state = new Int32Array(memory, 0, HEADER >> 2);
    this.#bytes = new Uint8Array(memory, HEADER);
    this.#words = new Int32Array(memory, HEADER);
    this.#capacity = memory.byteLength - HEADER;
  }

  /** @param capacity a power of two */
  static memory(capacity: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER + capacity);
  }

  /** The writer alone. Waits for room. */
  write(bytes: Uint8Array): void {
    const { length } = bytes;
    const need = 4 + ((length + 3) & ~3);
    const mask = this.#capacity - 1;
    let at = this.#own & mask;
    const left = this.#capacity - at;
    if (left < need) {
      this.#awaitRoom(left);
      this.#words[at >> 2] = FRONT;
      this.#own = (this.#own + left) | 0;
      at = 0;
    }
    this.#awaitRoom(need);
    this.#words[at >> 2] = length;
    if (length <= FEW) for (let i = 0; i < length; i++) this.#bytes[at + 4 + i] = bytes[i] as number;
    else this.#bytes.set(bytes, at + 4);
    this.#own = (this.#own + need) | 0;
    this.#publish(WRITTEN);
  }

  /** The reader alone. Waits for a record: its length. It must fit into `into`. */
  read(into: Uint8Array): number {
    const mask = this.#capacity - 1;
    this.#awaitRecord();
    let at = this.#own & mask;
    let length = this.#words[at >> 2] as number;
    if (length === FRONT) {
      this.#own = (this.#own + this.#capacity - at) | 0;
      at = 0;
      this.#awaitRecord();
      length = this.#words[0] as number;
    }
    if (length <= FEW) for (let i = 0; i < length; i++) into[i] = this.#bytes[at + 4 + i] as number;
    else into.set(new Uint8Array(this.#bytes.buffer, HEADER + at + 4, length));
    this.#own = (this.#own + 4 + ((length + 3) & ~3)) | 0;
    this.#publish(READ);
    return length;
  }

  #awaitRoom(bytes: number): void {
    while (this.#capacity - ((this.#own - this.#other) | 0) < bytes) this.#other = this.#changed(READ);
  }

  #awaitRecord(): void {
    while (this.#own === this.#other) this.#other = this.#changed(WRITTEN);
  }

  /** The other end's position, once it is another than the one last seen. */
  #changed(word: number): number {
    for (let spins = SPINS; spins > 0; spins--) {
      const now = Atomics.load(this.#state, word);
      if (now !== this.#other) return now;
    }
    Atomics.store(this.#state, word + SLEEPER, 1);
    Atomics.wait(this.#state, word, this.#other);
    Atomics.store(this.#state, word + SLEEPER, 0);
    return Atomics.load(this.#state, word);
  }

  #publish(word: number): void {
    Atomics.store(this.#state, word, this.#own);
    if (Atomics.load(this.#state, word + SLEEPER) !== 0) Atomics.notify(this.#state, word, 1);
  }
}
