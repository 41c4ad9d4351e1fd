/**
 * The third discipline, the smallest first, and of equals the oldest: a heap of entries.
 *
 * Ancestry: J. W. J. Williams, Algorithm 232 (CACM 1964), with four children to a node, whose siblings lie in
 * one pair of cache lines (LaMarca and Ladner, The influence of caches on the performance of heaps, 1996): a
 * get touches half the lines of a binary heap and compares no more.
 *
 * | word     | meaning                                                                                         |
 * | -------- | ----------------------------------------------------------------------------------------------- |
 * | hole     | 0; or a place and 1: what lies there is nothing, `moving` belongs there or above or below it     |
 * | moveSize | the size of the heap for which that is true: before and after `hole` says nothing                |
 * | moving   | the entry that is on its way                                                                    |
 * | shape    | what kind of keys those in it have; of no meaning when it is empty                                |
 *
 * The lock of single-lock.ts is held in every function. An entry moves through a hole: it is written to
 * `moving`, the hole is named, ONE store of `position` makes the change of size and the hole true at once,
 * and then each step copies one entry into the hole and names the place that it came from.
 * So at every moment the places below `size` without the hole, and `moving`, are exactly the items in the
 * queue, each once.
 *
 * Nobody waits here.
 *
 * Death at any step: whoever takes the lock over repairs (`heapRepair`): a hole that is true for this size is
 * filled, with all further steps; each step may be done twice. A hole that is not true is forgotten: its item
 * is not in yet, or still in its place.
 * ORDERING: all plain but `position`: one lock guards it, and a death is between two instructions.
 */
import { Status } from '../abi';
import { loadPlain, loadPlain64, storePlain, storePlain64 } from '../atomics';
import { free } from '../heap/allocator';
import { recordBytes } from '../heap/record';
import { PRIORITY_ENTRY_SHIFT, PriorityEntry, QUEUE_TAIL, SingleLockQueue } from '../layout';
import { keyBytes, keyDrop, keyGiveBack, keyShape, keyStore, precedes, restIn } from './key';
import { copyPacked, pack, packedBeginPut, packedBeginTake, packedEndPut, packedEndTake } from './packed';
import { elementAt, elementsReserve, elementsTrim } from './segmented-array';
import { positionGrown, positionShrunk, putOf, setSingleLockPosition, singleLockPosition, sizeOf } from './state';

/**
 * Children of place p: 4p + 1 to 4p + 4. Moved by this much, they begin at a multiple of 4, and so never lie
 * in two chunks.
 */
const FIRST_ELEMENT: i32 = 3;
/** Where the packed record lies in an entry. */
const PACKED: usize = offsetof<PriorityEntry>('length');
const ENTRY_BYTES: usize = 1 << PRIORITY_ENTRY_SHIFT;

// @inline
function placeAt(queue: usize, place: i32): usize {
  return elementAt(queue, place + FIRST_ELEMENT, PRIORITY_ENTRY_SHIFT);
}

/** The packed record in a place. */
export function heapRecordAt(queue: usize, place: i32): usize {
  return placeAt(queue, place) + PACKED;
}

export function heapKeyDropAt(queue: usize, place: i32): void {
  keyDrop(placeAt(queue, place));
}

function movingOf(queue: usize): usize {
  return queue + QUEUE_TAIL + offsetof<SingleLockQueue>('moving0');
}

function setHole(queue: usize, hole: i32): void {
  storePlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('hole'), hole);
}

function copyEntry(to: usize, from: usize): void {
  storePlain64(to, loadPlain64(from));
  storePlain64(to + 8, loadPlain64(from + 8));
  copyPacked(to + PACKED, from + PACKED);
}

/** Bytes of a record on its way in, with its key. */
export function keyedBytes(record: usize, length: u32, meta: u32): u32 {
  const bytes = recordBytes(length, meta);
  return bytes + keyBytes(record + bytes, meta);
}

/** Whether a key can be compared with those in the queue. The first one decides. */
function isComparable(queue: usize, position: i64, shape: i32): bool {
  const word = queue + QUEUE_TAIL + offsetof<SingleLockQueue>('shape');
  if (sizeOf(position)) return loadPlain(word) == shape;
  storePlain(word, shape);
  return true;
}

/** Whether a record can be compared with those in the queue: asked before there is room for it. */
export function heapAccepts(queue: usize, position: i64, length: u32, meta: u32, record: usize): bool {
  return isComparable(queue, position, keyShape(record + recordBytes(length, meta), meta));
}

