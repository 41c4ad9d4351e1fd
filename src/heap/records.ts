/**
 * Records from this side: values into the scratch, into blocks of their own, and back.
 * The layout is that of assembly/queue/record.ts.
 */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { HandleRef } from '../codec/index.ts';
import { copyInto } from '../platform/bytes.ts';
import { type Heap, heapFull } from './heap.ts';

/** Bytes of a record's header. */
export const RECORD = 8;
const NO_HANDLES: HandleRef[] = [];

function align8(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Bytes of the payload and the handles that the codec has just made. */
export function bodyBytes(heap: Heap): number {
  const { codec } = heap;
  return align8(codec.end - codec.start) + codec.handles.length * 8;
}

export function metaOf(heap: Heap, encoding: Encoding): number {
  return encoding | (heap.codec.handles.length << Meta.HANDLES_SHIFT);
}

/** Writes what the codec has just made to `at` in `bytes`, unless it lies there. */
export function writeBody(heap: Heap, bytes: Uint8Array, words: Int32Array, base: number, at: number): void {
  const { codec } = heap;
  const { target, start, end } = codec;
  if (target !== bytes || start !== at) {
    const length = end - start;
    copyInto(bytes, at, length === target.length ? target : target.subarray(start, end));
  }
  if (codec.handles.length > 0) writeHandles(words, base + at + align8(end - start), codec.handles);
}

function writeHandles(words: Int32Array, at: number, handles: HandleRef[]): void {
  let index = at >> 2;
  for (const handle of handles) {
    words[index++] = handle.id;
    words[index++] = handle.gen;
  }
}

/** The handles behind a payload; their class is in the payload. */
export function readHandles(words: Int32Array, at: number, count: number): HandleRef[] {
  if (count === 0) return NO_HANDLES;
  const handles: HandleRef[] = [];
  for (let index = at >> 2; count > 0; count--)
    handles.push({ tag: 0, id: words[index++] as number, gen: words[index++] as number });
  return handles;
}

/** What the codec has just made, in a block that goes with this worker if it dies: `holding` says so to the core. */
export interface HeldBlock {
  block: number;
  holding: number;
}

/** `before`: bytes left free in front of it, a multiple of 8. @throws MemoryError; then the references inside are given back */
export function holdBody(heap: Heap, encoding: Encoding, before = 0): HeldBlock {
  const { core, codec } = heap;
  const size = before + bodyBytes(heap);
  const block = core.allocate(size);
  if (block !== 0) {
    writeBody(heap, heap.bytes(block + size), heap.words(block + size), 0, block + before);
    const holding = core.hold(block, before + codec.end - codec.start, metaOf(heap, encoding));
    if (holding !== 0) return { block, holding };
    core.free(block);
  }
  dropHandles(heap, codec.handles);
  throw heapFull(size);
}

/** Whether what the codec has just made can lie in a ring itself. With handles it cannot: while it waits for room, it must be held. */
export function fitsInline(heap: Heap, before = 0): boolean {
  return heap.codec.handles.length === 0 && before + heap.codec.end - heap.codec.start <= heap.inlineBytes;
}

/** Gives back the references of handles that were encoded and went nowhere. */
export function dropHandles(heap: Heap, handles: HandleRef[]): void {
  for (const handle of handles) heap.core.release(handle.id, handle.gen);
}

/** The value of a record whose header has been read: `before` bytes behind byte `at` of the scratch, or behind the beginning of the block named there. */
export function decodeRecord(heap: Heap, at: number, length: number, meta: number, before = 0): unknown {
  if (meta === Encoding.NUMBER) return heap.scratchF64[(at + before) >> 3];
  if (meta & Meta.EXTERN) return decodeBlock(heap, heap.scratchI32[at >> 2] as number, length, meta, before);
  const count = meta >>> Meta.HANDLES_SHIFT;
  const handles = count === 0 ? NO_HANDLES : readHandles(heap.scratchI32, at + align8(length), count);
  return heap.codec.decode(meta & 255, heap.scratch, at + before, at + length, handles);
}

/** The value in a block, which is freed. */
function decodeBlock(heap: Heap, block: number, length: number, meta: number, before: number): unknown {
  const { core } = heap;
  core.slotStage(block);
  const count = meta >>> Meta.HANDLES_SHIFT;
  const end = block + align8(length) + count * 8;
  try {
    return heap.codec.decode(
      meta & 255,
      heap.bytes(end),
      block + before,
      block + length,
      readHandles(heap.words(end), block + align8(length), count),
    );
  } finally {
    core.slotStage(0);
    core.free(block);
  }
}

// ── parcels: a record that is a block ──────────────────────────────────────────────────────────────────────────────────────────────

/** A value as a parcel: its address. @throws TypeError it cannot be sent; MemoryError */
export function packParcel(heap: Heap, value: unknown): number {
  const { codec } = heap;
  const encoding = codec.encode(value);
  if (encoding === Encoding.NUMBER) {
    const parcel = heap.allocate(RECORD + 8);
    const words = heap.words(parcel + RECORD + 8);
    words[parcel >> 2] = 8;
    words[(parcel >> 2) + 1] = encoding;
    new Float64Array(words.buffer, parcel + RECORD, 1)[0] = codec.number;
    return parcel;
  }
  const size = RECORD + bodyBytes(heap);
  const parcel = heap.core.allocate(size);
  if (parcel === 0) {
    dropHandles(heap, codec.handles);
    return heap.allocate(size);
  }
  const words = heap.words(parcel + size);
  words[parcel >> 2] = codec.end - codec.start;
  words[(parcel >> 2) + 1] = metaOf(heap, encoding);
  writeBody(heap, heap.bytes(parcel + size), words, 0, parcel + RECORD);
  return parcel;
}

/** The value of a parcel. With `keep` the parcel stays as it is, and the new handles count for themselves; otherwise it is used up. */
export function unpackParcel(heap: Heap, parcel: number, keep: boolean): unknown {
  const words = heap.words(parcel + RECORD);
  const length = words[parcel >> 2] as number;
  const meta = words[(parcel >> 2) + 1] as number;
  const at = parcel + RECORD;
  if (meta === Encoding.NUMBER) {
    const number = new Float64Array(heap.words(at + 8).buffer, at, 1)[0];
    if (!keep) heap.core.free(parcel);
    return number;
  }
  const count = meta >>> Meta.HANDLES_SHIFT;
  const end = at + align8(length) + count * 8;
  const handles = readHandles(heap.words(end), at + align8(length), count);
  const before = heap.keeps;
  heap.keeps = keep;
  try {
    return heap.codec.decode(meta & 255, heap.bytes(end), at, at + length, handles);
  } finally {
    heap.keeps = before;
    if (!keep) heap.core.free(parcel);
  }
}
