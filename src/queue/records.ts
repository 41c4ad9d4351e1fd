/**
 * Records as they lie one behind the other in the scratch on their way into a queue. The layout is that of assembly/queue/record.ts.
 */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { fitsInline, holdBody, metaOf, RECORD, writeBody } from '../heap/records.ts';

/** What a queue's records look like. */
export interface RecordForm {
  /** Encodes a value as a record at byte `at` of the scratch, which is large enough; where it ends. When it throws, nothing is held. */
  encode(heap: Heap, value: unknown, at: number): number;
  /** Bytes that a record without a block takes at most. */
  most(heap: Heap): number;
  /** Bytes of the record at byte `at` of `words`. */
  bytes(words: Int32Array, at: number): number;
  /** Gives back what a record holds that went nowhere. */
  drop(heap: Heap, words: Int32Array, at: number): void;
  /** What all records of a batch must have in common. */
  shape?(words: Int32Array, at: number): number;
}

export function recordBytes(words: Int32Array, at: number): number {
  const length = words[at >> 2] as number;
  const meta = words[(at >> 2) + 1] as number;
  return RECORD + (meta & Meta.OUT_OF_LINE ? 8 : ((length + 7) & ~7) + (meta >>> Meta.HANDLES_SHIFT) * 8);
}

/** A number's record; where it ends. */
export function writeNumber(heap: Heap, value: number, at: number): number {
  heap.scratchI32[at >> 2] = 8;
  heap.scratchI32[(at >> 2) + 1] = Encoding.NUMBER;
  heap.scratchF64[(at + RECORD) >> 3] = value;
  return at + RECORD + 8;
}

export const plainRecords: RecordForm = {
  encode(heap, value, at) {
    const { codec, scratch, scratchI32 } = heap;
    const encoding = codec.encode(value, at + RECORD);
    const header = at >> 2;
    if (encoding < Encoding.NUMBER) {
      scratchI32[header] = 0;
      scratchI32[header + 1] = encoding;
      return at + RECORD;
    }
    if (encoding === Encoding.NUMBER) return writeNumber(heap, codec.number, at);
    const meta = metaOf(heap, encoding);
    const length = codec.end - codec.start;
    if (fitsInline(heap)) {
      writeBody(heap, scratch, scratchI32, 0, at + RECORD);
      scratchI32[header] = length;
      scratchI32[header + 1] = meta;
      return at + RECORD + ((length + 7) & ~7);
    }
    const { block, holding } = holdBody(heap, encoding);
    scratchI32[header] = length;
    scratchI32[header + 1] = meta | Meta.OUT_OF_LINE;
    scratchI32[header + 2] = block;
    scratchI32[header + 3] = holding;
    return at + RECORD + 8;
  },

  most: (heap) => RECORD + heap.inlineBytes,

  bytes: recordBytes,

  drop(heap, words, at) {
    if ((words[(at >> 2) + 1] as number) & Meta.OUT_OF_LINE) heap.core.refClose(words[(at >> 2) + 3] as number);
  },
};
