/**
 * What users give as bytes.
 */
import { isOutOfBounds } from '../codec/classify.ts';
import type { Heap } from '../heap/heap.ts';

/** A view of any kind, or a buffer, in private or in shared memory. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** All bytes of a view or a buffer. @throws TypeError it is neither */
export function bytesOf(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer) && isOutOfBounds(buffer))
    throw new TypeError('the view is out of the bounds of its buffer, which was resized or detached');
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer))
    return new Uint8Array(buffer);
  throw new TypeError(`a bytes-like object is required (a view or a buffer), got ${buffer === null ? 'null' : typeof buffer}`);
}

/** The same, without a view of its own where that is not needed. */
export function bytesIn(buffer: Bytes): Uint8Array {
  return buffer instanceof Uint8Array && buffer.length > 0 ? buffer : bytesOf(buffer);
}

/**
 * Where a value lies that is bytes in the heap already, and so few that a ring takes a copy: the core can
 * copy them from there, and they need not be staged. 0: it is something else.
 */
export function placeInHeap(heap: Heap, value: unknown): number {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array ? placeOf(heap, value) : 0;
}

/** The same of bytes. */
export function placeOf(heap: Heap, bytes: Uint8Array): number {
  const at = heap.addressOf(bytes);
  // The core copies whole multiples of 8, which must not reach beyond the memory.
  return at !== 0 && (at & 7) === 0 && bytes.length > 0 && bytes.length <= heap.inlineBytes ? at : 0;
}
