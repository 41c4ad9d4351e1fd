/**
 * The registry of workers, and the record of each Thread or Process.
 *
 * Ancestry: the thread table of any kernel; ids of slot and sequence as generational indices.
 *
 * A slot is a worker's place while it lives: its handles, its scratch, its node for blocking waits, the word
 * it is parked on.
 * A worker id is `slot | sequence << SLOT_BITS`: a slot comes around after 2^19 workers of its own, so an id
 * in an old lock word names nobody else.
 *
 * | slot.tid       | meaning                                                     | next         |
 * | -------------- | ----------------------------------------------------------- | ------------ |
 * | 0              | free                                                        | CLAIMED+taker |
 * | CLAIMED + taker | the taker alone writes sequence and parent                  | id           |
 * | id             | that worker's, from before it starts until it is repaired   | 0            |
 *
 * A Worker record is a public object (it lives as long as anybody has a handle): what is to be run, its
 * state, its exit code, its result.
 *
 * | record.state | meaning                                                       | next              |
 * | ------------ | ------------------------------------------------------------- | ----------------- |
 * | INITIAL      | not started                                                   | STARTING          |
 * | STARTING     | has a slot; the supervisor starts it                          | RUNNING, ENDED    |
 * | RUNNING      | its own code runs                                             | ENDED             |
 * | ENDED        | exit code and result stand                                    | -                 |
 *
 * No wake-up is lost: joiners sleep on `state` and compare it; ENDED is stored before the notify. The same
 * for those who want to know the system's number of a process, and sleep on `osPid`: it changes once.
 *
 * Death of the worker: the supervisor learns it from the platform, runs the reaper, so that who has joined
 * finds everything repaired, and then calls workerEnd for it, which changes nothing if it had ended by
 * itself.
 * Death of a parent between taking the slot and telling the supervisor: the reaper of the parent frees the
 * slot, which says throughout whose it is.
 */
