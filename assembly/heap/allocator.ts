/**
 * The heap: blocks for objects, items and segments, taken and given back by any worker.
 *
 * Ancestry: mimalloc and dlmalloc for size classes over pages; Treiber's stack with a tag (R. K. Treiber, IBM
 * RJ 5118, 1986) for the free lists.
 *
 * | size                       | where                                               | take and give back             |
 * | -------------------------- | --------------------------------------------------- | ------------------------------ |
 * | up to SMALL_MAX            | one of SMALL_CLASSES classes, 4 per doubling        | one compare-and-swap           |
 * | up to MEDIUM_PAGES pages   | a run of pages; once freed kept for its own length  | one compare-and-swap           |
 * | larger                     | a run of pages, first fit, neighbours merged        | under the heap's lock          |
 *
 * Nobody waits here but for the heap's lock, while a page is taken: no wake-up to lose beyond the lock's own.
 *
 * Death: a block is in a list, or somebody's, or (taken by a worker that died before it could say so) lost;
 * never half. Under the lock every change of the map is one store that leaves a whole chain of runs: a split
 * writes the rest's word before the taken part's, a merge one word. What the memory grew by is lost with the
 * worker that died before it was on the map.
 */
import { add, cas64, grow, load, load64, loadPlain, store, store64, storePlain } from '../atomics';
import { Check } from '../checks';
import { PAGE_MAP, Root, SizeClass } from '../layout';
import { MEDIUM_PAGES, PAGE, PAGE_SHIFT, ROOT, SMALL_CLASSES, SMALL_MAX } from '../limits';
import { lockInternal, unlock } from '../sync/lock';
import { CHUNK_BYTES, chunksRepair, reclaimChunks } from './chunks';
import { FREE, LARGE, MEDIUM, mapWord, pageOf, releaseRun, runLengthAt, SMALL } from './page-map';
import { reclaimPages, reclaimRepair } from './reclaim';
import { classAt, classOf, pop, push, sizeOfClass } from './size-classes';

export function heapLock(): void {
  if (!lockInternal(ROOT + offsetof<Root>('heapLock'))) return;
  chunksRepair();
  reclaimRepair();
}

export function heapUnlock(): void {
  unlock(ROOT + offsetof<Root>('heapLock'));
}

function pagesFor(bytes: u32): i32 {
  return <i32>((bytes + PAGE - 1) >> PAGE_SHIFT);
}

/**
 * A block of at least `bytes` bytes, aligned to 16 (to 64 where its size is a multiple of 64), not zeroed; 0
 * when the heap is full.
 */
export function allocate(bytes: u32): usize {
  if (bytes <= SMALL_MAX) return allocateSmall(classOf(bytes));
  if (bytes > 0x7fff0000) return 0;
  const pages = pagesFor(bytes);
  if (pages > MEDIUM_PAGES) return allocateRun(pages, LARGE);
  const kind = classAt(SMALL_CLASSES + pages - 1);
  const kept = pop(kind, MEDIUM);
  const block = kept ? kept : allocateRun(pages, MEDIUM);
  if (block) add(kind + offsetof<SizeClass>('used'), 1);
  return block;
}

// @inline
function allocateSmall(index: i32): usize {
  const kind = classAt(index);
  let block = pop(kind, SMALL + index);
  if (!block) block = carve(kind, index);
  if (block) add(kind + offsetof<SizeClass>('used'), 1);
  return block;
}

export function free(block: usize): void {
  Check.block(block, block);
  const place = mapWord(pageOf(block));
  const word = load(place);
  const tag = word & 255;
  if (tag >= SMALL) {
    Check.that(tag < SMALL + SMALL_CLASSES, place);
    giveBack(classAt(tag - SMALL), block);
    return;
  }
  const pages = word >>> 8;
  Check.that((block & (PAGE - 1)) == 0 && pages > 0, place);
  if (tag == LARGE) freeRun(block, pages);
  else {
    Check.that(tag == MEDIUM && pages <= MEDIUM_PAGES, place);
    giveBack(classAt(SMALL_CLASSES + pages - 1), block);
  }
}

