/**
 * The discard: what a worker has taken out of a table or vector and is about to drop, after it has given the
 * latch back. Each worker has one.
 *
 * It is a batch without a place on the list, so that dropping needs no memory: of one cell of its own, or of
 * cells in a body that is no longer the contents, whose address stands in the place of an InFlight's block.
 * It is full only within a call of the core, and what is dropped needs no discard.
 *
 * Only values with handles and bodies pass through it: others are dropped as they are, and who dies in
 * between loses a block.
 *
 * Nobody waits here. Death: as of any batch, see batch.ts.
 */

import { loadPlain, storePlain } from '../atomics';
import { free } from '../heap/allocator';
import { CellBatch, Discard, SLOT_DISCARD } from '../layout';
import { selfSlot } from '../waiting/park';
import {
  cellBatchBeginTake,
  cellBatchCells,
  cellBatchCount,
  cellBatchEndTake,
  cellBatchExchange,
  cellBatchSetCount,
  cellBatchSettle,
} from './batch';
import { cellDropAt, cellsDropAt, setCell } from './cell';

function discardOf(slot: usize): usize {
  return slot + SLOT_DISCARD;
}

function discardedCell(discard: usize): usize {
  return discard + offsetof<Discard>('cell');
}

/** In place of an InFlight's block. */
function discardedBody(discard: usize): usize {
  return <usize>(<u32>loadPlain(discard + offsetof<CellBatch>('generation')));
}

function setDiscardedBody(discard: usize, body: usize): void {
  storePlain(discard + offsetof<CellBatch>('generation'), <i32>body);
}

/** @requires lock(latch). Puts `cell` in the place of the one at `shared`, which is in the discard then. */
export function discardExchange(shared: usize, cell: i64): void {
  const discard = discardOf(selfSlot);
  setCell(discardedCell(discard), cell);
  cellBatchExchange(discard, discardedCell(discard), shared);
}

/**
 * @requires lock(latch). `body` is about to be the discard's, with `count` cells at `cells`: it is when
 * `word` becomes `after`.
 */
export function discardBeginTake(body: usize, cells: usize, count: u32, word: usize, after: i32): void {
  const discard = discardOf(selfSlot);
  cellBatchBeginTake(discard, cells, count, word, after);
  setDiscardedBody(discard, body);
}

export function discardEndTake(): void {
  cellBatchEndTake(discardOf(selfSlot));
}

/** Drops what is in this worker's discard. */
export function discardDrop(): void {
  discardEmpty(selfSlot);
}

/** The same for any worker; can be cut short and done again. */
export function discardEmpty(slot: usize): void {
  const discard = discardOf(slot);
  cellDropAt(discardedCell(discard));
  cellsDropAt(cellBatchCells(discard), cellBatchCount(discard));
  cellBatchSetCount(discard, 0);
  const body = discardedBody(discard);
  if (!body) return;
  setDiscardedBody(discard, 0);
  free(body);
}

/** Reaper: see settleInFlight (lifecycle/owned.ts). */
export function discardSettle(slot: usize): void {
  const discard = discardOf(slot);
  if (!cellBatchSettle(discard)) setDiscardedBody(discard, 0);
}
