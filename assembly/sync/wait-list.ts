/**
 * WaitList: waiters in the order they came, each asleep on a word of its own, so that a wake-up is for
 * exactly one of them and nobody can steal it.
 *
 * Ancestry: CPython's deque of per-waiter locks (threading.Condition), musl's private condition variable,
 * Go's notifyList.
 *
 * | node.state | meaning                                                 |
 * | ---------- | ------------------------------------------------------- |
 * | WAITING    | in the list                                             |
 * | NOTIFIED   | taken out by a notifier: the wait succeeded             |
 * | FAILED     | taken out because what it waited for cannot come        |
 * | LEADER     | in the list, and chosen to act for the others (Barrier) |
 *
 * The list is guarded by the lock in its first words (an internal one: it is held for a few instructions,
 * never across a sleep or a call to JavaScript), not by the user's lock, which a careless user may release
 * from elsewhere. Links point forward only; `tail` and `count` are hints.
 *
 * No wake-up is lost: the state is stored before the notify, and the engine compares it under its own mutex.
 *
 * Death of the list lock's holder: each edit commits with one store to the forward chain (append: last.next
 * or head; pop: head; remove: previous.next), so the chain is whole at every moment, and the next holder
 * rebuilds the hints from it. Whoever is woken is in `leaving` until it is out and told: dead in between, the
 * next holder puts it back to the head of the list, or makes up for the notify if it was told. A node's
 * memory may be used again once `isLeaving` has said no, or the list lock was taken after it was told.
 * Death of a waiter: its node is still linked. The reaper takes the nodes of the dead out before their memory
 * is used again.
 */
