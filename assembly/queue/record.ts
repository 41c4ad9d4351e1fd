/**
 * Records: one encoded item, in a queue's ring or in a block of its own (a parcel).
 *
 *     ╒═ 0 ═════════╤═ 4 ════════════════════════════════╤═ 8 ═════════════╤════════════════════════════╕
 *     │ length: u32 │ handles: 16 │ flags: 8 │ encoding: 8 │ payload, padded │ handles: (row, generation) │
 *     ╘═════════════╧════════════════════════════════════╧═════════════════╧════════════════════════════╛
 *
 * A record with EXTERN has as its payload the address of a block that holds the item's payload and handles; `length` is then the payload in that block:
 *
 *     ╒═ 0 ══════════════════════════════════╤═ 32 ════════════╤════════════════════════════╕
 *     │ Holding, of whoever has taken it out │ payload, padded │ handles: (row, generation) │
 *     ╘══════════════════════════════════════╧═════════════════╧════════════════════════════╛
 *
 * The handles are references that the item owns: dropping it gives them back. In a queue, items with handles have always a block.
 */
import { Meta, Status } from '../abi';
import { free } from '../allocator';
import { peek, poke } from '../atomics';
import { Holding, Record } from '../layout';
import { nameClose, retain } from '../objects';

if (offsetof<Holding>() != Meta.BLOCK_HEADER) ERROR('Holding');

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

/** Of a record with EXTERN: its block. */
export function blockOf(record: usize): usize {
  return <usize>(<u32>peek(record + RECORD));
}

/** Where the handles lie in a block. */
export function handlesOf(block: usize, length: u32): usize {
  return block + <usize>Meta.BLOCK_HEADER + align8(length);
}

/** Gives back the references in a block; can be cut short and done again. */
export function closeHandles(block: usize, length: u32, meta: u32): void {
  closeNames(handlesOf(block, length), meta);
}

/** The same for handles wherever they lie. */
export function closeNames(handles: usize, meta: u32): void {
  for (let left = meta >> 16; left; left--) {
    nameClose(handles);
    handles += 8;
  }
}

/** Counts the handles, `count` of them, that were written behind a parcel which says that it has none: OK; STALE: an object is gone, and none is counted. */
export function parcelCountHandles(parcel: usize, count: u32): i32 {
  const word = parcel + offsetof<Record>('meta');
  const meta = peek(word);
  for (let handle = handlesIn(parcel); count; count--, handle += 8) {
    if (retain(peek(handle), peek(handle + 4)) != Status.OK) {
      emptyParcel(parcel);
      poke(word, meta);
      return Status.STALE;
    }
    poke(word, peek(word) + (1 << Meta.HANDLES_SHIFT));
  }
  return Status.OK;
}

/** Gives back a record that is a block of its own, or 0. */
export function dropParcel(parcel: usize): void {
  if (!parcel) return;
  emptyParcel(parcel);
  free(parcel);
}

/** The same for the parcel that is pointed to at `word`; can be cut short and done again. */
export function dropParcelAt(word: usize): void {
  const parcel = <usize>(<u32>peek(word));
  if (!parcel) return;
  emptyParcel(parcel);
  poke(word, 0);
  free(parcel);
}

function emptyParcel(parcel: usize): void {
  closeNames(handlesIn(parcel), <u32>peek(parcel + offsetof<Record>('meta')));
}

function handlesIn(parcel: usize): usize {
  return parcel + RECORD + align8(<u32>peek(parcel + offsetof<Record>('length')));
}
