/**
 * The second discipline, last in, first out: a stack of packed records.
 *
 * Ancestry: CPython's queue.LifoQueue, a list.
 *
 * The lock of pile.ts is held in every function. Slot i holds the item with i others below it. ONE store of `position` publishes an item and counts it, or
 * takes it: what is above is nobody's.
 *
 * Nobody waits here.
 *
 * Death: before that store nothing has happened, after it all has.
 */
import { Status } from '../abi';
import { PILE_ENTRY_SHIFT } from '../layout';
import { copyPacked, pack, packedGiven, packedGiving, packedTaken, packedTaking } from './packed';
import { slotAt, slotsReserve, slotsTrim } from './slots';
import { positionGrown, positionShrunk, setPilePosition, sizeOf } from './state';

/** Puts a record on top: OK or NO_MEMORY. */
export function stackPush(queue: usize, position: i64, length: u32, meta: u32, record: usize, number: f64): i32 {
  const top = sizeOf(position);
  if (!slotsReserve(queue, top, PILE_ENTRY_SHIFT)) return Status.NO_MEMORY;
  if (!pack(stackAt(queue, top), length, meta, record, number)) return Status.NO_MEMORY;
  const after = positionGrown(position);
  packedGiving(queue, record, meta, after);
  setPilePosition(queue, after);
  packedGiven(record, meta);
  return Status.OK;
}

/** Takes the packed record on top, to `to`. */
export function stackPop(queue: usize, position: i64, to: usize): void {
  const top = sizeOf(position) - 1;
  copyPacked(to, stackAt(queue, top));
  const after = positionShrunk(position);
  const block = packedTaking(queue, to, after);
  setPilePosition(queue, after);
  packedTaken(block);
  slotsTrim(queue, top);
}

export function stackAt(queue: usize, place: i32): usize {
  return slotAt(queue, place, PILE_ENTRY_SHIFT);
}
