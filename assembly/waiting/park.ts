/**
 * Sleeping, for every primitive: who this worker is, deadlines, and the one caller of `wait`.
 *
 * The result of `park` never decides anything: the word does. Every caller re-checks its word after it, so a
 * wake-up for nothing is always legal, which is what lets a reaper repair any loss by waking everybody.
 *
 * Death here: the sleeper leaves the engine's list; a wake-up that was already on its way to it is lost, and
 * the reaper's wakeAll makes up for it.
 *
 * Who sleeps for LOOK_AFTER is told so, and looks: at its word, and at whether that makes sense (checks.ts).
 * So a wake-up that a broken count has eaten comes late, and not never.
 *
 * Between processes a worker sleeps in native code, where no engine can end it. So no sleep there is longer
 * than a slice, whose end is none of the caller's: he sleeps on. It must not pass for a wake-up. Who was
 * woken was taken off a count of sleepers by who woke him; who only believes so stays counted, and every post
 * after that calls the kernel for nobody.
 *
 * A wait that is interrupted is one whose time is up early: everything that it has begun is ended as a timeout
 * ends it. Who is interruptible sleeps in slices, too, and asks before each (src/heap/interrupt.ts). Not the
 * waits of the core's own, which end soon, and which nobody outside could end well.
 */
import { Status } from '../abi';
import { isBetweenProcesses, isSignalled, load, loadPlain, now, storePlain, wait } from '../atomics';
import { SLOT_BYTES, Slot } from '../layout';
import { LOOK_AFTER, PROBE_AFTER_MAX, PROBE_AFTER_MIN, SLICE, SLOTS, SPIN_BETWEEN, SPIN_MAX, SPIN_MIN } from '../limits';

/** This instance's worker. Module variables are globals of the instance: thread-local storage for free. */
export let self: i32 = 0;
export let selfSlot: usize = 0;
export let selfScratch: usize = 0;
/** Where the slots of all workers begin; 0: this instance is none yet. */
export let slots: usize = 0;
/** False on threads that must never sleep, such as a page's main thread. */
export let canBlock: bool = true;
let spinLimit: i32 = SPIN_MAX;
/** Whether each wait spins up to the limit, whatever came of those before. */
let spinAlways: bool = false;
/** Whether a signal is to end this worker's waits. */
let interruptible: bool = false;

export function become(tid: i32, slot: usize, scratch: usize): void {
  self = tid;
  selfSlot = slot;
  selfScratch = scratch;
  slots = slot - <usize>(tid & (SLOTS - 1)) * SLOT_BYTES;
}

/** Where the slot of the worker with an id is. */
export function slotWith(tid: i32): usize {
  return slots + <usize>(tid & (SLOTS - 1)) * SLOT_BYTES;
}

/**
 * `spins`: the longest spin in polls; 0 where there is one core. `always`: not fewer where they are in vain.
 * `signals`: whether a signal is to end this worker's waits.
 */
export function configureWaiting(blocking: bool, spins: i32, always: bool, signals: bool): void {
  canBlock = blocking;
  spinLimit = spins;
  spinAlways = always;
  interruptible = signals;
}

/**
 * No timeout, and no signal ends it either: for the core's own waits. Infinity, which comes from outside, means
 * a wait without a timeout that a signal may end.
 */
export const FOREVER: f64 = f64.MAX_VALUE;

/** A relative timeout in milliseconds as a deadline of this worker's clock. */
export function deadlineAfter(timeoutMs: f64): f64 {
  return timeoutMs >= FOREVER ? timeoutMs : now() + timeoutMs;
}

export const enum Parked {
  WOKEN = 0,
  CHANGED = 1,
  TIMED_OUT = 2,
  /** This thread must not sleep. */
  REFUSED = 3,
  /** Only of `sleep`: to `park`'s callers it is TIMED_OUT. */
  INTERRUPTED = 4,
  /** It has slept for LOOK_AFTER: the caller looks again whether what it waits for can come, and has come. */
  LONG = 5,
}

/** Sleeps on `p` while it holds `expected`, until `deadline`. */
export function park(p: usize, expected: i32, deadline: f64): i32 {
  let result = sleep(p, expected, deadline);
  for (let slices = 1; result == Parked.TIMED_OUT && isSlice(deadline); slices++) {
    if (isLong(slices)) {
      result = Parked.LONG;
      break;
    }
    result = sleep(p, expected, deadline);
  }
  // ORDERING: plain, because it is read only by diagnostics, where a moment's staleness is harmless.
  storePlain(selfSlot + offsetof<Slot>('waitingOn'), 0);
  return result == Parked.INTERRUPTED ? <i32>Parked.TIMED_OUT : result;
}

