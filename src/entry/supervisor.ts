/**
 * The supervisor: the worker whose loop is never blocked. It starts all other workers, sees each death, and
 * repairs.
 */
import { SlotField, Status, WorkerState } from '../../assembly/abi.ts';
import { MemoryError } from '../errors.ts';
import type { CoreExports } from '../heap/core.ts';
import { enterHeap, type Heap, type HeapLink } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import {
  endProgram,
  parent,
  type SpawnedWorker,
  spawn,
  startsWhileBlocked,
  watch,
  watchOrphan,
  writeOutput,
} from '../platform/index.ts';
import { type Host, PoolMonitor, RETRY } from '../pool/monitor.ts';
import type { FromSupervisor, PoolMessage, StartMessage, SupervisorData, ToSupervisor, WorkerData } from '../workers/protocol.ts';
import type { RecordRow, WorkerRecord } from '../workers/record.ts';
import { Quiescence } from './quiescence.ts';
import { RecordReference } from './record-reference.ts';

interface Living {
  worker: SpawnedWorker;
  reference: RecordReference;
  daemon: boolean;
  pid: number;
  isProcess: boolean;
  /** The exit code of a worker that somebody stopped. */
  signal: number | undefined;
  /** Why it could not begin, if it has said so. */
  failure: Error | undefined;
  /** Who wants to know. */
  onGone: ((code: number, stopped: boolean) => void) | undefined;
}

/** The exit code of a worker that went down with its parent, or never started because of that. */
const KILLED = -9;

let link: HeapLink;
let heap: Heap;
let core: CoreExports;
const living = new Map<number, Living>();
const quiescence = new Quiescence();
/** Who is gone, and not repaired yet. */
const unrepaired = new Set<number>();
/** Stops that came before their start. */
const early = new Map<number, number>();
let seen = 0;
let busy = 0;
/** The root whose code is over. */
let over: number | undefined;

/**
 * Does one thing of several that must not keep each other from being done: whoever waits for a worker's end
 * waits for the last of them.
 */
function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    complain(`the supervisor failed ${what}`, error);
  }
}

function complain(what: string, error: unknown): void {
  const text = `nogil: ${what}: ${(error instanceof Error && error.stack) || String(error)}\n`;
  writeOutput(2, new TextEncoder().encode(text));
}

/** When the supervisor may wait for locks. */
function whenQuiescent(what: string, action: () => void): void {
  quiescence.whenQuiescent(() => attempt(what, action));
}

function report(): void {
  const message: FromSupervisor = { busy: busy > 0, seen };
  parent.post(message);
}

function start(
  { record: row, tid, name, daemon, process, main, modules, around, fromRoot }: StartMessage,
  onGone?: Living['onGone'],
): void {
  if (fromRoot) {
    seen++;
    over = undefined;
  }
  const reference = RecordReference.adopt(heap, row);
  const { isProcess, pid } = reference.record;
  const data: WorkerData = { link, tid, record: row, process, main, modules };
  let worker: SpawnedWorker;
  try {
    worker = spawn('worker', data, name, around);
  } catch (error) {
    neverBegan(tid, reference, name, error, onGone);
    return;
  }
  const entry: Living = {
    worker,
    reference,
    daemon,
    pid,
    isProcess,
    signal: early.get(tid),
    failure: undefined,
    onGone,
  };
  early.delete(tid);
  living.set(tid, entry);
  if (!daemon && busy++ === 0) report();
  worker.on({
    message: (message) => attempt('to take a message', () => receive(message as ToSupervisor)),
    failed(error) {
      entry.failure = error;
      complain(`worker ${name} failed`, error);
    },
    gone: (code) => attempt(`to see ${name} off`, () => gone(tid, entry, code)),
  });
  if (entry.signal !== undefined) terminate(tid, entry);
}

/** The platform refuses to start a worker: that is its end, and whoever waits for it hears why. */
function neverBegan(tid: number, reference: RecordReference, name: string, error: unknown, onGone: Living['onGone']): void {
  early.delete(tid);
  attempt('', () => complain(`worker ${name} could not be started`, error));
  attempt(`to say why ${name} did not start`, () => reference.record.settle(true, error));
  attempt(`to free the place of ${name}`, () => core.reap(tid, 0));
  attempt(`to end ${name}`, () => end(reference, 1));
  if (onGone) setTimeout(() => whenQuiescent(`to tell of the end of ${name}`, () => onGone(1, false)));
  if (busy === 0) report();
}

function stop(tid: number, signal: number): void {
  const entry = living.get(tid);
  if (entry) {
    entry.signal ??= signal;
    terminate(tid, entry);
  } else if (!unrepaired.has(tid) && core.workerIsKnown(tid) && heap.loadWord(core.slotOf(tid) + SlotField.RECORD_ID) !== 0)
    early.set(tid, signal);
}

function terminate(tid: number, { worker }: Living): void {
  quiescence.begin(tid);
  worker.terminate();
}

