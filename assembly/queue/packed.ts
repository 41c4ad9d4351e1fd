/**
 * Packed records: 16 bytes, whatever the item's size. What is more than 8 bytes lies in a block.
 *
 * As record.ts, with EXTERN set for every payload in a block; those of items up to INLINE_MAX bytes without handles are the queue's own affair: they are made
 * here and go here, and whoever takes the item finds it whole in its scratch.
 *
 * Nobody waits here. Death: such a block of the queue's own that is in no entry yet, or in none any more, is lost; others have a Holding (objects.ts).
 */
import { Encoding } from '../abi';
import { allocate, free } from '../allocator';
import { copy, peek, poke } from '../atomics';
import { PileEntry } from '../layout';
import { INLINE_MAX } from '../limits';
import { given, giving, refClose, taken, taking } from '../objects';
import { blockOf, bodyBytes, EXTERN, holdingOf, RECORD, recordBytes } from './record';
import { sizeOf, turnOf } from './state';

/** The record (`length`, `meta`, payload at `record` + 8, or the number) into 16 bytes at `to`; false: the heap is full. */
export function pack(to: usize, length: u32, meta: u32, record: usize, number: f64): bool {
  const payload = to + offsetof<PileEntry>('payload');
  let packed = meta;
  if (meta == <u32>Encoding.NUMBER) f64.store(payload, number);
  else {
    const bytes = recordBytes(length, meta) - RECORD;
    if (bytes > 8) {
      const block = allocate(bytes);
      if (!block) return false;
      copy(block, record + RECORD, bytes);
      poke(payload, <i32>block);
      packed |= EXTERN;
    } else if (bytes) i64.store(payload, i64.load(record + RECORD));
  }
  poke(to + offsetof<PileEntry>('length'), <i32>length);
  poke(to + offsetof<PileEntry>('meta'), <i32>packed);
  return true;
}

/** The item is about to be published, by the store of `after`: the block that its sender holds is the queue's then. */
export function packedGiving(queue: usize, record: usize, meta: u32, after: i64): void {
  if (meta & EXTERN) giving(holdingOf(record), turnOf(queue), sizeOf(after));
}

export function packedGiven(record: usize, meta: u32): void {
  if (meta & EXTERN) given(holdingOf(record));
}

/** The packed record at `record` is about to be taken out, by the store of `after`: its block, which is in this worker's hands then, or 0. */
export function packedTaking(queue: usize, record: usize, after: i64): usize {
  const meta = <u32>peek(record + offsetof<PileEntry>('meta'));
  if (!(meta & EXTERN)) return 0;
  const length = <u32>peek(record + offsetof<PileEntry>('length'));
  if (isOurs(length, meta)) return 0;
  const block = blockOf(record);
  taking(block, length, meta, turnOf(queue), sizeOf(after));
  return block;
}

/** It was. */
export function packedTaken(block: usize): void {
  if (block) taken(block);
}

/** Gives back the block of a packed record that was taken out. */
export function packedDrop(record: usize): void {
  const meta = <u32>peek(record + offsetof<PileEntry>('meta'));
  if (!(meta & EXTERN)) return;
  if (isOurs(<u32>peek(record + offsetof<PileEntry>('length')), meta)) free(blockOf(record));
  else refClose(blockOf(record));
}

export function copyPacked(to: usize, from: usize): void {
  i64.store(to, i64.load(from));
  // ORDERING: through the seam, so that the model sees the death of who has copied half.
  poke(to + 8, peek(from + 8));
  poke(to + 12, peek(from + 12));
}

/** Bytes that a packed record takes once it is unfolded. */
export function unfoldedBytes(packed: usize): u32 {
  const length = <u32>peek(packed + offsetof<PileEntry>('length'));
  const meta = <u32>peek(packed + offsetof<PileEntry>('meta'));
  return isOurs(length, meta) ? RECORD + bodyBytes(length, meta) : recordBytes(length, meta);
}

/** Unfolds the copy of a packed record that was taken out, where it lies; its meta. */
export function unfold(record: usize): u32 {
  const length = <u32>peek(record + offsetof<PileEntry>('length'));
  const meta = <u32>peek(record + offsetof<PileEntry>('meta'));
  if (!isOurs(length, meta)) return meta;
  const block = blockOf(record);
  copy(record + RECORD, block, bodyBytes(length, meta));
  free(block);
  poke(record + offsetof<PileEntry>('meta'), <i32>(meta & ~EXTERN));
  return meta & ~EXTERN;
}

function isOurs(length: u32, meta: u32): bool {
  return (meta & EXTERN) != 0 && meta >> 16 == 0 && length <= INLINE_MAX;
}
