/**
 * Semaphore and BoundedSemaphore.
 *
 * Ancestry: glibc's nptl/sem_waitcommon.c, with its value and waiter count in two words instead of one of 64 bits (what that buys, freeing the semaphore
 * right after the last wait, is not needed here).
 *
 * | word    | meaning                                                           |
 * | ------- | ----------------------------------------------------------------- |
 * | permits | how many acquires may pass now, never below 0                     |
 * | waiters | blocked acquirers that may sleep on `permits`                     |
 * | gate    | async acquirers                                                   |
 * | limit   | BoundedSemaphore: the start value                                 |
 *
 * No wake-up is lost: the acquirer counts itself in `waiters`, then reads `permits`; the releaser adds to `permits`, then reads `waiters`. One of the two
 * sees the other. There is no acquire of several permits: a wake-up for one who wants two would be lost on one who wants one.
 *
 * Death of a waiter: it stays counted, so releases notify for nothing; a wake-up it had received is made up for by the reaper's kick.
 * A permit held by a dead worker is not given back: a semaphore has no owner, in Python neither.
 */
import { Status } from '../abi';
import { add, cas, load, notify, store } from '../atomics';
import { ALL, gateKick, gateOpen } from '../gate';
import { Semaphore } from '../layout';
import { deadlineAfter, Parked, park } from '../park';

export function semaphoreInit(semaphore: usize, permits: i32, limit: i32): void {
  store(semaphore, permits);
  store(semaphore + offsetof<Semaphore>('limit'), limit);
}

export function semaphoreGate(semaphore: usize): usize {
  return semaphore + offsetof<Semaphore>('gateSeq');
}

/** OK or TIMEOUT. */
export function semaphoreTry(semaphore: usize): i32 {
  while (true) {
    const permits = load(semaphore);
    if (permits <= 0) return Status.TIMEOUT;
    if (cas(semaphore, permits, permits - 1) == permits) return Status.OK;
  }
}

/** OK, TIMEOUT, WOULD_BLOCK. */
export function semaphoreAcquire(semaphore: usize, timeoutMs: f64): i32 {
  if (semaphoreTry(semaphore) == Status.OK) return Status.OK;
  if (timeoutMs == 0) return Status.TIMEOUT;
  const deadline = deadlineAfter(timeoutMs);
  const waiters = semaphore + offsetof<Semaphore>('waiters');
  add(waiters, 1);
  let status: i32 = Status.TIMEOUT;
  let last = false;
  while (true) {
    status = semaphoreTry(semaphore);
    if (status == Status.OK || last) break;
    const result = park(semaphore, 0, deadline);
    if (result == Parked.REFUSED) {
      status = Status.WOULD_BLOCK;
      break;
    }
    last = result == Parked.TIMED_OUT;
  }
  add(waiters, -1);
  return status;
}

/** OK, or RANGE when it would pass its limit: then nothing changed. */
export function semaphoreRelease(semaphore: usize, permits: i32): i32 {
  const limit = load(semaphore + offsetof<Semaphore>('limit'));
  while (true) {
    const before = load(semaphore);
    if (permits > limit - before) return Status.RANGE;
    if (cas(semaphore, before, before + permits) == before) break;
  }
  if (load(semaphore + offsetof<Semaphore>('waiters')) > 0) notify(semaphore, permits);
  gateOpen(semaphoreGate(semaphore));
  return Status.OK;
}

export function semaphoreValue(semaphore: usize): i32 {
  return load(semaphore);
}

export function semaphoreKick(semaphore: usize): void {
  notify(semaphore, ALL);
  gateKick(semaphoreGate(semaphore));
}
