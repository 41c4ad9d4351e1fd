/**
 * The reaper: puts right what a dead worker left behind. The supervisor runs it, once for each worker that is
 * gone for certain.
 *
 * Ancestry: the kernel's robust futex list (musl, glibc), with a walk over all objects in place of a list
 * kept at each acquire; waking everybody answers the hole that glibc's BZ 20985 closed.
 *
 * 0. What was changing hands is the dead worker's, or it is not (settleInFlight, owned.ts): a word says so
 *    that only the owner of a lock changes.
 * 1. Every lock the dead worker holds becomes ABANDONED. Internal ones first: the later steps take them.
 * 2. Its nodes leave the lists of conditions and barriers; a barrier that had it breaks.
 * 3. WAKE ALL: every waiter of every object looks again. A wake-up may have gone to the dead worker, or it
 *    may have died between making something true and telling so; waking everybody costs some 30 ns a word and
 *    repairs both.
 * 4. Its handles are given back, and what was in its hands, which hangs up the pipes of which it had the last
 *    end, then its slot.
 *
 * 0 comes before 1, because who takes a lock over moves the word on, be it to the very value that the dead
 * worker was about to store: an item would be in two hands, or in none. Between 0 and 4 any time may pass
 * (reapLocks comes long before reap, and again in it), so 0 leaves nothing to be asked of a word: an InFlight
 * that is left is the dead worker's for certain, and to ask again changes nothing. 0 waits for nobody: what
 * it frees are small blocks, which takes no lock.
 *
 * Death of the reaper: it runs in the supervisor, whose death ends the program.
 */
import { Kind } from '../abi';
import { loadPlain, storePlain } from '../atomics';
import { adoptDoomed, objectEntries, objectKind, objectPin, objectUnpin } from '../heap/object-table';
import { Root, Slot } from '../layout';
import { ROOT } from '../limits';
import { containerAbandon, containerWakeAll } from '../manager/container';
import { queueAbandon, queueWakeAll } from '../queue/queue';
import { barrierRepair } from '../sync/barrier';
import { eventWakeAll } from '../sync/event';
import { lockAbandon, lockWakeAll } from '../sync/lock';
import { semaphoreWakeAll } from '../sync/semaphore';
import { removeWaitersOf, waitListLock, waitListUnlock } from '../sync/wait-list';
import { multiWaitWakeAll } from '../waiting/multi-wait';
import { drain } from './destroy';
import { releaseAllOf, settleInFlight } from './owned';
import { slotFree, slotOf, slotReleaseRecord, slotsFreeUnstarted, workerAbandon, workerIsKnown, workerWakeAll } from './workers';

/**
 * Steps 0 and 1 alone, which wait for nobody: of several workers that die together each one's locks are let
 * go of before the supervisor waits for any (src/entry/quiescence.ts). Who ended by itself has none that the
 * supervisor waits for: for that one `reap` does it all in one walk.
 */
export function reapLocks(tid: i32, clean: bool): void {
  if (clean || !workerIsKnown(tid) || isLetGo(slotOf(tid))) return;
  if (letGoOf != tid) {
    letGoOf = tid;
    abandoned = 0;
    letGo(tid);
  } else letGoOfRoot(tid);
  const end = objectEntries();
  for (let index = abandoned + 1; index < end; index++) {
    abandoned = index;
    const object = objectPin(index);
    if (!object) continue;
    // Not before it is pinned: the entry could become another object's in between.
    underRepair = object;
    abandon(object, objectKind(index), tid, false);
    underRepair = 0;
    objectUnpin(object);
  }
  storePlain(slotOf(tid) + offsetof<Slot>('letGo'), 1);
  letGoOf = 0;
}

/** The object that is being repaired, or was when that met what makes no sense; 0: none. */
export let underRepair: usize = 0;
/** Whose locks this instance is letting go of, or 0, and up to which object. */
let letGoOf: i32 = 0;
let abandoned: i32 = 0;

