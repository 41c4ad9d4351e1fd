/**
 * Watching: sleeping until one of several things is ready, which one word cannot say.
 *
 * Ancestry: Vyukov's eventcount (see event-count.ts), one for everything that is watched.
 *
 * | word           | meaning                                                           |
 * | -------------- | ----------------------------------------------------------------- |
 * | root.multiWaitSeq  | changes whenever something that is watched may have become ready  |
 * | root.watchers  | workers that may sleep on it                                      |
 *
 * A watcher is counted at the gate of each thing that it watches, like an event loop that waits there, then
 * here, then reads the sequence, then looks at the things. Who makes one of them ready looks at that thing's
 * gate and, when somebody is counted there, comes here.
 * All watchers of the program sleep on one word: one that is woken for another's sake looks and sleeps again.
 * Things that nobody watches cost nothing.
 *
 * No wake-up is lost: if who made it ready saw nobody at the gate, the watcher came later, and sees it. If he
 * saw somebody but nobody here, likewise.
 * If he saw both, the sequence changed: before the watcher read it (then it sees the thing), or after (then
 * it does not sleep, or is woken).
 *
 * Death of a watcher: it stays counted, which costs a notify for nothing. Death of who made something ready:
 * the reaper's wakeAll.
 */
import { add, load, notify } from '../atomics';
import { Root } from '../layout';
import { ROOT } from '../limits';
import { ALL } from './event-count';
import { afterPark, deadlineAfter, park } from './park';

const SEQ: usize = ROOT + offsetof<Root>('multiWaitSeq');
const WATCHERS: usize = ROOT + offsetof<Root>('watchers');

export function multiWaitEnter(): void {
  add(WATCHERS, 1);
}

export function multiWaitLeave(): void {
  add(WATCHERS, -1);
}

export function multiWaitEpoch(): i32 {
  return load(SEQ);
}

/** Sleeps while the sequence is `epoch`. OK: look again; TIMEOUT, WOULD_BLOCK. */
export function multiWaitPark(epoch: i32, timeoutMs: f64): i32 {
  return afterPark(park(SEQ, epoch, deadlineAfter(timeoutMs)), load(SEQ) != epoch);
}

/** Something that is watched may be ready. */
export function multiWaitWake(): void {
  if (load(WATCHERS) > 0) multiWaitWakeAll();
}

export function multiWaitWakeAll(): void {
  add(SEQ, 1);
  notify(SEQ, ALL);
}
