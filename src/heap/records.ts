/**
 * Records from this side: values into the scratch, into blocks of their own, and back.
 * The layout is that of assembly/queue/record.ts.
 *
 * The codec counts no references: who keeps the bytes does. An item on its way into a queue, or out of one, is in the hands of its worker all the time (assembly/objects.ts).
 * The references in a parcel are counted when it is in its place.
 */
import { Encoding, Meta, Status } from '../../assembly/abi.ts';
import { copyInto } from '../codec/bytes.ts';
import type { HandleRef } from '../codec/index.ts';
import { ValueError } from '../errors.ts';
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

/** Counts the references inside, too. `before`: bytes left free in front of it, a multiple of 8. @throws MemoryError; ValueError a handle was closed meanwhile, by a getter */
export function holdBody(heap: Heap, encoding: Encoding, before = 0): HeldBlock {
  const { core, codec } = heap;
  const size = Meta.BLOCK_HEADER + before + bodyBytes(heap);
  const block = heap.allocate(size);
  writeBody(heap, heap.bytes(block + size), heap.words(block + size), 0, block + Meta.BLOCK_HEADER + before);
  const holding = core.inFlightCreate(block, before + codec.end - codec.start, metaOf(heap, encoding));
  if (holding > GONE) return { block, holding };
  if (holding === GONE) throw closedHandle();
  core.free(block);
  throw heapFull(size);
}

/** What `hold` answers when an object is gone. */
const GONE = 1;

export function closedHandle(): ValueError {
  return new ValueError('cannot send a closed handle');
}

/** Whether what the codec has just made can lie in a ring itself. With handles it cannot: while it waits for room, it must be held. */
export function fitsInline(heap: Heap, before = 0): boolean {
  return heap.codec.handles.length === 0 && before + heap.codec.end - heap.codec.start <= heap.inlineBytes;
}

/** The value of a record whose header has been read: `before` bytes behind byte `at` of the scratch, or behind the beginning of the payload in the block named there. */
export function decodeRecord(heap: Heap, at: number, length: number, meta: number, before = 0): unknown {
  if (meta === Encoding.NUMBER) return heap.scratchF64[(at + before) >> 3];
  if (meta & Meta.OUT_OF_LINE) return decodeBlock(heap, heap.scratchI32[at >> 2] as number, length, meta, before);
  return heap.codec.decode(meta & 255, heap.scratch, at + before, at + length, NO_HANDLES);
}

/** The value in a block, which is then given back with its references: those of the value count for themselves. */
function decodeBlock(heap: Heap, block: number, length: number, meta: number, before: number): unknown {
  const at = block + Meta.BLOCK_HEADER;
  const count = meta >>> Meta.HANDLES_SHIFT;
  const end = at + align8(length) + count * 8;
  try {
    const handles = readHandles(heap.words(end), at + align8(length), count);
    return heap.codec.decode(meta & 255, heap.bytes(end), at + before, at + length, handles);
  } finally {
    heap.core.refClose(block);
  }
}

// ── parcels: a record that is a block ──────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Makes a parcel of a value and puts its address into the word at `word`, of an object that somebody has; what was there before is given back.
 * @throws TypeError it cannot be sent; ValueError a handle was closed meanwhile, by a getter; MemoryError. Then nothing has changed
 */
export function placeParcel(heap: Heap, word: number, value: unknown): void {
  const { core, codec } = heap;
  const parcel = packParcel(heap, codec.encode(value));
  const before = heap.loadWord(word);
  heap.storeWord(word, parcel);
  const { length } = codec.handles;
  if (length > 0 && core.boxedCountHandles(parcel, length) !== Status.OK) {
    heap.storeWord(word, before);
    core.free(parcel);
    throw closedHandle();
  }
  core.boxedDrop(before);
}

/** What the codec has just made as a parcel: its address. It has its handles only when they are counted. */
function packParcel(heap: Heap, encoding: Encoding): number {
  const { codec } = heap;
  if (encoding === Encoding.NUMBER) {
    const parcel = heap.allocate(RECORD + 8);
    const words = heap.words(parcel + RECORD + 8);
    words[parcel >> 2] = 8;
    words[(parcel >> 2) + 1] = encoding;
    new Float64Array(words.buffer, parcel + RECORD, 1)[0] = codec.number;
    return parcel;
  }
  const size = RECORD + bodyBytes(heap);
  const parcel = heap.allocate(size);
  const words = heap.words(parcel + size);
  words[parcel >> 2] = codec.end - codec.start;
  words[(parcel >> 2) + 1] = encoding;
  writeBody(heap, heap.bytes(parcel + size), words, 0, parcel + RECORD);
  return parcel;
}

/** The value of a parcel, which stays as it is. */
export function unpackParcel(heap: Heap, parcel: number): unknown {
  const words = heap.words(parcel + RECORD);
  const length = words[parcel >> 2] as number;
  const meta = words[(parcel >> 2) + 1] as number;
  const at = parcel + RECORD;
  if (meta === Encoding.NUMBER) return new Float64Array(heap.words(at + 8).buffer, at, 1)[0];
  const count = meta >>> Meta.HANDLES_SHIFT;
  const end = at + align8(length) + count * 8;
  const handles = readHandles(heap.words(end), at + align8(length), count);
  return heap.codec.decode(meta & 255, heap.bytes(end), at, at + length, handles);
}
