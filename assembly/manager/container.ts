/**
 * Container: what a table and a vector have in common, the two locks that guard them.
 *
 * Ancestry: the split of a short latch and a long lock in databases (Gray and Reuter, Transaction Processing,
 * 1992, ch. 8); both are locks as in sync/lock.ts.
 *
 * | word      | meaning                                                                                                |
 * | --------- | ------------------------------------------------------------------------------------------------------ |
 * | word …    | the latch: internal, held for the length of one call of the core                                       |
 * | updateLock | the update lock: held over a user's function by `update` and its like; TAKE_OVER, so it ends with its owner  |
 * | nesting   | plain, the update lock's owner's: how many of its blocking calls are inside; 0: an async one is under way    |
 * | body      | the contents, under the latch: a new body takes the place of the old one by one store                  |
 * | count     | a table's entries; UNKNOWN since an owner of the latch died, until somebody has counted them           |
 *
 * Who writes needs the latch and, if the update lock is somebody else's, the update lock first. Who reads
 * needs the latch only: a reader sees what stood before the update until that has its result, and never waits
 * for a user's function. The latch is looked at last: an update lock that was free while the latch was held
 * lets its next owner read only after this write.
 *
 * No wake-up is lost: those of two locks. Death: of the latch's owner, the next one finds a whole body, since
 * every change is one store, and a count that it must not trust; of the update lock's owner, the old contents
 * stand, and the next updater has the update lock.
 */
import { Status } from '../abi';
import { load, loadPlain, store, storePlain } from '../atomics';
import { Container } from '../layout';
import { Internal, lockAbandon, lockAcquire, lockTryOrMark, lockWakeAll, ownerOf, TAKE_OVER, unlock } from '../sync/lock';
import { self } from '../waiting/park';

/** The container whose update lock this worker took for the length of one call, or 0. */
let guarded: usize = 0;

function updateLockOf(container: usize): usize {
  return container + offsetof<Container>('updateLock');
}

function nestingOf(container: usize): i32 {
  return loadPlain(container + offsetof<Container>('nesting'));
}

// ORDERING: `nesting` is plain: it means something only to the update lock's owner, and a new owner sets it
// first.
function setNesting(container: usize, nesting: i32): void {
  storePlain(container + offsetof<Container>('nesting'), nesting);
}

export function containerInit(at: usize): void {
  store(at + offsetof<Container>('flags'), TAKE_OVER);
  store(at + offsetof<Container>('updateLockFlags'), TAKE_OVER);
}

export function bodyOf(container: usize): usize {
  return <usize>(<u32>loadPlain(container + offsetof<Container>('body')));
}

export const UNKNOWN: i32 = -1;

export function countWord(container: usize): usize {
  return container + offsetof<Container>('count');
}

export function countOf(container: usize): i32 {
  return loadPlain(countWord(container));
}

export function setCount(container: usize, count: i32): void {
  storePlain(container + offsetof<Container>('count'), count);
}

/** The word that says which body is the contents. */
export function bodyWord(container: usize): usize {
  return container + offsetof<Container>('body');
}

/** The one store that makes a new body the contents. */
export function setBody(at: usize, body: usize): void {
  store(bodyWord(at), <i32>body);
}

/** Takes the latch, to read. */
export function containerRead(container: usize): void {
  if (Internal.lock(container)) setCount(container, UNKNOWN);
}

/**
 * Takes the latch to write, waiting for another worker's update: OK; NOT_OWNER: an async update of this very
 * worker is under way; WOULD_BLOCK; TIMEOUT: a signal has ended the wait.
 */
export function containerEnter(container: usize): i32 {
  containerRead(container);
  const owner = ownerOf(load(updateLockOf(container)));
  if (owner == 0 || (owner == self && nestingOf(container) > 0)) return Status.OK;
  unlock(container);
  return owner == self ? <i32>Status.NOT_OWNER : enterBehind(container);
}

function enterBehind(container: usize): i32 {
  const status = lockAcquire(updateLockOf(container), Infinity);
  if (status == Status.WOULD_BLOCK || status == Status.TIMEOUT) return status;
  setNesting(container, 1);
  guarded = container;
  containerRead(container);
  return Status.OK;
}

/** After containerRead and containerEnter. */
// @inline
export function containerLeave(container: usize): void {
  unlock(container);
  if (guarded != container) return;
  guarded = 0;
  updateLockRelease(container);
}

/**
 * The update lock for a blocking call: OK; TIMEOUT; NOT_OWNER: an async update of this worker has it;
 * WOULD_BLOCK. Nests.
 */
export function updateLockAcquire(container: usize, timeoutMs: f64): i32 {
  const guard = updateLockOf(container);
  if (ownerOf(load(guard)) == self) {
    const nesting = nestingOf(container);
    if (nesting == 0) return Status.NOT_OWNER;
    setNesting(container, nesting + 1);
    return Status.OK;
  }
  const status = lockAcquire(guard, timeoutMs);
  if (status != Status.OK && status != Status.OWNER_DIED) return status;
  setNesting(container, 1);
  return Status.OK;
}

/** One try for an async call, which marks the update lock as waited for: OK, TIMEOUT. */
export function updateLockTry(container: usize): i32 {
  const status = lockTryOrMark(updateLockOf(container));
  if (status == Status.TIMEOUT) return status;
  setNesting(container, 0);
  return Status.OK;
}

/**
 * The async call that has the update lock goes on without a pause: until updateLockPause, blocking calls of
 * this worker are part of it.
 */
export function updateLockResume(container: usize): void {
  setNesting(container, 1);
}

export function updateLockPause(container: usize): void {
  setNesting(container, 0);
}

/** After updateLockAcquire, and by an async call (paused or not) at its end. */
export function updateLockRelease(container: usize): void {
  const nesting = nestingOf(container) - 1;
  if (nesting > 0) setNesting(container, nesting);
  else unlock(updateLockOf(container));
}

export function updateLockGate(container: usize): usize {
  return container + offsetof<Container>('updateLockGateSeq');
}

/** The worker that is inside of an update, or 0. */
export function updateLockOwner(container: usize): i32 {
  return ownerOf(load(updateLockOf(container)));
}

/** Reaper. */
export function containerAbandon(container: usize, tid: i32): void {
  lockAbandon(container, tid);
  lockAbandon(updateLockOf(container), tid);
}

export function containerWakeAll(container: usize): void {
  lockWakeAll(container);
  lockWakeAll(updateLockOf(container));
}