/** Step 0, and step 1 for the locks that no object has. */
function letGo(tid: i32): void {
  settleInFlight(slotOf(tid));
  letGoOfRoot(tid);
}

function letGoOfRoot(tid: i32): void {
  lockAbandon(ROOT + offsetof<Root>('heapLock'), tid);
  lockAbandon(ROOT + offsetof<Root>('outputLock'), tid);
}

/** ORDERING: plain: the reaper's own. */
function isLetGo(slot: usize): bool {
  return loadPlain(slot + offsetof<Slot>('letGo')) != 0;
}

/**
 * Where a word makes no sense (checks.ts) it traps; called again, it goes on behind that: who waits elsewhere
 * must not wait for ever. What is left out of what the dead worker had is lost.
 * `clean`: it ended by itself. A Lock it holds then stays locked, as in Python: somebody else may release it.
 */
export function reap(tid: i32, clean: bool): void {
  if (!workerIsKnown(tid)) return;
  if (reaped != tid) {
    reaped = tid;
    step = 0;
    looked = 0;
  }
  if (step == 0) reapLocks(tid, clean);
  if (step++ == 0 && clean) letGo(tid);
  lockWakeAll(ROOT + offsetof<Root>('heapLock'));
  lockWakeAll(ROOT + offsetof<Root>('outputLock'));
  repairAll(tid, clean);
  if (given != tid) giveBack(tid);
  reaped = 0;
  given = 0;
  multiWaitWakeAll();
  slotsFreeUnstarted(tid);
  slotFree(tid);
}

/** Whose death this instance is repairing, or 0, and how far it is. */
let reaped: i32 = 0;
let step: i32 = 0;
let looked: i32 = 0;
let given: i32 = 0;

function repairAll(tid: i32, clean: bool): void {
  const end = objectEntries();
  for (let index = looked + 1; index < end; index++) {
    looked = index;
    adoptDoomed(index, tid);
    const object = objectPin(index);
    if (!object) continue;
    const kind = objectKind(index);
    underRepair = object;
    if (clean) abandon(object, kind, tid, true);
    repair(object, kind, tid);
    underRepair = 0;
    objectUnpin(object);
  }
}

function giveBack(tid: i32): void {
  given = tid;
  releaseAllOf(slotOf(tid));
  slotReleaseRecord(tid);
  drain();
}

function abandon(object: usize, kind: i32, tid: i32, clean: bool): void {
  switch (kind) {
    case Kind.LOCK:
      if (!clean) lockAbandon(object, tid);
      break;
    case Kind.RLOCK:
    case Kind.VALUE:
    case Kind.ARRAY:
    case Kind.CONDITION:
    case Kind.BARRIER:
      lockAbandon(object, tid);
      break;
    case Kind.QUEUE:
    case Kind.LIFO:
    case Kind.PRIORITY:
      queueAbandon(object, tid);
      break;
    case Kind.TABLE:
    case Kind.VECTOR:
      containerAbandon(object, tid);
      break;
    case Kind.WORKER:
      workerAbandon(object, tid);
      break;
  }
}

function repair(object: usize, kind: i32, tid: i32): void {
  switch (kind) {
    case Kind.LOCK:
    case Kind.RLOCK:
    case Kind.VALUE:
    case Kind.ARRAY:
      lockWakeAll(object);
      break;
    case Kind.SEMAPHORE:
      semaphoreWakeAll(object);
      break;
    case Kind.EVENT:
      eventWakeAll(object);
      break;
    case Kind.CONDITION:
      lockWakeAll(object);
      waitListLock(object);
      removeWaitersOf(object, tid);
      waitListUnlock(object);
      break;
    case Kind.BARRIER:
      lockWakeAll(object);
      barrierRepair(object, tid);
      break;
    case Kind.QUEUE:
    case Kind.LIFO:
    case Kind.PRIORITY:
      queueWakeAll(object);
      break;
    case Kind.TABLE:
    case Kind.VECTOR:
      containerWakeAll(object);
      break;
    case Kind.WORKER:
      workerWakeAll(object);
      break;
  }
}
