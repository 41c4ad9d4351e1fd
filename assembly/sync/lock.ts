/**
 * Lock: one word that says who holds it.
 *
 * Ancestry: Drepper, "Futexes are tricky" (mutex2); Rust's std sys/sync/mutex/futex.rs for the shape of the
 * slow path; the owner in the word from musl's and glibc's robust mutexes.
 *
 *     ╒═ 31 ══════╤═ 30 ══════╤═ 29 ══╤═ 28 … 0 ══════════════════╕
 *     │ CONTENDED │ ABANDONED │   -   │ owner's worker id, 0: free │
 *     ╘═══════════╧═══════════╧═══════╧════════════════════════════╛
 *
 * | word              | meaning                                                    |
 * | ----------------- | ---------------------------------------------------------- |
 * | 0                 | free, nobody sleeps (a woken waiter may be on its way)     |
 * | owner             | held, nobody sleeps                                        |
 * | owner, CONTENDED  | held, somebody may sleep on the word or at the gate        |
 * | owner, ABANDONED  | the owner died holding it (with CONTENDED or without)      |
 *
 * I1  A worker enqueues only while the word equals owner|CONTENDED: the engine compares under its own mutex.
 * I2  CONTENDED is cleared only by the release, which then wakes one sleeper and opens the gate.
 * I3  Who was parked takes the lock WITH CONTENDED; who gives up has set CONTENDED first.
 * So sleepers imply CONTENDED, or a wake-up on its way to a worker that will set it: no wake-up is lost.
 *
 * Barging: a newcomer may overtake a woken waiter. Sleepers are woken first in, first out.
 *
 * Death of the owner: the reaper turns owner into owner|ABANDONED and wakes everybody. A lock with TAKE_OVER
 * (all internal ones) then goes to the next acquirer, who is told OWNER_DIED and repairs what the lock
 * guards; any other lock stays broken until `lockReset`.
 * Death of a waiter: harmless, or it had been woken: the reaper's wakeAll wakes the others.
 * Death between the release and the notify: the word is 0 and somebody sleeps; wakeAll again.
 */
import { LockFlag, Status } from '../abi';
import { cas, load, loadPlain, notify, pause, xchg } from '../atomics';
import { Check } from '../checks';
import { Lock, Slot } from '../layout';
import { SLOT_BITS } from '../limits';
import { gateOpen, gateWakeAll } from '../waiting/event-count';
import { deadlineAfter, FOREVER, Parked, park, self, slots, slotWith, spinBudget, spinLearn } from '../waiting/park';

export const CONTENDED: i32 = 1 << 31;
export const ABANDONED: i32 = 1 << 30;
export const OWNER: i32 = (1 << 29) - 1;
const NEVER_SET: i32 = 1 << 29;

/** Flag: an abandoned lock goes to the next acquirer. */
export const TAKE_OVER: i32 = LockFlag.TAKE_OVER;

let estimate: i32 = 0;

export function ownerOf(word: i32): i32 {
  return word & ABANDONED ? 0 : word & OWNER;
}

export function lockGate(lock: usize): usize {
  return lock + offsetof<Lock>('gateSeq');
}

/** OK, TIMEOUT, OWNER_DIED (held if TAKE_OVER, otherwise not), WOULD_BLOCK. `timeoutMs` 0: one try. */
export function lockAcquire(lock: usize, timeoutMs: f64): i32 {
  return lockIfFree(lock) ? <i32>Status.OK : lockAcquireSlow(lock, timeoutMs);
}

/** Takes it if nobody has it and all is well with it. It never traps: whoever calls it needs no net. */
export function lockIfFree(lock: usize): bool {
  return cas(lock, 0, self) == 0;
}

function lockAcquireSlow(lock: usize, timeoutMs: f64): i32 {
  if (timeoutMs == 0) return tryAcquire(lock, 0);
  if (spin(lock)) return Status.OK;
  const deadline = deadlineAfter(timeoutMs);
  let parked = 0;
  let timedOut = false;
  while (true) {
    const word = load(lock);
    if (ownerOf(word) == 0) {
      const status = tryAcquire(lock, parked);
      if (status != Status.TIMEOUT) return status;
      continue;
    }
    if (!(word & CONTENDED) && cas(lock, word, word | CONTENDED) != word) continue;
    checkOwner(lock, word | CONTENDED);
    if (timedOut) return Status.TIMEOUT;
    const result = park(lock, word | CONTENDED, deadline);
    if (result == Parked.REFUSED) return Status.WOULD_BLOCK;
    if (result != Parked.CHANGED) parked = CONTENDED;
    if (result == Parked.TIMED_OUT) timedOut = true;
  }
}

