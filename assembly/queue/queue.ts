/**
 * Queue: first in, first out, for any number of producers and consumers.
 *
 * Ancestry: the ring (see ring.ts); blocking by event counts (see gate.ts). The count of unfinished tasks is tasks.ts.
 *
 * | word            | meaning                                                                    |
 * | --------------- | -------------------------------------------------------------------------- |
 * | maxsize         | items at most; 0: as many as the heap holds                                |
 * | closed          | 1: nothing goes in any more, what is in can be taken                       |
 * | notEmpty        | event count: an item went in, or `closed` was set                          |
 * | notFull         | event count: items were taken, or `closed` was set                         |
 *
 * No wake-up is lost: as for every event count. A put wakes one consumer, a batch as many as it brought; a get wakes one producer: all of
 * them want the same, room for an item.
 *
 * Death at each step: see ring.ts for the ring, gate.ts for the sleepers. A consumer that dies after it was woken for an item leaves the item;
 * the reaper's kick wakes another.
 */
import { Encoding, Status } from '../abi';
import { load, pause, peek, poke, store } from '../atomics';
import { eventCountEnter, eventCountEpoch, eventCountKick, eventCountLeave, eventCountNotify, eventCountWait } from '../gate';
import { QUEUE_HEAD, QUEUE_NOT_EMPTY, QUEUE_NOT_FULL, QUEUE_TAIL, Queue, QueueSide } from '../layout';
import { SCRATCH } from '../limits';
import { letGo } from '../objects';
import { afterPark, deadlineAfter, selfScratch, spinBudget, spinLearn } from '../park';
import { lockAbandon, lockInternal, lockKick, TAKE_OVER, unlock } from '../sync/lock';
import { EXTERN, RECORD, recordBytes } from './record';
import {
  advance,
  bytesOf,
  cachedOther,
  itemsOf,
  positionOf,
  refreshOther,
  ringAddress,
  ringDrop,
  ringFree,
  ringInit,
  ringRead,
  ringReserve,
  ringRun,
  ringSeek,
  ringTail,
  ringWord,
  ringWrite,
  setPosition,
} from './ring';
import { joinCount, queueTaskDone } from './tasks';

let getEstimate: i32 = 0;
let putEstimate: i32 = 0;

export function queueInit(queue: usize, maxsize: i32): bool {
  if (!ringInit(queue)) return false;
  store(queue + offsetof<Queue>('maxsize'), maxsize);
  store(queue + QUEUE_TAIL + offsetof<QueueSide>('flags'), TAKE_OVER);
  store(queue + QUEUE_HEAD + offsetof<QueueSide>('flags'), TAKE_OVER);
  return true;
}

export function queueDestroy(queue: usize): void {
  while (ringDrop(queue)) {}
  ringFree(queue);
}

// ── put ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Tail locked. How many of `wanted` items may go in now; SHUTDOWN. */
function room(queue: usize, tail: i64, wanted: i32): i32 {
  if (load(queue + offsetof<Queue>('closed'))) return Status.SHUTDOWN;
  const maxsize = peek(queue + offsetof<Queue>('maxsize'));
  if (maxsize <= 0) return wanted;
  const side = queue + QUEUE_TAIL;
  let free = maxsize - (itemsOf(tail) - itemsOf(cachedOther(side)));
  if (free < wanted) free = maxsize - (itemsOf(tail) - itemsOf(refreshOther(side, queue + QUEUE_HEAD)));
  return min(free, wanted);
}

/** One try: OK, TIMEOUT (it is full), SHUTDOWN, NO_MEMORY. The record is the scratch's, unless it is a number. */
function tryPut(queue: usize, length: u32, meta: u32, number: f64): i32 {
  const side = queue + QUEUE_TAIL;
  lockInternal(side);
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
  const record = ringAddress(segment, at);
  poke(record, <i32>length);
  poke(record + 4, <i32>meta);
  if (meta == <u32>Encoding.NUMBER) f64.store(ringAddress(segment, at + RECORD), number);
  else if (bytes > RECORD) ringWrite(segment, at + RECORD, selfScratch + RECORD, bytes - RECORD);
  // Who dies between this and the next line loses the block; the other way round it would be given back and in the queue.
  if (meta & EXTERN) letGo(holdingOf(selfScratch));
  setPosition(side, advance(tail, 1, bytes));
  unlock(side);
  eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);
  return Status.OK;
}

function isFull(queue: usize): bool {
  const maxsize = peek(queue + offsetof<Queue>('maxsize'));
  return maxsize > 0 && queueSize(queue) >= maxsize && !load(queue + offsetof<Queue>('closed'));
}

/** Sleeps until there may be room; TIMEOUT when the deadline passed before. */
function awaitRoom(queue: usize, deadline: f64): i32 {
  const budget = spinBudget(putEstimate);
  for (let i = 0; i < budget; i++) {
    if (!isFull(queue)) {
      putEstimate = spinLearn(putEstimate, budget, i, true);
      return Status.OK;
    }
    pause();
  }
  putEstimate = spinLearn(putEstimate, budget, budget, false);
  const ec = queue + QUEUE_NOT_FULL;
  eventCountEnter(ec);
  const epoch = eventCountEpoch(ec);
  if (!isFull(queue)) {
    eventCountLeave(ec);
    return Status.OK;
  }
  const result = eventCountWait(ec, epoch, deadline);
  return afterPark(result, !isFull(queue));
}

