/**
 * Node: the only file that knows worker_threads, file descriptors and the process.
 */
import { AsyncResource } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as workerThreads from 'node:worker_threads';
import { BAR } from './generated/bar.ts';
import { WORKER } from './generated/worker.ts';
import { endSleep } from './native.ts';
import { builtIn, fileBeside, isInBundle } from './node-modules.ts';
import { nameAround } from './node-scopes.ts';
import type { Role, SpawnedWorker, Surroundings, WorkerScript } from './platform.ts';

export { loadNative, whyNoNative } from './native.ts';
export * from './node-diagnostics.ts';
export * from './node-ended.ts';
export * from './node-guests.ts';
export * from './node-inspect.ts';
export * from './node-memory.ts';
export * from './node-modules.ts';
export { coreBetween, hasEnded, openLine, processId, spawnProcess, told } from './node-processes.ts';
export { canLook, topLevelNames, valueAround } from './node-scopes.ts';
export * from './node-signals.ts';

const { parentPort, threadId, Worker, workerData } = workerThreads;

export const canBlock = true;

export const startsWhileBlocked = true;

export const cores = availableParallelism();

export const nativeId = threadId;

export function checkSharedMemory(): void {}

export function setWorkerScript(_script: WorkerScript): void {}

/**
 * Flags of a program that is given as text; and those that its workers, who have a file of their own, can
 * still need.
 */
const TEXT_FLAG = /^(-e|-p|-pe|--eval|--print|--input-type)(=|$)/;
const LOADER_FLAG = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(=|$)/;

function flagsForWorkers(flags: readonly string[]): readonly string[] {
  if (!flags.some((flag) => TEXT_FLAG.test(flag))) return flags;
  return flags.filter(
    (flag, index) => LOADER_FLAG.test(flag) || /^(--import|--require|-r|--conditions|-C)$/.test(flags[index - 1] ?? ''),
  );
}

export function surroundings(): Surroundings {
  const { argv, execArgv, env } = process;
  return { argv: argv.slice(2), execArgv: [...flagsForWorkers(execArgv)], env: { ...env } as Record<string, string> };
}

/** What a worker of the package's is given. */
interface Start {
  role: Role;
  data: unknown;
  /**
   * What the package has as text, where its files are not beside this one: what is not in the text itself.
   */
  texts: { worker: string; bar: string } | undefined;
}
const started = workerData as Partial<Start> | undefined;

export const role = started?.role;

export function nameBeside(fn: object, inside: object): string | undefined {
  // Otherwise there is nothing around modules.
  return isInBundle() || fileBeside(FILES.worker) === undefined ? nameAround(fn, inside) : undefined;
}

/** A text that the build has packed. */
function unpacked(packed: string): string {
  const { inflateRawSync } = builtIn<typeof import('node:zlib')>('node:zlib');
  return String(inflateRawSync(Buffer.from(packed, 'base64')));
}

/** What is beside this file for each role. The supervisor's is CommonJS: it starts without the loader of modules. */
const FILES = { worker: 'worker.js', supervisor: 'supervisor.cjs' } satisfies Record<Role, string>;

