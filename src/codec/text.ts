/**
 * Text and its bytes, on Node's Buffer or on the web's TextEncoder and TextDecoder. Both write into and read
 * from views on shared memory.
 */

import { copyOf } from './bytes.ts';
import { textOf } from './cell-text.ts';

export interface Text {
  /**
   * Writes `text` as UTF-8 at `at` of the scratch. Answers the number of bytes, or -1 if it wants more room
   * to be safe.
   */
  write(text: string, at: number): number;
  /** `text` as UTF-8 in an array of its own. */
  encode(text: string): Uint8Array;
  latin1(source: Uint8Array, start: number, end: number): string;
  utf8(source: Uint8Array, start: number, end: number): string;
}

/** UTF-8 takes at most this many bytes for a UTF-16 unit. */
const MAX_BYTES = 3;

/**
 * Methods that Node has on Buffer.prototype beside the documented `write` and `toString`, which lead to them.
 */
interface NodeBuffer extends Buffer {
  utf8Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/**
 * The implementation for this runtime. A Buffer that a bundler put into a browser lacks the methods and is
 * not used.
 */
export function textFor(scratch: Uint8Array): Text {
  const prototype: object | undefined = typeof Buffer === 'function' ? Buffer.prototype : undefined;
  const hasNative = prototype !== undefined && 'utf8Write' in prototype && 'latin1Slice' in prototype && 'utf8Slice' in prototype;
  return hasNative ? new NodeText(scratch) : new WebText(scratch);
}

function bufferOver(array: Uint8Array): NodeBuffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength) as NodeBuffer;
}

class NodeText implements Text {
  readonly #own: Uint8Array;
  readonly #scratch: NodeBuffer;
  /**
   * The last source other than the scratch, and a Buffer over it: sources are few and used again and again.
   */
  #source: Uint8Array;
  #buffer: NodeBuffer;

  constructor(scratch: Uint8Array) {
    this.#own = this.#source = scratch;
    this.#scratch = this.#buffer = bufferOver(scratch);
  }

  write(text: string, at: number): number {
    const room = this.#scratch.length - at;
    return text.length * MAX_BYTES <= room ? this.#scratch.utf8Write(text, at, room) : -1;
  }

  encode(text: string): Uint8Array {
    return Buffer.from(text, 'utf8');
  }

  latin1(source: Uint8Array, start: number, end: number): string {
    return this.#readable(source).latin1Slice(start, end);
  }

  utf8(source: Uint8Array, start: number, end: number): string {
    return this.#readable(source).utf8Slice(start, end);
  }

  #readable(source: Uint8Array): NodeBuffer {
    if (source === this.#own) return this.#scratch;
    if (source === this.#source) return this.#buffer;
    if ('latin1Slice' in source) return source as NodeBuffer;
    const buffer = bufferOver(source);
    // A large private array would be kept alive by being remembered.
    if (source.length <= this.#scratch.length || isSharedMemory(source.buffer)) {
      this.#source = source;
      this.#buffer = buffer;
    }
    return buffer;
  }
}

function isSharedMemory(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

/** Longer texts are encoded into an array of their own. */
const CHUNK = 4096;

/**
 * Browsers refuse to encode into, and to decode from, views on shared memory: every text goes through private
 * memory.
 */
class WebText implements Text {
  readonly #scratch: Uint8Array;
  readonly #private = new Uint8Array(CHUNK * MAX_BYTES);
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(scratch: Uint8Array) {
    this.#scratch = scratch;
  }

  write(text: string, at: number): number {
    const most = text.length * MAX_BYTES;
    if (most > this.#private.length || most > this.#scratch.length - at) return -1;
    const { written } = this.#encoder.encodeInto(text, this.#private);
    this.#scratch.set(this.#private.subarray(0, written), at);
    return written;
  }

  encode(text: string): Uint8Array {
    return this.#encoder.encode(text);
  }

  latin1(source: Uint8Array, start: number, end: number): string {
    // No TextDecoder: what the web calls latin1 is windows-1252, which differs from U+0080 to U+009F.
    return textOf(source.subarray(start, end));
  }

  utf8(source: Uint8Array, start: number, end: number): string {
    return this.#decoder.decode(copyOf(source, start, end));
  }
}
