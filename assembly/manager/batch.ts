/**
 * Cell batches: cells in a worker's hands, on their way into a dict or list or out of it.
 *
 * A batch is an InFlight (heap/object-table.ts) that has a reference for each of its cells, so it goes with
 * its worker, whatever becomes of that. A snapshot is a batch: what is in it can be read at leisure, after
 * the lock was given back.
 *
 *     ╒═ 0 ═════╤═ 32 ══╤═ 36 ╤═ 40 ══╤═ 48 ═════════════════════════╕
 *     │ InFlight │ cells │  -  │ other │ cells, unless they lie apart │
 *     ╘═════════╧═══════╧═════╧═══════╧══════════════════════════════╛
 *
 * Cells change hands under the lock of the table or vector, by ONE store, which the batch remembers:
 *
 * | inFlight.word        | inFlight.after       | meaning                                                                                        |
 * | ------------------- | ------------------- | ---------------------------------------------------------------------------------------------- |
 * | a word, or + TAKING | its value then      | all cells, as heap/object-table.ts says of an item                                                       |
 * | a cell + EXCHANGING | a cell of the batch | the batch has this one, and others see that one, or, as soon as they see this one, it has `other` |
 *
 * Cells differ, or it is all the same: that others see a cell tells whether it was exchanged. Keys have no
 * handles, so nobody remembers where they are: one that moves into a table is taken out of the batch before
 * it is published there. Who dies in between loses its block.
 *
 * Nobody else touches a batch: nobody waits. Death: the reaper settles it before the lock is anybody else's
 * (cellBatchSettle), and drops it (cellBatchEmpty).
 */
import { Encoding, Meta, Status } from '../abi';
import { copy, loadPlain, storePlain, storePlainF64 } from '../atomics';
import { Check } from '../checks';
import { allocate, free } from '../heap/allocator';
import { listRemove } from '../heap/handles';
import { inFlightAdd, inFlightFree, inFlightSettle, TAKING } from '../heap/in-flight';
import { retain } from '../heap/object-table';
import { CELL_BATCH, OUT_OF_LINE, RECORD } from '../heap/record';
import { CellBatch, CellBlock } from '../layout';
import { INLINE_MAX } from '../limits';
import { selfScratch } from '../waiting/park';
import {
  BLOCK,
  blockCreate,
  CELL,
  cellAt,
  cellBlock,
  cellHandles,
  cellLength,
  cellMeta,
  cellOfBlock,
  cellOfEncoding,
  cellOfRecord,
  cellRetain,
  cellsDropAt,
  checkCell,
  isBlock,
  isNumber,
  NONE,
  numberOf,
  setCell,
} from './cell';

/** With the word of a batch: a cell, which is exchanged. */
export const EXCHANGING: usize = 2;

/** An empty batch for up to `capacity` cells, or NO_MEMORY. */
export function cellBatchCreate(capacity: u32): i32 {
  if (capacity > 0x0fff0000) return Status.NO_MEMORY;
  const batch = allocate(<u32>offsetof<CellBatch>() + capacity * CELL);
  if (!batch) return Status.NO_MEMORY;
  storePlain(batch + offsetof<CellBatch>('cells'), <i32>(batch + offsetof<CellBatch>()));
  inFlightAdd(batch, batch, 0, CELL_BATCH, 0);
  return <i32>batch;
}

export function cellBatchCells(batch: usize): usize {
  return <usize>(<u32>loadPlain(batch + offsetof<CellBatch>('cells')));
}

export function cellBatchCount(batch: usize): u32 {
  return <u32>loadPlain(batch + offsetof<CellBatch>('length'));
}

export function cellBatchSetCount(batch: usize, count: u32): void {
  storePlain(batch + offsetof<CellBatch>('length'), <i32>count);
}

