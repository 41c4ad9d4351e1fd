/**
 * A mutex to try the harness on: Drepper's, with the owner in the word, a timed wait, a gate for async
 * waiters, and a reaper.
 *
 * | word     | meaning                                            |
 * | -------- | -------------------------------------------------- |
 * | +0 word  | owner, CONTENDED: somebody may sleep, ABANDONED    |
 * | +4 seq   | async waiters sleep here, and are all woken        |
 * | +8 waits | how many async waiters there are                   |
 */
import { add, cas, load, notify, now, pause, wait, xchg } from './atomics';

const CONTENDED: i32 = 1 << 31;
const ABANDONED: i32 = 1 << 30;
const OWNER: i32 = 0xffff;

const OK: i32 = 0;
const OWNER_DIED: i32 = 1;
const TIMEOUT: i32 = 2;

let self: i32 = 0;
/** Of no use but to be a global of each kind. */
let acquired: i64 = 0;
let latest: f64 = 0;

export function become(id: i32): void {
  self = id;
}

export function whoAmI(): i32 {
  return self;
}

export function howOften(): i32 {
  return <i32>acquired + <i32>latest;
}

function isFree(word: i32): bool {
  return (word & OWNER) === 0 || (word & ABANDONED) !== 0;
}

/** `timeoutMs` below 0: for ever. */
export function acquire(lock: usize, timeoutMs: f64): i32 {
  if (cas(lock, 0, self) === 0) return OK;
  const deadline = timeoutMs < 0 ? Infinity : now() + timeoutMs;
  let parked = 0;
  let timedOut = false;
  while (true) {
    const word = load(lock);
    if (isFree(word)) {
      if (cas(lock, word, self | parked | (word & CONTENDED)) === word) return word & ABANDONED ? OWNER_DIED : OK;
      continue;
    }
    if (!(word & CONTENDED) && cas(lock, word, word | CONTENDED) !== word) continue;
    if (timedOut) return TIMEOUT;
    const left = deadline - now();
    const result = left <= 0 ? 2 : wait(lock, word | CONTENDED, left === Infinity ? -1 : <i64>(left * 1e6));
    if (result !== 1) parked = CONTENDED;
    if (result === 2) timedOut = true;
  }
}

export function release(lock: usize): void {
  const word = xchg(lock, 0);
  if (word & CONTENDED) wake(lock);
}

function wake(lock: usize): void {
  notify(lock, 1);
  if (load(lock + 8) > 0) {
    add(lock + 4, 1);
    notify(lock + 4, -1);
  }
}

/** For async waiters: takes it, or marks that somebody waits. */
export function tryOrMark(lock: usize): i32 {
  while (true) {
    const word = load(lock);
    if (isFree(word)) {
      if (cas(lock, word, self | (word & CONTENDED)) === word) return OK;
    } else if (word & CONTENDED || cas(lock, word, word | CONTENDED) === word) return TIMEOUT;
  }
}

/** Never sleeps. */
export function acquireSpinning(lock: usize): void {
  while (cas(lock, 0, self) !== 0) pause();
}

/** Spins `polls` times, then gives up. */
export function trySpinning(lock: usize, polls: i32): i32 {
  for (let i = 0; i < polls; i++) {
    if (cas(lock, 0, self) === 0) return OK;
    pause();
  }
  return TIMEOUT;
}

/** `dead` is no more: frees what it held, and wakes everybody in case a wake-up died with it. */
export function reap(lock: usize, dead: i32): void {
  while (true) {
    const word = load(lock);
    if ((word & OWNER) !== dead || (word & ABANDONED) !== 0) break;
    if (cas(lock, word, word | ABANDONED) === word) break;
  }
  notify(lock, -1);
}

/** Takes it, for as long as it takes to note that in the globals. */
export function acquireAndNote(lock: usize): void {
  acquire(lock, -1);
  acquired += 1;
  latest += 1;
}
