/**
 * Barrier: parties wait for each other, again and again.
 *
 * Ancestry: CPython's threading.Barrier for the rules; the form, a list of waiters each told its own outcome,
 * is ours: with one shared generation word a slow waiter cannot tell a round that was reset from one that
 * tripped, and draining, CPython's answer, would hang on a waiter that died.
 *
 * | phase    | meaning                                                            | arrivals                              |
 * | -------- | ------------------------------------------------------------------ | ------------------------------------- |
 * | FILLING  | fewer than `parties` wait                                          | join the round; the last one leads it |
 * | TRIPPING | the first `parties` in the list are complete, their leader acts    | gather behind it for the next round   |
 * | BROKEN   | until reset                                                        | fail at once                          |
 *
 * A waiter's outcome: NOTIFIED the round was complete, FAILED the barrier broke or was reset, LEADER it has
 * to lead the next round, which was complete when the last one tripped.
 *
 * No wake-up is lost: every node that leaves the list is told so on its own word, by whoever takes it out
 * under the list lock.
 * Death of a party, asleep or leading: its node is in the list; the reaper finds it and breaks the barrier,
 * which is what CPython's users get from a timeout.
 * Death under the list lock, of whomever: the next to take it breaks the barrier, because a round may be half
 * told.
 */
import { NodeState, Party, Status } from '../abi';
import { load, loadPlain, loadPlainF64, store, storePlain, storePlainF64 } from '../atomics';
import { Check } from '../checks';
import { Barrier, WaitNode } from '../layout';
import { deadlineAfter, FOREVER, Parked } from '../waiting/park';
import {
  appendWaiter,
  firstWaiter,
  isLeaving,
  isListed,
  nextWaiter,
  removeWaiter,
  removeWaitersOf,
  sleepWhile,
  tellWaiter,
  waiterCount,
  waiterState,
  waitListLock,
  waitListUnlock,
  wakeFirstWaiter,
} from './wait-list';

export const enum Phase {
  FILLING = 0,
  TRIPPING = 1,
  BROKEN = 2,
}

function phaseOf(barrier: usize): i32 {
  const phase = load(barrier + offsetof<Barrier>('phase'));
  Check.that(<u32>phase <= <u32>Phase.BROKEN, barrier + offsetof<Barrier>('phase'));
  return phase;
}

function setPhase(barrier: usize, phase: i32): void {
  store(barrier + offsetof<Barrier>('phase'), phase);
}

export function barrierParties(barrier: usize): i32 {
  return loadPlain(barrier + offsetof<Barrier>('parties'));
}

export function barrierTimeout(barrier: usize): f64 {
  return loadPlainF64(barrier + offsetof<Barrier>('timeout'));
}

export function barrierInit(barrier: usize, parties: i32, timeout: f64): void {
  storePlain(barrier + offsetof<Barrier>('parties'), parties);
  storePlainF64(barrier + offsetof<Barrier>('timeout'), timeout);
}

export function barrierWaiting(barrier: usize): i32 {
  return phaseOf(barrier) == Phase.FILLING ? waiterCount(barrier) : 0;
}

export function barrierIsBroken(barrier: usize): bool {
  return phaseOf(barrier) == Phase.BROKEN;
}

/** @requires lock(list). */
function failAll(barrier: usize): void {
  while (wakeFirstWaiter(barrier, NodeState.FAILED)) {}
}

/** @requires lock(list). */
function breakIt(barrier: usize): void {
  setPhase(barrier, Phase.BROKEN);
  failAll(barrier);
}

/** Takes the list lock. */
function lockBarrier(barrier: usize): void {
  if (waitListLock(barrier)) breakIt(barrier);
}

/** Joins the round: OK, LEADS for the last to come, or BROKEN. */
export function barrierArrive(barrier: usize, node: usize): i32 {
  lockBarrier(barrier);
  const phase = phaseOf(barrier);
  if (phase == Phase.BROKEN) {
    waitListUnlock(barrier);
    return Status.BROKEN;
  }
  appendWaiter(barrier, node);
  Check.that(barrierParties(barrier) > 0, barrier + offsetof<Barrier>('parties'));
  const leads = phase == Phase.FILLING && waiterCount(barrier) == barrierParties(barrier);
  if (leads) setPhase(barrier, Phase.TRIPPING);
  waitListUnlock(barrier);
  return leads ? <i32>Party.LEADS : Status.OK;
}

/**
 * The leader's action is done: lets the round go, in the order in which they came. The leader's index, or
 * BROKEN if the barrier was reset or broken meanwhile.
 */
