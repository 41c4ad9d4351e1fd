/**
 * The state of a LifoQueue or PriorityQueue in one word: items that were ever put << 32 | items in it.
 *
 * So ONE 64-bit store publishes an item and counts it, or takes it and uncounts it. The first half wraps, and
 * how often it has is counted beside it (queue/priority.ts); the second is bounded by the heap.
 */
import { load64, store64 } from '../atomics';
import { Check } from '../checks';
import { QUEUE_TAIL, QueueSide } from '../layout';
import { ELEMENTS_AT_MOST } from './segmented-array';

/** Of a heap. */
const FREE_AT_FIRST: u32 = 3;

export function singleLockPosition(queue: usize): i64 {
  const position = load64(queue + QUEUE_TAIL + offsetof<QueueSide>('position'));
  Check.that(<u32>sizeOf(position) < ELEMENTS_AT_MOST - FREE_AT_FIRST, queue + QUEUE_TAIL + offsetof<QueueSide>('position'));
  return position;
}

export function setSingleLockPosition(queue: usize, position: i64): void {
  store64(queue + QUEUE_TAIL + offsetof<QueueSide>('position'), position);
}

/** The word that says for an InFlight whether an item has changed hands: the items in it. */
export function sizeWord(queue: usize): usize {
  return queue + QUEUE_TAIL + offsetof<QueueSide>('position');
}

/** Items in it. */
export function sizeOf(position: i64): i32 {
  return <i32>position;
}

/** Items that were ever put. */
export function putOf(position: i64): i32 {
  return <i32>(position >> 32);
}

export function positionGrown(position: i64): i64 {
  return position + (((<i64>1) << 32) | 1);
}

export function positionShrunk(position: i64): i64 {
  return position - 1;
}