/** Whether this worker sleeps in slices. */
function isSliced(): bool {
  return isBetweenProcesses() || interruptible;
}

/** Whether a timeout was the end of a slice. */
function isSlice(deadline: f64): bool {
  return (LOOK_AFTER < FOREVER || isSliced()) && (deadline >= FOREVER || now() < deadline);
}

/** Whether so many slices have taken LOOK_AFTER. */
function isLong(slices: i32): bool {
  return LOOK_AFTER < FOREVER && (!isSliced() || slices >= <i32>(LOOK_AFTER / SLICE));
}

/**
 * The part of `park` up to the wait, which must be the last thing that its function does: V8's baseline
 * compiler (seen in Node 20.20, V8 11.3; not in Node 24) loses locals across `memory.atomic.wait32`, and a
 * store behind it went to another address. Being exported and not small keeps this from being inlined.
 */
export function sleep(p: usize, expected: i32, deadline: f64): i32 {
  if (!canBlock) return load(p) != expected ? Parked.CHANGED : Parked.REFUSED;
  let left = FOREVER;
  if (deadline < FOREVER) {
    left = deadline - now();
    if (left <= 0) return Parked.TIMED_OUT;
  }
  if (interruptible && deadline != FOREVER && isSignalled()) return Parked.INTERRUPTED;
  left = min(left, isSliced() ? SLICE : LOOK_AFTER);
  const timeout: i64 = left == FOREVER ? -1 : <i64>(min(left, 9.0e12) * 1.0e6);
  storePlain(selfSlot + offsetof<Slot>('waitingOn'), <i32>p);
  return wait(p, expected, timeout);
}

/**
 * What a wait comes to after `park`, when `ready` says whether what it waits for is there: OK (look again),
 * TIMEOUT, WOULD_BLOCK.
 */
export function afterPark(result: i32, ready: bool): i32 {
  if (result == Parked.REFUSED) return Status.WOULD_BLOCK;
  return result == Parked.TIMED_OUT && !ready ? Status.TIMEOUT : Status.OK;
}

/** What a worker with this slot is parked on: 0 when it runs. */
export function parkedOn(slot: usize): usize {
  return <usize>(<u32>loadPlain(slot + offsetof<Slot>('waitingOn')));
}

/** Waits of this worker since the last probe, and after how many there is one. */
let waits: i32 = 0;
let probeAfter: i32 = PROBE_AFTER_MIN;

/**
 * The adaptive spin, after folly's TurnSequencer: how many polls before sleeping. The first wait and every
 * 16th is a probe with the whole budget (it costs about what a wake-up does, so at worst twice the time is
 * spent: Karlin et al., "Empirical studies of competitive spinning", 1991); in between, twice what sufficed
 * on average. Without probes the estimate could only sink: a budget too short to succeed teaches nothing.
 * Probes in vain become rarer, down to one in 1024: each ends just when a sleeper would have been woken, and
 * one in 16 of them is what the slowest hundredth of all round trips consists of.
 *
 * Between processes the kernel wakes a sleeper so soon that a consumer who is a little faster than its
 * producer would sleep again after each item, and the producer pays a call of the kernel for each. So there
 * no spin is shorter than what the wake-up costs the other side (SPIN_BETWEEN).
 */
export function spinBudget(estimate: i32): i32 {
  if (spinAlways) return spinLimit;
  const least = isBetweenProcesses() ? SPIN_BETWEEN : SPIN_MIN;
  if (estimate != 0 && ++waits < probeAfter) return min(spinLimit, max(least, estimate << 1));
  waits = 0;
  return spinLimit;
}

/**
 * The new estimate. Only probes teach: it moves an eighth of the way to what would have sufficed, and to the
 * minimum when nothing did.
 */
export function spinLearn(estimate: i32, budget: i32, used: i32, success: bool): i32 {
  if (budget < spinLimit) return estimate;
  probeAfter = success ? PROBE_AFTER_MIN : min(probeAfter << 1, PROBE_AFTER_MAX);
  const target = success ? max(SPIN_MIN, used) : SPIN_MIN;
  return estimate == 0 ? target : estimate + ((target - estimate) >> 3);
}