export function barrierTrip(barrier: usize, node: usize): i32 {
  lockBarrier(barrier);
  const listed = isListed(node);
  if (listed) {
    const parties = barrierParties(barrier);
    for (let i = 0; i < parties; i++) {
      Check.that(firstWaiter(barrier) != 0, barrier + offsetof<Barrier>('parties'));
      storePlain(firstWaiter(barrier) + offsetof<WaitNode>('index'), i);
      wakeFirstWaiter(barrier, NodeState.NOTIFIED);
    }
    beginRound(barrier, parties);
  }
  waitListUnlock(barrier);
  return listed ? loadPlain(node + offsetof<WaitNode>('index')) : Status.BROKEN;
}

/** @requires lock(list). */
function beginRound(barrier: usize, parties: i32): void {
  if (loadPlain(barrier + offsetof<Barrier>('breakNext'))) {
    storePlain(barrier + offsetof<Barrier>('breakNext'), 0);
    breakIt(barrier);
  } else if (waiterCount(barrier) < parties) setPhase(barrier, Phase.FILLING);
  else {
    let leader = firstWaiter(barrier);
    for (let i = 1; i < parties && leader; i++) leader = nextWaiter(leader);
    Check.that(leader != 0, barrier + offsetof<Barrier>('count'));
    tellWaiter(leader, NodeState.LEADER);
  }
}

/**
 * Waits for the round this node arrived in. Its index; LEADS if it has become the leader; BROKEN;
 * WOULD_BLOCK.
 * A timeout breaks the barrier for all, but a round that is already complete is waited for.
 */
export function barrierAwait(barrier: usize, node: usize, timeoutMs: f64): i32 {
  let deadline = deadlineAfter(timeoutMs);
  while (true) {
    const result = sleepWhile(barrier, node, NodeState.WAITING, deadline);
    const outcome = barrierOutcome(barrier, node);
    if (outcome != Status.TIMEOUT) return outcome;
    const given = barrierGiveUp(barrier, node, true);
    if (given != Status.OK) return result == Parked.REFUSED && given == Status.BROKEN ? Status.WOULD_BLOCK : given;
    deadline = FOREVER;
  }
}

/** What the node was told: its index, LEADS, BROKEN; TIMEOUT: nothing yet. */
export function barrierOutcome(barrier: usize, node: usize): i32 {
  if (waiterState(node) != NodeState.WAITING && isLeaving(barrier, node)) {
    lockBarrier(barrier);
    waitListUnlock(barrier);
  }
  return outcomeOf(node);
}

function outcomeOf(node: usize): i32 {
  const state = waiterState(node);
  if (state == NodeState.WAITING) return Status.TIMEOUT;
  if (state == NodeState.NOTIFIED) return loadPlain(node + offsetof<WaitNode>('index'));
  return state == NodeState.LEADER ? <i32>Party.LEADS : <i32>Status.BROKEN;
}

/**
 * This party does not want to wait any longer, and if `breaking` the others shall not wait in vain. BROKEN:
 * it is out. OK: its round is complete, wait on without a deadline. Otherwise what it was told meanwhile.
 */
export function barrierGiveUp(barrier: usize, node: usize, breaking: bool): i32 {
  lockBarrier(barrier);
  let status = outcomeOf(node);
  if (status == Status.TIMEOUT) {
    const filling = phaseOf(barrier) == Phase.FILLING;
    if (!filling && placeOf(barrier, node) < barrierParties(barrier)) status = Status.OK;
    else {
      status = Status.BROKEN;
      removeWaiter(barrier, node);
      if (breaking && filling) breakIt(barrier);
      else if (breaking) storePlain(barrier + offsetof<Barrier>('breakNext'), 1);
    }
  }
  waitListUnlock(barrier);
  return status;
}

/** @requires lock(list). */
function placeOf(barrier: usize, node: usize): i32 {
  let position = 0;
  let bound = Check.most();
  for (let each = firstWaiter(barrier); each != node; each = nextWaiter(each)) {
    Check.that(each != 0 && bound-- != 0, barrier + offsetof<Barrier>('head'));
    position++;
  }
  return position;
}

export function barrierAbort(barrier: usize): void {
  lockBarrier(barrier);
  breakIt(barrier);
  waitListUnlock(barrier);
}

/** Who waits now fails; the barrier is whole again. */
export function barrierReset(barrier: usize): void {
  lockBarrier(barrier);
  failAll(barrier);
  storePlain(barrier + offsetof<Barrier>('breakNext'), 0);
  setPhase(barrier, Phase.FILLING);
  waitListUnlock(barrier);
}

/** Reaper. */
export function barrierRepair(barrier: usize, tid: i32): void {
  lockBarrier(barrier);
  if (removeWaitersOf(barrier, tid) > 0) breakIt(barrier);
  waitListUnlock(barrier);
}

/** The call of `node`'s worker was cut off: a round that has it breaks, as if it had died. */
export function barrierLeave(barrier: usize, node: usize): void {
  lockBarrier(barrier);
  if (isListed(node)) {
    removeWaiter(barrier, node);
    if (!isListed(node)) breakIt(barrier);
  }
  waitListUnlock(barrier);
}
