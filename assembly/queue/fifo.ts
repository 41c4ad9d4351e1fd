/**
 * The first discipline, first in, first out: one try of each operation on a ring, which has a lock at each
 * end.
 *
 * Ancestry and words: ring.ts. Nobody waits here but for the two short locks; the shell (queue.ts) waits, and
 * tells those who do.
 *
 * Death at each step: ring.ts.
 */
import { Encoding, Status } from '../abi';
import { load, loadPlain, loadPlainF64, store, storePlain, storePlainF64 } from '../atomics';
import { Check } from '../checks';
import { beginPut, beginTake, endPut, endTake } from '../heap/in-flight';
import { blockOf, inFlightOf, isMeta, OUT_OF_LINE, RECORD, recordBytes } from '../heap/record';
import { QUEUE_HEAD, QUEUE_TAIL, Queue } from '../layout';
import { SCRATCH } from '../limits';
import { Internal, unlock } from '../sync/lock';
import { selfScratch } from '../waiting/park';
import {
  advance,
  bytesOf,
  cachedOther,
  checkEmpty,
  checkRecord,
  itemsOf,
  positionOf,
  positionWord,
  refreshOther,
  ringAddress,
  ringDrop,
  ringFree,
  ringRead,
  ringReserve,
  ringRun,
  ringSeek,
  ringTail,
  ringWord,
  ringWrite,
  setPosition,
} from './ring';
import { isTaskCheck, queueTaskDone, tasksSaturate } from './tasks';

const NUMBER: u32 = Encoding.NUMBER;

/** @requires lock(tail). How many of `wanted` items may go in now; SHUTDOWN. */
// @inline
function room(queue: usize, tail: i64, wanted: i32): i32 {
  if (load(queue + offsetof<Queue>('closed'))) return Status.SHUTDOWN;
  const maxsize = loadPlain(queue + offsetof<Queue>('maxsize'));
  if (maxsize <= 0) return wanted;
  const side = queue + QUEUE_TAIL;
  let free = maxsize - (itemsOf(tail) - itemsOf(cachedOther(side)));
  if (free < wanted) {
    free = maxsize - (itemsOf(tail) - itemsOf(refreshOther(side, queue + QUEUE_HEAD)));
    Check.that(free >= 0 && free <= maxsize, positionWord(side));
  }
  return min(free, wanted);
}

/**
 * One try: OK, TIMEOUT (it is full), SHUTDOWN, NO_MEMORY. The payload lies behind the place of a header at
 * `record`, unless it is a number.
 */
export function fifoPut(queue: usize, record: usize, length: u32, meta: u32, number: f64): i32 {
  const side = queue + QUEUE_TAIL;
  Internal.lock(side);
  const tail = positionOf(side);
  const free = room(queue, tail, 1);
  if (free <= 0) {
    unlock(side);
    return free == 0 ? <i32>Status.TIMEOUT : free;
  }
  const bytes = recordBytes(length, meta);
  const at = bytesOf(tail);
  const segment = ringReserve(queue, at, bytes);
  if (!segment) {
    unlock(side);
    return Status.NO_MEMORY;
  }
  const place = ringAddress(segment, at);
  storePlain(place, <i32>length);
  storePlain(place + 4, <i32>meta);
  if (meta == <u32>Encoding.NUMBER) storePlainF64(ringAddress(segment, at + RECORD), number);
  else if (bytes > RECORD) ringWrite(segment, at + RECORD, record + RECORD, bytes - RECORD);
  const after = advance(tail, 1, bytes);
  if (meta & OUT_OF_LINE) giveBlock(side, record, after);
  else setPosition(side, after);
  if (isTaskCheck(tail, after)) tasksSaturate(queue);
  unlock(side);
  return Status.OK;
}

/** Publishes a record whose block is in this worker's hands. */
function giveBlock(side: usize, record: usize, after: i64): void {
  const inFlight = inFlightOf(record);
  beginPut(inFlight, positionWord(side), bytesOf(after));
  setPosition(side, after);
  endPut(inFlight);
}

/**
 * One try with the records that lie one behind the other at `records`: how many went in, or a status as of
 * fifoPut.
 */
export function fifoPutMany(queue: usize, records: usize, count: i32): i32 {
  const side = queue + QUEUE_TAIL;
  Internal.lock(side);
  const tail = positionOf(side);
  const free = room(queue, tail, count);
  if (free <= 0) {
    unlock(side);
    return free == 0 ? <i32>Status.TIMEOUT : free;
  }
  let bytes: u32 = 0;
  let flags: u32 = 0;
  for (let i = 0; i < free; i++) {
    const meta = <u32>loadPlain(records + bytes + 4);
    flags |= meta;
    bytes += recordBytes(<u32>loadPlain(records + bytes), meta);
  }
  Check.that(bytes <= SCRATCH, records);
  const at = bytesOf(tail);
  const segment = ringReserve(queue, at, bytes);
  if (!segment) {
    unlock(side);
    return Status.NO_MEMORY;
  }
  ringWrite(segment, at, records, bytes);
  const after = advance(tail, free, bytes);
  if (flags & OUT_OF_LINE) beginPutAll(records, records + bytes, positionWord(side), bytesOf(after));
  setPosition(side, after);
  if (flags & OUT_OF_LINE) endPutAll(records, records + bytes);
  if (isTaskCheck(tail, after)) tasksSaturate(queue);
  unlock(side);
  return free;
}

function beginPutAll(record: usize, end: usize, word: usize, after: i32): void {
  for (; record < end; record = next(record)) if (isOutOfLine(record)) beginPut(inFlightOf(record), word, after);
}

