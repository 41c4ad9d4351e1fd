/**
 * Messages: values and bytes on their way into a pipe, and bytes on their way out of it.
 */
import { Meta, Status } from '../../assembly/abi.ts';
import { isOutOfBounds } from '../codec/classify.ts';
import type { Heap } from '../heap/heap.ts';
import { RECORD, writeRecord } from '../heap/records.ts';

/**
 * Sends `value` in one message, waiting `ms` for room: a status. @throws TypeError it cannot be sent;
 * MemoryError
 */
export function sendMessage(heap: Heap, queue: number, value: unknown, ms: number): number {
  const { core, scratchI32 } = heap;
  if (typeof value === 'number') return core.pipePutNumber(queue, value, ms);
  writeRecord(heap, value, 0);
  const length = scratchI32[0] as number;
  const meta = scratchI32[1] as number;
  if (!(meta & Meta.OUT_OF_LINE)) return core.pipePut(queue, length, meta, ms);
  const inFlight = scratchI32[3] as number;
  const status = core.pipePutBlock(queue, scratchI32[2] as number, inFlight, length, meta, ms);
  if (status !== Status.OK) core.refClose(inFlight);
  return status;
}

/** Hands the bytes of the message that was just taken to `use`, where they lie; then they are gone. */
export function useBytes<T>(heap: Heap, length: number, meta: number, use: (bytes: Uint8Array) => T): T {
  const { core, scratch, scratchI32 } = heap;
  if (!(meta & Meta.OUT_OF_LINE)) return use(scratch.subarray(RECORD, RECORD + length));
  const block = scratchI32[RECORD >> 2] as number;
  const at = block + Meta.BLOCK_HEADER;
  try {
    return use(heap.bytes(at + length).subarray(at, at + length));
  } finally {
    core.refClose(block);
  }
}

/** All bytes of a view or a buffer. @throws TypeError it is neither */
export function bytesOf(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer) && isOutOfBounds(buffer))
    throw new TypeError('the view is out of the bounds of its buffer, which was resized or detached');
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer))
    return new Uint8Array(buffer);
  throw new TypeError(`a bytes-like object is required (a view or a buffer), got ${buffer === null ? 'null' : typeof buffer}`);
}