import { Status, WorkerState } from '../abi';
import { cas, copy, load, loadPlain, notify, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { allocate, free } from '../heap/allocator';
import { release, retain } from '../heap/object-table';
import { align8, boxedDropAt, RECORD } from '../heap/record';
import { Record, Root, SLOT_BYTES, SLOT_IN_TABLE, SLOT_OS, Slot, Worker } from '../layout';
import { ROOT, SCRATCH, SLOT_BITS, SLOTS } from '../limits';
import { lockAbandon, lockInternal, lockWakeAll, unlock } from '../sync/lock';
import { gateWakeAll } from '../waiting/event-count';
import { multiWaitWake } from '../waiting/multi-wait';
import { become, deadlineAfter, FOREVER, Parked, park, self, selfScratch, selfSlot, slots } from '../waiting/park';

/** With its taker's id, in a slot's `tid`. */
const CLAIMED: i32 = 1 << 31;

export function slotAt(index: i32): usize {
  const first = slots ? slots : <usize>(<u32>loadPlain(ROOT + offsetof<Root>('slots')));
  return first + <usize>index * SLOT_BYTES;
}

/** Slots there are, taken or free. */
export function slotCount(): i32 {
  return SLOTS;
}

export function slotOf(tid: i32): usize {
  return slotAt(tid & (SLOTS - 1));
}

/** Whether a worker with this id has a slot. */
export function workerIsKnown(tid: i32): bool {
  return load(slotOf(tid) + offsetof<Slot>('tid')) == tid;
}

/**
 * Takes a slot, with the scratch of who is to have it: the new worker's id; RANGE: all are taken; NO_MEMORY.
 */
export function slotTake(): i32 {
  const turn = ROOT + offsetof<Root>('nextSlot');
  const start = load(turn);
  for (let i = 0; i < SLOTS; i++) {
    const index = (start + i) & (SLOTS - 1);
    const slot = slotAt(index);
    const word = slot + offsetof<Slot>('tid');
    if (load(word) != 0 || cas(word, 0, CLAIMED | self) != 0) continue;
    const sequence = max((loadPlain(slot + offsetof<Slot>('sequence')) + 1) & ((1 << (29 - SLOT_BITS)) - 1), 1);
    storePlain(slot + offsetof<Slot>('sequence'), sequence);
    storePlain(slot + offsetof<Slot>('parent'), self);
    storePlain(slot + SLOT_OS, self ? loadPlain(selfSlot + SLOT_OS) : 0);
    store(turn, index + 1);
    // The scratch now: a worker that finds no memory for it cannot even say so. Who has no id must take no
    // lock.
    if (self) {
      const scratch = allocate(SCRATCH);
      storePlain(slot + offsetof<Slot>('scratch'), <i32>scratch);
      if (!scratch) {
        store(word, 0);
        return Status.NO_MEMORY;
      }
    }
    const tid = index | (sequence << SLOT_BITS);
    store(word, tid);
    return tid;
  }
  return Status.RANGE;
}

/** Reaper: what `parent` had taken for children of which the supervisor was never told is free again. */
export function slotsFreeUnstarted(parent: i32): void {
  for (let index = 0; index < SLOTS; index++) {
    const slot = slotAt(index);
    const tid = load(slot + offsetof<Slot>('tid'));
    if (tid == (CLAIMED | parent)) slotClear(slot);
    else if (tid > 0 && loadPlain(slot + offsetof<Slot>('parent')) == parent && !loadPlain(slot + offsetof<Slot>('recordId')))
      slotFree(tid);
  }
}

/** Gives a slot back, with what it owns in memory. */
export function slotFree(tid: i32): void {
  slotClear(slotOf(tid));
}

function slotClear(slot: usize): void {
  const scratch = <usize>(<u32>loadPlain(slot + offsetof<Slot>('scratch')));
  if (scratch) Check.block(scratch, slot + offsetof<Slot>('scratch'));
  storePlain(slot + offsetof<Slot>('scratch'), 0);
  storePlain(slot + offsetof<Slot>('waitingOn'), 0);
  storePlain(slot + offsetof<Slot>('refs'), 0);
  storePlain(slot + offsetof<Slot>('recordId'), 0);
  storePlain(slot + offsetof<Slot>('thread'), 0);
  storePlain(slot + offsetof<Slot>('letGo'), 0);
  store(slot + SLOT_IN_TABLE, 0);
  if (scratch) free(scratch);
  // ORDERING: the owner last: from here on the slot is anybody's.
  store(slot + offsetof<Slot>('tid'), 0);
}

/**
 * The slot of a worker that is to be started has a handle of its record until it is repaired, whoever was
 * told to start it: a supervisor may go down with its process, and nobody could tell whether it had begun to.
 */
export function slotSetRecord(tid: i32, id: i32, generation: i32): void {
  const slot = slotOf(tid);
  store(slot + offsetof<Slot>('recordGeneration'), generation);
  retain(id, generation);
  store(slot + offsetof<Slot>('recordId'), id);
}

/** Reaper: the slot has no record any more. */
export function slotReleaseRecord(tid: i32): void {
  const slot = slotOf(tid);
  const id = load(slot + offsetof<Slot>('recordId'));
  if (!id) return;
  store(slot + offsetof<Slot>('recordId'), 0);
  release(id, loadPlain(slot + offsetof<Slot>('recordGeneration')));
}

/** This instance is the worker `tid` from now on. False: no memory for its scratch. */
export function workerBecome(tid: i32): bool {
  const slot = slotOf(tid);
  // First of all: a worker without an id would take locks with 0, which is to take nothing.
  become(tid, slot, 0);
  let scratch = <usize>(<u32>loadPlain(slot + offsetof<Slot>('scratch')));
  if (!scratch) scratch = allocate(SCRATCH);
  if (!scratch) return false;
  Check.block(scratch, slot + offsetof<Slot>('scratch'));
  storePlain(slot + offsetof<Slot>('scratch'), <i32>scratch);
  become(tid, slot, scratch);
  return true;
}

/** The node on which worker `tid` waits when it blocks. */
export function slotNode(tid: i32): usize {
  return slotOf(tid) + offsetof<Slot>('state');
}

// ── records ──────────────────────────────────────────────────────────────────────────────────────────

export function workerGate(worker: usize): usize {
  return worker + offsetof<Worker>('gateSeq');
}

export function workerState(worker: usize): i32 {
  return load(worker + offsetof<Worker>('state'));
}

export function workerExitCode(worker: usize): i32 {
  return load(worker + offsetof<Worker>('exitCode'));
}

/** From one state to the next; false if it was another. */
export function workerMove(worker: usize, from: i32, to: i32): bool {
  return cas(worker + offsetof<Worker>('state'), from, to) == from;
}

/** It has ended with `exitCode`; nothing changes if it had before. Wakes who joins. */
export function workerEnd(worker: usize, exitCode: i32): bool {
  const word = worker + offsetof<Worker>('state');
  while (true) {
    const state = load(word);
    if (state == WorkerState.ENDED) return false;
    // ORDERING: the code before the state: who sees ENDED sees the code. Only the worker's last act and the
    // supervisor, after it is gone, come here.
    store(worker + offsetof<Worker>('exitCode'), exitCode);
    if (cas(word, state, WorkerState.ENDED) == state) break;
  }
  workerWakeAll(worker);
  workerSetOsPid(worker, -1);
  return true;
}

/** The number of a process of the operating system is known; -1: it has none. The first time counts. */
export function workerSetOsPid(worker: usize, pid: i32): void {
  const word = worker + offsetof<Worker>('osPid');
  if (cas(word, 0, pid) == 0) notify(word, -1);
}

/** That number, once it is known: a positive one, -1: there is none; WOULD_BLOCK. */
export function workerOsPid(worker: usize): i32 {
  const word = worker + offsetof<Worker>('osPid');
  while (true) {
    const pid = load(word);
    if (pid) return pid;
    if (park(word, 0, FOREVER) == Parked.REFUSED) return Status.WOULD_BLOCK;
  }
}

export function workerWakeAll(worker: usize): void {
  notify(worker, -1);
  notify(worker + offsetof<Worker>('osPid'), -1);
  gateWakeAll(workerGate(worker));
  lockWakeAll(nameLock(worker));
  multiWaitWake();
}

/** OK when it has ended; TIMEOUT, WOULD_BLOCK. */
export function workerJoin(worker: usize, timeoutMs: f64): i32 {
  const deadline = deadlineAfter(timeoutMs);
  while (true) {
    const state = workerState(worker);
    if (state == WorkerState.ENDED) return Status.OK;
    Check.that(<u32>state < <u32>WorkerState.ENDED, worker);
    if (timeoutMs == 0) return Status.TIMEOUT;
    const result = park(worker, state, deadline);
    if (result == Parked.REFUSED) return Status.WOULD_BLOCK;
    if (result == Parked.TIMED_OUT && workerState(worker) != WorkerState.ENDED) return Status.TIMEOUT;
  }
}

// ── the name ─────────────────────────────────────────────────────────────────────────────────────────

// Anybody may read a worker's name while it is changed: it is read under a lock, into the reader's scratch.

function nameLock(worker: usize): usize {
  return worker + offsetof<Worker>('nameLock');
}

function nameWord(worker: usize): usize {
  return worker + offsetof<Worker>('name');
}

/** A boxed record, without handles and no larger than a scratch, is the name from now on. */
export function workerSetName(worker: usize, boxed: usize): void {
  lockInternal(nameLock(worker));
  const before = <usize>(<u32>loadPlain(nameWord(worker)));
  store(nameWord(worker), <i32>boxed);
  unlock(nameLock(worker));
  if (before) free(before);
}

/** The name as a record at the scratch's begin: its meta. RANGE: it has none. */
export function workerName(worker: usize): i32 {
  lockInternal(nameLock(worker));
  const boxed = <usize>(<u32>loadPlain(nameWord(worker)));
  if (boxed) {
    Check.block(boxed, nameWord(worker));
    Check.that(<u32>loadPlain(boxed) < SCRATCH - RECORD, boxed);
    Check.that(<u32>loadPlain(boxed + offsetof<Record>('meta')) <= 255, boxed + offsetof<Record>('meta'));
  }
  if (boxed) copy(selfScratch, boxed, RECORD + align8(<u32>loadPlain(boxed)));
  unlock(nameLock(worker));
  return boxed ? loadPlain(selfScratch + offsetof<Record>('meta')) : <i32>Status.RANGE;
}

/** Reaper. */
export function workerAbandon(worker: usize, tid: i32): void {
  lockAbandon(nameLock(worker), tid);
}

export function workerDestroy(worker: usize): void {
  boxedDropAt(worker + offsetof<Worker>('name'));
  boxedDropAt(worker + offsetof<Worker>('task'));
  boxedDropAt(worker + offsetof<Worker>('result'));
}
