/**
 * The second discipline, last in, first out: a stack of packed records.
 *
 * Ancestry: CPython's queue.LifoQueue, a list.
 *
 * The lock of single-lock.ts is held in every function. Slot i holds the item with i others below it. ONE
 * store of `position` publishes an item and counts it, or takes it: what is above is nobody's.
 *
 * Nobody waits here.
 *
 * Death: before that store nothing has happened, after it all has.
 */
import { Status } from '../abi';
import { STACK_ENTRY_SHIFT } from '../layout';
import { copyPacked, pack, packedBeginPut, packedBeginTake, packedEndPut, packedEndTake } from './packed';
import { elementAt, elementsReserve, elementsTrim } from './segmented-array';
import { positionGrown, positionShrunk, setSingleLockPosition, sizeOf } from './state';

/** Puts a record on top: OK or NO_MEMORY. */
export function stackPush(queue: usize, position: i64, length: u32, meta: u32, record: usize, number: f64): i32 {
  const top = sizeOf(position);
  if (!elementsReserve(queue, top, STACK_ENTRY_SHIFT)) return Status.NO_MEMORY;
  if (!pack(stackAt(queue, top), length, meta, record, number)) return Status.NO_MEMORY;
  const after = positionGrown(position);
  packedBeginPut(queue, record, meta, after);
  setSingleLockPosition(queue, after);
  packedEndPut(record, meta);
  return Status.OK;
}

/** Takes the packed record on top, to `to`. */
export function stackPop(queue: usize, position: i64, to: usize): void {
  const top = sizeOf(position) - 1;
  copyPacked(to, stackAt(queue, top));
  const after = positionShrunk(position);
  const block = packedBeginTake(queue, to, after);
  setSingleLockPosition(queue, after);
  packedEndTake(block);
  elementsTrim(queue, top);
}

// @inline
export function stackAt(queue: usize, place: i32): usize {
  return elementAt(queue, place, STACK_ENTRY_SHIFT);
}
