/**
 * A heap as somebody sees it who only reads: no handle is opened, no lock is taken, nothing is written. So it
 * serves for a program that stands still, from outside too, and costs that program nothing.
 *
 * What is read may change meanwhile, or be another object's by now. Each figure is true at one moment;
 * whatever leads on (an address, a link, a length) is checked against the memory's size, and links are
 * followed no further than there can be any.
 */

/** A memory to be read. */
export interface Source {
  /** Bytes that can be read. */
  readonly size: number;
  /** The word of 32 bits at an address below `size`. */
  word(at: number): number;
  /** A copy, or a view that is good until the next call. */
  bytes(at: number, length: number): Uint8Array;
}

/** A memory behind checks: what lies outside of it reads as 0. */
export class Reader {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  word(at: number): number {
    return at > 0 && at % 4 === 0 && at + 4 <= this.#source.size ? this.#source.word(at) : 0;
  }

  /** An address, or a count that is never negative. */
  unsigned(at: number): number {
    return this.word(at) >>> 0;
  }

  double(at: number): number {
    if (at <= 0 || at + 8 > this.#source.size) return 0;
    const bytes = this.#source.bytes(at, 8);
    return new DataView(bytes.slice().buffer).getFloat64(0, true);
  }

  bytes(at: number, length: number): Uint8Array {
    if (at <= 0 || length < 0 || at + length > this.#source.size) return new Uint8Array(0);
    // TextDecoder takes no shared memory.
    return this.#source.bytes(at, length).slice();
  }
}

/** What of a Heap it takes to look at it. */
interface Looked {
  core: { bytesReserved(): number };
  loadWord(at: number): number;
  bytes(end?: number): Uint8Array;
}

/** This thread's own view of a heap. */
export function sourceOf(heap: Looked): Source {
  return {
    get size() {
      return heap.core.bytesReserved();
    },
    word: (at) => heap.loadWord(at),
    bytes: (at, length) => heap.bytes(at + length).subarray(at, at + length),
  };
}
