/**
 * The supervisor: the worker whose loop is never blocked. It starts all other workers, sees each death, and
 * repairs. In another process of the operating system than the first it does so for that one's threads.
 */
import { WorkerState } from '../../assembly/abi.ts';
import type { CoreExports } from '../heap/core.ts';
import { enterHeap, type Heap, type HeapLink } from '../heap/heap.ts';
import { sourceOf } from '../inspector/source.ts';
import {
  endProgram,
  openInspection,
  parent,
  type SpawnedProcess,
  type SpawnedWorker,
  spawn,
  startsWhileBlocked,
  type Waits,
  watch,
  writeOutput,
} from '../platform/index.ts';
import { endOutputs, OwnOutputs } from '../workers/own-outputs.ts';
import type { FromProgram, FromSupervisor, StartMessage, SupervisorData, ToSupervisor, WorkerData } from '../workers/protocol.ts';
import type { WorkerRecord } from '../workers/record.ts';
import { AttachedThreads } from './attached.ts';
import { CodeOver } from './code-over.ts';
import { Guests } from './guests.ts';
import { Host } from './host.ts';
import { Pools } from './pools.ts';
import { LineUp, lightSleep, type OnGone, Processes } from './process-lines.ts';
import { Quiescence } from './quiescence.ts';
import { RecordReference } from './record-reference.ts';
import { Repairs } from './repairs.ts';
import { Slots } from './slots.ts';

interface Living {
  worker: SpawnedWorker | SpawnedProcess;
  /** It is a process of the operating system. */
  isSpawned: boolean;
  reference: RecordReference;
  outputs: OwnOutputs;
  daemon: boolean;
  pid: number;
  isProcess: boolean;
  /** The exit code of a worker that somebody stopped. */
  signal: number | undefined;
  /** Why it could not begin, if it has said so. */
  failure: Error | undefined;
  /** Who wants to know. */
  onGone: OnGone | undefined;
  /** The process for whose pool it works. */
  staffOf: SpawnedProcess | undefined;
}

/** The exit code of a worker that went down with its parent, or never started because of that. */
const KILLED = -9;

let link: HeapLink;
let heap: Heap;
let core: CoreExports;
let slots: Slots;
let attached: AttachedThreads;
let processes: Processes;
let pools: Pools;
let codeOver: CodeOver;
let repairs: Repairs;
/** In another process than the first. */
let up: LineUp | undefined;
let guests: Guests;
/** In a guest. */
let host: Host | undefined;
const living = new Map<number, Living>();
const quiescence = new Quiescence();
/** Who is gone, and not repaired yet. */
const unrepaired = new Set<number>();
/** Stops that came before their start. */
const early = new Map<number, number>();
let seen = 0;
let busy = 0;

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
  // Everything fails then, and whoever uses the heap hears why.
  if (host?.isGone) return;
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

/** `asker`: the process whose supervisor passes it on. */
function start(message: StartMessage, onGone?: OnGone, asker?: SpawnedProcess): void {
  if (message.isSpawned && up) {
    up.start(message, onGone);
    return;
  }
  const { record: row, tid, name, daemon, process, main, method, outputs, modules, around, isSpawned } = message;
  if (message.fromRoot) {
    seen++;
    codeOver.root = undefined;
  }
  const reference = RecordReference.open(heap, row);
  // Who has asked is gone, and with it the place: nobody waits for this one.
  if (reference === undefined) return;
  const { isProcess, pid } = reference.record;
  const data: WorkerData = { link, tid, record: row, process, main, method, outputs, modules };
  const tell = asker ? answerTo(asker, tid) : onGone;
  let worker: Living['worker'];
  let own: OwnOutputs | undefined;
  try {
    own = new OwnOutputs(heap, outputs);
    worker = isSpawned ? processes.start(message) : spawn('worker', data, name, around);
  } catch (error) {
    neverBegan(tid, reference, name, error, tell);
    if (own) own.end();
    else endOutputs(heap, outputs);
    return;
  }
  const entry: Living = {
    worker,
    isSpawned,
    reference,
    outputs: own,
    daemon,
    pid,
    isProcess,
    signal: early.get(tid),
    failure: undefined,
    onGone: tell,
    staffOf: message.isStaff ? asker : undefined,
  };
  early.delete(tid);
  living.set(tid, entry);
  if ('pid' in worker && worker.pid !== undefined) reference.record.setOsPid(worker.pid);
  if (!daemon && busy++ === 0) report();
  const from = 'pid' in worker ? worker : undefined;
  worker.on({
    message: (said) => attempt('to take a message', () => receive(said as ToSupervisor, from)),
    failed(error) {
      entry.failure = error;
      complain(`worker ${name} failed`, error);
    },
    gone: (code) => attempt(`to see ${name} off`, () => gone(tid, entry, code)),
  });
  if (entry.signal !== undefined) terminate(tid, entry);
}

