/**
 * Copies of a few dozen bytes, for which the engine's own `set` costs more in the call than in the copying.
 */

import type { Packed } from './msgpack.ts';

/**
 * Beyond this many bytes `set` is faster than a loop over 32-bit words. Chosen by measurement, on Node 20.
 */
const FEW = 128;

/** Puts what msgpackr packed into the scratch. */
export class Scratch {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  // msgpackr keeps its buffer until it is full or too small, so the words over it are made once in a long
  // while.
  #from: Uint8Array;
  #fromWords: Int32Array;

  constructor(bytes: Uint8Array) {
    this.bytes = this.#from = bytes;
    this.#words = this.#fromWords = wordsOf(bytes);
  }

  /** Whether it fitted. */
  put(packed: Packed, at: number): boolean {
    const { start, end } = packed;
    const length = end - start;
    if (at + length > this.bytes.length) return false;
    if (length > FEW || !this.#putWords(packed, start, at, (length + 3) >>> 2)) {
      // Not `subarray`: msgpackr's buffer is a Buffer in Node, which takes longer to make another.
      this.bytes.set(new Uint8Array(packed.buffer, packed.byteOffset + start, length), at);
    }
    return true;
  }

  #putWords(packed: Uint8Array, start: number, at: number, count: number): boolean {
    if (packed !== this.#from) {
      this.#from = packed;
      this.#fromWords = wordsOf(packed);
    }
    const from = this.#fromWords;
    const to = this.#words;
    const first = start >>> 2;
    const offset = (at >>> 2) - first;
    // Up to 3 bytes behind the last one go along; they are free.
    if (((start | at) & 3) !== 0 || first + count > from.length || first + offset + count > to.length) return false;
    for (let i = first; i < first + count; i++) to[i + offset] = from[i] as number;
    return true;
  }
}

/** The whole words of an array; none if it is not aligned. */
function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  return (byteOffset & 3) === 0 ? new Int32Array(buffer, byteOffset, length >>> 2) : new Int32Array(0);
}