/** Takes over a reference. There must be room. */
export function cellBatchPush(batch: usize, cell: i64): void {
  const count = cellBatchCount(batch);
  setCell(cellBatchCells(batch) + count * CELL, cell);
  cellBatchSetCount(batch, count + 1);
}

/** Adds a cell that somebody else has, whose lock this worker holds. There must be room. */
export function cellBatchPushCopy(batch: usize, cell: i64): void {
  const count = cellBatchCount(batch);
  const place = cellBatchCells(batch) + count * CELL;
  cellRetain(cell);
  setCell(place, cell);
  cellBatchSetCount(batch, count + 1);
}

/** Adds the record that lies in the scratch at `at`: OK, NO_MEMORY. */
export function cellBatchAdd(batch: usize, at: u32): i32 {
  const cell = cellOfRecord(selfScratch + at);
  if (cell == NONE) return Status.NO_MEMORY;
  cellBatchPush(batch, cell);
  return Status.OK;
}

/**
 * Adds a block for a body of `length` bytes and the handles in `meta`: where the body is to be written, at
 * once; or NO_MEMORY. The handles are the batch's only when they are counted: cellBatchCountHandles.
 */
export function cellBatchAddBlock(batch: usize, length: u32, meta: u32): i32 {
  const block = blockCreate(length, meta, 0);
  if (!block) return Status.NO_MEMORY;
  storePlain(block + offsetof<CellBlock>('meta'), <i32>(meta & 0xffff));
  cellBatchPush(batch, cellOfBlock(block));
  return <i32>(block + BLOCK);
}

/**
 * Counts the handles, `count` of them, that have been written into the block added last: OK; STALE: an object
 * is gone.
 */
export function cellBatchCountHandles(batch: usize, count: u32): i32 {
  const block = cellBlock(cellAt(cellBatchCells(batch) + (cellBatchCount(batch) - 1) * CELL));
  for (let handle = cellHandles(block); count; count--, handle += 8) {
    if (retain(loadPlain(handle), loadPlain(handle + 4)) != Status.OK) return Status.STALE;
    storePlain(block + offsetof<CellBlock>('meta'), <i32>(cellMeta(block) + (1 << Meta.HANDLES_SHIFT)));
  }
  return Status.OK;
}

/**
 * Puts the cells of a batch into another order: that of `cells`, a block of the heap in which the same ones
 * lie.
 */
export function cellBatchArrange(batch: usize, cells: usize): void {
  const before = cellBatchCells(batch);
  storePlain(batch + offsetof<CellBatch>('cells'), <i32>cells);
  if (before != batch + offsetof<CellBatch>()) free(before);
}

/** Drops what is in it, and itself. */
export function cellBatchClose(batch: usize): void {
  cellBatchEmpty(batch);
  listRemove(batch);
  inFlightFree(batch);
}

/** Drops what is in it; can be cut short and done again. */
export function cellBatchEmpty(batch: usize): void {
  const cells = cellBatchCells(batch);
  cellsDropAt(cells, cellBatchCount(batch));
  cellBatchSetCount(batch, 0);
  if (cells != batch + offsetof<CellBatch>()) cellBatchArrange(batch, batch + offsetof<CellBatch>());
}

// ── changing hands ───────────────────────────────────────────────────────────────────────────────────

/**
 * @requires lock(latch). Exchanges the cell at `place` in the batch for the one at `shared`, by one store.
 */
export function cellBatchExchange(batch: usize, place: usize, shared: usize): void {
  const other = cellAt(shared);
  setCell(batch + offsetof<CellBatch>('other'), other);
  storePlain(batch + offsetof<CellBatch>('after'), <i32>place);
  storePlain(batch + offsetof<CellBatch>('word'), <i32>(shared | EXCHANGING));
  setCell(shared, cellAt(place));
  setCell(place, other);
  storePlain(batch + offsetof<CellBatch>('word'), 0);
}

/** @requires lock(latch). All its cells are others': after `beginPut` and the store. */
export function cellBatchEndPut(batch: usize): void {
  cellBatchSetCount(batch, 0);
  storePlain(batch + offsetof<CellBatch>('word'), 0);
}

