/**
 * Node: the only file that knows worker_threads, file descriptors and the process.
 */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as workerThreads from 'node:worker_threads';

const { parentPort, threadId, Worker, workerData } = workerThreads;

const PROGRAM_FLAG = /^(-e|-p|-pe|--eval|--print|--input-type)(=|$)/;

/** Whether this thread may sleep. */
export const canBlock = true;

export const cores = availableParallelism();

/** This thread's number in the process. */
export const nativeId = threadId;

/** A worker as its starter sees it. */
export interface SpawnedWorker {
  post(message: unknown): void;
  terminate(): void;
  ref(): void;
  unref(): void;
  /** `failed` only for what the worker's own code cannot report: it could not be loaded, or ran out of memory. */
  on(events: { message?(message: unknown): void; failed?(error: Error): void; gone?(exitCode: number): void }): void;
}

/** This thread's flags, but for those that say where the program's text is: a worker has a file of its own. */
const inheritedFlags = process.execArgv.filter(
  (flag, index, flags) => !PROGRAM_FLAG.test(flag) && !/^(-e|-p|-pe|--eval|--print|--input-type)$/.test(flags[index - 1] ?? ''),
);

/** Starts a worker that runs `module`. It inherits the loader (execArgv) and the environment of its starter. */
export function spawn(module: URL, data: unknown, name: string): SpawnedWorker {
  const worker = new Worker(module, { workerData: data, name, execArgv: inheritedFlags, stdout: false, stderr: false });
  return {
    post: (message) => worker.postMessage(message),
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

/** What a worker sees of its starter. */
export const parent = {
  data: () => workerData as unknown,
  post: (message: unknown) => parentPort?.postMessage(message),
  /** Listening keeps the worker alive. */
  listen: (listener: (message: unknown) => void) => void parentPort?.on('message', listener),
};

/** Ends this worker, or in the main thread the program. */
export function exit(code: number): never {
  process.exit(code);
}

/** Runs `listener` as this worker's last act, also after process.exit() in user code. */
export function onExit(listener: (code: number) => void): void {
  process.on('exit', listener);
  const { exit } = process;
  process.exit = (code) => {
    // What other listeners do belongs to the worker's life: whoever joins it finds it done.
    process.off('exit', listener);
    process.on('exit', listener);
    return exit.call(process, code);
  };
}

/** Runs `listener` whenever this thread has nothing left to do; it may keep it alive. */
export function onIdle(listener: () => void): void {
  process.on('beforeExit', listener);
}

/** Errors that nobody caught, of this thread's event loop. */
export function onUncaught(listener: (error: unknown) => void): void {
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
}

const idle = new Int32Array(new SharedArrayBuffer(4));

/** Writes at once, past the event loops that a worker's console.log would wait for. */
export function writeOutput(descriptor: 1 | 2, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // The main thread's own console makes a pipe non-blocking for everybody; a reader that has gone is nobody's error.
      if (code === 'EAGAIN') Atomics.wait(idle, 0, 0, 1);
      else if (code === 'EPIPE') return;
      else throw error;
    }
  }
}

type Chunk = string | Uint8Array;
type Written = (error?: Error | null) => void;

/** Sends what this thread prints to `write` instead. */
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

/** Counts what must keep this thread's loop alive: a pending waitAsync does not by itself. */
export function keepAlive(change: 1 | -1): void {
  pending += change;
  if (pending === 0) {
    clearInterval(timer);
    timer = undefined;
  } else timer ??= setInterval(() => {}, 0x7fffffff);
}

/** Whether anything (a timer, a request, a socket) keeps this thread's loop busy. */
export function hasPendingWork(): boolean {
  // What is only still to be closed nobody waits for.
  return process.getActiveResourcesInfo().some((kind) => kind !== 'CloseReq');
}

/** Whether what is written to stderr is read by a person. */
export function terminal(): boolean {
  return process.stderr.isTTY === true;
}

/** A CommonJS file of the package's, at once. */
export function loadBeside(file: string): unknown {
  return createRequire(import.meta.url)(`./${file}`);
}

/** The operating system's process. */
export const processId = process.pid;

/**
 * Lets this worker load what its starter could, for a loader that does not do so by itself: tsx on Node 20 sets up its hooks in the
 * main thread only, and there no worker inherits them.
 */
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
