/**
 * Keys and values of managed dicts and lists, to the core and back. The layouts are those of
 * assembly/manager/cell.ts and batch.ts.
 */
import { CellBatchField, Encoding, Meta, Status } from '../../assembly/abi.ts';
import type { HandleRef } from '../codec/index.ts';
import { ValueError } from '../errors.ts';
import { type Heap, heapFull } from '../heap/heap.ts';
import { bodyBytes, closedHandle, metaOf, RECORD, readHandles, writeBody, writeInline } from '../heap/records.ts';

const NO_HANDLES: HandleRef[] = [];

// ── keys ─────────────────────────────────────────────────────────────────────────────────────────────

/** What may be a key: as in Python, what cannot change. An array stands for Python's tuple, and is copied. */
export type Key = string | number | bigint | boolean | null | undefined | Uint8Array | readonly Key[];

/**
 * A key as it will be encoded: equal keys give equal bytes. Arrays become trees of their own, because two
 * mentions of one array, or a view on a larger buffer, are encoded otherwise than equal ones that are not
 * shared; -0 becomes 0.
 * @throws TypeError what cannot be a key
 */
export function toKey(key: unknown): Key {
  return typeof key === 'object' && key !== null ? tuple(key, 0) : primitive(key);
}

function primitive(key: unknown): Key {
  if (typeof key === 'function' || typeof key === 'symbol') throw new TypeError(`a ${typeof key} cannot be a key`);
  return key as Key;
}

const DEPTH = 64;

function tuple(key: object, depth: number): Key {
  if (key instanceof Uint8Array) return new Uint8Array(key);
  if (!Array.isArray(key))
    throw new TypeError(
      `${key.constructor?.name ?? 'an object'} cannot be a key: expected a string, number, bigint, boolean, null, Uint8Array, or an array of them`,
    );
  if (depth > DEPTH) throw new ValueError(`arrays more than ${DEPTH} deep cannot be a key`);
  return Array.from(key, (each: unknown) => {
    if (typeof each === 'object' && each !== null) return tuple(each, depth + 1);
    return each === 0 ? 0 : primitive(each);
  });
}

/** Where in the scratch the core looks for a key: behind a small value. */
export function keyPlace(heap: Heap): number {
  return RECORD + heap.inlineBytes;
}

/** Writes the record of what toKey has answered. Runs no code of the user's. @throws ValueError too long */
export function writeKey(heap: Heap, key: Key): void {
  const { codec, scratch, scratchI32 } = heap;
  const at = keyPlace(heap);
  const header = at >> 2;
  if (typeof key === 'number') {
    scratchI32[header + 1] = Encoding.NUMBER;
    heap.scratchF64[(at + RECORD) >> 3] = key;
    return;
  }
  if (typeof key === 'string' && codec.writeShort(key, at + RECORD)) {
    scratchI32[header] = key.length;
    scratchI32[header + 1] = Encoding.LATIN1;
    return;
  }
  const encoding = codec.encode(key, at + RECORD);
  const { start, end, target } = codec;
  const length = end - start;
  if (target !== scratch) {
    if (at + RECORD + length > scratch.length)
      throw new ValueError(`a key of ${length} bytes is too long: ${scratch.length - at - RECORD} at most`);
    scratch.set(target.subarray(start, end), at + RECORD);
  }
  scratchI32[header] = length;
  scratchI32[header + 1] = encoding;
}

// ── values ───────────────────────────────────────────────────────────────────────────────────────────

/** A batch with room for `capacity` cells. Whoever makes it closes it. */
export function newBatch(heap: Heap, capacity: number): number {
  const batch = heap.core.cellBatchCreate(capacity);
  if (batch < 0) throw heapFull();
  return batch;
}

/**
 * Puts what the codec has just made into a batch. @throws MemoryError; ValueError a handle was closed
 * meanwhile, by a getter
 */