/** The worker is no more: whatever it did, it did before this. */
function gone(tid: number, entry: Living, code: number): void {
  living.delete(tid);
  unrepaired.add(tid);
  quiescence.end(tid);
  // One that failed has left its Locks behind like one that was killed: nobody knows what they guard, or that
  // they are to be released.
  const { state, exitCode } = entry.reference.record;
  const clean = state === WorkerState.ENDED && exitCode === 0;
  core.reapLocks(tid, clean ? 1 : 0);
  if (entry.isProcess) stopThreadsOf(entry.pid);
  whenQuiescent('in a repair', () => repair(tid, entry, entry.signal ?? code, clean));
}

/** Its handles are closed, what it held is repaired, and who waits for it hears. */
function repair(tid: number, entry: Living, code: number, clean: boolean): void {
  // Who has joined a worker that was stopped finds repaired what it held.
  attempt('to repair what a dead worker held', () => core.reap(tid, clean ? 1 : 0));
  unrepaired.delete(tid);
  codeOver.delete(tid);
  attempt('to tell of an end', tellOver);
  const { reference, failure } = entry;
  const { record } = reference;
  if (failure !== undefined && record.state === WorkerState.STARTING)
    attempt('to say why a worker did not begin', () => record.settle(true, failure));
  attempt('to end a record', () => endRecord(record, code));
  attempt('to end what a dead worker had not started yet', () => endUnstarted(tid));
  attempt('to close a record', () => reference.close());
  attempt('to tell a pool', () => entry.onGone?.(code, entry.signal !== undefined));
  for (const monitor of monitors.values()) whenQuiescent('to tell a pool', () => monitor.lost(tid));
  if (!entry.daemon && --busy === 0) report();
  // Who returned has stopped its daemons itself; who called process.exit() had no time to. One that was
  // stopped leaves them alone, as in Python.
  if (entry.isProcess && entry.signal === undefined) attempt('to stop daemons', () => stopDaemonsOf(entry.pid));
  attempt('to stop daemons', stopDaemons);
}

// ── attached threads ─────────────────────────────────────────────────────────────────────────────────

/** An attached thread is no more. It may be said twice. */
function attachedGone(tid: number, clean: boolean): void {
  if (!core.workerIsKnown(tid)) return;
  core.reapLocks(tid, clean ? 1 : 0);
  // Its own supervisor and the workers of that end with it, and nobody else is going to repair them. Not
  // before: they may be running on.
  whenFamilyGone(tid, new Set(), () =>
    whenQuiescent('in the repair of an attached thread', () => {
      for (const each of descendantsOf(tid))
        whenQuiescent('in the repair of an attached thread', () => repairOrphan(each, false));
      whenQuiescent('in the repair of an attached thread', () => repairOrphan(tid, clean));
    }),
  );
}

/**
 * Calls `done` once nobody runs whom `parent` has started, or who was started by those. `gone`: who is known
 * to be.
 */
function whenFamilyGone(parent: number, gone: Set<number>, done: () => void): void {
  const family = descendantsOf(parent).filter((tid) => !gone.has(tid));
  let left = family.length;
  if (left === 0) done();
  for (const tid of family) {
    quiescence.begin(tid);
    watchOrphan(link.heapId, tid, () => {
      gone.add(tid);
      quiescence.end(tid);
      core.reapLocks(tid, 0);
      // On their way out they may have started others.
      if (--left === 0) whenFamilyGone(parent, gone, done);
    });
  }
}

/** Children before their parents. */
function descendantsOf(parent: number): number[] {
  return tidsOfSlots()
    .filter((tid) => heap.loadWord(core.slotOf(tid) + SlotField.PARENT) === parent && !living.has(tid) && !unrepaired.has(tid))
    .flatMap((tid) => [...descendantsOf(tid), tid]);
}

function tidsOfSlots(): number[] {
  return Array.from({ length: core.slotCount() }, (_, index) => heap.loadWord(core.slotOf(index) + SlotField.TID)).filter(
    (tid) => tid > 0,
  );
}

/** A worker of which this supervisor has no entry. */
function repairOrphan(tid: number, clean: boolean): void {
  if (!core.workerIsKnown(tid)) return;
  const slot = core.slotOf(tid);
  const row = recordOf(slot);
  const reference = row.id === 0 ? undefined : RecordReference.open(heap, row);
  core.reap(tid, clean ? 1 : 0);
  if (reference) end(reference, KILLED);
}

function recordOf(slot: number): RecordRow {
  return {
    id: heap.loadWord(slot + SlotField.RECORD_ID),
    generation: heap.loadWord(slot + SlotField.RECORD_GENERATION),
  };
}

/** For a worker that is gone and was in nobody's care; the reference is used up. */
function end(reference: RecordReference, code: number): void {
  endRecord(reference.record, code);
  reference.close();
}

/**
 * The children of which `parent` did not live to tell: nobody starts them, and somebody may be waiting for
 * their end.
 */
function endUnstarted(parent: number): void {
  for (const tid of tidsOfSlots()) {
    const slot = core.slotOf(tid);
    if (living.has(tid) || unrepaired.has(tid) || heap.loadWord(slot + SlotField.PARENT) !== parent) continue;
    const reference = RecordReference.adopt(heap, recordOf(slot));
    early.delete(tid);
    core.reap(tid, 0);
    end(reference, KILLED);
  }
}

