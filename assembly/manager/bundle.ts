/**
 * Bundles: cells in a worker's hands, on their way into a dict or list or out of it.
 *
 * A bundle is a Holding (objects.ts) that has a reference for each of its cells, so it goes with its worker, whatever becomes of that. A snapshot is a
 * bundle: what is in it can be read at leisure, after the lock was given back.
 *
 *     ╒═ 0 ═════╤═ 32 ══╤═ 36 ╤═ 40 ══╤═ 48 ═════════════════════════╕
 *     │ Holding │ cells │  -  │ other │ cells, unless they lie apart │
 *     ╘═════════╧═══════╧═════╧═══════╧══════════════════════════════╛
 *
 * Cells change hands under the lock of the table or vector, by ONE store, which the bundle remembers:
 *
 * | holding.word        | holding.after       | meaning                                                                                        |
 * | ------------------- | ------------------- | ---------------------------------------------------------------------------------------------- |
 * | a word, or + TAKING | its value then      | all cells, as objects.ts says of an item                                                       |
 * | a cell + EXCHANGING | a cell of the bundle | the bundle has this one, and others see that one, or, as soon as they see this one, it has `other` |
 *
 * Cells differ, or it is all the same: that others see a cell tells whether it was exchanged. Keys have no handles, so nobody remembers where they are: one that
 * moves into a table is taken out of the bundle before it is published there. Who dies in between loses its block.
 *
 * Nobody else touches a bundle: nobody waits. Death: the reaper settles it before the lock is anybody else's (bundleSettle), and drops it (bundleEmpty).
 */
import { BundleField, Encoding, Meta, Status } from '../abi';
import { allocate, free } from '../allocator';
import { copy, peek, poke } from '../atomics';
import { Bundle, CellBlock } from '../layout';
import { INLINE_MAX } from '../limits';
import { listHolding, refClose, retain, settle, TAKING } from '../objects';
import { selfScratch } from '../park';
import { BUNDLE, EXTERN, RECORD } from '../queue/record';
import {
  BLOCK,
  blockCreate,
  blockOf,
  CELL,
  cellAt,
  cellOfBlock,
  cellOfRecord,
  cellRetain,
  cellsDropAt,
  handlesOf,
  isBlock,
  isNumber,
  lengthOf,
  metaOf,
  NONE,
  numberOf,
  setCell,
} from './cell';

if (offsetof<Bundle>('length') != BundleField.COUNT || offsetof<Bundle>('cells') != BundleField.CELLS) ERROR('BundleField');

/** With the word of a bundle: a cell, which is exchanged. */
const EXCHANGING: usize = 2;

/** An empty bundle for up to `capacity` cells; 0 when the heap is full. */
export function bundleCreate(capacity: u32): usize {
  if (capacity > 0x0fff0000) return 0;
  const bundle = allocate(<u32>offsetof<Bundle>() + capacity * CELL);
  if (!bundle) return 0;
  poke(bundle + offsetof<Bundle>('cells'), <i32>(bundle + offsetof<Bundle>()));
  listHolding(bundle, bundle, 0, BUNDLE, 0);
  return bundle;
}

export function bundleCells(bundle: usize): usize {
  return <usize>(<u32>peek(bundle + offsetof<Bundle>('cells')));
}

export function bundleCount(bundle: usize): u32 {
  return <u32>peek(bundle + offsetof<Bundle>('length'));
}

export function bundleSetCount(bundle: usize, count: u32): void {
  poke(bundle + offsetof<Bundle>('length'), <i32>count);
}

/** Takes over a reference. There must be room. */
export function bundlePush(bundle: usize, cell: i64): void {
  const count = bundleCount(bundle);
  setCell(bundleCells(bundle) + count * CELL, cell);
  bundleSetCount(bundle, count + 1);
}

/** Adds a cell that somebody else has, whose lock this worker holds. There must be room. */
export function bundlePushCopy(bundle: usize, cell: i64): void {
  const count = bundleCount(bundle);
  const place = bundleCells(bundle) + count * CELL;
  cellRetain(cell);
  setCell(place, cell);
  bundleSetCount(bundle, count + 1);
}

/** Adds the record that lies in the scratch at `at`: OK, NO_MEMORY. */
export function bundleAdd(bundle: usize, at: u32): i32 {
  const cell = cellOfRecord(selfScratch + at);
  if (cell == NONE) return Status.NO_MEMORY;
  bundlePush(bundle, cell);
  return Status.OK;
}

/**
 * Adds a block for a body of `length` bytes and the handles in `meta`: where the body is to be written, at once; 0 when the heap is full. The handles
 * are the bundle's only when they are counted: bundleCountHandles.
 */
export function bundleAddBlock(bundle: usize, length: u32, meta: u32): usize {
  const block = blockCreate(length, meta, 0);
  if (!block) return 0;
  poke(block + offsetof<CellBlock>('meta'), <i32>(meta & 0xffff));
  bundlePush(bundle, cellOfBlock(block));
  return block + BLOCK;
}

/** Counts the handles, `count` of them, that have been written into the block added last: OK; STALE: an object is gone. */
export function bundleCountHandles(bundle: usize, count: u32): i32 {
  const block = blockOf(cellAt(bundleCells(bundle) + (bundleCount(bundle) - 1) * CELL));
  for (let handle = handlesOf(block); count; count--, handle += 8) {
    if (retain(peek(handle), peek(handle + 4)) != Status.OK) return Status.STALE;
    poke(block + offsetof<CellBlock>('meta'), <i32>(metaOf(block) + (1 << Meta.HANDLES_SHIFT)));
  }
  return Status.OK;
}

