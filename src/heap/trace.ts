/**
 * Traces: with `configure({ trace: true })` each worker leaves in the shared memory since when and where in
 * the source it waits, so that others can read it while it is blocked; and what it waited becomes a measure.
 *
 * The core asks the host for signals before each slice of a sleep (interrupt.ts). That is where the stack is
 * looked at: who need not sleep pays two calls, and who does not trace nothing, since then the calls are the
 * core's own.
 *
 * | word of a trace | writer     | holds                                                              |
 * | --------------- | ---------- | ------------------------------------------------------------------ |
 * | tid             | its worker | that worker, while the rest is true; written last, cleared first   |
 * | since, text     | its worker | since when, and where                                              |
 *
 * Death: the trace stays, and its slot has another worker's id some time, to which it does not belong.
 */
import { Limit, RootField, TraceField } from '../../assembly/abi.ts';
import { diagnostics, userFrame } from '../platform/index.ts';
import type { CoreExports } from './core.ts';
import { WAITING } from './generated/waits.ts';
import { onSleep } from './interrupt.ts';

/** Milliseconds that a wait lasts at least of which subscribers are told, and which is measured. */
const LONG = 10;

const TRACES = Limit.ROOT + RootField.TRACES;
/** Also a worker that leaves no traces may have subscribers. */
let where = 0;
let since = 0;
let site = '';
/** Whether this thread is in a call that may wait. */
let waits = false;

/** What this worker waits in when it has nothing to do: that is no wait for anybody. */
let idleIn = 0;

const text = new TextEncoder();

/** What of a Heap traces need. */
interface Traced {
  readonly core: CoreExports;
  readonly link: { readonly trace: boolean };
  readonly tid: number;
  readonly scratch: Uint8Array;
  allocate(bytes: number): number;
  bytes(end?: number): Uint8Array;
  loadWord(at: number): number;
  storeWord(at: number, value: number): void;
}

/** In the thread that makes a heap: has its workers leave traces. */
export function openTraces(heap: Traced): void {
  const at = heap.allocate(Limit.SLOTS * TraceField.BYTES);
  heap.bytes(at + Limit.SLOTS * TraceField.BYTES).fill(0, at, at + Limit.SLOTS * TraceField.BYTES);
  heap.storeWord(TRACES, at);
  traceIn(heap);
}

/** Whether this thread's waits are to be watched. */
export function isWatched(trace: boolean): boolean {
  return diagnostics !== undefined && (trace || diagnostics.blocked.hasSubscribers || diagnostics.queueFull.hasSubscribers);
}

/** The same exports, whose waits are noted. */
export function watched(core: CoreExports): CoreExports {
  const calls = core as unknown as Record<string, (...args: number[]) => number>;
  const noted: Record<string, unknown> = { ...calls };
  for (const name of WAITING) {
    const call = calls[name] as (...args: number[]) => number;
    noted[name] = (...args: number[]): number => {
      waits = true;
      since = 0;
      try {
        return call(...args);
      } finally {
        waits = false;
        if (since !== 0) ended(name, args[0] as number);
      }
    };
  }
  return noted as unknown as CoreExports;
}

/** To wait in this object is to have nothing to do. */
export function isIdleIn(object: number): void {
  idleIn = object;
}

let own: Traced | undefined;

/** This thread is a worker of a heap: what it says goes there. */
export function traceIn(heap: Traced): void {
  own = heap;
  const traces = heap.loadWord(TRACES);
  if (traces !== 0) {
    where = traces + (heap.tid & (Limit.SLOTS - 1)) * TraceField.BYTES;
    heap.storeWord(where + TraceField.TID, 0);
  }
  onSleep(begun);
}

/** It is about to sleep; not for the first time in this call, if it sleeps in slices. */
function begun(): void {
  if (!waits || since !== 0 || own === undefined) return;
  since = performance.now();
  site = userFrame();
  if (where === 0) return;
  const bytes = own.bytes(where + TraceField.BYTES);
  // As TextEncoder writes into no shared memory.
  const line = text.encode(site).subarray(0, TraceField.BYTES - TraceField.TEXT);
  bytes.set(line, where + TraceField.TEXT);
  const at = new Float64Array([performance.timeOrigin + since]);
  bytes.set(new Uint8Array(at.buffer), where + TraceField.SINCE);
  own.storeWord(where + TraceField.LENGTH, line.length);
  own.storeWord(where + TraceField.TID, own.tid);
}

/** @param object 0: the call is about none */
function ended(call: string, object: number): void {
  const heap = own as Traced;
  if (where !== 0) heap.storeWord(where + TraceField.TID, 0);
  const end = performance.now();
  if (end - since < LONG || object === idleIn) return;
  const id = isAboutObject(call) ? heap.core.objectId(object) : 0;
  const wait = { call, id, worker: heap.tid, start: since, duration: end - since, where: site };
  if (heap.link.trace) diagnostics?.measure(wait);
  // What the call has left in the scratch is still to be read, and a subscriber may use the package.
  if (diagnostics?.blocked.hasSubscribers) apart(heap, () => diagnostics?.blocked.publish(wait));
  if (call.startsWith('queuePut') && diagnostics?.queueFull.hasSubscribers)
    apart(heap, () => diagnostics?.queueFull.publish({ id, worker: heap.tid, waited: wait.duration }));
}

function isAboutObject(call: string): boolean {
  return call !== 'multiWaitPark' && call !== 'sleep';
}

function apart({ scratch }: Traced, publish: () => void): void {
  // Not `slice`: a Buffer's is another view.
  const saved = new Uint8Array(scratch);
  try {
    publish();
  } finally {
    scratch.set(saved);
  }
}
