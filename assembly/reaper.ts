/**
 * The reaper: puts right what a dead worker left behind. The supervisor runs it, once for each worker that is gone for certain.
 *
 * Ancestry: the kernel's robust futex list (musl, glibc), with a walk over all objects in place of a list kept at each acquire; the kick
 * answers the hole that glibc's BZ 20985 closed.
 *
 * 0. What was changing hands is the dead worker's, or it is not (holdingsSettle, objects.ts): a word says so that only the owner of a lock changes.
 * 1. Every lock the dead worker holds becomes ABANDONED. Internal ones first: the later steps take them.
 * 2. Its nodes leave the lists of conditions and barriers; a barrier that had it breaks.
 * 3. KICK: every waiter of every object looks again. A wake-up may have gone to the dead worker, or it may have died between making something
 *    true and telling so; waking everybody costs some 30 ns a word and repairs both.
 * 4. Its handles are given back, and what was in its hands, which hangs up the pipes of which it had the last end, then its slot.
 *
 * 0 comes before 1, because who takes a lock over moves the word on, be it to the very value that the dead worker was about to store: an item would be in two
 * hands, or in none. Between 0 and 4 any time may pass (reapLocks comes long before reap, and again in it), so 0 leaves nothing to be asked of a word: a Holding
 * that is left is the dead worker's for certain, and to ask again changes nothing. 0 waits for nobody: what it frees are small blocks, which takes no lock.
 *
 * Death of the reaper: it runs in the supervisor, whose death ends the program.
 */
import { Kind } from './abi';
import { Root } from './layout';
import { ROOT } from './limits';
import { storeAbandon, storeKick } from './manager/store';
import { holdingsSettle, refCloseAll } from './objects';
import { watchKick } from './pipe/watch';
import { queueAbandon, queueKick } from './queue/queue';
import { objectKind, objectPin, objectRows, objectUnpin } from './rows';
import { barrierBury } from './sync/barrier';
import { eventKick } from './sync/event';
import { lockAbandon, lockKick } from './sync/lock';
import { semaphoreKick } from './sync/semaphore';
import { guardGive, guardTake, removeAllOf } from './waitlist';
import { slotFree, slotOf, slotsFreeUnstarted, workerIsKnown, workerKick } from './workers';

/**
 * Steps 0 and 1 alone, which wait for nobody: of several workers that die together each one's locks are let go of before the supervisor waits for any
 * (src/entry/departures.ts).
 */
export function reapLocks(tid: i32, clean: bool): void {
  if (!workerIsKnown(tid)) return;
  holdingsSettle(slotOf(tid));
  lockAbandon(ROOT + offsetof<Root>('heapLock'), tid);
  lockAbandon(ROOT + offsetof<Root>('outputLock'), tid);
  repairAll(tid, clean, false);
}

/** `clean`: it ended by itself. A Lock it holds then stays locked, as in Python: somebody else may release it. */
export function reap(tid: i32, clean: bool): void {
  if (!workerIsKnown(tid)) return;
  reapLocks(tid, clean);
  lockKick(ROOT + offsetof<Root>('heapLock'));
  lockKick(ROOT + offsetof<Root>('outputLock'));
  repairAll(tid, clean, true);
  refCloseAll(slotOf(tid));
  watchKick();
  slotsFreeUnstarted(tid);
  slotFree(tid);
}

/** Steps 2 and 3 for each object, or step 1. */
function repairAll(tid: i32, clean: bool, burying: bool): void {
  const rows = objectRows();
  for (let id = 1; id < rows; id++) {
    const object = objectPin(id);
    if (!object) continue;
    // Not before it is pinned: the row could be given back and become something else in between.
    const kind = objectKind(id);
    if (burying) bury(object, kind, tid);
    else abandon(object, kind, tid, clean);
    objectUnpin(object);
  }
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
      storeAbandon(object, tid);
      break;
  }
}

function bury(object: usize, kind: i32, tid: i32): void {
  switch (kind) {
    case Kind.LOCK:
    case Kind.RLOCK:
    case Kind.VALUE:
    case Kind.ARRAY:
      lockKick(object);
      break;
    case Kind.SEMAPHORE:
      semaphoreKick(object);
      break;
    case Kind.EVENT:
      eventKick(object);
      break;
    case Kind.CONDITION:
      lockKick(object);
      guardTake(object);
      removeAllOf(object, tid);
      guardGive(object);
      break;
    case Kind.BARRIER:
      lockKick(object);
      barrierBury(object, tid);
      break;
    case Kind.QUEUE:
    case Kind.LIFO:
    case Kind.PRIORITY:
      queueKick(object);
      break;
    case Kind.TABLE:
    case Kind.VECTOR:
      storeKick(object);
      break;
    case Kind.WORKER:
      workerKick(object);
      break;
  }
}
