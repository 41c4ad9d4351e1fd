/**
 * Browsers: the only file that knows Web Workers, Web Locks and the page.
 *
 * All workers run one script, `worker.js`, which holds the whole package and is told its role by the first
 * message. It imports nothing, so a bundler has only to copy it: the pattern `new URL(..., import.meta.url)`
 * in `browser-script.ts` is what they look for.
 *
 * No event says that a worker is gone, and one that was terminated may run on for seconds (2 in Chromium, if
 * it is blocked or busy). So each holds a Web Lock for life: whoever is granted it after the worker knows
 * that nothing of it runs any more.
 */
import { RuntimeError } from '../errors.ts';
import { makeByPage, makeForWorkers, makeWorker, scriptUrl } from './browser-script.ts';
import type { Place, Role, SpawnedWorker } from './platform.ts';

/** A worker's global scope, which the DOM's declarations do not know. */
interface Scope extends Pick<MessagePort, 'postMessage' | 'addEventListener'> {
  close(): void;
}
const scope = globalThis as unknown as Scope;

const isWorker = 'DedicatedWorkerGlobalScope' in globalThis || 'SharedWorkerGlobalScope' in globalThis;

export { setWorkerScript } from './browser-script.ts';

export const canBlock = isWorker;

/** Chromium fetches a worker's script through its starter's event loop. */
export const startsWhileBlocked = false;

export const nativeId = 0;

export const cores = navigator.hardwareConcurrency;

export function checkSharedMemory(): void {
  if (globalThis.crossOriginIsolated) {
    if (typeof SharedArrayBuffer === 'function') return;
    throw new RuntimeError('this browser has no SharedArrayBuffer (WebKitGTK: start it with JSC_useSharedArrayBuffer=1)');
  }
  throw new RuntimeError(
    'this page is not cross-origin isolated, and so cannot share memory with its workers: serve it over https (or from localhost) with ' +
      '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp". How to, also without headers: ' +
      'https://www.npmjs.com/package/nogil#cross-origin-isolation',
  );
}

// ── starting workers ─────────────────────────────────────────────────────────────────────────────────

interface Start {
  role: Role;
  data: unknown;
  /** The Web Lock to hold for life. */
  life: string;
}

/** Of a worker of ours, and of an attached thread: whoever knows the worker can ask for it. */
function lifeOf(heapId: string, tid: number): string {
  return `nogil ${heapId} ${tid}`;
}

/** What a worker says once it holds its lock. */
const ALIVE = 'nogil: alive';

let started: Start | undefined;

const CURE =
  "; have the bundler's plugin put it there (nogil/vite, nogil/rollup, nogil/esbuild), or copy nogil/dist/browser/worker.js and name it: configure({ workerUrl: '/worker.js' })";

export function surroundings(): undefined {}

export function spawn(role: Role, data: Place, name: string): SpawnedWorker {
  const worker = makeWorker(name);
  const life = lifeOf(data.link.heapId, data.tid);
  // A page starts only the supervisor.
  worker.postMessage({ role, data, life } satisfies Start, makeForWorkers());
  let watched = false;
  let gone: ((exitCode: number) => void) | undefined;
  /**
   * Asks for the worker's lock, once. Either the worker had it: then it is gone. Or it never had it: then it
   * never gets it, and without it never begins; so the lock is kept.
   */
  const watch = (release: boolean) => {
    if (watched) return;
    watched = true;
    const granted = () => {
      worker.terminate();
      gone?.(1);
      return release ? undefined : new Promise<never>(() => {});
    };
    void navigator.locks.request(life, granted);
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as Transferable[]),
    terminate() {
      worker.terminate();
      watch(false);
    },
    ref() {},
    unref() {},
    on(events) {
      gone = events.gone;
      worker.addEventListener('message', ({ data }) => {
        if (data === ALIVE) watch(true);
        else events.message?.(data);
      });
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        // Without a message it has not even begun.
        events.failed?.(new Error(event.message || `its script could not be loaded from ${scriptUrl()}${CURE}`));
        watch(false);
      });
    },
  };
}

// ── processes of the operating system ────────────────────────────────────────────────────────────────

export function loadNative(): undefined {}

export const whyNoNative = (): string => 'a page has no processes of its own';

export const whyNotBetween: () => string | undefined = whyNoNative;

export const processId = 0;

function none(): never {
  throw new RuntimeError(whyNoNative());
}

export const coreBetween: () => never = none;
export const spawnProcess: () => never = none;
export const told: () => never = none;
export const openLine: () => never = none;
export const shareMemory: () => never = none;
export const joinMemory: () => never = none;
export const waitsIn: () => never = none;

export const hasEnded = (): boolean => false;

export const mode = undefined;

export const isDefault = false;

export function listenIn(): void {}

export function sleepNoMore(): void {}

// ── inside a worker ──────────────────────────────────────────────────────────────────────────────────

/** Who listens to this worker's starter; and what came before anybody did. */
let heard: ((message: unknown) => void) | undefined;
const unheard: unknown[] = [];

function receive({ data }: MessageEvent): void {
  if (heard) heard(data);
  else unheard.push(data);
}

/** This worker's line to its starter. */
let line: Pick<MessagePort, 'postMessage' | 'addEventListener'> = scope;

const nextMessage = () => new Promise<MessageEvent>((resolve) => line.addEventListener('message', resolve, { once: true }));

