/**
 * Records as they lie one behind the other in the scratch on their way into a queue.
 */
import { Encoding, Meta, Status } from '../../assembly/abi.ts';
import { viewName } from '../codec/classify.ts';
import type { Heap } from '../heap/heap.ts';
import { dropRecord, RECORD, recordBytes, writeBlock, writeRecord } from '../heap/records.ts';
import { placeOf } from './bytes.ts';

/** What a queue's records look like. */
export interface RecordForm {
  /**
   * Encodes a value as a record at byte `at` of the scratch, which is large enough; where it ends. When it
   * throws, nothing is held.
   */
  encode(heap: Heap, value: unknown, at: number): number;
  /** Bytes of the record at byte `at` of `words`. */
  bytes(words: Int32Array, at: number): number;
  /** Gives back what a record holds that went nowhere. */
  drop(heap: Heap, words: Int32Array, at: number): void;
  /** What all records of a batch must have in common. */
  ordering?(words: Int32Array, at: number): number;
}

export const plainRecords: RecordForm = {
  encode: writeRecord,
  bytes: recordBytes,
  drop: dropRecord,
};

/**
 * Puts what the codec has just made at RECORD of the scratch, or elsewhere, waiting `ms` for room: a status.
 * What is short needs no header in the scratch.
 */
export function putEncoded(heap: Heap, queue: number, encoding: Encoding, ms: number): number {
  const { core, codec } = heap;
  if (encoding < Encoding.NUMBER) return core.queuePut(queue, 0, encoding, ms);
  if (encoding === Encoding.NUMBER) return core.queuePutNumber(queue, codec.number, ms);
  const length = codec.end - codec.start;
  if (length <= heap.inlineBytes && codec.handles.length === 0) {
    codec.copyTo(heap.scratch, heap.scratchI32, RECORD);
    return core.queuePut(queue, length, encoding, ms);
  }
  writeBlock(heap, encoding, 0, 0);
  return putRecord(heap, queue, ms);
}

/** Whether a value is bytes that lie in a ring. Not what is detached: the codec says that it cannot be sent. */
export function isShortBytes(heap: Heap, value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value) || viewName(value) !== 'Uint8Array') return false;
  const { length } = value as Uint8Array;
  return length > 0 && length <= heap.inlineBytes;
}

/** Where such bytes lie in the heap; 0: a copy is in the scratch, at RECORD. In fewer steps than the codec's. */
export function stageBytes(heap: Heap, bytes: Uint8Array): number {
  // At 0 is nothing of the heap.
  const place = bytes.byteOffset === 0 ? 0 : placeOf(heap, bytes);
  if (place === 0) heap.scratch.set(bytes, RECORD);
  return place;
}

/**
 * Puts the record at the beginning of the scratch, waiting `ms` for room: a status. Unless it is in, what it
 * holds is given back.
 */
export function putRecord(heap: Heap, queue: number, ms: number): number {
  const { core, scratchI32 } = heap;
  const length = scratchI32[0] as number;
  const meta = scratchI32[1] as number;
  if (!(meta & Meta.OUT_OF_LINE)) return core.queuePut(queue, length, meta, ms);
  const inFlight = scratchI32[3] as number;
  const status = core.queuePutBlock(queue, scratchI32[2] as number, inFlight, length, meta, ms);
  if (status !== Status.OK) core.refClose(inFlight);
  return status;
}