/**
 * How often the count of items that were ever put has come around. Who dies here before the item is in has it
 * counted twice, which keeps the order.
 */
function epochOf(queue: usize, position: i64): i32 {
  const word = queue + QUEUE_TAIL + offsetof<SingleLockQueue>('epoch');
  if (putOf(position) == 0) storePlain(word, loadPlain(word) + 1);
  return loadPlain(word);
}

/** Puts in a record, which `heapAccepts`, with the key behind it: OK or NO_MEMORY. */
export function heapInsert(queue: usize, position: i64, length: u32, meta: u32, record: usize, number: f64): i32 {
  const size = sizeOf(position);
  if (!elementsReserve(queue, size + FIRST_ELEMENT, PRIORITY_ENTRY_SHIFT)) return Status.NO_MEMORY;
  const moving = movingOf(queue);
  const key = record + recordBytes(length, meta);
  if (!keyStore(moving, key, meta, number, putOf(position), epochOf(queue, position))) return Status.NO_MEMORY;
  if (!pack(moving + PACKED, length, meta, record, number)) {
    keyDrop(moving);
    return Status.NO_MEMORY;
  }
  const after = positionGrown(position);
  packedBeginPut(queue, record, meta, after);
  storePlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('moveSize'), size + 1);
  setHole(queue, size + 1);
  setSingleLockPosition(queue, after);
  packedEndPut(record, meta);
  keyGiveBack(key, meta);
  fillHole(queue, rise(queue, size));
  return Status.OK;
}

/** Takes the packed record of the first entry, to `to`. */
export function heapExtract(queue: usize, position: i64, to: usize): void {
  const first = placeAt(queue, 0);
  const last = sizeOf(position) - 1;
  const rest = restIn(loadPlain(first + offsetof<PriorityEntry>('rest')));
  copyPacked(to, first + PACKED);
  const after = positionShrunk(position);
  const block = packedBeginTake(queue, to, after);
  if (last == 0) setSingleLockPosition(queue, after);
  else {
    copyEntry(movingOf(queue), placeAt(queue, last));
    storePlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('moveSize'), last);
    setHole(queue, 1);
    setSingleLockPosition(queue, after);
    fillHole(queue, sink(queue, 0, last));
  }
  packedEndTake(block);
  if (rest) free(rest);
  elementsTrim(queue, last + FIRST_ELEMENT);
}

/** The owner of the lock died. */
export function heapRepair(queue: usize): void {
  const hole = loadPlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('hole'));
  if (!hole) return;
  const size = sizeOf(singleLockPosition(queue));
  // Of the two ways one is that on which it was; the other has no step.
  if (loadPlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('moveSize')) == size)
    fillHole(queue, sink(queue, rise(queue, hole - 1), size));
  else setHole(queue, 0);
}

/** Moves the hole up, past all that `moving` precedes; where it is then. */
function rise(queue: usize, hole: i32): i32 {
  const moving = movingOf(queue);
  let to = placeAt(queue, hole);
  while (hole > 0) {
    const parent = (hole - 1) >> 2;
    const above = placeAt(queue, parent);
    if (!precedes(moving, above)) break;
    copyEntry(to, above);
    setHole(queue, parent + 1);
    hole = parent;
    to = above;
  }
  return hole;
}

/** Moves the hole down, past all that precede `moving`; where it is then. */
function sink(queue: usize, hole: i32, size: i32): i32 {
  const moving = movingOf(queue);
  let to = placeAt(queue, hole);
  while (true) {
    const eldest = (hole << 2) + 1;
    if (eldest >= size) return hole;
    const siblings = min(4, size - eldest);
    const family = placeAt(queue, eldest);
    let least = family;
    for (let i = 1; i < siblings; i++) {
      const sibling = family + <usize>i * ENTRY_BYTES;
      if (precedes(sibling, least)) least = sibling;
    }
    if (!precedes(least, moving)) return hole;
    copyEntry(to, least);
    hole = eldest + <i32>((least - family) >> PRIORITY_ENTRY_SHIFT);
    setHole(queue, hole + 1);
    to = least;
  }
}

function fillHole(queue: usize, hole: i32): void {
  copyEntry(placeAt(queue, hole), movingOf(queue));
  setHole(queue, 0);
}
