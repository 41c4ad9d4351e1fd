/**
 * Queues: one shell around three disciplines, for any number of producers and consumers.
 *
 * | kind     | class                 | next out                             | files                  |
 * | -------- | --------------------- | ------------------------------------ | ---------------------- |
 * | QUEUE    | Queue and its like    | the oldest                           | fifo.ts, ring.ts       |
 * | LIFO     | LifoQueue             | the newest                           | single-lock.ts, stack.ts      |
 * | PRIORITY | PriorityQueue         | the smallest; of equals the oldest   | single-lock.ts, priority.ts   |
 *
 * A discipline tries: it puts in what there is room for, or gives out what there is. The shell waits and
 * wakes; it knows of a discipline only how much is in it.
 *
 * Ancestry: blocking by event counts (see event-count.ts); each discipline names its own. The count of
 * unfinished tasks is tasks.ts.
 *
 * | word            | meaning                                                                    |
 * | --------------- | -------------------------------------------------------------------------- |
 * | maxsize         | items at most; 0: as many as the heap holds                                |
 * | closed          | 1: nothing goes in any more, what is in can be taken                       |
 * | notEmpty        | event count: an item went in, or `closed` was set                          |
 * | notFull         | event count: items were taken, or `closed` was set                         |
 *
 * No wake-up is lost: as for every event count. A put wakes one consumer, a batch as many as it brought; a
 * get wakes one producer: all of them want the same, room for an item.
 *
 * Death at each step: see the disciplines, and event-count.ts for the sleepers. A consumer that dies after it
 * was woken for an item leaves the item; the reaper's wakeAll wakes another.
 */
import { Encoding, Kind, Status } from '../abi';
import { load, loadPlain, pause, store, storePlain } from '../atomics';
import { OUT_OF_LINE, RECORD } from '../heap/record';
import { HEADER, Header, QUEUE_HEAD, QUEUE_NOT_EMPTY, QUEUE_NOT_FULL, QUEUE_TAIL, Queue, QueueSide } from '../layout';
import { lockAbandon, lockWakeAll, TAKE_OVER } from '../sync/lock';
import {
  eventCountEnter,
  eventCountEpoch,
  eventCountLeave,
  eventCountNotify,
  eventCountWait,
  eventCountWakeAll,
} from '../waiting/event-count';
import { afterPark, deadlineAfter, selfScratch, spinBudget, spinLearn } from '../waiting/park';
import { fifoDestroy, fifoGet, fifoGetMany, fifoPut, fifoPutMany, fifoShutdown, fifoSize } from './fifo';
import { ringInit } from './ring';
import {
  singleLockDestroy,
  singleLockGet,
  singleLockGetMany,
  singleLockPut,
  singleLockPutMany,
  singleLockShutdown,
  singleLockSize,
} from './single-lock';
import { joinCount } from './tasks';

let getEstimate: i32 = 0;
let putEstimate: i32 = 0;

/**
 * Of a deadline: nobody has looked at the clock yet. Each operation has one place where it tries, so that the
 * compiler puts the try there: one call less.
 */
export const UNSET: f64 = -1;

/** ORDERING: plain: written before anybody else knows the queue. */
export function isFifo(queue: usize): bool {
  return loadPlain(queue - HEADER + offsetof<Header>('kind')) == Kind.QUEUE;
}

export function queueInit(queue: usize, maxsize: i32): bool {
  if (isFifo(queue) && !ringInit(queue)) return false;
  store(queue + offsetof<Queue>('maxsize'), maxsize);
  store(queue + QUEUE_TAIL + offsetof<QueueSide>('flags'), TAKE_OVER);
  store(queue + QUEUE_HEAD + offsetof<QueueSide>('flags'), TAKE_OVER);
  return true;
}

export function queueDestroy(queue: usize): void {
  if (isFifo(queue)) fifoDestroy(queue);
  else singleLockDestroy(queue);
}

// ── put ──────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One try: OK, TIMEOUT (it is full), SHUTDOWN, NO_MEMORY, UNORDERED. The payload lies behind the place of a
 * header at `record`, unless it is a number.
 */
function tryPut(queue: usize, record: usize, length: u32, meta: u32, number: f64): i32 {
  const status = isFifo(queue)
    ? fifoPut(queue, record, length, meta, number)
    : singleLockPut(queue, record, length, meta, number);
  if (status == Status.OK) eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);
  return status;
}

/** One try: how many of the `count` records at `records` went in, or a status. */
function tryPutMany(queue: usize, records: usize, count: i32): i32 {
  const done = isFifo(queue) ? fifoPutMany(queue, records, count) : singleLockPutMany(queue, records, count);
  if (done > 0) eventCountNotify(queue + QUEUE_NOT_EMPTY, done);
  return done;
}

export function isFull(queue: usize): bool {
  const maxsize = loadPlain(queue + offsetof<Queue>('maxsize'));
  return maxsize > 0 && queueSize(queue) >= maxsize && !load(queue + offsetof<Queue>('closed'));
}

