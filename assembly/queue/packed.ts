/**
 * Packed records: 16 bytes, whatever the item's size. What is more than 8 bytes lies in a block.
 *
 * As record.ts, with OUT_OF_LINE set for every payload in a block; those of items up to INLINE_MAX bytes
 * without handles are the queue's own affair: they are made here and go here, and whoever takes the item
 * finds it whole in its scratch.
 *
 * Nobody waits here. Death: such a block of the queue's own that is in no entry yet, or in none any more, is
 * lost; others have an InFlight (heap/object-table.ts).
 */
import { Encoding } from '../abi';
import { copy, loadPlain, loadPlain64, storePlain, storePlain64, storePlainF64 } from '../atomics';
import { Check } from '../checks';
import { allocate, free, isRoomy } from '../heap/allocator';
import { beginPut, beginTake, endPut, endTake } from '../heap/in-flight';
import { align8, blockOf, bodyBytes, inFlightOf, isMeta, itemDrop, OUT_OF_LINE, RECORD, recordBytes } from '../heap/record';
import { StackEntry } from '../layout';
import { INLINE_MAX } from '../limits';
import { sizeOf, sizeWord } from './state';

/**
 * The record (`length`, `meta`, payload at `record` + 8, or the number) into 16 bytes at `to`; false: the
 * heap is full.
 */
export function pack(to: usize, length: u32, meta: u32, record: usize, number: f64): bool {
  const payload = to + offsetof<StackEntry>('payload');
  let packed = meta;
  if (meta == <u32>Encoding.NUMBER) storePlainF64(payload, number);
  else {
    const bytes = recordBytes(length, meta) - RECORD;
    if (bytes > 8) {
      const block = allocate(bytes);
      if (!block) return false;
      copy(block, record + RECORD, bytes);
      storePlain(payload, <i32>block);
      packed |= OUT_OF_LINE;
    } else if (bytes) storePlain64(payload, loadPlain64(record + RECORD));
  }
  storePlain(to + offsetof<StackEntry>('length'), <i32>length);
  storePlain(to + offsetof<StackEntry>('meta'), <i32>packed);
  return true;
}

/**
 * The item is about to be published, by the store of `after`: the block that its sender holds is the queue's
 * then.
 */
export function packedBeginPut(queue: usize, record: usize, meta: u32, after: i64): void {
  if (meta & OUT_OF_LINE) beginPut(inFlightOf(record), sizeWord(queue), sizeOf(after));
}

export function packedEndPut(record: usize, meta: u32): void {
  if (meta & OUT_OF_LINE) endPut(inFlightOf(record));
}

/**
 * The packed record at `record` is about to be taken out, by the store of `after`: its block, which is in
 * this worker's hands then, or 0.
 */
export function packedBeginTake(queue: usize, record: usize, after: i64): usize {
  const meta = <u32>loadPlain(record + offsetof<StackEntry>('meta'));
  const length = <u32>loadPlain(record + offsetof<StackEntry>('length'));
  Packed.check(record, length, meta);
  if (!(meta & OUT_OF_LINE)) return 0;
  if (isOurs(length, meta)) return 0;
  const block = blockOf(record);
  beginTake(block, length, meta, sizeWord(queue), sizeOf(after));
  return block;
}

/** It was. */
export function packedEndTake(block: usize): void {
  if (block) endTake(block);
}

/** Gives back the block of a packed record that was taken out. */
export function packedDrop(record: usize): void {
  const meta = <u32>loadPlain(record + offsetof<StackEntry>('meta'));
  if (!(meta & OUT_OF_LINE)) return;
  const length = <u32>loadPlain(record + offsetof<StackEntry>('length'));
  if (isOurs(length, meta)) free(ourBlock(record, length));
  else itemDrop(blockOf(record));
}

export function copyPacked(to: usize, from: usize): void {
  storePlain64(to, loadPlain64(from));
  storePlain(to + 8, loadPlain(from + 8));
  storePlain(to + 12, loadPlain(from + 12));
}

/** Bytes that a packed record takes once it is unfolded. */
export function unfoldedBytes(packed: usize): u32 {
  const length = <u32>loadPlain(packed + offsetof<StackEntry>('length'));
  const meta = <u32>loadPlain(packed + offsetof<StackEntry>('meta'));
  Packed.check(packed, length, meta);
  return isOurs(length, meta) ? RECORD + bodyBytes(length, meta) : recordBytes(length, meta);
}

/** Unfolds the copy of a packed record that was taken out, where it lies; its meta. */
export function unfold(record: usize): u32 {
  const length = <u32>loadPlain(record + offsetof<StackEntry>('length'));
  const meta = <u32>loadPlain(record + offsetof<StackEntry>('meta'));
  if (!isOurs(length, meta)) return meta;
  const block = ourBlock(record, length);
  copy(record + RECORD, block, bodyBytes(length, meta));
  free(block);
  storePlain(record + offsetof<StackEntry>('meta'), <i32>(meta & ~OUT_OF_LINE));
  return meta & ~OUT_OF_LINE;
}

/** The block of an item that is the queue's own affair. */
function ourBlock(record: usize, length: u32): usize {
  const block = blockOf(record);
  Check.block(block, record + RECORD);
  Check.that(isRoomy(block, align8(length)), record + RECORD);
  return block;
}

// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
class Packed {
  /** A record that is about to be taken out: eight bytes, or what is in a block; there are no other flags. */
  @inline
  static check(packed: usize, length: u32, meta: u32): void {
    if (meta > <u32>Encoding.RICH || length > 8) checkPacked(packed, length, meta);
  }
}

function checkPacked(packed: usize, length: u32, meta: u32): void {
  const isInBlock = (meta & OUT_OF_LINE) != 0;
  Check.that(isMeta(meta) && (isInBlock || (length <= 8 && meta <= 0xffff)), packed + offsetof<StackEntry>('meta'));
}

function isOurs(length: u32, meta: u32): bool {
  return (meta & OUT_OF_LINE) != 0 && meta >> 16 == 0 && length <= INLINE_MAX;
}