function put(queue: usize, length: u32, meta: u32, number: f64, timeoutMs: f64): i32 {
  let status = tryPut(queue, length, meta, number);
  if (status != Status.TIMEOUT || timeoutMs == 0) return status;
  const deadline = deadlineAfter(timeoutMs);
  do {
    const able = awaitRoom(queue, deadline);
    if (able != Status.OK) return able;
    status = tryPut(queue, length, meta, number);
  } while (status == Status.TIMEOUT);
  return status;
}

/** Puts the record whose payload lies in the scratch after the place of its header. OK, TIMEOUT, SHUTDOWN, NO_MEMORY, WOULD_BLOCK. */
export function queuePut(queue: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  return put(queue, length, meta, 0, timeoutMs);
}

export function queuePutNumber(queue: usize, value: f64, timeoutMs: f64): i32 {
  return put(queue, 8, Encoding.NUMBER, value, timeoutMs);
}

/** Puts a held block of `length` bytes of payload and the handles; it is the queue's if this answers OK. */
export function queuePutBlock(queue: usize, block: usize, holding: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  poke(selfScratch + RECORD, <i32>block);
  poke(selfScratch + RECORD + 4, <i32>holding);
  return put(queue, length, meta | EXTERN, 0, timeoutMs);
}

/** Of a record with EXTERN that is not in a ring yet. */
function holdingOf(record: usize): usize {
  return <usize>(<u32>peek(record + RECORD + 4));
}

/** Puts as many as there is room for of the `count` records that lie one behind the other in the scratch from `from` on, waiting for room for one. How many, or a status. */
export function queuePutMany(queue: usize, from: u32, count: i32, timeoutMs: f64): i32 {
  let status = tryPutMany(queue, selfScratch + from, count);
  if (status != Status.TIMEOUT || timeoutMs == 0) return status;
  const deadline = deadlineAfter(timeoutMs);
  do {
    const able = awaitRoom(queue, deadline);
    if (able != Status.OK) return able;
    status = tryPutMany(queue, selfScratch + from, count);
  } while (status == Status.TIMEOUT);
  return status;
}

function tryPutMany(queue: usize, records: usize, count: i32): i32 {
  const side = queue + QUEUE_TAIL;
  lockInternal(side);
  const tail = positionOf(side);
  const free = room(queue, tail, count);
  if (free <= 0) {
    unlock(side);
    return free == 0 ? <i32>Status.TIMEOUT : free;
  }
  let bytes: u32 = 0;
  for (let i = 0; i < free; i++) bytes += recordBytes(<u32>peek(records + bytes), <u32>peek(records + bytes + 4));
  const at = bytesOf(tail);
  const segment = ringReserve(queue, at, bytes);
  if (!segment) {
    unlock(side);
    return Status.NO_MEMORY;
  }
  ringWrite(segment, at, records, bytes);
  for (let i = 0, record = records; i < free; i++) {
    const meta = <u32>peek(record + 4);
    if (meta & EXTERN) letGo(holdingOf(record));
    record += recordBytes(<u32>peek(record), meta);
  }
  setPosition(side, advance(tail, free, bytes));
  unlock(side);
  eventCountNotify(queue + QUEUE_NOT_EMPTY, free);
  return free;
}

// ── get ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function nothing(queue: usize): i32 {
  // ORDERING: `closed` is set under the tail lock, so after it nothing is published; look at the tail once more.
  if (!load(queue + offsetof<Queue>('closed'))) return Status.TIMEOUT;
  return queueSize(queue) == 0 ? <i32>Status.SHUTDOWN : <i32>Status.TIMEOUT;
}

/** One try: the record's meta, its length and payload in the scratch; TIMEOUT (it is empty), SHUTDOWN. */
function tryGet(queue: usize): i32 {
  const side = queue + QUEUE_HEAD;
  lockInternal(side);
  const head = positionOf(side);
  const at = bytesOf(head);
  if (bytesOf(ringTail(queue, head)) == at) {
    unlock(side);
    return nothing(queue);
  }
  const segment = ringSeek(queue, at);
  const record = ringAddress(segment, at);
  const length = <u32>peek(record);
  const meta = <u32>peek(record + 4);
  const bytes = recordBytes(length, meta);
  poke(selfScratch, <i32>length);
  if (meta == <u32>Encoding.NUMBER) f64.store(selfScratch + RECORD, f64.load(ringAddress(segment, at + RECORD)));
  else if (bytes > RECORD) ringRead(segment, at + RECORD, selfScratch + RECORD, bytes - RECORD);
  setPosition(side, advance(head, 1, bytes));
  unlock(side);
  eventCountNotify(queue + QUEUE_NOT_FULL, 1);
  return <i32>meta;
}

