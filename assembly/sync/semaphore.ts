/**
 * Semaphore and BoundedSemaphore.
 *
 * Ancestry: glibc's nptl/sem_waitcommon.c, with its value and waiter count in two words instead of one of 64
 * bits (what that buys, freeing the semaphore right after the last wait, is not needed here).
 *
 * | word    | meaning                                                           |
 * | ------- | ----------------------------------------------------------------- |
 * | permits | how many acquires may pass now, never below 0                     |
 * | waiters | blocked acquirers that may sleep on `permits`, but for the woken  |
 * | gate    | async acquirers                                                   |
 * | limit   | BoundedSemaphore: the start value                                 |
 *
 * No wake-up is lost: the acquirer counts itself in `waiters`, then reads `permits`; the releaser adds to
 * `permits`, then reads `waiters`. One of the two sees the other. The woken are taken off `waiters` by their
 * waker (see event-count.ts). There is no acquire of several permits: a wake-up for one who wants two would
 * be lost on one who wants one.
 *
 * Death of a waiter: it stays counted, so releases notify for nothing; a wake-up it had received is made up
 * for by the reaper's wakeAll.
 * A permit held by a dead worker is not given back: a semaphore has no owner, in Python neither.
 */
import { Status } from '../abi';
import { add, cas, load, store } from '../atomics';
import { Check } from '../checks';
import { Semaphore } from '../layout';
import { ALL, gateOpen, gateWakeAll, wake } from '../waiting/event-count';
import { deadlineAfter, Parked, park } from '../waiting/park';

export function semaphoreInit(semaphore: usize, permits: i32, limit: i32): void {
  store(semaphore, permits);
  store(semaphore + offsetof<Semaphore>('limit'), limit);
}

export function semaphoreGate(semaphore: usize): usize {
  return semaphore + offsetof<Semaphore>('gateSeq');
}

/** Takes a permit if there is one. It never traps: whoever calls it needs no net. */
export function semaphoreIfFree(semaphore: usize): bool {
  while (true) {
    const permits = load(semaphore);
    if (permits <= 0) return false;
    if (cas(semaphore, permits, permits - 1) == permits) return true;
  }
}

/** OK or TIMEOUT. */
export function semaphoreTry(semaphore: usize): i32 {
  if (semaphoreIfFree(semaphore)) return Status.OK;
  Check.that(load(semaphore) >= 0, semaphore);
  return Status.TIMEOUT;
}

/** OK, TIMEOUT, WOULD_BLOCK. */
export function semaphoreAcquire(semaphore: usize, timeoutMs: f64): i32 {
  if (semaphoreTry(semaphore) == Status.OK) return Status.OK;
  if (timeoutMs == 0) return Status.TIMEOUT;
  const deadline = deadlineAfter(timeoutMs);
  const waiters = semaphore + offsetof<Semaphore>('waiters');
  while (true) {
    add(waiters, 1);
    if (semaphoreTry(semaphore) == Status.OK) {
      add(waiters, -1);
      return Status.OK;
    }
    const result = park(semaphore, 0, deadline);
    if (result != Parked.WOKEN) add(waiters, -1);
    if (result == Parked.REFUSED) return Status.WOULD_BLOCK;
    if (result == Parked.TIMED_OUT) return semaphoreTry(semaphore);
  }
}

/** OK, or RANGE when it would pass its limit: then nothing changed. */
export function semaphoreRelease(semaphore: usize, permits: i32): i32 {
  const limit = load(semaphore + offsetof<Semaphore>('limit'));
  while (true) {
    const before = load(semaphore);
    if (permits > limit - before || before < 0) return Status.RANGE;
    if (cas(semaphore, before, before + permits) == before) break;
  }
  if (load(semaphore + offsetof<Semaphore>('waiters')) > 0) wake(semaphore, semaphore + offsetof<Semaphore>('waiters'), permits);
  gateOpen(semaphoreGate(semaphore));
  return Status.OK;
}

export function semaphoreValue(semaphore: usize): i32 {
  return load(semaphore);
}

export function semaphoreWakeAll(semaphore: usize): void {
  wake(semaphore, semaphore + offsetof<Semaphore>('waiters'), ALL);
  gateWakeAll(semaphoreGate(semaphore));
}
