/**
 * RLock: a lock that its owner may take again.
 *
 * Ancestry: musl's pthread_mutex_trylock_owner, parking_lot's lock_api/src/remutex.rs, CPython's
 * _thread.RLock.
 *
 * Words: those of Lock, and `count`, which only the owner touches. `owner(word) == self` can be true only if
 * this worker wrote it (ids are unique), so reading it without the lock is safe.
 *
 * No wake-up is lost: it is a Lock, nesting happens in `count` alone.
 * Death of the owner: as for Lock; whoever takes it next sets `count` anew. Nobody but the owner can release
 * it, so it is broken after a clean end of its owner, too.
 */
import { Status } from '../abi';
import { load, loadPlain, storePlain } from '../atomics';
import { RLock } from '../layout';
import { self } from '../waiting/park';
import { lockAcquire, lockIfFree, lockTryOrMark, OWNER, ownerOf, unlock } from './lock';

function isMine(lock: usize): bool {
  return ownerOf(load(lock)) == self;
}

// ORDERING: `count` is plain: it belongs to the owner, and the lock's word orders one owner before the next.
function setCount(lock: usize, count: i32): void {
  storePlain(lock + offsetof<RLock>('count'), count);
}

function nest(lock: usize): i32 {
  const count = loadPlain(lock + offsetof<RLock>('count'));
  if (count == OWNER) return Status.RANGE;
  setCount(lock, count + 1);
  return Status.OK;
}

function begin(lock: usize, status: i32): i32 {
  if (status == Status.OK || (status == Status.OWNER_DIED && isMine(lock))) setCount(lock, 1);
  return status;
}

export function rlockAcquire(lock: usize, timeoutMs: f64): i32 {
  if (rlockIfFree(lock)) return Status.OK;
  return isMine(lock) ? nest(lock) : begin(lock, lockAcquire(lock, timeoutMs));
}

/** As lockIfFree: also if it is this worker's. */
export function rlockIfFree(lock: usize): bool {
  if (isMine(lock)) return nest(lock) == Status.OK;
  if (!lockIfFree(lock)) return false;
  setCount(lock, 1);
  return true;
}

export function rlockTryOrMark(lock: usize): i32 {
  return isMine(lock) ? nest(lock) : begin(lock, lockTryOrMark(lock));
}

export function rlockRelease(lock: usize): i32 {
  if (!isMine(lock)) return Status.NOT_OWNER;
  const count = loadPlain(lock + offsetof<RLock>('count')) - 1;
  setCount(lock, count);
  if (count <= 0) unlock(lock);
  return Status.OK;
}

/** How deep this worker holds it. */
export function rlockCount(lock: usize): i32 {
  return isMine(lock) ? loadPlain(lock + offsetof<RLock>('count')) : 0;
}

/** Condition: gives up all levels, and says how many there were. */
export function rlockReleaseAll(lock: usize): i32 {
  const count = loadPlain(lock + offsetof<RLock>('count'));
  setCount(lock, 0);
  unlock(lock);
  return count;
}

/**
 * Condition: the levels back, after the lock was taken again: on top of those that another async task of this
 * worker may hold.
 */
export function rlockRestore(lock: usize, count: i32): void {
  if (isMine(lock)) setCount(lock, loadPlain(lock + offsetof<RLock>('count')) - 1 + count);
}