function giveBack(kind: usize, block: usize): void {
  add(kind + offsetof<SizeClass>('used'), -1);
  push(kind, block);
}

/**
 * Whether the block at an address, whose check has been passed, can be of `bytes` bytes. ORDERING: plain, as
 * who has a block keeps its page as it is.
 */
export function isRoomy(block: usize, bytes: u32): bool {
  const word = loadPlain(mapWord(pageOf(block)));
  const tag = word & 255;
  if (tag >= SMALL) return tag < SMALL + SMALL_CLASSES && bytes <= sizeOfClass(tag - SMALL);
  const isRun = (tag == LARGE || tag == MEDIUM) && (block & (PAGE - 1)) == 0;
  return isRun && bytes <= <u32>i32.MAX_VALUE && pagesFor(bytes) <= word >>> 8;
}

/**
 * The next block of the page being carved; takes a new page when it is used up. Where there is none, a free
 * block: a search for whole pages may have had it in hand before.
 */
// @inline
function carve(kind: usize, index: i32): usize {
  const size = sizeOfClass(index);
  const word = kind + offsetof<SizeClass>('carve');
  while (true) {
    const range = load64(word);
    const from = <u32>range;
    const end = <u32>(range >> 32);
    if (from + size <= end) {
      Check.block(from, word);
      if (cas64(word, range, (range & ~0xffffffff) | <i64>(from + size)) == range) return <usize>from;
      continue;
    }
    heapLock();
    let page: i32 = -1;
    let block: usize = 0;
    if (load64(word) == range) {
      page = takeRun(1, SMALL + index);
      if (page) store64(word, ((<i64>((<u32>(page + 1)) << PAGE_SHIFT)) << 32) | <i64>((<u32>page) << PAGE_SHIFT));
      else block = pop(kind, SMALL + index);
    }
    heapUnlock();
    if (!page) return block;
  }
}

// ── runs of pages ────────────────────────────────────────────────────────────────────────────────────

function allocateRun(pages: i32, tag: i32): usize {
  heapLock();
  const page = takeRun(pages, tag);
  if (page && tag == LARGE) add(ROOT + offsetof<Root>('largePages'), pages);
  heapUnlock();
  return <usize>((<u32>page) << PAGE_SHIFT);
}

function freeRun(block: usize, pages: i32): void {
  const page = pageOf(block);
  heapLock();
  add(ROOT + offsetof<Root>('largePages'), -pages);
  releaseRun(page, pages);
  heapUnlock();
}

/**
 * @requires lock(heap). The first page of a run, 0 when the heap is full even after growing and after giving
 * back what free lists keep.
 */
function takeRun(pages: i32, tag: i32): i32 {
  let page = findRun(pages, tag);
  if (!page && growHeap(pages)) page = findRun(pages, tag);
  if (!page && drainMedium()) page = findRun(pages, tag);
  if (!page && reclaimPages()) page = findRun(pages, tag);
  if (!page && reclaimChunks() && returnChunks()) page = findRun(pages, tag);
  return page;
}

/** @requires lock(heap). What chunks have become goes the way of their size. */
function returnChunks(): bool {
  return CHUNK_BYTES > SMALL_MAX ? drainMedium() : reclaimPages();
}

/** Pages that exist: no page behind them has a word on the map. */
function pagesThere(): i32 {
  const word = ROOT + offsetof<Root>('pages');
  const pages = loadPlain(word);
  Check.that(pages > 0 && pages <= loadPlain(ROOT + offsetof<Root>('maxPages')), word);
  return pages;
}

