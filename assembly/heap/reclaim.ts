/**
 * Reclaiming pages: a page whose small blocks are all free goes back to everybody, when a run is wanted and
 * there is none.
 *
 * Ancestry: mimalloc's page reclaim (D. Leijen et al., Mimalloc: Free List Sharding in Action, 2019). That
 * counts the used blocks of each page at every free; here a free knows no page but for its class, and pays
 * nothing, so the free blocks are counted when it matters.
 *
 * | step | what                                                                                           |
 * | ---- | ---------------------------------------------------------------------------------------------- |
 * | 1    | the counts of all small pages become 0                                                         |
 * | 2    | of each class all free blocks are taken into a chain (`taken`), and counted in their page       |
 * | 3    | a page that is being cut up, and has no block in use, is cut up no further                     |
 * | 4    | the blocks of wholly free pages leave the chain; the pages go back; what is left is free again |
 *
 * The heap's lock is held in every function: nobody waits here. Whoever wants a block of a class whose
 * free ones are taken cuts up a new page, for which it waits for the lock, and then finds them.
 *
 * ORDERING: chains and counts are plain: the heap's lock guards them.
 *
 * Death: a block that is in neither list is lost, one at the most, or what was not cut off yet of a page
 * whose cutting up was just ended; that page is never whole again. Whoever takes the heap's lock over does
 * step 4 first (`reclaimRepair`), which may be done twice. A count says how
 * many blocks of a page are in the chain, or were and have left it for good, or fewer; one that was left by
 * another search is that of a page that is not whole. So a whole count is true at any time.
 */
import { cas64, load64, loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { Root, SizeClass } from '../layout';
import { PAGE, ROOT, SMALL_CLASSES } from '../limits';
import { mapWord, pageOf, releaseRun, runLengthAt, SMALL } from './page-map';
import { classAt, pop, push, sizeOfClass } from './size-classes';

const ONE: i32 = 1 << 8;

function takenWord(kind: usize): usize {
  return kind + offsetof<SizeClass>('taken');
}

function nextBlock(block: usize): usize {
  const next = <usize>(<u32>loadPlain(block));
  if (next) Check.block(next, block);
  return next;
}

function countIn(page: i32): i32 {
  return loadPlain(mapWord(page)) >>> 8;
}

function blocksPerPage(index: i32): i32 {
  return <i32>(PAGE / sizeOfClass(index));
}

/** @requires lock(heap). Gives wholly free pages back; false when there was none. */
export function reclaimPages(): bool {
  clearCounts();
  for (let index = 0; index < SMALL_CLASSES; index++) {
    takeBlocks(classAt(index), SMALL + index);
    stopCarving(classAt(index), index);
  }
  return reclaimRepair();
}

/** @requires lock(heap). */
function clearCounts(): void {
  const end = loadPlain(ROOT + offsetof<Root>('pages'));
  for (let page = 0; page < end; page += runLengthAt(page)) {
    const word = loadPlain(mapWord(page));
    if ((word & 255) >= SMALL) store(mapWord(page), word & 255);
  }
}

/** @requires lock(heap). */
function takeBlocks(kind: usize, tag: i32): void {
  for (let block = pop(kind, tag); block; block = pop(kind, tag)) {
    storePlain(block, loadPlain(takenWord(kind)));
    storePlain(takenWord(kind), <i32>block);
    const word = mapWord(pageOf(block));
    store(word, loadPlain(word) + ONE);
  }
}

/** @requires lock(heap). Makes the page that is being cut up a whole one, if all that was cut off is free. */
function stopCarving(kind: usize, index: i32): void {
  const carve = kind + offsetof<SizeClass>('carve');
  const range = load64(carve);
  const from = <u32>range;
  const end = <u32>(range >> 32);
  const size = sizeOfClass(index);
  if (from + size > end) return;
  const page = pageOf(from);
  const cut = <i32>((from - (end - PAGE)) / size);
  if (countIn(page) != cut || cas64(carve, range, 0) != range) return;
  store(mapWord(page), (loadPlain(mapWord(page)) & 255) + ONE * blocksPerPage(index));
}

/** @requires lock(heap). Takes the blocks of wholly free pages out of the chain. */
function dropWholePages(kind: usize, whole: i32): void {
  let link = takenWord(kind);
  let bound = Check.most();
  for (let block = nextBlock(link); block; block = nextBlock(block)) {
    Check.that(bound-- != 0, takenWord(kind));
    if (countIn(pageOf(block)) == whole) storePlain(link, <i32>nextBlock(block));
    else link = block;
  }
}

/** @requires lock(heap). */
function releaseWholePages(): bool {
  const end = loadPlain(ROOT + offsetof<Root>('pages'));
  let any = false;
  for (let page = 0; page < end; page += runLengthAt(page)) {
    const tag = loadPlain(mapWord(page)) & 255;
    Check.that(tag < SMALL + SMALL_CLASSES, mapWord(page));
    if (tag < SMALL || countIn(page) != blocksPerPage(tag - SMALL)) continue;
    releaseRun(page, 1);
    any = true;
  }
  return any;
}

/**
 * @requires lock(heap). Step 4: wholly free pages go back, and what else was taken is free again; also after
 * the death of who had taken it. False when there was no such page.
 */
export function reclaimRepair(): bool {
  for (let index = 0; index < SMALL_CLASSES; index++) dropWholePages(classAt(index), blocksPerPage(index));
  const any = releaseWholePages();
  for (let index = 0; index < SMALL_CLASSES; index++) {
    const kind = classAt(index);
    for (let block = nextBlock(takenWord(kind)); block; block = nextBlock(takenWord(kind))) {
      storePlain(takenWord(kind), <i32>nextBlock(block));
      push(kind, block);
    }
  }
  return any;
}
