/**
 * The unfinished tasks of a queue: what taskDone counts off and join waits for.
 *
 * Ancestry: CPython's queue.Queue, but as the difference of two counters, so that a put does not touch what
 * taskDone writes.
 *
 * | word            | meaning                                                                    |
 * | --------------- | -------------------------------------------------------------------------- |
 * | done            | items counted off; unfinished = items ever put - done, both modulo 2^32    |
 * | join            | event count: nothing is unfinished any more                                |
 *
 * No wake-up is lost: as for every event count (event-count.ts). A put between the last taskDone and its look
 * at the count makes the queue unfinished again, and a joiner that looks then waits on, as in CPython.
 *
 * Most queues are never counted off. Before the difference could wrap it is held back: some 2^30 tasks are
 * taken to be done, of more than three times as many (`tasksSaturate`). So taskDone is never refused for a
 * task that was put, and join does not return because the numbers have come around.
 *
 * Death between counting off the last item and the notify: the reaper's wakeAll wakes the joiners.
 */
import { Status } from '../abi';
import { cas, load } from '../atomics';
import { Check } from '../checks';
import { QUEUE_DONE, QUEUE_TAIL, Queue } from '../layout';
import {
  eventCountEnter,
  eventCountEpoch,
  eventCountGate,
  eventCountLeave,
  eventCountNotify,
  eventCountWait,
} from '../waiting/event-count';
import { afterPark, deadlineAfter } from '../waiting/park';
import { itemsOf, positionOf } from './ring';

/** Items that were put and not yet counted off. */
export function queueUnfinished(queue: usize): u32 {
  // ORDERING: `done` first: it never passes the number of items that were put.
  const done = load(queue + QUEUE_DONE);
  return <u32>(itemsOf(positionOf(queue + QUEUE_TAIL)) - done);
}

export function joinCount(queue: usize): usize {
  return queue + offsetof<Queue>('joinSeq');
}

/** OK, or RANGE: more often than items were put. */
export function queueTaskDone(queue: usize): i32 {
  const word = queue + QUEUE_DONE;
  while (true) {
    const done = load(word);
    if (itemsOf(positionOf(queue + QUEUE_TAIL)) == done) return Status.RANGE;
    if (cas(word, done, done + 1) == done) break;
  }
  if (queueUnfinished(queue) == 0) eventCountNotify(joinCount(queue), -1);
  return Status.OK;
}

/** So many unfinished tasks are held back, of at most 2^32. */
const MOST_UNFINISHED: u32 = 0xc0000000;
const HELD_BACK: i32 = 0x40000000;

/** A put that changes the bits from this one on, of the count of items, is one of those that look. */
const CHECK_SHIFT: i32 = 20;

/** Whether the put that took the tail from one position to another, or the count of items, is such a one. */
export function isTaskCheck(before: i64, after: i64): bool {
  return (before ^ after) >>> (32 + CHECK_SHIFT) != 0;
}

/** Holds the number of unfinished tasks back. Called by a put in 2^20. */
export function tasksSaturate(queue: usize): void {
  const word = queue + QUEUE_DONE;
  while (true) {
    const done = load(word);
    if (queueUnfinished(queue) < MOST_UNFINISHED) return;
    if (cas(word, done, done + HELD_BACK) == done) return;
  }
}

/** OK when nothing is unfinished; TIMEOUT, WOULD_BLOCK. */
export function queueJoin(queue: usize, timeoutMs: f64): i32 {
  if (queueUnfinished(queue) == 0) return Status.OK;
  if (timeoutMs == 0) return Status.TIMEOUT;
  const deadline = deadlineAfter(timeoutMs);
  const ec = joinCount(queue);
  while (true) {
    Check.that(queueUnfinished(queue) <= MOST_UNFINISHED + (<u32>HELD_BACK >> 1), queue + QUEUE_DONE);
    eventCountEnter(ec);
    const epoch = eventCountEpoch(ec);
    if (queueUnfinished(queue) == 0) {
      eventCountLeave(ec);
      return Status.OK;
    }
    const result = eventCountWait(ec, epoch, deadline);
    const status = afterPark(result, queueUnfinished(queue) == 0);
    if (status != Status.OK) return status;
  }
}

export function queueJoinGate(queue: usize): usize {
  return eventCountGate(joinCount(queue));
}
