/**
 * The rival of Queue for bytes: a ring over a SharedArrayBuffer for one producer and one consumer, lock-free,
 * as one would write it by hand. Both ends spin, then sleep. The consumer copies into a buffer of its own
 * that it uses again. It knows no values, no second consumer, no deaths; it cannot be awaited.
 *
 * Ancestry: Lamport's ring, with each end's last look at the other's index (FastForward, MCRingBuffer).
 * A record: its length in a word, then its bytes, padded to 8. One that would not fit before the end of the
 * ring begins at its start, and a word of SKIP says so.
 */
const TAIL = 0;
const HEAD = 32;
/** Whether the consumer, or the producer, sleeps. */
const CONSUMER = 16;
const PRODUCER = 48;
const HEADER = 256;
const SKIP = -1;
const SPIN = 4000;
/** Bytes up to which a loop is faster than `set`, which needs a view for a part. */
const SHORT = 64;

export class FutexRing {
  readonly #words: Int32Array;
  readonly #ring: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  /** Own index, and what the other's was when last looked at; both in bytes, modulo 2^32. */
  #own = 0;
  #other = 0;

  /** @param capacity a power of two */
  static memory(capacity: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER + capacity);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEADER / 4);
    this.#ring = new Int32Array(memory, HEADER);
    this.#bytes = new Uint8Array(memory, HEADER);
    this.#mask = this.#bytes.length - 1;
  }

  /** Sleeps until the word is another than `seen`. */
  #await(word: number, flag: number, seen: number): number {
    const words = this.#words;
    for (let polls = 0; polls < SPIN; polls++) {
      const now = Atomics.load(words, word);
      if (now !== seen) return now;
    }
    Atomics.store(words, flag, 1);
    while (Atomics.load(words, word) === seen) Atomics.wait(words, word, seen);
    Atomics.store(words, flag, 0);
    return Atomics.load(words, word);
  }

  #publish(word: number, flag: number): void {
    Atomics.store(this.#words, word, this.#own);
    if (Atomics.load(this.#words, flag) === 1) Atomics.notify(this.#words, word);
  }

  // ── the producer ───────────────────────────────────────────────────────────────────────────────────

  #reserve(bytes: number): number {
    const size = (bytes + 4 + 7) & ~7;
    const left = this.#mask + 1 - (this.#own & this.#mask);
    if (left < size) {
      this.#room(left);
      this.#ring[(this.#own & this.#mask) >>> 2] = SKIP;
      this.#own = (this.#own + left) | 0;
    }
    this.#room(size);
    const at = this.#own & this.#mask;
    this.#own = (this.#own + size) | 0;
    return at;
  }

  #room(size: number): void {
    while (((this.#own - this.#other) | 0) + size > this.#mask + 1) this.#other = this.#await(HEAD, PRODUCER, this.#other);
  }

  write(bytes: Uint8Array, length = bytes.length): void {
    const at = this.#reserve(length);
    this.#ring[at >>> 2] = length;
    if (length <= SHORT) for (let i = 0; i < length; i++) this.#bytes[at + 4 + i] = bytes[i] as number;
    else this.#bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), at + 4);
    this.#publish(TAIL, CONSUMER);
  }

  writeWord(word: number): void {
    const at = this.#reserve(4) >>> 2;
    this.#ring[at] = 4;
    this.#ring[at + 1] = word;
    this.#publish(TAIL, CONSUMER);
  }

  // ── the consumer ───────────────────────────────────────────────────────────────────────────────────

  #next(): number {
    for (;;) {
      while (this.#own === this.#other) this.#other = this.#await(TAIL, CONSUMER, this.#other);
      const at = this.#own & this.#mask;
      if (this.#ring[at >>> 2] !== SKIP) return at;
      this.#own = (this.#own + this.#mask + 1 - at) | 0;
    }
  }

  /** Copies the next record into `target`: its length. */
  read(target: Uint8Array): number {
    const at = this.#next();
    const length = this.#ring[at >>> 2] as number;
    if (length <= SHORT) for (let i = 0; i < length; i++) target[i] = this.#bytes[at + 4 + i] as number;
    else target.set(this.#bytes.subarray(at + 4, at + 4 + length));
    this.#own = (this.#own + ((length + 4 + 7) & ~7)) | 0;
    this.#publish(HEAD, PRODUCER);
    return length;
  }

  readWord(): number {
    const at = this.#next() >>> 2;
    const word = this.#ring[at + 1] as number;
    this.#own = (this.#own + 8) | 0;
    this.#publish(HEAD, PRODUCER);
    return word;
  }
}
