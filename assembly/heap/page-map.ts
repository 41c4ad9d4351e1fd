/**
 * The page map: what each page of the heap is.
 *
 * Ancestry: mimalloc's segments; boundary tags (Knuth, TAOCP 2.5) kept apart from the blocks.
 *
 * There is a word for each page; the first page of a run says how long it is and what it is for. A free
 * finds a block's class by its page.
 *
 *     ╒═ 31 … 8 ══════════════════════════════════╤═ 7 … 0 ══════════════════════════╕
 *     │ pages of the run; of a small page a count │ 0 inside, 1 free, 2 large,       │
 *     │ of blocks that reclaim.ts alone reads     │ 3 medium, 16 + c small, class c  │
 *     ╘═══════════════════════════════════════════╧══════════════════════════════════╛
 *
 * The heap's lock is held in every function that changes it: nobody waits here.
 *
 * Death: every change is one store that leaves a whole chain of runs.
 */
import { loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { PAGE_MAP, Root } from '../layout';
import { PAGE_SHIFT, ROOT } from '../limits';

export const FREE: i32 = 1;
export const LARGE: i32 = 2;
export const MEDIUM: i32 = 3;
export const SMALL: i32 = 16;

export function mapWord(page: i32): usize {
  return PAGE_MAP + ((<usize>page) << 2);
}

/** Pages of the run that begins at a page with this word. A small page's upper bits are reclaim.ts's to count in. */
export function runLength(word: i32): i32 {
  return (word & 255) >= SMALL ? 1 : word >>> 8;
}

/**
 * @requires lock(heap). The length of the run that begins at `page`: whoever walks over the map comes to its
 * end.
 */
export function runLengthAt(page: i32): i32 {
  const length = runLength(loadPlain(mapWord(page)));
  Check.that(<u32>(length - 1) < <u32>(loadPlain(ROOT + offsetof<Root>('pages')) - page), mapWord(page));
  return length;
}

/** @requires lock(heap). The merge with the run's neighbours is left to the next search that passes. */
export function releaseRun(page: i32, pages: i32): void {
  // In this order: a free run below `firstFree` would never be found again.
  if (page < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), page);
  store(mapWord(page), (pages << 8) | FREE);
}

export function pageOf(block: usize): i32 {
  return <i32>(<u32>block >> PAGE_SHIFT);
}