export function addEncoded(heap: Heap, batch: number, encoding: Encoding): void {
  const { codec, core } = heap;
  if (writeInline(heap, encoding, 0) >= 0) {
    if (core.cellBatchAdd(batch, 0) !== 0) throw heapFull();
    return;
  }
  const size = bodyBytes(heap);
  const body = core.cellBatchAddBlock(batch, codec.end - codec.start, metaOf(heap, encoding));
  if (body < 0) throw heapFull(size);
  writeBody(heap, body);
  const { length } = codec.handles;
  if (length > 0 && core.cellBatchCountHandles(batch, length) !== Status.OK) throw closedHandle();
}

export function addKey(heap: Heap, batch: number, key: Key): void {
  writeKey(heap, key);
  if (heap.core.cellBatchAdd(batch, keyPlace(heap)) !== 0) throw heapFull();
}

/**
 * A batch of values, or of `value, key` for each pair: what is given to the core is encoded before the first
 * of it goes in.
 */
export function batchOf(heap: Heap, values: readonly unknown[], keys?: readonly Key[]): number {
  const batch = newBatch(heap, values.length + (keys?.length ?? 0));
  try {
    for (let i = 0; i < values.length; i++) {
      addEncoded(heap, batch, heap.codec.encode(values[i], RECORD));
      if (keys !== undefined) addKey(heap, batch, keys[i]);
    }
  } catch (error) {
    heap.core.cellBatchClose(batch);
    throw error;
  }
  return batch;
}

/** The value of a record that the core has shown; `meta` is what it answered. */
export function readShown(heap: Heap, meta: number): unknown {
  if (meta === Encoding.NUMBER) return heap.scratchF64[1];
  if (!(meta & Meta.OUT_OF_LINE)) {
    const length = heap.scratchI32[0] as number;
    return heap.codec.decode(meta, heap.scratch, RECORD, RECORD + length, NO_HANDLES);
  }
  const batch = heap.scratchI32[3] as number;
  try {
    return readBody(heap, meta);
  } finally {
    heap.core.cellBatchClose(batch);
  }
}

/** The value of a body in the heap, which stays as it is: the new handles count for themselves. */
function readBody(heap: Heap, meta: number): unknown {
  const length = heap.scratchI32[0] as number;
  const body = heap.scratchI32[2] as number;
  const after = body + ((length + 7) & ~7);
  const count = meta >>> Meta.HANDLES_SHIFT;
  heap.checkRange(body, after + count * 8 - body);
  const handles = readHandles(heap.words(after + count * 8), after, count);
  return heap.codec.decode(meta & 255, heap.bytes(after), body, body + length, handles);
}

/** What is in a batch, which is closed. */
export function readBatch(heap: Heap, batch: number): unknown[] {
  try {
    return readBatchOnly(heap, batch);
  } finally {
    heap.core.cellBatchClose(batch);
  }
}

/** What is in a batch, which stays. */
export function readBatchOnly(heap: Heap, batch: number): unknown[] {
  const values: unknown[] = [];
  const count = heap.loadWord(batch + CellBatchField.COUNT);
  for (let i = 0; i < count; i++) {
    const meta = heap.core.cellBatchShow(batch, i);
    values.push(meta & Meta.OUT_OF_LINE ? readBody(heap, meta) : readShown(heap, meta));
  }
  return values;
}

/** Puts the cells of a batch into another order: at `i` the one that was at `order[i]`. */
export function arrangeBatch(heap: Heap, batch: number, order: readonly number[]): void {
  const before = heap.loadWord(batch + CellBatchField.CELLS) >> 2;
  // Not in place: who dies in the midst of it would have one cell twice.
  const after = heap.allocate(order.length * 8);
  const words = heap.words(after + order.length * 8);
  let at = after >> 2;
  for (const from of order) {
    words[at++] = words[before + 2 * from] as number;
    words[at++] = words[before + 2 * from + 1] as number;
  }
  heap.core.cellBatchArrange(batch, after);
}
