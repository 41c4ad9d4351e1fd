/**
 * Store: what a table and a vector have in common, the two locks that guard them.
 *
 * Ancestry: the split of a short latch and a long lock in databases (Gray and Reuter, Transaction Processing, 1992, ch. 8); both are locks as in sync/lock.ts.
 *
 * | word      | meaning                                                                                                |
 * | --------- | ------------------------------------------------------------------------------------------------------ |
 * | word …    | the latch: internal, held for the length of one call of the core                                       |
 * | guard …   | the guard: held over a user's function by `update` and its like; TAKE_OVER, so it ends with its owner  |
 * | nesting   | plain, the guard's owner's: how many of its blocking calls are inside; 0: an async one is under way    |
 * | body      | the contents, under the latch: a new body takes the place of the old one by one store                  |
 * | count     | a table's entries; UNKNOWN since an owner of the latch died, until somebody has counted them           |
 *
 * Who writes needs the latch and, if the guard is somebody else's, the guard first. Who reads needs the latch only: a reader sees what stood before the
 * update until that has its result, and never waits for a user's function. The latch is looked at last: a guard that was free while the latch was held lets its
 * next owner read only after this write.
 *
 * No wake-up is lost: those of two locks. Death: of the latch's owner, the next one finds a whole body, since every change is one store, and a count
 * that it must not trust; of the guard's owner, the old contents stand, and the next updater has the guard.
 */
import { Status } from '../abi';
import { load, peek, poke, store } from '../atomics';
import { Store } from '../layout';
import { FOREVER, self } from '../park';
import { lockAbandon, lockAcquire, lockInternal, lockKick, lockTryOrMark, ownerOf, TAKE_OVER, unlock } from '../sync/lock';

/** The store whose guard this worker took for the length of one call, or 0. */
let guarded: usize = 0;

function guardOf(store: usize): usize {
  return store + offsetof<Store>('guard');
}

function nestingOf(store: usize): i32 {
  return peek(store + offsetof<Store>('nesting'));
}

// ORDERING: `nesting` is plain: it means something only to the guard's owner, and a new owner sets it first.
function setNesting(store: usize, nesting: i32): void {
  poke(store + offsetof<Store>('nesting'), nesting);
}

export function storeInit(at: usize): void {
  store(at + offsetof<Store>('flags'), TAKE_OVER);
  store(at + offsetof<Store>('guardFlags'), TAKE_OVER);
}

export function bodyOf(store: usize): usize {
  return <usize>(<u32>peek(store + offsetof<Store>('body')));
}

export const UNKNOWN: i32 = -1;

export function countOf(store: usize): i32 {
  return peek(store + offsetof<Store>('count'));
}

export function setCount(store: usize, count: i32): void {
  poke(store + offsetof<Store>('count'), count);
}

/** The word that says which body is the contents. */
export function bodyWord(store: usize): usize {
  return store + offsetof<Store>('body');
}

/** The one store that makes a new body the contents. */
export function setBody(at: usize, body: usize): void {
  store(bodyWord(at), <i32>body);
}

/** Takes the latch, to read. */
export function storeRead(store: usize): void {
  if (lockInternal(store)) setCount(store, UNKNOWN);
}

/** Takes the latch to write, waiting for another worker's update: OK; NOT_OWNER: an async update of this very worker is under way; WOULD_BLOCK. */
export function storeEnter(store: usize): i32 {
  storeRead(store);
  const owner = ownerOf(load(guardOf(store)));
  if (owner == 0 || (owner == self && nestingOf(store) > 0)) return Status.OK;
  unlock(store);
  return owner == self ? <i32>Status.NOT_OWNER : enterBehind(store);
}

function enterBehind(store: usize): i32 {
  const status = lockAcquire(guardOf(store), FOREVER);
  if (status == Status.WOULD_BLOCK) return status;
  setNesting(store, 1);
  guarded = store;
  storeRead(store);
  return Status.OK;
}

/** After storeRead and storeEnter. */
export function storeLeave(store: usize): void {
  unlock(store);
  if (guarded != store) return;
  guarded = 0;
  guardGive(store);
}

/** The guard for a blocking call: OK; TIMEOUT; NOT_OWNER: an async update of this worker has it; WOULD_BLOCK. Nests. */
export function guardTake(store: usize, timeoutMs: f64): i32 {
  const guard = guardOf(store);
  if (ownerOf(load(guard)) == self) {
    const nesting = nestingOf(store);
    if (nesting == 0) return Status.NOT_OWNER;
    setNesting(store, nesting + 1);
    return Status.OK;
  }
  const status = lockAcquire(guard, timeoutMs);
  if (status != Status.OK && status != Status.OWNER_DIED) return status;
  setNesting(store, 1);
  return Status.OK;
}

/** One try for an async call, which marks the guard as waited for: OK, TIMEOUT. */
export function guardTry(store: usize): i32 {
  const status = lockTryOrMark(guardOf(store));
  if (status == Status.TIMEOUT) return status;
  setNesting(store, 0);
  return Status.OK;
}

/** The async call that has the guard goes on without a pause: until guardPause, blocking calls of this worker are part of it. */
export function guardResume(store: usize): void {
  setNesting(store, 1);
}

export function guardPause(store: usize): void {
  setNesting(store, 0);
}

/** After guardTake, and by an async call (paused or not) at its end. */
export function guardGive(store: usize): void {
  const nesting = nestingOf(store) - 1;
  if (nesting > 0) setNesting(store, nesting);
  else unlock(guardOf(store));
}

export function guardGate(store: usize): usize {
  return store + offsetof<Store>('guardGateSeq');
}

/** The worker that is inside of an update, or 0. */
export function guardOwner(store: usize): i32 {
  return ownerOf(load(guardOf(store)));
}

/** Reaper. */
export function storeAbandon(store: usize, tid: i32): void {
  lockAbandon(store, tid);
  lockAbandon(guardOf(store), tid);
}

export function storeKick(store: usize): void {
  lockKick(store);
  lockKick(guardOf(store));
}