function isIdle(queue: usize): bool {
  return queueSize(queue) == 0 && !load(queue + offsetof<Queue>('closed'));
}

function awaitItem(queue: usize, deadline: f64): i32 {
  const budget = spinBudget(getEstimate);
  for (let i = 0; i < budget; i++) {
    if (!isIdle(queue)) {
      getEstimate = spinLearn(getEstimate, budget, i, true);
      return Status.OK;
    }
    pause();
  }
  getEstimate = spinLearn(getEstimate, budget, budget, false);
  const ec = queue + QUEUE_NOT_EMPTY;
  eventCountEnter(ec);
  const epoch = eventCountEpoch(ec);
  if (!isIdle(queue)) {
    eventCountLeave(ec);
    return Status.OK;
  }
  const result = eventCountWait(ec, epoch, deadline);
  return afterPark(result, !isIdle(queue));
}

/** Takes an item: its meta (never negative), with its length in the scratch's first word and its payload after the header. TIMEOUT, SHUTDOWN, WOULD_BLOCK. */
export function queueGet(queue: usize, timeoutMs: f64): i32 {
  let status = tryGet(queue);
  if (status != Status.TIMEOUT || timeoutMs == 0) return status;
  const deadline = deadlineAfter(timeoutMs);
  do {
    const able = awaitItem(queue, deadline);
    if (able != Status.OK) return able;
    status = tryGet(queue);
  } while (status == Status.TIMEOUT);
  return status;
}

/** Takes up to `most` items at once into the scratch, one record behind the other, waiting for the first. How many, or a status. */
export function queueGetMany(queue: usize, most: i32, timeoutMs: f64): i32 {
  let status = tryGetMany(queue, most);
  if (status != Status.TIMEOUT || timeoutMs == 0) return status;
  const deadline = deadlineAfter(timeoutMs);
  do {
    const able = awaitItem(queue, deadline);
    if (able != Status.OK) return able;
    status = tryGetMany(queue, most);
  } while (status == Status.TIMEOUT);
  return status;
}

function tryGetMany(queue: usize, most: i32): i32 {
  const side = queue + QUEUE_HEAD;
  lockInternal(side);
  const head = positionOf(side);
  const at = bytesOf(head);
  const tail = refreshOther(side, queue + QUEUE_TAIL);
  if (bytesOf(tail) == at) {
    unlock(side);
    return nothing(queue);
  }
  const segment = ringSeek(queue, at);
  const run = min(ringRun(segment, at, bytesOf(tail) - at), SCRATCH);
  let count = 0;
  let bytes: u32 = 0;
  while (count < most && bytes < run) {
    const next = recordBytes(ringWord(segment, at + bytes), ringWord(segment, at + bytes + 4));
    if (bytes + next > run) break;
    bytes += next;
    count++;
  }
  ringRead(segment, at, selfScratch, bytes);
  setPosition(side, advance(head, count, bytes));
  unlock(side);
  eventCountNotify(queue + QUEUE_NOT_FULL, count);
  return count;
}

// ── the rest ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Items in the queue at one moment of the call. */
export function queueSize(queue: usize): i32 {
  const tail = queue + QUEUE_TAIL;
  let end = positionOf(tail);
  while (true) {
    const size = itemsOf(end) - itemsOf(positionOf(queue + QUEUE_HEAD));
    const again = positionOf(tail);
    if (again == end) return size;
    end = again;
  }
}

export function queueIsShutDown(queue: usize): bool {
  return load(queue + offsetof<Queue>('closed')) != 0;
}

/** Nothing goes in from now on; `immediate`: what is in is dropped and counted off. Everybody who waits looks again. */
export function queueShutdown(queue: usize, immediate: bool): void {
  const tail = queue + QUEUE_TAIL;
  lockInternal(tail);
  store(queue + offsetof<Queue>('closed'), 1);
  unlock(tail);
  if (immediate) {
    const head = queue + QUEUE_HEAD;
    lockInternal(head);
    // One by one: who dies here has, like any consumer, one item in its hands that nobody will count off.
    while (ringDrop(queue)) queueTaskDone(queue);
    unlock(head);
  }
  eventCountKick(queue + QUEUE_NOT_EMPTY);
  eventCountKick(queue + QUEUE_NOT_FULL);
}

export function queueNotEmptyGate(queue: usize): usize {
  return queue + QUEUE_NOT_EMPTY + 8;
}

export function queueNotFullGate(queue: usize): usize {
  return queue + QUEUE_NOT_FULL + 8;
}

/** Reaper. */
export function queueAbandon(queue: usize, tid: i32): void {
  lockAbandon(queue + QUEUE_TAIL, tid);
  lockAbandon(queue + QUEUE_HEAD, tid);
}

export function queueKick(queue: usize): void {
  lockKick(queue + QUEUE_TAIL);
  lockKick(queue + QUEUE_HEAD);
  eventCountKick(queue + QUEUE_NOT_EMPTY);
  eventCountKick(queue + QUEUE_NOT_FULL);
  eventCountKick(joinCount(queue));
}
