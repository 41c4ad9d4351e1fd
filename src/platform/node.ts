/**
 * Node: the only file that knows worker_threads, file descriptors and the process.
 */
import { AsyncResource } from 'node:async_hooks';
import { existsSync, writeSync } from 'node:fs';
import type { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as workerThreads from 'node:worker_threads';
import { WORKER } from './generated/worker.ts';
import type { Role, SpawnedWorker, Surroundings } from './platform.ts';

const { parentPort, threadId, Worker, workerData } = workerThreads;

export const canBlock = true;

export const startsWhileBlocked = true;

export const cores = availableParallelism();

export const nativeId = threadId;

export function checkSharedMemory(): void {}

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
  /** The code of the workers themselves, where their files are not beside this one. */
  code: string | undefined;
}
const started = workerData as Partial<Start> | undefined;

/** Undefined in a bundle of CommonJS. */
const here: string | undefined = import.meta.url;

/**
 * The file of a role. A program that was bundled has none: the bundle's own folder may well hold a
 * `worker.js`, but that is somebody else's, so only what lies beside this package's own file is one.
 */
function fileOf(role: Role): URL | undefined {
  if (here === undefined || !/^file:.*\/nogil\.js$/.test(here)) return undefined;
  const file = new URL(`./${role}.js`, here);
  return existsSync(file) ? file : undefined;
}

export const role = started?.role;

/** It has its starter's loader, environment and arguments. */
export function spawn(role: Role, data: unknown, name: string, around = surroundings()): SpawnedWorker {
  const file = fileOf(role);
  const code = file ? undefined : WORKER || started?.code;
  const { argv, execArgv, env } = around;
  const options = { workerData: { role, data, code } satisfies Start, name, argv, env, stdout: false, stderr: false };
  const make = (more?: { execArgv: string[] }) =>
    new Worker(file ?? (code as string), { ...options, eval: file === undefined, ...more });
  // Without any it has all flags of this thread, which is the only way to pass on those of V8: named, they
  // are refused.
  const isInherited = execArgv.length === process.execArgv.length && execArgv.every((flag, i) => flag === process.execArgv[i]);
  let worker: workerThreads.Worker;
  try {
    worker = make(isInherited ? undefined : { execArgv });
  } catch (error) {
    if (isInherited || (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
    worker = make();
  }
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as workerThreads.TransferListItem[]),
    terminate: () => void worker.terminate(),
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
  // While it writes, the console has one of its own there.
  if (stream.listeners('error').every(({ name }) => name === 'noop')) return false;
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
    const load = createRequire(import.meta.url);
    const { createContext, runInNewContext, Script } = load('node:vm') as typeof import('node:vm');
    const { setFlagsFromString } = load('node:v8') as typeof import('node:v8');
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

export function loadBeside(file: string): unknown {
  try {
    return createRequire(here as string)(`./${file}`);
  } catch (cause) {
    throw new Error(
      `${file} of nogil cannot be loaded. If the program was bundled: copy node_modules/nogil/dist/${file} beside the bundle, or mark nogil as external`,
      { cause },
    );
  }
}

export function importModule(url: string): Promise<Record<string, unknown>> {
  return import(url);
}

/** tsx on Node 20 sets up its hooks in the main thread only, and there no worker inherits them. */
export async function inheritLoader(): Promise<void> {
  if ('isInternalThread' in workerThreads) return;
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS?.split(' ') ?? [])];
  const loader = flags.map((flag) => flag.replace(/^--import=/, '')).find((flag) => /(^|[\\/])tsx([\\/]|$)/.test(flag));
  if (loader === undefined) return;
  const here = pathToFileURL(`${process.cwd()}/`);
  const path = loader.startsWith('file:') ? fileURLToPath(loader) : createRequire(here).resolve(loader);
  // `require` resolves to the CommonJS half of the pair; its module half lies beside it.
  const api = createRequire(path)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs');
  const { register } = (await import(pathToFileURL(api).href)) as { register(): void };
  register();
}

// ── functions ────────────────────────────────────────────────────────────────────────────────────────

/** The others have no inspector that answers at once. */
export const canLook = process.versions.bun === undefined && !('Deno' in globalThis);

const LOOK = 'nogil.look';

/** Finds, in the module scope that it is called on, what is identical with `fn`. */
const NAMES_OF = `function (fn) {
  const names = [];
  for (const name of Object.getOwnPropertyNames(this.object)) {
    try {
      if (this.object[name] === fn) names.push(name);
    } catch {} // Not initialized yet.
  }
  return names;
}`;

/** Asks the debugger of this very thread, which answers at once: 1 to 2 ms. */
export function topLevelNames(fn: object, inside: object): string[] | undefined {
  if (!canLook) return undefined;
  const key = Symbol.for(LOOK);
  let session: Session | undefined;
  try {
    const inspector = createRequire(pathToFileURL(`${process.cwd()}/`))('node:inspector') as typeof import('node:inspector');
    session = new inspector.Session();
    session.connect();
    const post = (method: string, params: object): Answer => {
      let answer: Answer | undefined;
      session?.post(method, params, (error, result) => {
        if (error) throw error;
        answer = result as Answer;
      });
      return answer as Answer;
    };
    (globalThis as Record<symbol, unknown>)[key] = [fn, inside];
    const idOf = (index: number) =>
      post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${LOOK}')][${index}]` }).result.objectId;
    const scopesOf = (objectId: string) => {
      const { internalProperties } = post('Runtime.getProperties', { objectId, ownProperties: true });
      const scopes = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value.objectId;
      if (scopes === undefined) return [];
      const { result } = post('Runtime.getProperties', { objectId: scopes, ownProperties: true }) as unknown as Properties;
      return result.flatMap(({ value }) => value ?? []);
    };
    const moduleOf = (scopes: Remote[]) => scopes.find(({ description }) => description === 'Module')?.objectId;
    const target = idOf(0);
    const [around, aroundMain] = [scopesOf(target), scopesOf(idOf(1))];
    let isKnown = false;
    for (const objectId of [moduleOf(aroundMain), moduleOf(around)]) {
      if (objectId === undefined) continue;
      isKnown = true;
      const call = { objectId, functionDeclaration: NAMES_OF, arguments: [{ objectId: target }], returnByValue: true };
      const names = post('Runtime.callFunctionOn', call).result.value;
      if (names.length > 0) return names;
    }
    // In CommonJS what is deeper inside than what main() was given is no function of the module's own.
    return isKnown || around.length > aroundMain.length ? [] : undefined;
  } catch {
    // There is none, or it is forbidden.
    return undefined;
  } finally {
    delete (globalThis as Record<symbol, unknown>)[key];
    session?.disconnect();
  }
}

interface Remote {
  objectId: string;
  description?: string;
}
interface Properties {
  result: { name: string; value: Remote }[];
}
/** As much of the debugger's answers as is used. */
interface Answer {
  result: { objectId: string; value: string[] };
  internalProperties: { name: string; value: Remote }[];
}

export function commonExports(url: string): { exports: unknown; isComplete: boolean } | undefined {
  if (!url.startsWith('file:')) return undefined;
  const module = createRequire(url).cache[fileURLToPath(url)];
  // One that was imported as an ES module may stand there, too.
  return module === undefined || module.exports?.[Symbol.toStringTag] === 'Module'
    ? undefined
    : { exports: module.exports, isComplete: module.loaded };
}

export function urlOfFile(path: string): string {
  return pathToFileURL(path).href;
}

export function isImportable(url: string): boolean {
  return !/\/\[(eval\d*|stdin)\]$/.test(decodeURI(url));
}

export { callSite } from './call-site.ts';
