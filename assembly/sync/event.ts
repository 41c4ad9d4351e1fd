/**
 * Event: a flag to wait for.
 *
 * Ancestry: ours; the generation word answers CPython's rule that a waiter woken by `set()` returns true even
 * if `clear()` follows at once.
 *
 * | word       | meaning                                                        |
 * | ---------- | -------------------------------------------------------------- |
 * | generation | odd: set, even: clear; every change adds one                   |
 * | waiters    | blocked waiters that may sleep on `generation`                 |
 * | gate       | async waiters                                                  |
 *
 * A flag instead of a generation would put a waiter back to sleep when `set(); clear()` both pass before it
 * runs. The generation wraps after 2^31 such pairs between two steps of one waiter.
 *
 * No wake-up is lost: the waiter read an even generation and sleeps only while it is still that one; `set`
 * changes it before it notifies.
 * Death of a waiter: it stays counted, a `set` notifies for nothing. `set` never waits for anybody.
 */
import { Status } from '../abi';
import { add, cas, load, notify } from '../atomics';
import { Event } from '../layout';
import { ALL, gateOpen, gateWakeAll } from '../waiting/event-count';
import { deadlineAfter, Parked, park } from '../waiting/park';

export function eventGate(event: usize): usize {
  return event + offsetof<Event>('gateSeq');
}

export function eventGeneration(event: usize): i32 {
  return load(event);
}

export function eventIsSet(event: usize): bool {
  return (load(event) & 1) != 0;
}

export function eventSet(event: usize): void {
  while (true) {
    const generation = load(event);
    if (generation & 1) return;
    if (cas(event, generation, generation + 1) == generation) break;
  }
  if (load(event + offsetof<Event>('waiters')) > 0) notify(event, ALL);
  gateOpen(eventGate(event));
}

export function eventClear(event: usize): void {
  while (true) {
    const generation = load(event);
    if (!(generation & 1)) return;
    if (cas(event, generation, generation + 1) == generation) return;
  }
}

/** OK: it was set at some moment of the wait. TIMEOUT, WOULD_BLOCK. */
export function eventWait(event: usize, timeoutMs: f64): i32 {
  const generation = load(event);
  if (generation & 1) return Status.OK;
  if (timeoutMs == 0) return Status.TIMEOUT;
  const deadline = deadlineAfter(timeoutMs);
  const waiters = event + offsetof<Event>('waiters');
  add(waiters, 1);
  let status: i32 = Status.OK;
  let last = false;
  while (load(event) == generation) {
    if (last) {
      status = Status.TIMEOUT;
      break;
    }
    const result = park(event, generation, deadline);
    if (result == Parked.REFUSED) {
      status = Status.WOULD_BLOCK;
      break;
    }
    last = result == Parked.TIMED_OUT;
  }
  add(waiters, -1);
  return status;
}

export function eventWakeAll(event: usize): void {
  notify(event, ALL);
  gateWakeAll(eventGate(event));
}
