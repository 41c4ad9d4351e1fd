/**
 * Messages: values and bytes on their way into a pipe, and bytes on their way out of it.
 */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { fitsInline, holdBody, metaOf, RECORD, writeBody } from '../heap/records.ts';

/** Sends `value` in one message, waiting `ms` for room: a status. @throws TypeError it cannot be sent; MemoryError */
export function sendMessage(heap: Heap, queue: number, value: unknown, ms: number): number {
  const { codec, core } = heap;
  if (typeof value === 'number') return core.pipePutNumber(queue, value, ms);
  const encoding = codec.encode(value, RECORD);
  if (encoding < Encoding.NUMBER) return core.pipePut(queue, 0, encoding, ms);
  const length = codec.end - codec.start;
  if (fitsInline(heap)) {
    writeBody(heap, heap.scratch, heap.scratchI32, 0, RECORD);
    return core.pipePut(queue, length, encoding, ms);
  }
  const meta = metaOf(heap, encoding);
  const { block, holding } = holdBody(heap, encoding);
  const status = core.pipePutBlock(queue, block, holding, length, meta, ms);
  if (status !== 0) core.refClose(holding);
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
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer))
    return new Uint8Array(buffer);
  throw new TypeError(`a bytes-like object is required (a view or a buffer), got ${buffer === null ? 'null' : typeof buffer}`);
}
