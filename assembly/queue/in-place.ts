/**
 * Bytes in place: a producer writes an item where it is sent from, a consumer reads it where it was received.
 *
 * Ancestry: claim and publish of the LMAX Disruptor; loan and publish, take and release of DDS and iceoryx.
 *
 * | call         | what                                                                                     |
 * | ------------ | ---------------------------------------------------------------------------------------- |
 * | queueReserve | waits for room, and lends a slot                                                         |
 * | queueCommit  | puts what is in the slot, waiting for room if others have filled the queue meanwhile     |
 * | queueLease   | takes an item that is bytes, waiting for one, and lends it                               |
 * | queueGetInto | takes an item that is bytes, waiting for one, and copies it to where the caller says     |
 *
 * What is lent is a loan (heap/loan.ts). Up to INLINE_MAX bytes it is a stage, from which the ring gets a
 * copy: a place of the ring itself would hold up all that is put or taken behind it, for as long as a user
 * likes. A larger one is the item's block, and nothing is copied.
 *
 * A slot is no place in the queue: `maxsize` counts items. So who reserves and goes away holds nobody up.
 *
 * A consumer here may refuse: what is not bytes, or is longer than there is room for, stays where it is.
 *
 * No wake-up is lost: as in queue.ts. Whoever was woken and does not use what it was woken for wakes the next
 * one: a producer that has reserved, since it may take its time, and a consumer that refuses.
 *
 * Death: a loan is on its worker's list; an item changes hands as any does (fifo.ts, single-lock.ts).
 */
import { Encoding, Meta, Status } from '../abi';
import { copy, load, loadPlain, storePlain } from '../atomics';
import { inFlightBlock } from '../heap/in-flight';
import { loanBlock, loanEnd, loanPayload, stageReady, stageTake } from '../heap/loan';
import { RECORD } from '../heap/record';
import { QUEUE_NOT_EMPTY, QUEUE_NOT_FULL, Queue } from '../layout';
import { INLINE_MAX } from '../limits';
import { eventCountNotify } from '../waiting/event-count';
import { deadlineAfter, selfScratch } from '../waiting/park';
import { fifoHasRoom, fifoTakeBytes } from './fifo-bytes';
import { awaitItem, awaitRoom, isFifo, isFull, isIdle, nothing, passOnRoom, put, queuePutBlock, UNSET } from './queue';
import { singleLockTakeBytes } from './single-lock';

// ── putting ──────────────────────────────────────────────────────────────────────────────────────────

/** Waits until there is room, which is then anybody's: OK, TIMEOUT, SHUTDOWN, WOULD_BLOCK. */
function findRoom(queue: usize, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (!(isFifo(queue) && fifoHasRoom(queue)) && isFull(queue)) {
    if (timeoutMs == 0) return Status.TIMEOUT;
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitRoom(queue, deadline);
    if (able != Status.OK) return able;
  }
  if (deadline != UNSET) passOnRoom(queue);
  return load(queue + offsetof<Queue>('closed')) ? <i32>Status.SHUTDOWN : <i32>Status.OK;
}

/**
 * A slot for `length` bytes, once there is room: the loan, with the address of its payload in the scratch's
 * first word. TIMEOUT, SHUTDOWN, NO_MEMORY, WOULD_BLOCK.
 */
export function queueReserve(queue: usize, length: u32, timeoutMs: f64): i32 {
  const status = findRoom(queue, timeoutMs);
  if (status != Status.OK) return status;
  const loan = length <= INLINE_MAX ? stageReady() : loanBlock(length);
  if (!loan) return Status.NO_MEMORY;
  storePlain(selfScratch, <i32>loanPayload(loan));
  if (length <= INLINE_MAX) stageTake();
  return <i32>loan;
}

/**
 * Puts the first `length` bytes of a slot. OK: the slot is no more; TIMEOUT, SHUTDOWN, NO_MEMORY,
 * WOULD_BLOCK: it is as it was.
 */
