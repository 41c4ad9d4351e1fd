/**
 * Gates and event counts: sleeping for something that is not one word's value.
 *
 * Ancestry: Vyukov's eventcount, folly/synchronization/EventCount.h; the separate word for async waiters is
 * ours (the argument below).
 *
 * | structure  | words         | who sleeps               | who is woken                |
 * | ---------- | ------------- | ------------------------ | --------------------------- |
 * | Gate       | seq, waiters  | event loops (waitAsync)  | all, whenever it opens      |
 * | EventCount | seq, waiters  | blocked workers          | as many as there are items  |
 * |            | + a Gate      | event loops              | all                         |
 *
 * No wake-up is lost: the waiter adds itself to `waiters`, then reads `seq`, then tries; the poster makes the
 * thing true, then reads `waiters`.
 * If the poster saw no waiter, the waiter's try came after and succeeds. If it saw one, `seq` changed: before
 * the waiter read it (then its try succeeds), or after (then the engine's compare fails, or the sleeper is
 * woken).
 *
 * Who is woken is taken off `waiters` by the waker, and everybody else leaves by himself: a woken worker may
 * take 50 µs to run, and would have every post meanwhile notify for nothing (100 ns each). Before it sleeps
 * again it adds itself again, and tries again.
 *
 * Blocked workers and event loops sleep on different words because an event loop whose thread is busy would
 * hold up the wake-up that a blocked worker needs. An async waiter that gives up opens its gate, which
 * withdraws its leftover wait from the engine's list.
 *
 * Death: the dead waiter stays counted, as do those whom a dead waker woke, which costs the posters a notify
 * that wakes nobody. The reaper opens every gate and event count.
 *
 * Between processes blocked workers sleep in the kernel, and each process's event loops in a list of its own.
 * Who opens a gate wakes those of its own process. They are no longer counted then; if others are left, it
 * rings (doorbell.ts), and each process takes off the count whom it has woken itself (`gateWakeHere`). A dead
 * waiter that stays counted costs more there: a call of the kernel for each post.
 */
import { add, load, notify, notifyHere } from '../atomics';
import { EventCount, Gate } from '../layout';
import { ringFor } from './doorbell';
import { Parked, park } from './park';

export const ALL: i32 = -1;

export function gateEnter(gate: usize): void {
  add(gate + offsetof<Gate>('waiters'), 1);
}

export function gateLeave(gate: usize): void {
  add(gate + offsetof<Gate>('waiters'), -1);
}

/** Wakes every async waiter, if there is one. */
export function gateOpen(gate: usize): void {
  if (load(gate + offsetof<Gate>('waiters')) > 0) gateWakeAll(gate);
}

/** Wakes every async waiter, counted or not. */
export function gateWakeAll(gate: usize): void {
  add(gate + offsetof<Gate>('seq'), 1);
  gateWakeHere(gate);
  ringFor(gate + offsetof<Gate>('waiters'));
}

/** Wakes this process's own async waiters, when its ear has heard the doorbell. */
export function gateWakeHere(gate: usize): void {
  const woken = notifyHere(gate + offsetof<Gate>('seq'), ALL);
  if (woken) add(gate + offsetof<Gate>('waiters'), -woken);
}

/** Wakes up to `count` sleepers on `word`, who are no longer counted then. */
export function wake(word: usize, waiters: usize, count: i32): void {
  const woken = notify(word, count);
  if (woken) add(waiters, -woken);
}

export function eventCountGate(ec: usize): usize {
  return ec + offsetof<EventCount>('gateSeq');
}

/** Something became true for up to `count` waiters. */
export function eventCountNotify(ec: usize, count: i32): void {
  if (load(ec + offsetof<EventCount>('waiters')) > 0) {
    add(ec + offsetof<EventCount>('seq'), 1);
    wake(ec + offsetof<EventCount>('seq'), ec + offsetof<EventCount>('waiters'), count);
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

/** Sleeps while `seq` is `epoch`; afterwards the caller is not counted any more, whatever ended it. */
export function eventCountWait(ec: usize, epoch: i32, deadline: f64): i32 {
  const result = park(ec + offsetof<EventCount>('seq'), epoch, deadline);
  if (result != Parked.WOKEN) eventCountLeave(ec);
  return result;
}

export function eventCountWakeAll(ec: usize): void {
  add(ec + offsetof<EventCount>('seq'), 1);
  wake(ec + offsetof<EventCount>('seq'), ec + offsetof<EventCount>('waiters'), ALL);
  gateWakeAll(eventCountGate(ec));
}