/**
 * What it was to run goes, too, if it died before it had read that: handles inside would stay open as long as
 * the record.
 */
function endRecord(record: WorkerRecord, code: number): void {
  attempt('to drop a task', () => record.dropTask());
  record.end(code);
}

/** A process takes its threads with it. */
function stopThreadsOf(pid: number): void {
  for (const [tid, entry] of living) if (!entry.isProcess && entry.pid === pid) stop(tid, -15);
}

function stopDaemonsOf(parent: number): void {
  for (const [tid, { isProcess, daemon, reference }] of living)
    if (isProcess && daemon && reference.record.parent === parent) stop(tid, -15);
}

/**
 * As at a Python program's exit: its threads end first, then its daemonic processes are terminated, however
 * long others go on.
 */
function stopDaemons(): void {
  if (over === undefined) return;
  for (const { isProcess, daemon, pid } of living.values()) if (!isProcess && !daemon && pid === over) return;
  // Before their workers go, or they would be replaced.
  const pid = over;
  for (const monitor of monitors.values()) whenQuiescent('to end a pool', () => monitor.over(pid));
  stopDaemonsOf(pid);
}

/** Processes whose code is over while they wait for their threads. */
const codeOver = new Set<number>();
let overListeners: { pid: number; event: { id: number; generation: number } }[] = [];

function tellOver(): void {
  const isOver = (pid: number) => pid === over || codeOver.has(pid) || !core.workerIsKnown(pid);
  const told = overListeners.filter(({ pid }) => isOver(pid));
  overListeners = overListeners.filter(({ pid }) => !isOver(pid));
  for (const { event } of told) {
    const { id, generation } = event;
    // No handle: somebody waits for this, memory or not.
    if (core.retain(id, generation) !== Status.OK) continue;
    core.eventSet(core.objectAt(id, generation));
    core.release(id, generation);
  }
}

const monitors = new Map<number, PoolMonitor>();
const host: Host = {
  start,
  stop: (tid) => stop(tid, -15),
  ended: (control) => void monitors.delete(control),
  whenQuiescent: (action) => whenQuiescent('in a pool', action),
};

/** However long the heap is full: the creator waits for what its workers do. */
function openPool(message: PoolMessage): void {
  const { id, generation } = message.control;
  const ref = core.refOpen(id, generation);
  if (isGone(ref)) return;
  let monitor: PoolMonitor;
  try {
    monitor = new PoolMonitor(heap, host, message, created(ref));
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    setTimeout(() => whenQuiescent('to open a pool', () => openPool(message)), RETRY);
    return;
  }
  monitors.set(id, monitor);
  monitor.begin();
  // It may have ended meanwhile.
  if (!core.workerIsKnown(message.creator)) monitor.lost(message.creator);
}

function receive(message: ToSupervisor): void {
  if (message.type === 'stop') stop(message.tid, message.signal);
  else if (message.type === 'attached') watch(message.life, (clean) => attachedGone(message.tid, clean));
  else if (message.type === 'attachedGone') attachedGone(message.tid, message.clean);
  else if (message.type === 'brokenPipe') brokenPipe(message.descriptor);
  else if (message.type === 'pipeHandled') clearTimeout(pipe);
  else whenQuiescent(`to do what it was asked (${message.type})`, () => act(message));
}

/** Milliseconds in which the root is to do what it would do if it had printed itself. */
const PIPE_PATIENCE = 1000;
let pipe: ReturnType<typeof setTimeout> | undefined;

/**
 * What a worker prints is read by nobody any more. That ends a program on Node; while its main thread is
 * blocked, from here.
 */
function brokenPipe(descriptor: 1 | 2): void {
  parent.post({ busy: busy > 0, seen, brokenPipe: descriptor } satisfies FromSupervisor);
  pipe ??= setTimeout(endProgram, PIPE_PATIENCE);
}

function act(
  message: Exclude<ToSupervisor, { type: 'stop' | 'attached' | 'attachedGone' | 'brokenPipe' | 'pipeHandled' }>,
): void {
  if (message.type === 'start') {
    start(message);
    // Answer what the root asked even when nothing changed: it compares counts.
    if (message.fromRoot && busy === 0) report();
  } else if (message.type === 'pool') {
    if (message.parent === over) over = undefined;
    openPool(message);
  } else if (message.type === 'tellOver') {
    overListeners.push(message);
    tellOver();
  } else if (message.type === 'codeOver') {
    codeOver.add(message.pid);
    tellOver();
  } else if (message.type === 'endPool') monitors.get(message.control)?.terminate();
  else {
    over = message.pid;
    tellOver();
    stopDaemons();
  }
}

/** What the supervisor's module does. */
export function runSupervisor(): void {
  const data = parent.data() as SupervisorData;
  link = data.link;
  heap = enterHeap(link, data.tid);
  core = heap.core;
  if (!startsWhileBlocked) report();
  parent.listen((message) => attempt('to take a message', () => receive(message as ToSupervisor)));
}