function endPutAll(record: usize, end: usize): void {
  for (; record < end; record = next(record)) if (isOutOfLine(record)) endPut(inFlightOf(record));
}

function isOutOfLine(record: usize): bool {
  return (<u32>loadPlain(record + 4) & OUT_OF_LINE) != 0;
}

function next(record: usize): usize {
  return record + recordBytes(<u32>loadPlain(record), <u32>loadPlain(record + 4));
}

/** One try: the record's meta, its length and payload in the scratch; TIMEOUT (it is empty). */
export function fifoGet(queue: usize): i32 {
  const side = queue + QUEUE_HEAD;
  Internal.lock(side);
  const head = positionOf(side);
  const at = bytesOf(head);
  const tail = ringTail(queue, head);
  if (bytesOf(tail) == at) {
    checkEmpty(side, head);
    unlock(side);
    return Status.TIMEOUT;
  }
  const segment = ringSeek(queue, at);
  const record = ringAddress(segment, at);
  const length = <u32>loadPlain(record);
  const meta = <u32>loadPlain(record + 4);
  let bytes = RECORD + 8;
  // A number is believed by its header.
  if (meta == NUMBER && length == 8) storePlainF64(selfScratch + RECORD, loadPlainF64(ringAddress(segment, at + RECORD)));
  else {
    checkRecord(side, head, tail, length, meta);
    bytes = recordBytes(length, meta);
    if (bytes > RECORD) ringRead(segment, at + RECORD, selfScratch + RECORD, bytes - RECORD);
  }
  storePlain(selfScratch, <i32>length);
  const after = advance(head, 1, bytes);
  if (meta & OUT_OF_LINE) takeBlock(side, blockOf(selfScratch), length, meta, after);
  else setPosition(side, after);
  unlock(side);
  return <i32>meta;
}

/** Takes a record out, whose block is in this worker's hands then. */
export function takeBlock(side: usize, block: usize, length: u32, meta: u32, after: i64): void {
  beginTake(block, length, meta, positionWord(side), bytesOf(after));
  setPosition(side, after);
  endTake(block);
}

/**
 * One try: up to `most` records, one behind the other in the scratch; how many, or TIMEOUT. `numbers`: up to the
 * first that is no number; NOT_NUMBER: that is the first.
 */
export function fifoGetMany(queue: usize, most: i32, numbers: bool): i32 {
  const side = queue + QUEUE_HEAD;
  Internal.lock(side);
  const head = positionOf(side);
  const at = bytesOf(head);
  const tail = refreshOther(side, queue + QUEUE_TAIL);
  if (bytesOf(tail) == at) {
    checkEmpty(side, head);
    unlock(side);
    return Status.TIMEOUT;
  }
  const segment = ringSeek(queue, at);
  checkRecord(side, head, tail, ringWord(segment, at), ringWord(segment, at + 4));
  const run = min(ringRun(segment, at, bytesOf(tail) - at), SCRATCH);
  let count = 0;
  let bytes: u32 = 0;
  let flags: u32 = 0;
  while (count < most && bytes < run) {
    const meta = ringWord(segment, at + bytes + 4);
    if (numbers && meta != <u32>Encoding.NUMBER) break;
    const more = recordBytes(ringWord(segment, at + bytes), meta);
    if (more > run || bytes + more > run) break;
    Check.that(isMeta(meta) && (meta <= 0xffff || (meta & OUT_OF_LINE) != 0), ringAddress(segment, at + bytes + 4));
    flags |= meta;
    bytes += more;
    count++;
  }
  if (count == 0) {
    Check.that(numbers, segment);
    unlock(side);
    return Status.NOT_NUMBER;
  }
  ringRead(segment, at, selfScratch, bytes);
  const after = advance(head, count, bytes);
  if (flags & OUT_OF_LINE) beginTakeAll(selfScratch, selfScratch + bytes, positionWord(side), bytesOf(after));
  setPosition(side, after);
  if (flags & OUT_OF_LINE) endTakeAll(selfScratch, selfScratch + bytes);
  unlock(side);
  return count;
}

function beginTakeAll(record: usize, end: usize, word: usize, after: i32): void {
  for (; record < end; record = next(record)) {
    if (isOutOfLine(record)) beginTake(blockOf(record), <u32>loadPlain(record), <u32>loadPlain(record + 4), word, after);
  }
}

function endTakeAll(record: usize, end: usize): void {
  for (; record < end; record = next(record)) if (isOutOfLine(record)) endTake(blockOf(record));
}

/** Items in the queue at one moment of the call. */
export function fifoSize(queue: usize): i32 {
  const tail = queue + QUEUE_TAIL;
  let end = positionOf(tail);
  while (true) {
    const size = itemsOf(end) - itemsOf(positionOf(queue + QUEUE_HEAD));
    const again = positionOf(tail);
    if (again == end) return size;
    end = again;
  }
}

export function fifoShutdown(queue: usize, immediate: bool): void {
  const tail = queue + QUEUE_TAIL;
  Internal.lock(tail);
  store(queue + offsetof<Queue>('closed'), 1);
  unlock(tail);
  if (!immediate) return;
  const head = queue + QUEUE_HEAD;
  Internal.lock(head);
  // One by one: who dies here has, like any consumer, one item in its hands that nobody will count off.
  while (ringDrop(queue)) queueTaskDone(queue);
  unlock(head);
}

/** Nobody is left; can be cut short and done again. */
export function fifoDestroy(queue: usize): void {
  while (ringDrop(queue)) {}
  ringFree(queue);
}
