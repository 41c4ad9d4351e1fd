/**
 * Records from this side: values into the scratch, into blocks of their own, and back.
 * The layout is that of assembly/queue/record.ts.
 *
 * The codec counts no references: who keeps the bytes does. An item on its way into a queue, or out of one,
 * is in flight (InFlight), and goes with its worker if that dies. The references in a boxed record are
 * counted when it is in its place.
 */
import { Encoding, Meta, Size, Status } from '../../assembly/abi.ts';
import { copyInto } from '../codec/bytes.ts';
import type { HandleRef } from '../codec/index.ts';
import { ValueError } from '../errors.ts';
import { BLOCK_AT_MOST, type Heap, heapFull } from './heap.ts';
import { isCreated, isGone } from './shared.ts';

/** Bytes of a record's header. */
export const RECORD = Size.RECORD;
const NO_HANDLES: HandleRef[] = [];

/**
 * Handles in one value: a record's meta counts them in 16 bits, and a negative meta is an error of the
 * core's.
 */
const MOST_HANDLES = 0x7fff;

export function align8(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Bytes of the record at byte `at` of `words`. */
export function recordBytes(words: Int32Array, at: number): number {
  const length = words[at >> 2] as number;
  const meta = words[(at >> 2) + 1] as number;
  return RECORD + (meta & Meta.OUT_OF_LINE ? 8 : align8(length) + (meta >>> Meta.HANDLES_SHIFT) * 8);
}

// ── values into records ──────────────────────────────────────────────────────────────────────────────

/**
 * Writes a value as a record at byte `at` of the scratch; where it ends. What does not fit, or has handles,
 * goes into a block of its own, which is in flight: behind the header are the addresses of both. When it
 * throws, nothing is held.
 * @param before bytes left free in front of the payload, a multiple of 8
 * @throws TypeError it cannot be sent; ValueError a handle was closed meanwhile, by a getter; MemoryError
 */
export function writeRecord(heap: Heap, value: unknown, at: number, before = 0): number {
  if (typeof value === 'number') return writeNumber(heap, value, at, before);
  const encoding = heap.codec.encode(value, at + RECORD + before);
  const end = writeInline(heap, encoding, at, before);
  return end >= 0 ? end : writeBlock(heap, encoding, at, before);
}

/** The record of a number; where it ends. */
export function writeNumber(heap: Heap, value: number, at: number, before = 0): number {
  const { scratchI32 } = heap;
  scratchI32[at >> 2] = before + 8;
  scratchI32[(at >> 2) + 1] = Encoding.NUMBER;
  heap.scratchF64[(at + RECORD + before) >> 3] = value;
  return at + RECORD + before + 8;
}

/**
 * Writes what the codec has just made as a record at byte `at` of the scratch; where it ends. -1: it needs a
 * block, being too long, or because of its handles, which must be counted while it waits for room.
 */
export function writeInline(heap: Heap, encoding: Encoding, at: number, before = 0): number {
  const { codec, scratchI32 } = heap;
  if (encoding === Encoding.NUMBER) return writeNumber(heap, codec.number, at, before);
  const header = at >> 2;
  if (encoding < Encoding.NUMBER) {
    scratchI32[header] = before;
    scratchI32[header + 1] = encoding;
    return at + RECORD + before;
  }
  const length = before + codec.end - codec.start;
  if (length > heap.inlineBytes || codec.handles.length > 0) return -1;
  codec.copyTo(heap.scratch, scratchI32, at + RECORD + before);
  scratchI32[header] = length;
  scratchI32[header + 1] = encoding;
  return at + RECORD + align8(length);
}

/** The same in a block of its own. When it throws, nothing is held. */
export function writeBlock(heap: Heap, encoding: Encoding, at: number, before: number): number {
  const { codec, scratchI32 } = heap;
  const length = before + codec.end - codec.start;
  const size = Meta.BLOCK_HEADER + before + bodyBytes(heap);
  const meta = metaOf(heap, encoding);
  const block = heap.allocate(size);
  writeBody(heap, block + Meta.BLOCK_HEADER + before);
  const inFlight = inFlightFor(heap, block, length, meta);
  const header = at >> 2;
  scratchI32[header] = length;
  scratchI32[header + 1] = meta | Meta.OUT_OF_LINE;
  scratchI32[header + 2] = block;
  scratchI32[header + 3] = inFlight;
  return at + RECORD + 8;
}

/**
 * Has the core know a block as in flight: it goes with this worker. @throws MemoryError; ValueError an object
 * is gone
 */
export function inFlightFor(heap: Heap, block: number, length: number, meta: number): number {
  const inFlight = heap.core.inFlightCreate(block, length, meta);
  if (isCreated(inFlight)) return inFlight;
  if (isGone(inFlight)) throw closedHandle();
  heap.core.free(block);
  throw heapFull(length);
}

/** Gives back what a record holds that went nowhere. */
export function dropRecord(heap: Heap, words: Int32Array, at: number): void {
  if ((words[(at >> 2) + 1] as number) & Meta.OUT_OF_LINE) heap.core.refClose(words[(at >> 2) + 3] as number);
}

/**
 * Bytes of the payload and the handles that the codec has just made.
 * @throws MemoryError no block is so long; ValueError too many handles. Before anything is allocated
 */
export function bodyBytes(heap: Heap): number {
  const { codec } = heap;
  const length = codec.end - codec.start;
  const count = codec.handles.length;
  if (length > BLOCK_AT_MOST) throw heapFull(length);
  if (count > MOST_HANDLES)
    throw new ValueError(
      `cannot send ${count} handles in one value: it may hold ${MOST_HANDLES}. Send several values, or put the handles into a queue, dict or list, and send that`,
    );
  return align8(length) + count * 8;
}

/** After `bodyBytes`, which has looked at the count. */
export function metaOf(heap: Heap, encoding: Encoding): number {
  return encoding | (heap.codec.handles.length << Meta.HANDLES_SHIFT);
}

/** Writes payload and handles that the codec has just made to address `at`. */
export function writeBody(heap: Heap, at: number): void {
  const { target, start, end, handles } = heap.codec;
  const length = end - start;
  copyInto(heap.bytes(at + length), at, length === target.length ? target : target.subarray(start, end));
  if (handles.length === 0) return;
  const words = heap.words(at + bodyBytes(heap));
  let index = (at + align8(length)) >> 2;
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

export function closedHandle(): ValueError {
  return new ValueError('cannot send a closed handle');
}

// ── records into values ──────────────────────────────────────────────────────────────────────────────

/**
 * The value of a record whose header has been read: `before` bytes behind byte `at` of the scratch, or behind
 * the beginning of the payload in the block named there.
 */
export function decodeRecord(heap: Heap, at: number, length: number, meta: number, before = 0): unknown {
  if (meta === Encoding.NUMBER) return heap.scratchF64[(at + before) >> 3];
  if (meta & Meta.OUT_OF_LINE) return decodeBlock(heap, heap.scratchI32[at >> 2] as number, length, meta, before);
  return heap.codec.decode(meta & 255, heap.scratch, at + before, at + length, NO_HANDLES);
}

/**
 * The value in a block, which is then given back with its references: those of the value count for
 * themselves.
 */
function decodeBlock(heap: Heap, block: number, length: number, meta: number, before: number): unknown {
  const at = block + Meta.BLOCK_HEADER;
  const count = meta >>> Meta.HANDLES_SHIFT;
  heap.checkRange(block, Meta.BLOCK_HEADER + align8(length) + count * 8);
  const end = at + align8(length) + count * 8;
  try {
    const handles = readHandles(heap.words(end), at + align8(length), count);
    return heap.codec.decode(meta & 255, heap.bytes(end), at + before, at + length, handles);
  } finally {
    heap.core.refClose(block);
  }
}

// ── boxed records: a record that is a block ──────────────────────────────────────────────────────────

/**
 * Puts the address of a value's boxed record into the word at `word`, of an object that somebody has; what
 * was there before is given back.
 * @throws TypeError it cannot be sent; ValueError a handle was closed meanwhile, by a getter; MemoryError.
 * Then nothing has changed
 */
export function placeBoxed(heap: Heap, word: number, value: unknown): void {
  const { core, codec } = heap;
  const record = boxRecord(heap, codec.encode(value));
  const before = heap.loadWord(word);
  heap.storeWord(word, record);
  const { length } = codec.handles;
  if (length > 0 && core.boxedCountHandles(record, length) !== Status.OK) {
    heap.storeWord(word, before);
    core.free(record);
    throw closedHandle();
  }
  core.boxedDrop(before);
}

/**
 * What the codec has just made as a boxed record: its address. It has its handles only when they are counted.
 */
export function boxRecord(heap: Heap, encoding: Encoding): number {
  const { codec } = heap;
  const isNumber = encoding === Encoding.NUMBER;
  const size = RECORD + (isNumber ? 8 : bodyBytes(heap));
  const record = heap.allocate(size);
  const words = heap.words(record + size);
  words[record >> 2] = isNumber ? 8 : codec.end - codec.start;
  words[(record >> 2) + 1] = encoding;
  if (isNumber) new Float64Array(words.buffer, record + RECORD, 1)[0] = codec.number;
  else writeBody(heap, record + RECORD);
  return record;
}

/** The value of a boxed record, which stays as it is. */
export function readBoxed(heap: Heap, record: number): unknown {
  heap.checkRange(record, RECORD);
  const words = heap.words(record + RECORD);
  const length = words[record >> 2] as number;
  const meta = words[(record >> 2) + 1] as number;
  const at = record + RECORD;
  heap.checkRange(record, RECORD + align8(length) + (meta >>> Meta.HANDLES_SHIFT) * 8);
  if (meta === Encoding.NUMBER) return new Float64Array(heap.words(at + 8).buffer, at, 1)[0];
  const count = meta >>> Meta.HANDLES_SHIFT;
  const end = at + align8(length) + count * 8;
  const handles = readHandles(heap.words(end), at + align8(length), count);
  return heap.codec.decode(meta & 255, heap.bytes(end), at, at + length, handles);
}
