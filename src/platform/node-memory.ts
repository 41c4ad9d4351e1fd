/**
 * A heap between processes of the operating system. Its memory is a file without a name, which each process
 * has mapped over its own WebAssembly.Memory; it is handed on as a descriptor, and gone with the last
 * process.
 */
import { RuntimeError } from '../errors.ts';
import { loadNative, type Native, whyNoNative } from './native.ts';
import { waitsUntilEnded } from './node-ended.ts';
import { canSpawn, closeMemory, isProgramsThread, testMode } from './node-processes.ts';
import type { Doorbell, ProcessLink, Waits } from './platform.ts';

/**
 * How the package's own tests run: 'futex': each heap is between processes, which is how its workers wait;
 * 'spawn': and each Process is a process of the operating system.
 */
export const mode = testMode;

/** Why this thread cannot make a heap between processes; undefined: it can. */
export function whyNotBetween(): string | undefined {
  if (loadNative() === undefined) return whyNoNative();
  if (!canSpawn()) return 'the package was bundled, and a process has no file to begin with';
  if (!isProgramsThread)
    return 'the heap is made in a worker thread, and a process has one memory to share: its main thread makes it';
  return undefined;
}

/** Whether a heap is made so unless the program says otherwise. */
export const isDefault = mode !== undefined && whyNotBetween() === undefined;

function nativePart(): Native {
  const native = loadNative();
  if (native === undefined) throw new RuntimeError(`processes cannot share memory here: ${whyNoNative()}`);
  return native;
}

function bytesOf(memory: WebAssembly.Memory): Uint8Array {
  return new Uint8Array((memory as unknown as { buffer: ArrayBuffer }).buffer);
}

function map(memory: WebAssembly.Memory, descriptor: number): void {
  const errno = nativePart().map(bytesOf(memory), descriptor);
  if (errno !== 0) throw new RuntimeError(`the memory could not be shared with other processes (errno ${errno})`);
}

/** Makes a file of a fresh memory, which is empty then. */
export function shareMemory(memory: WebAssembly.Memory, first: number): ProcessLink {
  const why = whyNotBetween();
  if (why !== undefined) throw new RuntimeError(`processes cannot share memory here: ${why}`);
  const descriptor = nativePart().create(bytesOf(memory).length);
  map(memory, descriptor);
  return { descriptor, os: 0, first };
}

/** In another process: the memory behind a descriptor that it was given, and needs no more. */
export function joinMemory(memory: WebAssembly.Memory, descriptor: number): void {
  map(memory, descriptor);
  closeMemory(descriptor);
}

/** How this thread waits in such a memory. */
export function waitsIn(memory: WebAssembly.Memory, ended?: Int32Array): Waits {
  const native = nativePart();
  native.adopt(bytesOf(memory));
  return ended === undefined ? native : waitsUntilEnded(native, ended);
}

const listening = new WeakSet<Doorbell>();

/**
 * Has `look` called whenever an event loop of another process may have been meant, from now on. Before the
 * first wait of this thread's loop in that heap.
 */
export function listenIn(heap: Doorbell, look: () => void): void {
  if (heap.link.processes === undefined || listening.has(heap)) return;
  listening.add(heap);
  nativePart().listen(heap.core.doorbell(), look);
}

/** This process is about to end: none of its threads goes to sleep any more where no engine can end it. */
export function sleepNoMore(): void {
  nativePart().close();
}