function answerTo(asker: SpawnedProcess, tid: number): OnGone {
  return (code, stopped) => asker.post({ type: 'gone', tid, code, stopped } satisfies FromProgram);
}

/** The platform refuses to start a worker: that is its end, and whoever waits for it hears why. */
function neverBegan(tid: number, reference: RecordReference, name: string, error: unknown, onGone: Living['onGone']): void {
  early.delete(tid);
  attempt('', () => complain(`worker ${name} could not be started`, error));
  attempt(`to say why ${name} did not start`, () => reference.record.settle(true, error));
  attempt(`to free the place of ${name}`, () => repairs.reap(tid, false));
  attempt(`to end ${name}`, () => end(reference, 1));
  if (onGone) setTimeout(() => whenQuiescent(`to tell of the end of ${name}`, () => onGone(1, false)));
  if (busy === 0) report();
}

function stop(tid: number, signal: number): void {
  const entry = living.get(tid);
  if (entry) {
    entry.signal ??= signal;
    terminate(tid, entry);
  } else if (!core.workerIsKnown(tid) || unrepaired.has(tid) || !slots.hasRecord(tid)) return;
  else if (up && slots.osOf(tid) !== link.processes?.os) up.post({ type: 'stop', tid, signal });
  else if (!processes.stop(tid, signal)) early.set(tid, signal);
}

function terminate(tid: number, { worker, isSpawned, signal = KILLED }: Living): void {
  quiescence.begin(tid);
  if (isSpawned) (worker as SpawnedProcess).terminate(-signal);
  else worker.terminate();
}

/** The worker is no more: whatever it did, it did before this. */
function gone(tid: number, entry: Living, code: number): void {
  living.delete(tid);
  if (host?.isGone) {
    if (!entry.daemon && --busy === 0) report();
    return;
  }
  unrepaired.add(tid);
  quiescence.end(tid);
  // One that failed has left its Locks behind like one that was killed: nobody knows what they guard, or that
  // they are to be released.
  const { state, exitCode } = entry.reference.record;
  const clean = entry.isSpawned ? code === 0 : state === WorkerState.ENDED && exitCode === 0;
  repairs.reapLocks(tid, clean);
  const inside = entry.isSpawned ? letGoInside(tid) : [];
  if (entry.isProcess && !entry.isSpawned) stopThreadsOf(entry.pid);
  for (const [each, { staffOf }] of living) if (staffOf !== undefined && staffOf === entry.worker) stop(each, -15);
  for (const each of inside) whenQuiescent('in a repair', () => repairInside(each));
  // A process of the operating system may have handled a signal.
  const end = entry.isSpawned ? code : (entry.signal ?? code);
  whenQuiescent('in a repair', () => repair(tid, entry, end, clean));
}

/** Who went down with a process whose main thread was `tid`, children before their parents. */
function letGoInside(tid: number): number[] {
  const inside = processes.gone(tid);
  for (const each of inside) {
    unrepaired.add(each);
    repairs.reapLocks(each, false);
  }
  return inside;
}

