/**
 * The hand: what a worker has taken out of a table or vector and is about to drop, after it has given the latch back. Each worker has one.
 *
 * It is a bundle without a place on the list, so that dropping needs no memory: of one cell of its own, or of cells in a body that is no longer the contents,
 * whose address stands in the place of a Holding's block. It is full only within a call of the core, and what is dropped needs no hand.
 *
 * Only values with handles and bodies pass through it: others are dropped as they are, and who dies in between loses a block.
 *
 * Nobody waits here. Death: as of any bundle, see bundle.ts.
 */
import { free } from '../allocator';
import { peek, poke } from '../atomics';
import { Bundle, Hand, SLOT_HAND } from '../layout';
import { selfSlot } from '../park';
import { bundleCells, bundleCount, bundleExchange, bundleSetCount, bundleSettle, bundleTaken, bundleTaking } from './bundle';
import { cellDropAt, cellsDropAt, setCell } from './cell';

function handOf(slot: usize): usize {
  return slot + SLOT_HAND;
}

function cellOf(hand: usize): usize {
  return hand + offsetof<Hand>('cell');
}

/** In place of a Holding's block. */
function bodyOf(hand: usize): usize {
  return <usize>(<u32>peek(hand + offsetof<Bundle>('generation')));
}

function setBody(hand: usize, body: usize): void {
  poke(hand + offsetof<Bundle>('generation'), <i32>body);
}

/** Latched. Puts `cell` in the place of the one at `shared`, which is in the hand then. */
export function handExchange(shared: usize, cell: i64): void {
  const hand = handOf(selfSlot);
  setCell(cellOf(hand), cell);
  bundleExchange(hand, cellOf(hand), shared);
}

/** Latched. `body` is about to be the hand's, with `count` cells at `cells`: it is when `word` becomes `after`. */
export function handTaking(body: usize, cells: usize, count: u32, word: usize, after: i32): void {
  const hand = handOf(selfSlot);
  bundleTaking(hand, cells, count, word, after);
  setBody(hand, body);
}

export function handTaken(): void {
  bundleTaken(handOf(selfSlot));
}

/** Drops what is in this worker's hand. */
export function handDrop(): void {
  handEmpty(selfSlot);
}

/** The same for any worker; can be cut short and done again. */
export function handEmpty(slot: usize): void {
  const hand = handOf(slot);
  cellDropAt(cellOf(hand));
  cellsDropAt(bundleCells(hand), bundleCount(hand));
  bundleSetCount(hand, 0);
  const body = bodyOf(hand);
  if (!body) return;
  setBody(hand, 0);
  free(body);
}

/** Reaper: see holdingsSettle. */
export function handSettle(slot: usize): void {
  const hand = handOf(slot);
  if (!bundleSettle(hand)) setBody(hand, 0);
}