/** @requires lock(heap). First fit, merging free neighbours on the way. */
function findRun(pages: i32, tag: i32): i32 {
  const end = pagesThere();
  let page = loadPlain(ROOT + offsetof<Root>('firstFree'));
  Check.that(page > 0, ROOT + offsetof<Root>('firstFree'));
  let first = true;
  while (page < end) {
    const word = loadPlain(mapWord(page));
    let length = runLengthAt(page);
    if ((word & 255) == FREE) {
      const free = length;
      while (page + length < end && (loadPlain(mapWord(page + length)) & 255) == FREE) length += runLengthAt(page + length);
      if (length != free) store(mapWord(page), (length << 8) | FREE);
      if (first) storePlain(ROOT + offsetof<Root>('firstFree'), page);
      first = false;
      if (length >= pages) {
        if (length > pages) store(mapWord(page + pages), ((length - pages) << 8) | FREE);
        store(mapWord(page), (pages << 8) | tag);
        return page;
      }
    }
    page += length;
  }
  if (first) storePlain(ROOT + offsetof<Root>('firstFree'), end);
  return 0;
}

/** @requires lock(heap). Grows the memory by at least `pages`, by an eighth if it can. */
function growHeap(pages: i32): bool {
  const before = pagesThere();
  const room = loadPlain(ROOT + offsetof<Root>('maxPages')) - before;
  if (pages > room) return false;
  let more = min(room, max(pages, before >> 3));
  if (!grow(more)) {
    more = pages;
    if (!grow(more)) return false;
  }
  store(mapWord(before), (more << 8) | FREE);
  if (before < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), before);
  store(ROOT + offsetof<Root>('pages'), before + more);
  return true;
}

/**
 * @requires lock(heap). Gives the runs that free lists keep back to everybody; false when there were none.
 */
function drainMedium(): bool {
  let any = false;
  for (let pages = 1; pages <= MEDIUM_PAGES; pages++) {
    const kind = classAt(SMALL_CLASSES + pages - 1);
    for (let block = pop(kind, MEDIUM); block; block = pop(kind, MEDIUM)) {
      Check.that((block & (PAGE - 1)) == 0, block);
      releaseRun(pageOf(block), pages);
      any = true;
    }
  }
  return any;
}

/** What a block of so many bytes takes. */
export function blockBytes(bytes: u32): u32 {
  return bytes <= SMALL_MAX ? sizeOfClass(classOf(bytes)) : pagesFor(bytes) << PAGE_SHIFT;
}

// ── figures ──────────────────────────────────────────────────────────────────────────────────────────

/** Bytes in blocks that somebody has, as their size classes count them. */
export function bytesInUse(): f64 {
  let bytes: f64 = <f64>load(ROOT + offsetof<Root>('largePages')) * <f64>PAGE;
  for (let index = 0; index < SMALL_CLASSES; index++) bytes += <f64>usedIn(index) * <f64>sizeOfClass(index);
  for (let pages = 1; pages <= MEDIUM_PAGES; pages++) bytes += <f64>usedIn(SMALL_CLASSES + pages - 1) * <f64>pages * <f64>PAGE;
  return bytes;
}

function usedIn(index: i32): i32 {
  return load(classAt(index) + offsetof<SizeClass>('used'));
}

/** The size of the memory. */
export function bytesReserved(): f64 {
  return <f64>load(ROOT + offsetof<Root>('pages')) * <f64>PAGE;
}

/** Puts the pages from `first` to `pages` on a fresh map. */
export function heapInit(first: i32, pages: i32, maxPages: i32): void {
  store(ROOT + offsetof<Root>('heapFlags'), 1);
  store(ROOT + offsetof<Root>('pageMap'), <i32>PAGE_MAP);
  store(ROOT + offsetof<Root>('maxPages'), maxPages);
  store(ROOT + offsetof<Root>('firstFree'), first);
  store(mapWord(0), (first << 8) | LARGE);
  store(mapWord(first), ((pages - first) << 8) | FREE);
  store(ROOT + offsetof<Root>('pages'), pages);
}
