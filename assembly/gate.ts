/**
 * Gates and event counts: sleeping for something that is not one word's value.
 *
 * Ancestry: Vyukov's eventcount, folly/synchronization/EventCount.h; the separate word for async waiters is ours (the argument below).
 *
 * | structure  | words         | who sleeps               | who is woken                |
 * | ---------- | ------------- | ------------------------ | --------------------------- |
 * | Gate       | seq, waiters  | event loops (waitAsync)  | all, whenever it opens      |
 * | EventCount | seq, waiters  | blocked workers          | as many as there are items  |
 * |            | + a Gate      | event loops              | all                         |
 *
 * No wake-up is lost: the waiter adds itself to `waiters`, then reads `seq`, then tries; the poster makes the thing true, then reads `waiters`.
 * If the poster saw no waiter, the waiter's try came after and succeeds. If it saw one, `seq` changed: before the waiter read it
 * (then its try succeeds), or after (then the engine's compare fails, or the sleeper is woken).
 *
 * Blocked workers and event loops sleep on different words because an event loop whose thread is busy would hold up the wake-up
 * that a blocked worker needs. An async waiter that gives up opens its gate, which withdraws its leftover wait from the engine's list.
 *
 * Death: the dead waiter stays counted, which costs its posters a notify that wakes nobody. The reaper opens every gate and event count.
 */
import { add, load, notify } from './atomics';
import { EventCount, Gate } from './layout';

export const ALL: i32 = -1;

export function gateEnter(gate: usize): void {
  add(gate + offsetof<Gate>('waiters'), 1);
}

export function gateLeave(gate: usize): void {
  add(gate + offsetof<Gate>('waiters'), -1);
}

/** Wakes every async waiter, if there is one. */
export function gateOpen(gate: usize): void {
  if (load(gate + offsetof<Gate>('waiters')) > 0) gateKick(gate);
}

/** Wakes every async waiter, counted or not. */
export function gateKick(gate: usize): void {
  add(gate + offsetof<Gate>('seq'), 1);
  notify(gate + offsetof<Gate>('seq'), ALL);
}

export function eventCountGate(ec: usize): usize {
  return ec + offsetof<EventCount>('gateSeq');
}

/** Something became true for up to `count` waiters. */
export function eventCountNotify(ec: usize, count: i32): void {
  if (load(ec + offsetof<EventCount>('waiters')) > 0) {
    add(ec + offsetof<EventCount>('seq'), 1);
    notify(ec + offsetof<EventCount>('seq'), count);
  }
  gateOpen(eventCountGate(ec));
}

export function eventCountEnter(ec: usize): void {
  add(ec + offsetof<EventCount>('waiters'), 1);
}

export function eventCountLeave(ec: usize): void {
  add(ec + offsetof<EventCount>('waiters'), -1);
}

export function eventCountEpoch(ec: usize): i32 {
  return load(ec + offsetof<EventCount>('seq'));
}

export function eventCountKick(ec: usize): void {
  add(ec + offsetof<EventCount>('seq'), 1);
  notify(ec + offsetof<EventCount>('seq'), ALL);
  gateKick(eventCountGate(ec));
}