/** Waits to be told this worker's role, and takes its lock. */
export async function begin(): Promise<Role> {
  let told = await nextMessage();
  if (told.data instanceof MessagePort) {
    line = told.data;
    told.data.start();
    told = await nextMessage();
  }
  line.addEventListener('message', receive);
  started = told.data as Start;
  makeByPage(told.ports[0]);
  const { role, life } = started;
  await new Promise<void>((held) => {
    void navigator.locks.request(life, () => {
      held();
      return new Promise<never>(() => {});
    });
  });
  line.postMessage(ALIVE);
  return role;
}

export const parent = {
  data: () => started?.data,
  post: (message: unknown) => line.postMessage(message),
  listen(listener: (message: unknown) => void): void {
    heard = listener;
    for (const message of unheard.splice(0)) listener(message);
  },
};

// ── attached threads ─────────────────────────────────────────────────────────────────────────────────

/**
 * Workers of a worker may run on for a while after it. One that has not begun never will: its lock is kept.
 */
export function watchOrphan(heapId: string, tid: number, gone: () => void): void {
  void navigator.locks.request(lifeOf(heapId, tid), () => {
    gone();
    return new Promise<never>(() => {});
  });
}

/** Chromium lets a busy worker run for 2 s after `terminate()`, and grants its lock some time later. */
export const longestEnd = 3000;

interface Announcement {
  tid: number;
  life: string;
}

export function announce(heapId: string, _root: number, tid: number): void {
  const life = lifeOf(heapId, tid);
  void navigator.locks.request(life, () => {
    const channel = new BroadcastChannel(`nogil ${heapId}`);
    channel.postMessage({ tid, life } satisfies Announcement);
    channel.close();
    return new Promise<never>(() => {});
  });
}

export function onAttached(heapId: string, listener: (tid: number, life: unknown) => void): void {
  new BroadcastChannel(`nogil ${heapId}`).addEventListener('message', ({ data: { tid, life } }) => listener(tid, life));
}

export function watch(life: unknown, gone: (clean: boolean) => void): void {
  void navigator.locks.request(life as string, () => gone(false));
}

export function onThreadGone(): void {}

const endings: ((code: number) => void)[] = [];
const close = isWorker ? scope.close.bind(scope) : () => {};

export function exit(code: number): void {
  for (const ending of endings.splice(0)) ending(code);
  close();
}

export function onExit(listener: (code: number) => void): void {
  endings.push(listener);
  scope.close = () => exit(0);
}

export function onIdle(): void {}

export function onUncaught(listener: (error: unknown) => void): void {
  addEventListener('error', (event) => {
    event.preventDefault();
    listener(event.error ?? new Error(event.message));
  });
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    listener(event.reason);
  });
}

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────────

/** A worker's console does not wait for the page. */
export function writeOutput(descriptor: 1 | 2, bytes: Uint8Array): boolean {
  console[descriptor === 1 ? 'log' : 'error'](new TextDecoder().decode(bytes).replace(/\n$/, ''));
  return true;
}

/** A console is never gone. */
export function hearsBrokenPipe(): boolean {
  return true;
}

export function breakPipe(): void {}

export function endProgram(): void {}

export const loadNow = undefined;

export function redirectOutput(): void {}

/** A page has no signals. */
export function watchSignals(): void {}

export function hasSignal(): boolean {
  return false;
}

export function takeSignal(): undefined {}

/** A page lives until it is left. */
export function keepAlive(): void {}

/** Nobody can tell: it may be so. */
export function hasPendingWork(): boolean {
  return true;
}

/** AsyncContext is not in browsers yet. */
export function bindContext<F>(fn: F): F {
  return fn;
}

let turns: MessageChannel | undefined;
const toCall: (() => void)[] = [];

/** Not a timer: of those a browser makes nested ones wait for 4 ms. */
export function inNextTurn(fn: () => void): void {
  if (turns === undefined) {
    turns = new MessageChannel();
    turns.port1.onmessage = () => toCall.shift()?.();
  }
  toCall.push(fn);
  turns.port2.postMessage(0);
}

export const afterTurn = inNextTurn;

/** No page may ask the collector for anything. */
export const collectNow = undefined;

export const callSite = (): string => '';

export const diagnostics = undefined;

export const userFrame = callSite;

export const isInspected = false;

export function openInspection(): void {}

export const closeInspection = openInspection;

export function terminal(): boolean {
  return false;
}

export function progressBar(): never {
  throw new Error('there is no terminal in a browser');
}

function noGuests(): never {
  throw new RuntimeError('a page shares its heap with its own workers only');
}

export const takeName = noGuests;

export const receiveGuests = noGuests;

export const knock = noGuests;

export const lineHasEnded = () => false;

export const untilEnded = <E>(core: E): E => core;

const imports = new Map<string, Promise<Record<string, unknown>>>();

/** Each once: WebKit gives a module that has thrown as if it had not, when it is imported again. */
export function importModule(url: string): Promise<Record<string, unknown>> {
  const imported = imports.get(url) ?? import(/* @vite-ignore */ /* webpackIgnore: true */ url);
  imports.set(url, imported);
  return imported;
}

export async function inheritLoader(): Promise<void> {}

export const canLook = false;

export function topLevelNames(): undefined {}

export function nameBeside(): undefined {}

export function valueAround(): undefined {}

export function commonExports(): undefined {}

export function urlOfFile(path: string): string {
  return path;
}

export function urlOfModule(given: string | undefined): string | undefined {
  return given;
}

/** webpack and Turbopack write out where a module was when the page was built. */
export function isImportable(url: string): boolean {
  return !url.startsWith('file:') || location.protocol === 'file:';
}
