/**
 * Records: one encoded item, in a queue's ring or in a block of its own (a box).
 *
 *     ╒═ 0 ═════════╤═ 4 ════════════════════════════════╤═ 8 ═════════════╤════════════════════════════╕
 *     │ length: u32 │ handles: 16 │ flags: 8 │ encoding: 8 │ payload, padded │ handles: (index, generation) │
 *     ╘═════════════╧════════════════════════════════════╧═════════════════╧════════════════════════════╛
 *
 * A record with OUT_OF_LINE has as its payload the address of a block that holds the item's payload and
 * handles; `length` is then the payload in that block:
 *
 *     ╒═ 0 ══════════════════════════════════╤═ 32 ════════════╤════════════════════════════╕
 *     │ InFlight, of whoever has taken it out │ payload, padded │ handles: (index, generation) │
 *     ╘══════════════════════════════════════╧═════════════════╧════════════════════════════╛
 *
 * The handles are references that the item owns: dropping it gives them back. In a queue, items with handles
 * have always a block.
 */
import { Encoding, Meta, Size, Status } from '../abi';
import { loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { InFlight, Record } from '../layout';
import { allocate, free, isRoomy } from './allocator';
import { listRemove } from './handles';
import { inFlightAdd, inFlightBlock, inFlightFree, inFlightLength, inFlightMeta, isWhole } from './in-flight';
import { handleRelease, retain } from './object-table';

export const OUT_OF_LINE: u32 = Meta.OUT_OF_LINE;
/** Of a block in a worker's hands: it is a batch of cells (manager/batch.ts). */
export const CELL_BATCH: u32 = Meta.CELL_BATCH;
export const RECORD: u32 = Size.RECORD;

export function align8(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

/** Bytes of payload and handles together. */
export function bodyBytes(length: u32, meta: u32): u32 {
  return align8(length) + ((meta >> 16) << 3);
}

/** Bytes that a record takes where it lies. */
export function recordBytes(length: u32, meta: u32): u32 {
  return RECORD + (meta & OUT_OF_LINE ? 8 : bodyBytes(length, meta));
}

/** Whether a record can have this meta. */
export function isMeta(meta: u32): bool {
  return (meta & 255) <= <u32>Encoding.RICH && (meta & 0xff00 & ~(OUT_OF_LINE | <u32>Meta.ENVELOPE)) == 0;
}

/** Of a record with OUT_OF_LINE that is not in a queue yet. */
export function inFlightOf(record: usize): usize {
  return <usize>(<u32>loadPlain(record + RECORD + 4));
}

/** Of a record with OUT_OF_LINE: its block. */
export function blockOf(record: usize): usize {
  return <usize>(<u32>loadPlain(record + RECORD));
}

/** Where the handles lie in a block. */
export function handlesOf(block: usize, length: u32): usize {
  return block + <usize>Meta.BLOCK_HEADER + align8(length);
}

/** Gives back the references in a block; can be cut short and done again. */
export function releaseHandlesIn(block: usize, length: u32, meta: u32): void {
  // A key's block has none, and no InFlight in front.
  if (meta >> 16) Check.that(isWhole(block, length, meta), block);
  releaseHandles(handlesOf(block, length), meta);
}

/** The same for handles wherever they lie. */
export function releaseHandles(handles: usize, meta: u32): void {
  for (let left = meta >> 16; left; left--) {
    handleRelease(handles);
    handles += 8;
  }
}

// ── items in flight ──────────────────────────────────────────────────────────────────────────────────

/**
 * A block, which is to become an item, goes with this worker if it dies, and its handles are counted: its
 * InFlight. NO_MEMORY; STALE: an object is gone, and the block.
 */
export function inFlightCreate(block: usize, length: u32, meta: u32): i32 {
  const inFlight = allocate(offsetof<InFlight>());
  if (!inFlight) return Status.NO_MEMORY;
  inFlightAdd(inFlight, block, length, meta & 0xffff, 0);
  let handle = handlesOf(block, length);
  for (let left = meta >> 16; left; left--) {
    if (retain(loadPlain(handle), loadPlain(handle + 4)) != Status.OK) {
      itemDrop(inFlight);
      return Status.STALE;
    }
    storePlain(inFlight + offsetof<InFlight>('meta'), <i32>(inFlightMeta(inFlight) + (1 << 16)));
    handle += 8;
  }
  return <i32>inFlight;
}

/** Gives back an item in this worker's hands, and its block. */
export function itemDrop(inFlight: usize): void {
  itemReleaseHandles(inFlight);
  listRemove(inFlight);
  inFlightFree(inFlight);
}

/** Gives back the handles of an item in flight; can be cut short and done again. */
export function itemReleaseHandles(inFlight: usize): void {
  releaseHandlesIn(inFlightBlock(inFlight), inFlightLength(inFlight), inFlightMeta(inFlight));
}

// ── boxed records ────────────────────────────────────────────────────────────────────────────────────

/**
 * Counts the handles, `count` of them, that were written behind a box which says that it has none: OK; STALE:
 * an object is gone, and none is counted.
 */
export function boxedCountHandles(parcel: usize, count: u32): i32 {
  const word = parcel + offsetof<Record>('meta');
  const meta = loadPlain(word);
  for (let handle = handlesIn(parcel); count; count--, handle += 8) {
    if (retain(loadPlain(handle), loadPlain(handle + 4)) != Status.OK) {
      boxedReleaseHandles(parcel);
      storePlain(word, meta);
      return Status.STALE;
    }
    storePlain(word, loadPlain(word) + (1 << Meta.HANDLES_SHIFT));
  }
  return Status.OK;
}

/** Gives back a record that is a block of its own, or 0. */
export function boxedDrop(parcel: usize): void {
  if (!parcel) return;
  boxedReleaseHandles(parcel);
  free(parcel);
}

/** The same for the boxed record that is pointed to at `word`; can be cut short and done again. */
export function boxedDropAt(word: usize): void {
  const parcel = <usize>(<u32>loadPlain(word));
  if (!parcel) return;
  Check.block(parcel, word);
  boxedReleaseHandles(parcel);
  storePlain(word, 0);
  free(parcel);
}

function boxedReleaseHandles(parcel: usize): void {
  const length = <u32>loadPlain(parcel + offsetof<Record>('length'));
  const bytes = RECORD + bodyBytes(length, <u32>loadPlain(parcel + offsetof<Record>('meta')));
  Check.that(length < <u32>i32.MAX_VALUE && isRoomy(parcel, bytes), parcel);
  releaseHandles(handlesIn(parcel), <u32>loadPlain(parcel + offsetof<Record>('meta')));
}

function handlesIn(parcel: usize): usize {
  return parcel + RECORD + align8(<u32>loadPlain(parcel + offsetof<Record>('length')));
}