/** Puts the cells of a bundle into another order: that of `cells`, a block of the heap in which the same ones lie. */
export function bundleArrange(bundle: usize, cells: usize): void {
  const before = bundleCells(bundle);
  poke(bundle + offsetof<Bundle>('cells'), <i32>cells);
  if (before != bundle + offsetof<Bundle>()) free(before);
}

/** Drops what is in it, and itself. */
export function bundleClose(bundle: usize): void {
  refClose(bundle);
}

/** Drops what is in it; can be cut short and done again. */
export function bundleEmpty(bundle: usize): void {
  const cells = bundleCells(bundle);
  cellsDropAt(cells, bundleCount(bundle));
  bundleSetCount(bundle, 0);
  if (cells != bundle + offsetof<Bundle>()) bundleArrange(bundle, bundle + offsetof<Bundle>());
}

// ── changing hands ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Latched. Exchanges the cell at `place` in the bundle for the one at `shared`, by one store. */
export function bundleExchange(bundle: usize, place: usize, shared: usize): void {
  const other = cellAt(shared);
  setCell(bundle + offsetof<Bundle>('other'), other);
  poke(bundle + offsetof<Bundle>('after'), <i32>place);
  poke(bundle + offsetof<Bundle>('word'), <i32>(shared | EXCHANGING));
  setCell(shared, cellAt(place));
  setCell(place, other);
  poke(bundle + offsetof<Bundle>('word'), 0);
}

/** Latched. All its cells are others': after `giving` and the store. */
export function bundleGiven(bundle: usize): void {
  bundleSetCount(bundle, 0);
  poke(bundle + offsetof<Bundle>('word'), 0);
}

/** Latched. `count` cells at `cells` are about to be the bundle's: they are when `word` becomes `after`. */
export function bundleTaking(bundle: usize, cells: usize, count: u32, word: usize, after: i32): void {
  // ORDERING: the word first: from then on it says whose the cells are.
  poke(bundle + offsetof<Bundle>('after'), after);
  poke(bundle + offsetof<Bundle>('word'), <i32>(word | TAKING));
  poke(bundle + offsetof<Bundle>('cells'), <i32>cells);
  bundleSetCount(bundle, count);
}

export function bundleTaken(bundle: usize): void {
  poke(bundle + offsetof<Bundle>('word'), 0);
}

/** Reaper, as `settle`: false when what was to be given was given, or what was to be taken was not. Then it is empty. */
export function bundleSettle(bundle: usize): bool {
  const word = <usize>(<u32>peek(bundle + offsetof<Bundle>('word')));
  if (!(word & EXCHANGING)) {
    if (settle(bundle)) return true;
    bundleSetCount(bundle, 0);
    return false;
  }
  const place = <usize>(<u32>peek(bundle + offsetof<Bundle>('after')));
  if (cellAt(word & ~EXCHANGING) == cellAt(place)) setCell(place, cellAt(bundle + offsetof<Bundle>('other')));
  poke(bundle + offsetof<Bundle>('word'), 0);
  return true;
}

// ── showing ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether a record of the cell is all there is to it. Others are shown by a bundle, which keeps their body. */
export function isShort(cell: i64): bool {
  if (!isBlock(cell)) return true;
  const block = blockOf(cell);
  return lengthOf(block) <= INLINE_MAX && metaOf(block) >> 16 == 0;
}

/** Writes a record of a cell at the scratch's begin: its meta. One with EXTERN has the address of its body, good as long as somebody has the cell. */
export function cellShow(cell: i64): i32 {
  if (isNumber(cell)) {
    f64.store(selfScratch + RECORD, numberOf(cell));
    return Encoding.NUMBER;
  }
  if (!isBlock(cell)) return <i32>cell - 1;
  const block = blockOf(cell);
  poke(selfScratch, <i32>lengthOf(block));
  if (isShort(cell)) {
    copy(selfScratch + RECORD, block + BLOCK, lengthOf(block));
    return <i32>metaOf(block);
  }
  poke(selfScratch + RECORD, <i32>(block + BLOCK));
  return <i32>(metaOf(block) | EXTERN);
}

/** The cell at `index` as a record at the scratch's begin: its meta. */
export function bundleShow(bundle: usize, index: u32): i32 {
  return cellShow(cellAt(bundleCells(bundle) + index * CELL));
}

/** The same for the only one, with the bundle's address behind that of the body: who reads the record closes it. */
export function bundleShowItself(bundle: usize): i32 {
  poke(selfScratch + RECORD + 4, <i32>bundle);
  return bundleShow(bundle, 0);
}

/** A cell that somebody else has as a record at the scratch's begin: its meta. If it is not short, a bundle has it then, as bundleShowItself says. NO_MEMORY. */
export function cellShowCopy(cell: i64): i32 {
  if (isShort(cell)) return cellShow(cell);
  const bundle = bundleCreate(1);
  if (!bundle) return Status.NO_MEMORY;
  bundlePushCopy(bundle, cell);
  return bundleShowItself(bundle);
}