/** A guest is no more. How it has ended nobody knows: its locks are broken. */
function guestGone(tid: number): void {
  unrepaired.add(tid);
  repairs.reapLocks(tid, false);
  for (const each of [...letGoInside(tid), tid]) whenQuiescent('in the repair of a guest', () => repairInside(each));
  pools.lost(tid);
}

/** Somebody who went down with the process in which it was: a thread, that process's supervisor. */
function repairInside(tid: number): void {
  attempt('to repair what a dead worker held', () => repairOrphan(tid, false));
  unrepaired.delete(tid);
  attempt('to end what a dead worker had not started yet', () => endUnstarted(tid));
}

/** Its handles are closed, what it held is repaired, and who waits for it hears. */
function repair(tid: number, entry: Living, code: number, clean: boolean): void {
  // Who has joined a worker that was stopped finds repaired what it held.
  attempt('to repair what a dead worker held', () => repairs.reap(tid, clean));
  unrepaired.delete(tid);
  codeOver.delete(tid);
  attempt('to tell of an end', () => codeOver.tell());
  const { reference, failure } = entry;
  const { record } = reference;
  if (failure !== undefined && record.state === WorkerState.STARTING)
    attempt('to say why a worker did not begin', () => record.settle(true, failure));
  attempt('to end a record', () => endRecord(record, code));
  attempt('to end its output', () => entry.outputs.end());
  attempt('to end what a dead worker had not started yet', () => endUnstarted(tid));
  attempt('to close a record', () => reference.close());
  attempt('to tell a pool', () => entry.onGone?.(code, entry.signal !== undefined));
  pools.lost(tid);
  if (!entry.daemon && --busy === 0) report();
  // Who returned has stopped its daemons itself; who called process.exit() had no time to. One that was
  // stopped leaves them alone, as in Python.
  if (entry.isProcess && entry.signal === undefined) attempt('to stop daemons', () => stopDaemonsOf(entry.pid));
  if (entry.isProcess && up) up.post({ type: 'ended', pid: entry.pid });
  attempt('to stop daemons', stopDaemons);
}

// ── attached threads ─────────────────────────────────────────────────────────────────────────────────

/** It may be said twice. */
function attachedGone(tid: number, clean: boolean): void {
  if (core.workerIsKnown(tid)) attached.gone(tid, clean);
}

/** Whether somebody sees its end. */
function isCaredFor(tid: number): boolean {
  return living.has(tid) || unrepaired.has(tid) || up?.hasStarted(tid) === true;
}