/**
 * @requires lock(latch). `count` cells at `cells` are about to be the batch's: they are when `word` becomes
 * `after`.
 */
export function cellBatchBeginTake(batch: usize, cells: usize, count: u32, word: usize, after: i32): void {
  // ORDERING: the word first: from then on it says whose the cells are.
  storePlain(batch + offsetof<CellBatch>('after'), after);
  storePlain(batch + offsetof<CellBatch>('word'), <i32>(word | TAKING));
  storePlain(batch + offsetof<CellBatch>('cells'), <i32>cells);
  cellBatchSetCount(batch, count);
}

export function cellBatchEndTake(batch: usize): void {
  storePlain(batch + offsetof<CellBatch>('word'), 0);
}

/**
 * Reaper, as `inFlightSettle`: false when what was to be given was given, or what was to be taken was not.
 * Then it is empty.
 */
export function cellBatchSettle(batch: usize): bool {
  const word = <usize>(<u32>loadPlain(batch + offsetof<CellBatch>('word')));
  if (!(word & EXCHANGING)) {
    if (inFlightSettle(batch)) return true;
    cellBatchSetCount(batch, 0);
    return false;
  }
  const place = <usize>(<u32>loadPlain(batch + offsetof<CellBatch>('after')));
  if (cellAt(word & ~EXCHANGING) == cellAt(place)) setCell(place, cellAt(batch + offsetof<CellBatch>('other')));
  storePlain(batch + offsetof<CellBatch>('word'), 0);
  return true;
}

// ── showing ──────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whether a record of the cell is all there is to it. Others are shown by a batch, which keeps their body.
 */
export function isShort(cell: i64): bool {
  if (!isBlock(cell)) return true;
  const block = cellBlock(cell);
  return cellLength(block) <= INLINE_MAX && cellMeta(block) >> 16 == 0;
}

/**
 * Writes a record of a cell at the scratch's begin: its meta. One with OUT_OF_LINE has the address of its
 * body, good as long as somebody has the cell.
 */
export function cellShow(cell: i64): i32 {
  if (isNumber(cell)) {
    storePlainF64(selfScratch + RECORD, numberOf(cell));
    return Encoding.NUMBER;
  }
  if (!isBlock(cell)) {
    Check.that(cell > NONE && cell <= cellOfEncoding(Encoding.TRUE), selfScratch);
    return <i32>cell - 1;
  }
  const block = cellBlock(cell);
  checkCell(block);
  storePlain(selfScratch, <i32>cellLength(block));
  if (isShort(cell)) {
    copy(selfScratch + RECORD, block + BLOCK, cellLength(block));
    return <i32>cellMeta(block);
  }
  storePlain(selfScratch + RECORD, <i32>(block + BLOCK));
  return <i32>(cellMeta(block) | OUT_OF_LINE);
}

/** The cell at `index` as a record at the scratch's begin: its meta. */
export function cellBatchShow(batch: usize, index: u32): i32 {
  return cellShow(cellAt(cellBatchCells(batch) + index * CELL));
}

/**
 * The same for the only one, with the batch's address behind that of the body: who reads the record closes
 * it.
 */
export function cellBatchShowItself(batch: usize): i32 {
  storePlain(selfScratch + RECORD + 4, <i32>batch);
  return cellBatchShow(batch, 0);
}

/**
 * A cell that somebody else has as a record at the scratch's begin: its meta. If it is not short, a batch has
 * it then, as cellBatchShowItself says. NO_MEMORY.
 */
export function cellShowCopy(cell: i64): i32 {
  if (isNumber(cell) || isShort(cell)) return cellShow(cell);
  const batch = cellBatchCreate(1);
  if (batch < 0) return batch;
  cellBatchPushCopy(batch, cell);
  return cellBatchShowItself(batch);
}
