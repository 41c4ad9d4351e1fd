/**
 * Condition: first in, first out, and exact.
 *
 * Ancestry: CPython's threading.Condition; the argument why one futex word cannot be exact stands in the
 * header of glibc's nptl/pthread_cond_wait.c.
 *
 * Words: a WaitList and the lock that belongs to it (a Lock or an RLock, which the condition keeps alive).
 *
 * wait: append the node, give the lock up, sleep on the node, take the lock back, then look: still listed
 * means a true timeout. notify: take the first n nodes out and wake them. Exactly min(n, waiters) waits
 * succeed, in the order in which they came: whether a waiter was notified or timed out is decided by whether
 * a notifier took its node out, and by nothing else. That is stricter than CPython, where a waiter that times
 * out while a notify is on its way to it may report False although the notify was spent on it.
 *
 * No wake-up is lost: the node is appended while the user's lock is held, so a notifier that takes the lock
 * later sees it.
 * Death of a waiter: the reaper takes its node out, so it is not counted among the n. A notify that it had
 * already received is spent.
 * Death of a notifier: each of the n was notified, or waits on, first in line as before.
 */
import { NodeState, Status } from '../abi';
import { load, loadPlain } from '../atomics';
import { Check } from '../checks';
import { Condition, Lock } from '../layout';
import { canBlock, deadlineAfter, FOREVER, Parked, self } from '../waiting/park';
import { lockAcquire, lockRelease, ownerOf } from './lock';
import { rlockAcquire, rlockReleaseAll, rlockRestore } from './rlock';
import {
  appendWaiter,
  firstWaiter,
  isLeaving,
  isListed,
  leavingOf,
  removeWaiter,
  sleepWhile,
  waitListLock,
  waitListUnlock,
  wakeFirstWaiter,
} from './wait-list';

export function conditionLock(condition: usize): usize {
  const lock = <usize>(<u32>loadPlain(condition + offsetof<Condition>('lock')));
  Check.block(lock, condition + offsetof<Condition>('lock'));
  return lock;
}

export function conditionIsReentrant(condition: usize): bool {
  return loadPlain(condition + offsetof<Condition>('reentrant')) != 0;
}

/** Whether this worker holds the condition's lock. */
export function conditionOwned(condition: usize): bool {
  return ownerOf(load(conditionLock(condition) + offsetof<Lock>('word'))) == self;
}

/** Appends `node` and gives the lock up; the depth to restore, or NOT_OWNER. */
export function conditionEnter(condition: usize, node: usize): i32 {
  if (!conditionOwned(condition)) return Status.NOT_OWNER;
  waitListLock(condition);
  appendWaiter(condition, node);
  waitListUnlock(condition);
  const lock = conditionLock(condition);
  if (conditionIsReentrant(condition)) return rlockReleaseAll(lock);
  lockRelease(lock);
  return 1;
}

/** After the lock was taken back: OK if the node was notified, otherwise takes it out and answers TIMEOUT. */
export function conditionLeave(condition: usize, node: usize, depth: i32): i32 {
  if (conditionIsReentrant(condition)) rlockRestore(conditionLock(condition), depth);
  if (!isListed(node) && !isLeaving(condition, node)) return Status.OK;
  waitListLock(condition);
  const timedOut = isListed(node);
  if (timedOut) removeWaiter(condition, node);
  waitListUnlock(condition);
  return timedOut ? Status.TIMEOUT : Status.OK;
}

/**
 * OK: notified. TIMEOUT. NOT_OWNER. OWNER_DIED: the lock broke meanwhile and is not held. The lock is taken
 * back however long that takes.
 */
export function conditionWait(condition: usize, node: usize, timeoutMs: f64): i32 {
  // Who must not sleep could not even wait for the lock to come back.
  if (!canBlock && conditionOwned(condition)) return Status.WOULD_BLOCK;
  const deadline = deadlineAfter(timeoutMs);
  const depth = conditionEnter(condition, node);
  if (depth < 0) return depth;
  const slept = sleepWhile(condition, node, NodeState.WAITING, deadline);
  const lock = conditionLock(condition);
  const status = conditionIsReentrant(condition) ? rlockAcquire(lock, FOREVER) : lockAcquire(lock, FOREVER);
  const outcome = conditionLeave(condition, node, depth);
  if (status == Status.OWNER_DIED && !conditionOwned(condition)) return status;
  return slept == Parked.REFUSED ? Status.WOULD_BLOCK : outcome;
}

/** Wakes up to `count` waiters; how many, or NOT_OWNER. */
export function conditionNotify(condition: usize, count: i32): i32 {
  if (!conditionOwned(condition)) return Status.NOT_OWNER;
  // ORDERING: a waiter appends before it gives up the lock that we hold: an empty list is empty. `leaving`
  // first: a notifier may have died with a waiter in it, which a repair puts back to the head.
  if (!leavingOf(condition) && !firstWaiter(condition)) return 0;
  waitListLock(condition);
  let woken = 0;
  while (woken < count && wakeFirstWaiter(condition, NodeState.NOTIFIED)) woken++;
  waitListUnlock(condition);
  return woken;
}