/** One try that also takes over; `mark` is CONTENDED if the caller has slept. TIMEOUT: somebody holds it. */
function tryAcquire(lock: usize, mark: i32): i32 {
  while (true) {
    const word = load(lock);
    if (word & ABANDONED && !(load(lock + offsetof<Lock>('flags')) & TAKE_OVER)) return Status.OWNER_DIED;
    if (ownerOf(word) != 0) return Status.TIMEOUT;
    if (cas(lock, word, self | mark | (word & CONTENDED)) == word) return word & ABANDONED ? Status.OWNER_DIED : Status.OK;
  }
}

/**
 * Loads only while it is held (Rust's std), and gives up where others already sleep: spinning past them would
 * be unfair and wasteful.
 */
function spin(lock: usize): bool {
  const budget = spinBudget(estimate);
  for (let i = 0; i < budget; i++) {
    const word = load(lock);
    if (word == 0) {
      if (cas(lock, 0, self) == 0) {
        estimate = spinLearn(estimate, budget, i, true);
        return true;
      }
    } else if (word & (CONTENDED | ABANDONED)) break;
    pause();
  }
  estimate = spinLearn(estimate, budget, budget, false);
  return false;
}

/** The async twin's try: takes the lock, or marks that somebody waits at the gate and answers TIMEOUT. */
export function lockTryOrMark(lock: usize): i32 {
  while (true) {
    const status = tryAcquire(lock, 0);
    if (status != Status.TIMEOUT) return status;
    const word = load(lock);
    if (ownerOf(word) == 0) continue;
    checkOwner(lock, word);
    if (word & CONTENDED || cas(lock, word, word | CONTENDED) == word) return Status.TIMEOUT;
  }
}

/**
 * Before a wait: whether there is, or ever was, a worker that could hold the lock. A Lock may be held by one
 * that has ended. ORDERING: plain: the owner had its slot before it took the lock, whose word was read before
 * this.
 */
function checkOwner(lock: usize, word: i32): void {
  const owner = word & OWNER;
  const slot = slotWith(owner);
  if (!slots || loadPlain(slot + offsetof<Slot>('tid')) == owner) return;
  // It has given the lock back meanwhile, and its slot.
  if (load(lock) != word) return;
  const sequence = owner >> SLOT_BITS;
  const isPast = sequence > 0 && sequence <= loadPlain(slot + offsetof<Slot>('sequence'));
  Check.that(isPast && !(word & NEVER_SET), lock);
}

/** OK; NOT_OWNER: it is free; OWNER_DIED: it is broken. Any worker may release, as in Python. */
export function lockRelease(lock: usize): i32 {
  while (true) {
    const word = load(lock);
    if (word & ABANDONED) return Status.OWNER_DIED;
    if ((word & OWNER) == 0) return Status.NOT_OWNER;
    // No exchange: between the look and it another release may have been faster, or the reaper, whose
    // ABANDONED must stay.
    if (cas(lock, word, 0) != word) continue;
    if (word & CONTENDED) lockWake(lock);
    return Status.OK;
  }
}

/** For locks that only their owner releases: an exchange, no look. */
// @inline
export function unlock(lock: usize): void {
  if (xchg(lock, 0) & CONTENDED) lockWake(lock);
}

function lockWake(lock: usize): void {
  notify(lock, 1);
  gateOpen(lockGate(lock));
}

/**
 * Takes an internal lock. True: its owner died, repair what it guards. On a thread that must not sleep this
 * spins until it has it.
 */
export function lockInternal(lock: usize): bool {
  if (cas(lock, 0, self) == 0) return false;
  // Held by this very worker, which runs: the call that took it was cut off (lifecycle/cut-off.ts).
  if ((load(lock) & (OWNER | ABANDONED)) == self) return true;
  while (true) {
    const status = lockAcquireSlow(lock, FOREVER);
    if (status != Status.WOULD_BLOCK) return status == Status.OWNER_DIED;
    pause();
  }
}

/** The same, put in place, for what takes a lock in every call: 1.5 ns less. */
// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
export class Internal {
  @inline
  static lock(lock: usize): bool {
    return cas(lock, 0, self) != 0 && lockInternal(lock);
  }
}

/** The worker that holds it, or 0; an abandoned lock is held by nobody. */
export function lockOwner(lock: usize): i32 {
  return ownerOf(load(lock));
}

/** The dead worker that holds it, or 0. */
export function lockDeadOwner(lock: usize): i32 {
  const word = load(lock);
  return word & ABANDONED ? word & OWNER : 0;
}

/** Makes a broken lock whole and free; nothing to do for another. */
export function lockReset(lock: usize): void {
  const word = load(lock);
  if (word & ABANDONED && cas(lock, word, 0) == word) lockWakeAll(lock);
}

/** Reaper: `tid` is dead. */
export function lockAbandon(lock: usize, tid: i32): void {
  while (true) {
    const word = load(lock);
    if ((word & OWNER) != tid || word & ABANDONED) return;
    if (cas(lock, word, word | ABANDONED) == word) return;
  }
}

/** Wakes everybody, to look again. */
export function lockWakeAll(lock: usize): void {
  notify(lock, -1);
  gateWakeAll(lockGate(lock));
}
