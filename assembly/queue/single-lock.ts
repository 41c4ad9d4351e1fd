/**
 * Piles: what the second and third discipline have in common: one lock, one state, and a growable array (see
 * stack.ts, priority.ts, segmented-array.ts, state.ts).
 *
 * One lock, because both ends are one: a put may move what the next get takes.
 *
 * Nobody waits here but for that short lock; the shell (queue.ts) waits, and tells those who do.
 *
 * Death with the lock held: whoever takes it over repairs the heap. A batch is published item by item: a dead
 * producer's is in up to where it came.
 */
import { Encoding, Kind, Status } from '../abi';
import { copy, load, loadPlain, loadPlainF64, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { blockOf, OUT_OF_LINE, RECORD, recordBytes } from '../heap/record';
import { HEADER, Header, QUEUE_TAIL, Queue, Record, StackEntry } from '../layout';
import { SCRATCH } from '../limits';
import { lockInternal, unlock } from '../sync/lock';
import { selfScratch } from '../waiting/park';
import { refusalOf } from './fifo-bytes';
import { packedBeginTake, packedDrop, packedEndTake, unfold, unfoldedBytes } from './packed';
import { heapAccepts, heapExtract, heapInsert, heapKeyDropAt, heapRecordAt, heapRepair, keyedBytes } from './priority';
import { elementsFree } from './segmented-array';
import { stackAt, stackPop, stackPush } from './stack';
import { positionGrown, positionShrunk, setSingleLockPosition, singleLockPosition, sizeOf } from './state';
import { isTaskCheck, queueTaskDone, tasksSaturate } from './tasks';

function isPile(queue: usize): bool {
  return <u32>(loadPlain(kindWord(queue)) - Kind.LIFO) <= <u32>(Kind.PRIORITY - Kind.LIFO);
}

function isHeap(queue: usize): bool {
  return loadPlain(kindWord(queue)) == Kind.PRIORITY;
}

function kindWord(queue: usize): usize {
  return queue - HEADER + offsetof<Header>('kind');
}

// @inline
function lockQueue(queue: usize): void {
  Check.that(isPile(queue), kindWord(queue));
  if (lockInternal(queue + QUEUE_TAIL) && isHeap(queue)) heapRepair(queue);
}

function unlockQueue(queue: usize): void {
  unlock(queue + QUEUE_TAIL);
}

/** Items in the queue. */
export function singleLockSize(queue: usize): i32 {
  Check.that(isPile(queue), kindWord(queue));
  return sizeOf(singleLockPosition(queue));
}

/** @requires lock(queue). OK, TIMEOUT (it is full), SHUTDOWN, NO_MEMORY, UNORDERED. */
function insertRecord(queue: usize, heap: bool, length: u32, meta: u32, record: usize, number: f64): i32 {
  if (load(queue + offsetof<Queue>('closed'))) return Status.SHUTDOWN;
  const position = singleLockPosition(queue);
  if (heap && !heapAccepts(queue, position, length, meta, record)) return Status.UNORDERED;
  const maxsize = loadPlain(queue + offsetof<Queue>('maxsize'));
  if (maxsize > 0 && sizeOf(position) >= maxsize) return Status.TIMEOUT;
  if (isTaskCheck(position, positionGrown(position))) tasksSaturate(queue);
  return heap
    ? heapInsert(queue, position, length, meta, record, number)
    : stackPush(queue, position, length, meta, record, number);
}

/**
 * One try: see `insertRecord`. The payload lies behind the place of a header at `record`, unless it is a
 * number.
 */
export function singleLockPut(queue: usize, record: usize, length: u32, meta: u32, number: f64): i32 {
  lockQueue(queue);
  const status = insertRecord(queue, isHeap(queue), length, meta, record, number);
  unlockQueue(queue);
  return status;
}

/**
 * One try with the records (and keys) that lie one behind the other at `records`: how many went in, or why
 * the first one did not.
 */
export function singleLockPutMany(queue: usize, records: usize, count: i32): i32 {
  const heap = isHeap(queue);
  let done = 0;
  let status: i32 = Status.OK;
  lockQueue(queue);
  while (done < count) {
    const length = <u32>loadPlain(records);
    const meta = <u32>loadPlain(records + 4);
    status = insertRecord(queue, heap, length, meta, records, loadPlainF64(records + 8));
    if (status != Status.OK) break;
    records += heap ? keyedBytes(records, length, meta) : recordBytes(length, meta);
    done++;
  }
  unlockQueue(queue);
  return done > 0 ? done : status;
}

/** One try: the record's meta, its length and payload in the scratch; TIMEOUT (it is empty). */
export function singleLockGet(queue: usize): i32 {
  lockQueue(queue);
  const position = singleLockPosition(queue);
  if (sizeOf(position) == 0) {
    unlockQueue(queue);
    return Status.TIMEOUT;
  }
  if (isHeap(queue)) heapExtract(queue, position, selfScratch);
  else stackPop(queue, position, selfScratch);
  unlockQueue(queue);
  return <i32>unfold(selfScratch);
}

/** One try for a consumer that takes bytes only, see `tryTakeBytes`; TIMEOUT: it is empty. */
export function singleLockTakeBytes(queue: usize, to: usize, most: u32): i32 {
  lockQueue(queue);
  const position = singleLockPosition(queue);
  const size = sizeOf(position);
  if (size == 0) {
    unlockQueue(queue);
    return Status.TIMEOUT;
  }
  const record = isHeap(queue) ? heapRecordAt(queue, 0) : stackAt(queue, size - 1);
  const length = <u32>loadPlain(record + offsetof<StackEntry>('length'));
  // Of a heap nothing is bytes: they have no order.
  const refusal = refusalOf(length, <u32>loadPlain(record + offsetof<StackEntry>('meta')), most);
  if (refusal) {
    unlockQueue(queue);
    return refusal;
  }
  stackPop(queue, position, selfScratch);
  unlockQueue(queue);
  const block = unfold(selfScratch) & OUT_OF_LINE ? blockOf(selfScratch) : 0;
  storePlain(selfScratch, <i32>block);
  if (!block) copy(to, selfScratch + RECORD, length);
  return <i32>length;
}

/** One try: as fifoGetMany. */
export function singleLockGetMany(queue: usize, most: i32, numbers: bool): i32 {
  const heap = isHeap(queue);
  let nothing: i32 = Status.TIMEOUT;
  let count = 0;
  let bytes: u32 = 0;
  lockQueue(queue);
  while (count < most) {
    const position = singleLockPosition(queue);
    const size = sizeOf(position);
    if (size == 0) break;
    const next = heap ? heapRecordAt(queue, 0) : stackAt(queue, size - 1);
    if (numbers && loadPlain(next + offsetof<Record>('meta')) != Encoding.NUMBER) {
      nothing = Status.NOT_NUMBER;
      break;
    }
    const more = unfoldedBytes(next);
    // A packed record takes 16 bytes until it is unfolded, whatever is in it.
    if (bytes + max(more, <u32>16) > SCRATCH) break;
    if (heap) heapExtract(queue, position, selfScratch + bytes);
    else stackPop(queue, position, selfScratch + bytes);
    unfold(selfScratch + bytes);
    bytes += more;
    count++;
  }
  unlockQueue(queue);
  return count > 0 ? count : nothing;
}

/**
 * @requires lock(queue), or nobody is left: drops what lies in the last place of the array, which takes no
 * move; false: it is empty.
 */
function dropLast(queue: usize): bool {
  const position = singleLockPosition(queue);
  const last = sizeOf(position) - 1;
  if (last < 0) return false;
  const heap = isHeap(queue);
  const record = heap ? heapRecordAt(queue, last) : stackAt(queue, last);
  const after = positionShrunk(position);
  const block = packedBeginTake(queue, record, after);
  setSingleLockPosition(queue, after);
  packedEndTake(block);
  if (heap) heapKeyDropAt(queue, last);
  packedDrop(record);
  return true;
}

export function singleLockShutdown(queue: usize, immediate: bool): void {
  lockQueue(queue);
  store(queue + offsetof<Queue>('closed'), 1);
  // One by one: who dies here has, like any consumer, one item in its hands that nobody will count off.
  if (immediate) while (dropLast(queue)) queueTaskDone(queue);
  unlockQueue(queue);
}

/** Nobody is left; who was the last may have died in the midst of a move. Can be cut short and done again. */
export function singleLockDestroy(queue: usize): void {
  if (isHeap(queue)) heapRepair(queue);
  while (dropLast(queue)) {}
  elementsFree(queue);
}