export function queueCommit(queue: usize, slot: usize, length: u32, timeoutMs: f64): i32 {
  if (length > INLINE_MAX) return queuePutBlock(queue, inFlightBlock(slot), slot, length, Encoding.BYTES, timeoutMs);
  const status = put(queue, loanPayload(slot) - RECORD, length, Encoding.BYTES, 0, timeoutMs);
  if (status == Status.OK) loanEnd(slot);
  return status;
}

/**
 * Puts bytes that lie anywhere in the heap, at most INLINE_MAX of them: those up to the next multiple of 8
 * are read, too. As `queuePut`.
 */
export function queuePutFrom(queue: usize, from: usize, length: u32, timeoutMs: f64): i32 {
  return put(queue, from - RECORD, length, Encoding.BYTES, 0, timeoutMs);
}

// ── taking ───────────────────────────────────────────────────────────────────────────────────────────

/**
 * One try: the length of an item that is at most `most` bytes long. Its bytes are at `to`, or, if they are
 * more than INLINE_MAX, in the block whose address is in the scratch's first word (0: there is none).
 * TIMEOUT (it is empty), SHUTDOWN; NOT_BYTES, TOO_LONG (the first word is its length): it stays where it is.
 */
function tryTakeBytes(queue: usize, to: usize, most: u32): i32 {
  const length = isFifo(queue) ? fifoTakeBytes(queue, to, most) : singleLockTakeBytes(queue, to, most);
  if (length >= 0) eventCountNotify(queue + QUEUE_NOT_FULL, 1);
  return length == Status.TIMEOUT ? nothing(queue) : length;
}

function takeBytes(queue: usize, to: usize, most: u32, timeoutMs: f64): i32 {
  let deadline = UNSET;
  while (true) {
    const status = tryTakeBytes(queue, to, most);
    if (status != Status.TIMEOUT || timeoutMs == 0) {
      // Woken for an item, and it is still there: somebody else may want it.
      if (status < 0 && deadline != UNSET && !isIdle(queue)) eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);
      return status;
    }
    if (deadline == UNSET) deadline = deadlineAfter(timeoutMs);
    const able = awaitItem(queue, deadline);
    if (able != Status.OK) return able;
  }
}

/**
 * Takes an item that is bytes, and lends it: the loan, with its length and the address of its payload in the
 * scratch's first words. TIMEOUT, SHUTDOWN, NO_MEMORY, WOULD_BLOCK; NOT_BYTES: it stays where it is.
 */
export function queueLease(queue: usize, timeoutMs: f64): i32 {
  const stage = stageReady();
  if (!stage) return Status.NO_MEMORY;
  const length = takeBytes(queue, loanPayload(stage), <u32>i32.MAX_VALUE, timeoutMs);
  if (length < 0) return length;
  const block = <usize>(<u32>loadPlain(selfScratch));
  storePlain(selfScratch, length);
  if (block) {
    storePlain(selfScratch + 4, <i32>(block + <usize>Meta.BLOCK_HEADER));
    return <i32>block;
  }
  storePlain(selfScratch + 4, <i32>loanPayload(stage));
  stageTake();
  return <i32>stage;
}

/**
 * Takes an item that is at most `most` bytes: its length. They are copied to `to` of the heap. `to` is 0:
 * they are in the scratch behind a header, or in the block whose address is in the scratch's first word (0:
 * there is none), which is the caller's to give back. TIMEOUT, SHUTDOWN, WOULD_BLOCK; NOT_BYTES, TOO_LONG
 * (the scratch's first word is its length): it stays where it is.
 */
export function queueGetInto(queue: usize, to: usize, most: u32, timeoutMs: f64): i32 {
  const length = takeBytes(queue, to ? to : selfScratch + RECORD, most, timeoutMs);
  if (length < 0 || !to) return length;
  const block = <usize>(<u32>loadPlain(selfScratch));
  if (!block) return length;
  copy(to, block + <usize>Meta.BLOCK_HEADER, length);
  loanEnd(block);
  return length;
}