/** Sleeps until there may be room; TIMEOUT when the deadline passed before. */
export function awaitRoom(queue: usize, deadline: f64): i32 {
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

/** A producer that was woken for room and does not use it: the next one shall look. */
export function passOnRoom(queue: usize): void {
  if (!isFull(queue)) eventCountNotify(queue + QUEUE_NOT_FULL, 1);
}

/** Puts one record, waiting for room: see `tryPut`. */
export function put(queue: usize, record: usize, length: u32, meta: u32, number: f64, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (true) {
    const status = tryPut(queue, record, length, meta, number);
    if (status != Status.TIMEOUT || timeoutMs == 0) {
      if (status < 0 && deadline != UNSET) passOnRoom(queue);
      return status;
    }
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitRoom(queue, deadline);
    if (able != Status.OK) return able;
  }
}

/**
 * Puts the record whose payload lies in the scratch after the place of its header. OK, TIMEOUT, SHUTDOWN,
 * NO_MEMORY, WOULD_BLOCK. Not for a PRIORITY queue, whose records have keys: queuePutMany.
 */
export function queuePut(queue: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  return put(queue, selfScratch, length, meta, 0, timeoutMs);
}

export function queuePutNumber(queue: usize, value: f64, timeoutMs: f64): i32 {
  return put(queue, selfScratch, 8, Encoding.NUMBER, value, timeoutMs);
}

/** Puts a held block of `length` bytes of payload and the handles; it is the queue's if this answers OK. */
export function queuePutBlock(queue: usize, block: usize, inFlight: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  storePlain(selfScratch + RECORD, <i32>block);
  storePlain(selfScratch + RECORD + 4, <i32>inFlight);
  return put(queue, selfScratch, length, meta | OUT_OF_LINE, 0, timeoutMs);
}

/**
 * Puts as many as there is room for of the `count` records that lie one behind the other in the scratch from
 * `from` on, waiting for room for one. How many, or a status.
 */
export function queuePutMany(queue: usize, from: u32, count: i32, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (true) {
    const status = tryPutMany(queue, selfScratch + from, count);
    if (status != Status.TIMEOUT || timeoutMs == 0) {
      if (status < 0 && deadline != UNSET) passOnRoom(queue);
      return status;
    }
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitRoom(queue, deadline);
    if (able != Status.OK) return able;
  }
}

// ── get ──────────────────────────────────────────────────────────────────────────────────────────────

/** What a try that found nothing comes to. */
export function nothing(queue: usize): i32 {
  // ORDERING: `closed` is set under the tail lock, so after it nothing is published; look at the tail once
  // more.
  if (!load(queue + offsetof<Queue>('closed'))) return Status.TIMEOUT;
  return queueSize(queue) == 0 ? <i32>Status.SHUTDOWN : <i32>Status.TIMEOUT;
}

/** One try: the record's meta, its length and payload in the scratch; TIMEOUT (it is empty), SHUTDOWN. */
function tryGet(queue: usize): i32 {
  const meta = isFifo(queue) ? fifoGet(queue) : singleLockGet(queue);
  if (meta < 0) return nothing(queue);
  eventCountNotify(queue + QUEUE_NOT_FULL, 1);
  return meta;
}

/** One try: up to `most` records into the scratch; how many, TIMEOUT, SHUTDOWN, NOT_NUMBER. */
function tryGetMany(queue: usize, most: i32, numbers: bool): i32 {
  const count = isFifo(queue) ? fifoGetMany(queue, most, numbers) : singleLockGetMany(queue, most, numbers);
  if (count < 0) return count == Status.TIMEOUT ? nothing(queue) : count;
  eventCountNotify(queue + QUEUE_NOT_FULL, count);
  return count;
}

export function isIdle(queue: usize): bool {
  return queueSize(queue) == 0 && !load(queue + offsetof<Queue>('closed'));
}

export function awaitItem(queue: usize, deadline: f64): i32 {
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

/**
 * Takes an item: its meta (never negative), with its length in the scratch's first word and its payload after
 * the header. TIMEOUT, SHUTDOWN, WOULD_BLOCK.
 */
export function queueGet(queue: usize, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (true) {
    const status = tryGet(queue);
    if (status != Status.TIMEOUT || timeoutMs == 0) return status;
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitItem(queue, deadline);
    if (able != Status.OK) return able;
  }
}

function getMany(queue: usize, most: i32, numbers: bool, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (true) {
    const status = tryGetMany(queue, most, numbers);
    if (status != Status.TIMEOUT || timeoutMs == 0) {
      // Woken for an item that it leaves: the next one shall look.
      if (status == Status.NOT_NUMBER && deadline != UNSET) eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);
      return status;
    }
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitItem(queue, deadline);
    if (able != Status.OK) return able;
  }
}

/**
 * Takes up to `most` items at once into the scratch, one record behind the other, waiting for the first. How
 * many, or a status.
 */
export function queueGetMany(queue: usize, most: i32, timeoutMs: f64): i32 {
  return getMany(queue, most, false, timeoutMs);
}

/** The same, up to the first item that is no number; NOT_NUMBER: that is the first. */
export function queueGetNumbers(queue: usize, most: i32, timeoutMs: f64): i32 {
  return getMany(queue, most, true, timeoutMs);
}

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────────

/** Items in the queue at one moment of the call. */
export function queueSize(queue: usize): i32 {
  return isFifo(queue) ? fifoSize(queue) : singleLockSize(queue);
}

export function queueIsShutDown(queue: usize): bool {
  return load(queue + offsetof<Queue>('closed')) != 0;
}

/**
 * Nothing goes in from now on; `immediate`: what is in is dropped and counted off. Everybody who waits looks
 * again.
 */
export function queueShutdown(queue: usize, immediate: bool): void {
  if (isFifo(queue)) fifoShutdown(queue, immediate);
  else singleLockShutdown(queue, immediate);
  eventCountWakeAll(queue + QUEUE_NOT_EMPTY);
  eventCountWakeAll(queue + QUEUE_NOT_FULL);
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

export function queueWakeAll(queue: usize): void {
  lockWakeAll(queue + QUEUE_TAIL);
  lockWakeAll(queue + QUEUE_HEAD);
  eventCountWakeAll(queue + QUEUE_NOT_EMPTY);
  eventCountWakeAll(queue + QUEUE_NOT_FULL);
  eventCountWakeAll(joinCount(queue));
}