/** A worker of which this supervisor has no entry. */
function repairOrphan(tid: number, clean: boolean): void {
  if (!core.workerIsKnown(tid)) return;
  const row = slots.recordOf(tid);
  const reference = row.id === 0 ? undefined : RecordReference.open(heap, row);
  repairs.reap(tid, clean);
  if (reference) end(reference, KILLED);
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
  for (const tid of slots.all()) {
    if (isCaredFor(tid) || slots.parentOf(tid) !== parent) continue;
    early.delete(tid);
    repairOrphan(tid, false);
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
  const { root } = codeOver;
  if (root === undefined) return;
  for (const { isProcess, daemon, pid } of living.values()) if (!isProcess && !daemon && pid === root) return;
  // Before their workers go, or they would be replaced.
  pools.over(root);
  stopDaemonsOf(root);
}

/** `from`: the process whose supervisor passes it on. */
function receive(message: ToSupervisor, from?: SpawnedProcess): void {
  if (message.type === 'stop') stop(message.tid, message.signal);
  else if (message.type === 'attached') watch(message.life, (clean) => attachedGone(message.tid, clean));
  else if (message.type === 'attachedGone') attachedGone(message.tid, message.clean);
  else if (message.type === 'brokenPipe') brokenPipe(message.descriptor);
  else if (message.type === 'pipeHandled') clearTimeout(pipe);
  else if (message.type === 'share') guests.share(message.descriptor);
  else if (message.type === 'unshare') guests.unshare(message.descriptor);
  else whenQuiescent(`to do what it was asked (${message.type})`, () => act(message, from));
}

/** Milliseconds in which the root is to do what it would do if it had printed itself. */
const PIPE_PATIENCE = 1000;
let pipe: ReturnType<typeof setTimeout> | undefined;

/**
 * What a worker prints is read by nobody any more. That ends a program on Node; while its main thread is
 * blocked, from here.
 */
function brokenPipe(descriptor: 1 | 2): void {
  // A guest prints for itself.
  if (up && host === undefined) {
    up.post({ type: 'brokenPipe', descriptor });
    return;
  }
  parent.post({ busy: busy > 0, seen, brokenPipe: descriptor } satisfies FromSupervisor);
  pipe ??= setTimeout(endProgram, PIPE_PATIENCE);
}

function act(
  message: Exclude<
    ToSupervisor,
    { type: 'stop' | 'attached' | 'attachedGone' | 'brokenPipe' | 'pipeHandled' | 'share' | 'unshare' }
  >,
  from?: SpawnedProcess,
): void {
  if (message.type === 'start') {
    start(message, undefined, from);
    // Answer what the root asked even when nothing changed: it compares counts.
    if (message.fromRoot && busy === 0) report();
  } else if (message.type === 'pool') {
    if (message.parent === codeOver.root) codeOver.root = undefined;
    pools.open(message);
  } else if (message.type === 'tellOver') codeOver.listen(message);
  else if (message.type === 'codeOver') codeOver.add(message.pid);
  else if (message.type === 'ended') stopDaemonsOf(message.pid);
  else if (message.type === 'endPool') pools.monitor(message.control)?.terminate();
  else if (message.type === 'grow') pools.monitor(message.control)?.grow();
  else if (message.type === 'limits') pools.monitor(message.control)?.watchLimits();
  else if (message.type === 'endTask') pools.monitor(message.control)?.endTask(message.index);
  else {
    codeOver.root = message.pid;
    codeOver.tell();
    stopDaemons();
  }
}

/** How this thread waits: lightly, where it may wait for what only the system knows of. */
function ownWaits(isChild: boolean): ((own: Waits) => Waits) | undefined {
  if (host !== undefined) return host.waits;
  return link.processes === undefined || isChild ? undefined : (own) => lightSleep(own, () => processes.letGo());
}

/** What the supervisor's module does. */
export function runSupervisor(): void {
  const data = parent.data() as SupervisorData;
  link = data.link;
  if (data.line !== undefined) host = new Host(link, data.line, () => heap);
  heap = enterHeap(link, data.tid, ownWaits(data.isChild));
  core = heap.core;
  repairs = new Repairs(core, complain);
  slots = new Slots(heap);
  processes = new Processes(heap, slots);
  attached = new AttachedThreads({
    heapId: link.heapId,
    slots,
    quiescence,
    isCaredFor,
    reapLocks: (tid, clean) => repairs.reapLocks(tid, clean),
    repair: (tid, clean) => whenQuiescent('in the repair of an attached thread', () => repairOrphan(tid, clean)),
  });
  codeOver = new CodeOver(heap);
  pools = new Pools(heap, {
    start,
    stop: (tid) => stop(tid, -15),
    whenQuiescent: (action) => whenQuiescent('in a pool', action),
  });
  guests = new Guests({
    heap,
    processes,
    whenQuiescent: (action) => whenQuiescent('to receive a guest', action),
    receive,
    gone: (tid) => attempt('to see a guest off', () => guestGone(tid)),
  });
  if (data.isChild) up = new LineUp(stop);
  else if (host !== undefined) up = new LineUp(stop, data.line, host.gone);
  if (link.inspect && up === undefined)
    openInspection(sourceOf(heap), (text) => void writeOutput(2, new TextEncoder().encode(text)));
  if (!startsWhileBlocked) report();
  parent.listen((message) => attempt('to take a message', () => receive(message as ToSupervisor)));
}