/** It has its starter's loader, environment and arguments. */
export function spawn(role: Role, data: unknown, name: string, around = surroundings()): SpawnedWorker {
  const file = fileBeside(FILES[role]);
  const texts = file ? undefined : (started?.texts ?? { worker: unpacked(WORKER), bar: BAR });
  const { argv, execArgv, env, resourceLimits } = around;
  const start = { role, data, texts } satisfies Start;
  const options = { workerData: start, name, argv, env, stdout: false, stderr: false, ...(resourceLimits && { resourceLimits }) };
  const make = (more?: { execArgv: string[] }) =>
    new Worker(file ?? (texts?.worker as string), { ...options, eval: file === undefined, ...more });
  // Without any it has all flags of this thread, which is the only way to pass on those of V8: named, they
  // are refused.
  const isInherited = execArgv.length === process.execArgv.length && execArgv.every((flag, i) => flag === process.execArgv[i]);
  let worker: workerThreads.Worker;
  try {
    worker = make(isInherited ? undefined : { execArgv });
  } catch (error) {
    if (isInherited || around.isOwn || (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
    worker = make();
  }
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as workerThreads.TransferListItem[]),
    terminate() {
      const { threadId } = worker;
      void worker.terminate();
      endSleep(threadId);
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    on(events) {
      if (events.message) worker.on('message', events.message);
      if (events.failed) worker.on('error', events.failed);
      if (events.gone) worker.on('exit', events.gone);
    },
  };
}

export const parent = {
  data: () => started?.data,
  post: (message: unknown) => parentPort?.postMessage(message),
  listen: (listener: (message: unknown) => void) => void parentPort?.on('message', listener),
};

// ── attached threads ─────────────────────────────────────────────────────────────────────────────────

/** A thread's end is told once its own threads have ended. */
export function watchOrphan(_heapId: string, _tid: number, gone: () => void): void {
  gone();
}

/** Inside of the core a thread meets its end within microseconds of running. */
export const longestEnd = 1000;

/** Since Node 20.19 and 22.5; not in Bun 1.4 and Deno 2.9. */
type PostMessageToThread = (thread: number, message: unknown, transfer: unknown[]) => Promise<void>;
const { postMessageToThread } = workerThreads as { postMessageToThread?: PostMessageToThread };

interface Announcement {
  type: 'nogil attached';
  heapId: string;
  tid: number;
  life: workerThreads.MessagePort;
  /** Not 0 once it has arrived. */
  heard: Int32Array;
}

/**
 * What an attached thread posts to the main thread, which passes it on, is dropped if it ends before; so it
 * ends later, but by process.exit() no more than these milliseconds.
 */
const PASSING_ON = 1000;

/** Ends of channels that close with this thread. */
const lives: workerThreads.MessagePort[] = [];

export function announce(heapId: string, root: number, tid: number): void {
  if (postMessageToThread === undefined) return;
  const { port1, port2 } = new workerThreads.MessageChannel();
  port1.unref();
  lives.push(port1);
  const heard = new Int32Array(new SharedArrayBuffer(4));
  process.on('exit', (code) => {
    port1.postMessage(code);
    if (!workerThreads.isMainThread) Atomics.wait(heard, 0, 0, PASSING_ON);
  });
  keepAlive(1);
  postMessageToThread(root, { type: 'nogil attached', heapId, tid, life: port2, heard } satisfies Announcement, [port2])
    // The root is gone: then nobody is left to care.
    .catch(() => {})
    .finally(() => keepAlive(-1));
}

export function onAttached(heapId: string, listener: (tid: number, life: unknown) => void): void {
  // The declarations are older than the event.
  (process as NodeJS.EventEmitter).on('workerMessage', (message: Partial<Announcement> | undefined) => {
    if (message?.type !== 'nogil attached' || message.heapId !== heapId) return;
    const { tid, life, heard } = message as Announcement;
    Atomics.store(heard, 0, 1);
    Atomics.notify(heard, 0);
    listener(tid, life);
  });
}

export function watch(life: unknown, gone: (clean: boolean) => void): void {
  const port = life as workerThreads.MessagePort;
  let clean = false;
  port.on('message', (code) => {
    clean = code === 0;
  });
  port.on('close', () => gone(clean));
}

export function onThreadGone(listener: (nativeId: number, clean: boolean) => void): void {
  process.on('worker', (worker) => {
    const { threadId } = worker;
    worker.on('exit', (code) => listener(threadId, code === 0));
  });
}

// ── the end of this thread ───────────────────────────────────────────────────────────────────────────

/** What ended well has the code that the user has left in process.exitCode. */
export function exit(code: number): never {
  return code === 0 ? process.exit() : process.exit(code);
}

export function onExit(listener: (code: number) => void): void {
  process.on('exit', listener);
  const { exit } = process;
  // Without a code it means process.exitCode, and undefined is a code.
  process.exit = (...code) => {
    // What other listeners do belongs to the worker's life: whoever joins it finds it done.
    process.off('exit', listener);
    process.on('exit', listener);
    return exit.apply(process, code);
  };
}

export function onIdle(listener: () => void): void {
  process.on('beforeExit', listener);
}

export function onUncaught(listener: (error: unknown) => void): void {
  // This one comes first, and who else listens has taken the error upon himself.
  const isAlone = (event: string) => (process as NodeJS.EventEmitter).listenerCount(event) === 1;
  process.on('uncaughtException', (error) => {
    if (isAlone('uncaughtException')) listener(error);
  });
  process.on('unhandledRejection', (error) => {
    if (!isAlone('unhandledRejection')) return;
    if (isAlone('uncaughtException')) listener(error);
    // As Node does with what nobody has handled.
    else (process as NodeJS.EventEmitter).emit('uncaughtException', error, 'unhandledRejection');
  });
}

const idle = new Int32Array(new SharedArrayBuffer(4));

export function writeOutput(descriptor: 1 | 2, bytes: Uint8Array): boolean {
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // The main thread's own console makes a pipe non-blocking for everybody.
      if (code === 'EAGAIN') Atomics.wait(idle, 0, 0, 1);
      else if (code === 'EPIPE') return false;
      else throw error;
    }
  }
  return true;
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE', errno: -32, syscall: 'write' });
}