import { NodeState } from '../abi';
import { load, loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { WaitList, WaitNode } from '../layout';
import { notifyOne } from '../waiting/doorbell';
import { Parked, park, self, slots } from '../waiting/park';
import { lockAbandon, lockInternal, lockWakeAll, unlock } from './lock';

// ORDERING: links and hints are plain, the list lock orders their readers; states are atomic, because their
// owners sleep on them.

export function nextWaiter(node: usize): usize {
  return nodeAt(node + offsetof<WaitNode>('next'));
}

export function firstWaiter(list: usize): usize {
  return nodeAt(list + offsetof<WaitList>('head'));
}

/** The node that a word points to, or 0. A slot's own lies before the first block. */
function nodeAt(word: usize): usize {
  const node = <usize>(<u32>loadPlain(word));
  Check.that(node == 0 || ((node & 15) == 0 && node > slots), word);
  return node;
}

export function waiterCount(list: usize): i32 {
  return loadPlain(list + offsetof<WaitList>('count'));
}

export function waiterState(node: usize): i32 {
  return load(node + offsetof<WaitNode>('state'));
}

export function isListed(node: usize): bool {
  const state = waiterState(node);
  return state == NodeState.WAITING || state == NodeState.LEADER;
}

/** Whether its holder had died; then the list is whole again, but what its holder was about is half done. */
export function waitListLock(list: usize): bool {
  const died = lockInternal(list);
  if (died) repair(list);
  return died;
}

export function waitListUnlock(list: usize): void {
  unlock(list);
}

/** @requires lock(list). Can be cut short by a death and done again. */
function repair(list: usize): void {
  const leaving = <usize>(<u32>loadPlain(list + offsetof<WaitList>('leaving')));
  if (leaving) {
    // Its `next` is still the node that was behind it.
    Check.that((leaving & 15) == 0 && leaving > slots, list + offsetof<WaitList>('leaving'));
    if (isListed(leaving)) storePlain(list + offsetof<WaitList>('head'), <i32>leaving);
    else notifyOne(leaving + offsetof<WaitNode>('state'));
    storePlain(list + offsetof<WaitList>('leaving'), 0);
  }
  rebuildHints(list);
}

function rebuildHints(list: usize): void {
  let last: usize = 0;
  let count = 0;
  let bound = Check.most();
  for (let node = firstWaiter(list); node; node = nextWaiter(node)) {
    Check.that(bound-- != 0, list + offsetof<WaitList>('head'));
    last = node;
    count++;
  }
  storePlain(list + offsetof<WaitList>('tail'), <i32>last);
  storePlain(list + offsetof<WaitList>('count'), count);
}

/** @requires lock(list). */
export function appendWaiter(list: usize, node: usize): void {
  storePlain(node + offsetof<WaitNode>('next'), 0);
  storePlain(node + offsetof<WaitNode>('tid'), self);
  store(node + offsetof<WaitNode>('state'), NodeState.WAITING);
  const last = nodeAt(list + offsetof<WaitList>('tail'));
  Check.that((last ? nextWaiter(last) : firstWaiter(list)) == 0, list + offsetof<WaitList>('tail'));
  storePlain(last ? last + offsetof<WaitNode>('next') : list + offsetof<WaitList>('head'), <i32>node);
  storePlain(list + offsetof<WaitList>('tail'), <i32>node);
  storePlain(list + offsetof<WaitList>('count'), waiterCount(list) + 1);
}

/** @requires lock(list). Takes `node` out; `previous` is the one before it, 0 for the first. */
function unlink(list: usize, previous: usize, node: usize): void {
  const next = nextWaiter(node);
  storePlain(previous ? previous + offsetof<WaitNode>('next') : list + offsetof<WaitList>('head'), <i32>next);
  if (!next) storePlain(list + offsetof<WaitList>('tail'), <i32>previous);
  storePlain(list + offsetof<WaitList>('count'), waiterCount(list) - 1);
}

/** @requires lock(list). Takes out the first waiter and tells it `outcome`; false when there is none. */
export function wakeFirstWaiter(list: usize, outcome: i32): bool {
  const node = firstWaiter(list);
  if (!node) return false;
  // ORDERING: plain, the store of the state publishes it. To find it when it is over costs the waiter a look
  // under the list lock, no more.
  storePlain(list + offsetof<WaitList>('leaving'), <i32>node);
  unlink(list, 0, node);
  tellWaiter(node, outcome);
  storePlain(list + offsetof<WaitList>('leaving'), 0);
  return true;
}

/** The node that is being taken out, or 0. */
export function leavingOf(list: usize): usize {
  return <usize>(<u32>load(list + offsetof<WaitList>('leaving')));
}

/**
 * Whether who told `node` may be not done with it. Taking the list lock waits for that, or for its repair.
 */
export function isLeaving(list: usize, node: usize): bool {
  return leavingOf(list) == node;
}

/** @requires lock(list). */
export function tellWaiter(node: usize, state: i32): void {
  store(node + offsetof<WaitNode>('state'), state);
  notifyOne(node + offsetof<WaitNode>('state'));
}

/** @requires lock(list). Takes `node` out if it is in. */
export function removeWaiter(list: usize, node: usize): void {
  let previous: usize = 0;
  let bound = Check.most();
  for (let each = firstWaiter(list); each; each = nextWaiter(each)) {
    Check.that(bound-- != 0, list + offsetof<WaitList>('head'));
    if (each == node) {
      unlink(list, previous, node);
      store(node + offsetof<WaitNode>('state'), NodeState.IDLE);
      return;
    }
    previous = each;
  }
}

/** @requires lock(list). Reaper: takes out the nodes of `tid`; how many there were. */
export function removeWaitersOf(list: usize, tid: i32): i32 {
  let previous: usize = 0;
  let found = 0;
  let bound = Check.most();
  for (let node = firstWaiter(list); node; node = nextWaiter(node)) {
    Check.that(bound-- != 0, list + offsetof<WaitList>('head'));
    if (loadPlain(node + offsetof<WaitNode>('tid')) == tid) {
      unlink(list, previous, node);
      found++;
    } else previous = node;
  }
  return found;
}

/** Sleeps until the node's state is no longer `state`. */
export function sleepWhile(list: usize, node: usize, state: i32, deadline: f64): i32 {
  while (waiterState(node) == state) {
    const result = park(node + offsetof<WaitNode>('state'), state, deadline);
    if (result == Parked.LONG) checkListed(list, node);
    if (result == Parked.TIMED_OUT || result == Parked.REFUSED) return result;
  }
  return Parked.WOKEN;
}

/**
 * Who waits in a list is in it, and counted: nobody would find it otherwise. Leaves it to the list's users to
 * repair it.
 */
function checkListed(list: usize, node: usize): void {
  const died = lockInternal(list);
  // Who died in there may not have counted.
  const count = died ? <i32>Check.most() : waiterCount(list);
  let isFound = waiterState(node) != NodeState.WAITING;
  let found = 0;
  for (let each = firstWaiter(list); each; each = nextWaiter(each)) {
    if (each == node) isFound = true;
    Check.that(++found <= count, list + offsetof<WaitList>('count'));
  }
  if (died) {
    lockAbandon(list, self);
    lockWakeAll(list);
    return;
  }
  Check.that(isFound, node);
  Check.that(found == count, list + offsetof<WaitList>('count'));
  waitListUnlock(list);
}

/** Diagnostics: whether `node` is in the list. Leaves it to the list's users to repair it. */
export function listHas(list: usize, node: usize): bool {
  const died = lockInternal(list);
  let steps = Check.most();
  let each = firstWaiter(list);
  while (each && each != node && steps-- != 0) each = nextWaiter(each);
  if (died) {
    lockAbandon(list, self);
    lockWakeAll(list);
  } else waitListUnlock(list);
  return each != 0;
}
