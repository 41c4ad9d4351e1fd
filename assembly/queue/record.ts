/**
 * Records: one encoded item, in a queue's ring or in a block of its own (a parcel).
 *
 *     ╒═ 0 ═════════╤═ 4 ════════════════════════════════╤═ 8 ═════════════╤════════════════════════════╕
 *     │ length: u32 │ handles: 16 │ flags: 8 │ encoding: 8 │ payload, padded │ handles: (row, generation) │
 *     ╘═════════════╧════════════════════════════════════╧═════════════════╧════════════════════════════╛
 *
 * A record with EXTERN has as its payload the address of a block that holds the item's payload and handles; `length` is then the payload in that block.
 * The handles are references that the record owns: dropping a record gives them back.
 */
import { free } from '../allocator';
import { peek } from '../atomics';
import { Record } from '../layout';
import { bundleDrop } from '../manager/bundle';
import { release } from '../objects';

export const EXTERN: u32 = 1 << 8;
/** Of a block in a worker's hands: it is a bundle of cells (manager/bundle.ts). */
export const BUNDLE: u32 = 1 << 9;
export const RECORD: u32 = 8;

export function align8(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

/** Bytes of payload and handles together. */
export function bodyBytes(length: u32, meta: u32): u32 {
  return align8(length) + ((meta >> 16) << 3);
}

/** Bytes that a record takes where it lies. */
export function recordBytes(length: u32, meta: u32): u32 {
  return RECORD + (meta & EXTERN ? 8 : bodyBytes(length, meta));
}

/** Of a record with EXTERN that is not in a queue yet. */
export function holdingOf(record: usize): usize {
  return <usize>(<u32>peek(record + RECORD + 4));
}

export function releaseHandles(body: usize, length: u32, meta: u32): void {
  let handle = body + align8(length);
  for (let left = meta >> 16; left; left--) {
    release(peek(handle), peek(handle + 4));
    handle += 8;
  }
}

/** Gives back what a record that nobody will read owns. */
export function dropRecord(record: usize): void {
  const length = <u32>peek(record + offsetof<Record>('length'));
  const meta = <u32>peek(record + offsetof<Record>('meta'));
  const body = record + RECORD;
  if (meta & EXTERN) dropBlock(<usize>(<u32>peek(body)), length, meta);
  else releaseHandles(body, length, meta);
}

/** The same for the block of a record with EXTERN. */
export function dropBlock(block: usize, length: u32, meta: u32): void {
  if (meta & BUNDLE) {
    bundleDrop(block);
    return;
  }
  releaseHandles(block, length, meta);
  free(block);
}

/** A record that is a block of its own, or 0. */
export function dropParcel(parcel: usize): void {
  if (!parcel) return;
  dropRecord(parcel);
  free(parcel);
}