const streamOf = (descriptor: 1 | 2) => (descriptor === 1 ? process.stdout : process.stderr);

export function hearsBrokenPipe(descriptor: 1 | 2): boolean {
  const stream = streamOf(descriptor);
  // While it writes, the console has one of its own there; and so has the output of each worker that a main
  // thread has started.
  const isNodes = (listener: { name: string }) => listener.name === 'noop' || /\bunpipe\(\)/.test(String(listener));
  if (stream.listeners('error').every(isNodes)) return false;
  process.nextTick(() => stream.emit('error', brokenPipe()));
  return true;
}

export function breakPipe(descriptor: 1 | 2): void {
  streamOf(descriptor).emit('error', brokenPipe());
}

export function endProgram(): void {
  // Nobody can run JavaScript in a thread that is blocked. The first is what can be seen to be an end; the
  // second cannot be missed.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);
}

type Chunk = string | Uint8Array;
type Written = (error?: Error | null) => void;

export function redirectOutput(write: (descriptor: 1 | 2, bytes: Uint8Array) => void): void {
  for (const [descriptor, stream] of [
    [1, process.stdout],
    [2, process.stderr],
  ] as const) {
    stream.write = (chunk: Chunk, encoding?: BufferEncoding | Written, done?: Written): boolean => {
      write(descriptor, typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk);
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
  }
}

let pending = 0;
let timer: NodeJS.Timeout | undefined;

export function keepAlive(change: 1 | -1): void {
  pending += change;
  if (pending === 0) {
    clearInterval(timer);
    timer = undefined;
  } else timer ??= setInterval(() => {}, 0x7fffffff);
}

export function hasPendingWork(): boolean {
  // What is only still to be closed nobody waits for.
  return process.getActiveResourcesInfo().some((kind) => kind !== 'CloseReq');
}

export function bindContext<F extends (...args: never[]) => unknown>(fn: F): F {
  return AsyncResource.bind(fn as never) as never;
}

export function inNextTurn(fn: () => void): void {
  setImmediate(fn);
}

export function afterTurn(fn: () => void): void {
  setImmediate(fn).unref();
}

let collector: (() => boolean) | undefined;

/**
 * An engine keeps what a WeakRef was made of, or was asked for, until the microtasks have run. A context with
 * microtasks of its own (none) has them run at once, and not those of the program; that takes 12 us. What
 * collects is a flag away.
 */
function makeCollector(): () => boolean {
  try {
    const { createContext, runInNewContext, Script } = builtIn<typeof import('node:vm')>('node:vm');
    const { setFlagsFromString } = builtIn<typeof import('node:v8')>('node:v8');
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    const context = createContext({}, { microtaskMode: 'afterEvaluate' });
    const nothing = new Script('0');
    const run = () => {
      nothing.runInContext(context);
      gc();
      return true;
    };
    run();
    return run;
  } catch {
    return () => false;
  }
}

export function collectNow(): boolean {
  collector ??= makeCollector();
  return collector();
}

export function terminal(): boolean {
  return process.stderr.isTTY === true;
}

export function progressBar(): unknown {
  const { compileFunction } = builtIn<typeof import('node:vm')>('node:vm');
  const module = { exports: {} };
  compileFunction(unpacked(BAR || (started?.texts?.bar as string)), ['module', 'exports', 'require'])(
    module,
    module.exports,
    builtIn,
  );
  return module.exports;
}

export { callSite, userFrame } from './call-site.ts';
