/**
 * What a platform has to offer: `node.ts` and `browser.ts` each export all of it. Nothing outside this folder
 * knows worker_threads, Web Workers, file descriptors or the process.
 */

import type { Native } from './native.ts';
import type { ResourceLimits } from './resource-limits.ts';

/** Which script workers run in a browser, if it is not the package's own. */
export interface WorkerScript {
  workerUrl?: string | URL | undefined;
  worker?: (() => object) | undefined;
}

/** A worker as its starter sees it. */
export interface SpawnedWorker {
  post(message: unknown, transfer?: readonly unknown[]): void;
  /** Stops it wherever it is. `gone` follows, once it runs no more. */
  terminate(): void;
  /** Whether it keeps the program alive: a page lives without it. */
  ref(): void;
  unref(): void;
  /**
   * `failed` only for what the worker's own code cannot report: it could not be loaded, or ran out of memory.
   */
  on(events: { message?(message: unknown): void; failed?(error: Error): void; gone?(exitCode: number): void }): void;
}

/** A process of the operating system, as its starter sees it. What is posted travels as JSON. */
export interface SpawnedProcess extends Omit<SpawnedWorker, 'terminate'> {
  /** undefined: it could not be started, and `failed` follows. */
  readonly pid: number | undefined;
  /** Default: SIGTERM. */
  terminate(signal?: number): void;
}

/** To the supervisor of the program, from that of another of its processes. */
export interface Line {
  post(message: unknown): void;
}

/** A name by which this program's heap is shared. */
export interface TakenName {
  /** Of the socket behind it; whoever receives guests there closes it. */
  descriptor: number;
  /** Nothing is left of the name. */
  free(): void;
}

/** A program that wants to be a guest in this one's heap, or is. What is posted travels as JSON. */
export interface Guest {
  /** Its number in the operating system. */
  readonly pid: number;
  /** Whether nothing of it runs any more, though nobody was told yet. */
  hasEnded(): boolean;
  /** Gives it the memory behind a descriptor, and what it is to know. */
  admit(data: unknown, memory: number): void;
  refuse(error: Error): void;
  post(message: unknown): void;
  /** `gone`: nothing of it runs any more; at once, if that is so already. */
  on(events: { message(message: unknown): void; gone(): void }): void;
}

/** What a guest is given. */
export interface Invitation {
  data: unknown;
  /** The memory's descriptor. */
  memory: number;
  /** That of the line to the program whose heap it is. */
  line: number;
}

/** What a process needs to know of a heap that it shares with others. */
export interface ProcessLink {
  /** The memory's file; -1: in a process that starts none itself. */
  descriptor: number;
  /**
   * The process that this is: the worker that is its main thread, 0 where the program began (SlotField.OS).
   */
  os: number;
  /** The operating system's number of the process in which the program began. */
  first: number;
  /** In a guest: its first word is not 0 once the program is no more whose heap it is. */
  ended?: Int32Array;
}

/** How a memory is waited on that several processes of the operating system share. */
export interface Waits {
  wait(p: number, expected: number, timeoutMs: number): number;
  notify(p: number, count: number): number;
}

/** A heap, as who listens to its doorbell needs it. */
export interface Doorbell {
  link: { processes: ProcessLink | undefined };
  core: { doorbell(): number };
}

/** What a worker is to see of its program: what its starter sees of it now. */
export interface Surroundings {
  argv: string[];
  execArgv: string[];
  env: Record<string, string>;
  /** Its starter named the flags: they are not to be left out where they are refused. */
  isOwn?: boolean;
  resourceLimits?: ResourceLimits | undefined;
}

/** A wait of this thread that has ended. */
export interface WaitEvent {
  /** The call of the core in which it waited, such as `'lockAcquire'`. */
  call: string;
  /** The number of the object; 0: it waited for several. */
  id: number;
  /** The worker that waited. */
  worker: number;
  /** As `performance.now()` has it, in milliseconds. */
  start: number;
  duration: number;
  /** Where in the source. */
  where: string;
}

/** One kind of event, for whoever observes the program. */
export interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** The events of something that takes a while. */
export interface Tracing {
  start: Channel & { runStores<R>(context: object, fn: () => R): R };
  end: Channel;
  asyncStart: Channel;
  asyncEnd: Channel;
  error: Channel;
}

/** What a program tells those who observe it. */
export interface Diagnostics {
  workerStart: Channel;
  workerEnd: Channel;
  blocked: Channel;
  lockBroken: Channel;
  queueFull: Channel;
  /** Of a task in the worker that does it; undefined: this runtime has no such. */
  task: Tracing | undefined;
  /** Has a profiler show a wait. */
  measure(wait: WaitEvent): void;
}

/** What the package's two workers are for. */
export type Role = 'supervisor' | 'worker';

/** The heap of a worker that is to be started, and its id there; and what else it is to know. */
export interface Place {
  link: { heapId: string };
  tid: number;
}

export interface Platform {
  /** Whether this thread may sleep. */
  readonly canBlock: boolean;
  /** Whether a worker begins to run while the thread that started it is blocked. */
  readonly startsWhileBlocked: boolean;
  readonly cores: number;
  /** This thread's number in the process; 0 where none can be known. */
  readonly nativeId: number;
  /** @throws RuntimeError this thread cannot share memory, and what to do about it */
  checkSharedMemory(): void;
  /** What processes of the operating system need; undefined where there is none. */
  loadNative(): Native | undefined;
  /** Why there is none, as the end of a sentence; empty: there is. */
  whyNoNative(): string;
  /** For all workers from now on; Node has no use for it. */
  setWorkerScript(script: WorkerScript): void;
  /** @param around undefined: as this thread sees it. @throws what keeps it from being started */
  spawn(role: Role, data: Place, name: string, around?: Surroundings): SpawnedWorker;
  /** What a worker that this thread starts is to see; undefined where there is nothing to be seen. */
  surroundings(): Surroundings | undefined;
  /** This process's number in the operating system; 0 where it cannot be known. */
  readonly processId: number;
  /** The core's module for a memory between processes. */
  coreBetween(): Uint8Array;
  /** Starts a process of the operating system with the memory behind a descriptor. */
  spawnProcess(data: unknown, memory: number, around: Surroundings): SpawnedProcess;
  /**
   * In a process that was started so: the `data`, the number of who has started it, and the memory's
   * descriptor.
   */
  told(): { data: unknown; parent: number; memory: number };
  /**
   * In the supervisor of such a process: its line to the program's. When that breaks, the process is killed.
   * In a guest's: the line behind `descriptor`, and `gone` is called.
   */
  openLine(listener: (message: unknown) => void, descriptor?: number, gone?: () => void): Line;
  /**
   * @throws FileExistsError another program has the name; OSError; ValueError it is too long; RuntimeError
   */
  takeName(name: string): TakenName;
  /** Calls `come` for each program of this user that connects. Answers how to receive no more. */
  receiveGuests(descriptor: number, come: (guest: Guest) => void): () => void;
  /**
   * Asks the program that shares its heap by a name. `look` answers undefined until that has answered.
   * @throws FileNotFoundError, `look` too: there is none (any more); OSError; ValueError; RuntimeError
   */
  knock(name: string): { look(): Invitation | undefined; leave(): void };
  /** In the supervisor of a guest: whether the other end of its line is no more. */
  lineHasEnded(descriptor: number): boolean;
  /** In a guest, the core's exports: once the heap's program is no more its calls throw a RuntimeError. */
  untilEnded<E extends object>(core: E, ended: Int32Array): E;
  /** Whether a child of this process has ended, though nobody was told yet. */
  hasEnded(pid: number): boolean;
  /** How the package's own tests run (node-memory.ts). */
  readonly mode: string | undefined;
  /** In a program's main thread: calls `caught` when it has a listener for a signal that is to end it. */
  watchSignals(caught: () => void): void;
  /** Whether such a signal has come, whose listeners have not run. */
  hasSignal(): boolean;
  /** Runs the listeners of one: its name; undefined: there is none. */
  takeSignal(): string | undefined;
  /** Why this thread cannot make a heap between processes; undefined: it can. */
  whyNotBetween(): string | undefined;
  /** Whether a heap is made so unless the program says otherwise. */
  readonly isDefault: boolean;
  /** Makes a file of a fresh memory, which is empty then. @throws RuntimeError */
  shareMemory(memory: WebAssembly.Memory, first: number): ProcessLink;
  /** In another process: the memory behind a descriptor that it was given, and needs no more. */
  joinMemory(memory: WebAssembly.Memory, descriptor: number): void;
  /** How this thread waits in such a memory. `ended`: as in a link. */
  waitsIn(memory: WebAssembly.Memory, ended?: Int32Array): Waits;
  /** Has `look` called whenever an event loop of another process may have been meant, from now on. */
  listenIn(heap: Doorbell, look: () => void): void;
  /** This process is about to end: none of its threads goes to sleep where no engine can end it. */
  sleepNoMore(): void;
  /** undefined: nobody can observe a program here. */
  readonly diagnostics: Diagnostics | undefined;
  /** Where the program has called the package; empty: that cannot be seen. */
  userFrame(): string;
  /** Whether the program was started to be inspected. */
  readonly isInspected: boolean;
  /** In the supervisor: answers who inspects the program, by a heap's `source` (src/inspector/source.ts). */
  openInspection(source: object, print: (text: string) => void): void;
  /** The program ends. */
  closeInspection(): void;
  /** What a worker sees of its starter. */
  readonly parent: {
    /** The `data` of `spawn`. */
    data(): unknown;
    post(message: unknown): void;
    /** Listening keeps the worker alive. */
    listen(listener: (message: unknown) => void): void;
  };
  /**
   * In an attached thread, which the package did not start: tells thread `root`, whose heap `heapId` it has
   * entered as worker `tid`, and leaves a sign of life.
   * Where the platform offers no way, nothing happens.
   */
  announce(heapId: string, root: number, tid: number): void;
  /**
   * Hears of the threads that attach themselves to this thread's heap. `life`: the sign of life, to be
   * transferred to whoever is to watch it, if it is an object.
   */
  onAttached(heapId: string, listener: (tid: number, life: unknown) => void): void;
  /**
   * Calls `gone` once nothing of an attached thread runs any more. `clean`: it is known to have ended by
   * itself, and without an error.
   */
  watch(life: unknown, gone: (clean: boolean) => void): void;
  /**
   * Hears of the end of every thread that this one has started, from now on, as far as the platform tells.
   */
  onThreadGone(listener: (nativeId: number, clean: boolean) => void): void;
  /**
   * Calls `gone` once nothing runs any more of a worker whose starter is gone, and never will: at once where
   * families end together. `heapId` and `tid`: its heap and its id there.
   */
  watchOrphan(heapId: string, tid: number, gone: () => void): void;
  /** For so many milliseconds a worker that was told to stop may run on, wherever it is in the core. */
  readonly longestEnd: number;
  /**
   * Ends this worker, or in Node's main thread the program. Where nothing can end a thread at once it
   * returns: call it last.
   */
  exit(code: number): void;
  /** Runs `listener` as this worker's last act, also when the user's code ends it. */
  onExit(listener: (code: number) => void): void;
  /** Runs `listener` whenever this thread has nothing left to do; it may keep it alive. */
  onIdle(listener: () => void): void;
  /** Errors that nobody caught, of this thread's event loop. */
  onUncaught(listener: (error: unknown) => void): void;
  /** Writes at once, past the event loops that a worker's console.log would wait for. */
  /** @returns whether anybody may read it: false when the reader is gone */
  writeOutput(descriptor: 1 | 2, bytes: Uint8Array): boolean;
  /** In a worker: whether its own code wants to hear that the reader of its output is gone; then it does. */
  hearsBrokenPipe(descriptor: 1 | 2): boolean;
  /**
   * Does what this thread does when it prints, and the reader is gone. @returns whether the program goes on
   */
  breakPipe(descriptor: 1 | 2): void;
  /** Ends the whole program, also while its main thread is blocked. */
  endProgram(): void;
  /** Sends what this thread prints to `write` instead, if it would be late otherwise. */
  redirectOutput(write: (descriptor: 1 | 2, bytes: Uint8Array) => void): void;
  /** Counts what must keep this thread's loop alive: a pending waitAsync does not by itself. */
  keepAlive(change: 1 | -1): void;
  /** Whether anything (a timer, a request, a socket) keeps this thread's loop busy. */
  hasPendingWork(): boolean;
  /** The function, to be run in the async context in which this is called, where the platform has such. */
  bindContext<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Calls `fn` in the next turn of this thread's loop, after timers and the like. */
  inNextTurn(fn: () => void): void;
  /** The same, but the loop does not go on for that. */
  afterTurn(fn: () => void): void;
  /**
   * Collects garbage without a turn of the loop, so that WeakRefs to what nothing reaches are empty; whether
   * it did. undefined: that cannot be had here.
   */
  readonly collectNow: (() => boolean) | undefined;
  /** Who called the package, as the end of a warning; nothing where the console shows it by itself. */
  callSite(): string;
  /** Whether what is written to stderr is read by a person. */
  terminal(): boolean;
  /** What src/pool/bar.ts exports, at once. */
  progressBar(): unknown;
  /**
   * Imports a module at once; undefined where that cannot be. @throws it cannot be done, or the module throws
   */
  readonly loadNow: ((url: string) => void) | undefined;
  /** Imports a module that a user names: nothing for a bundler to look at. */
  importModule(url: string): Promise<Record<string, unknown>>;
  /** Whether `topLevelNames` can tell, as a rule. */
  readonly canLook: boolean;
  /**
   * The names that a function (or class) has at the top level of the module of the function `inside`, or of
   * its own; none: it has no such name there. undefined: this platform cannot tell.
   */
  topLevelNames(fn: object, inside: object): string[] | undefined;
  /**
   * Where the program was bundled: the name of a function in the nearest scope around the function `inside`.
   */
  nameBeside(fn: object, inside: object): string | undefined;
  /** What has a name there. */
  valueAround(name: string, inside: object): unknown;
  /** What a module of CommonJS exports, as far as it has come; undefined: it is none. */
  commonExports(url: string): { exports: unknown; isComplete: boolean } | undefined;
  /** The URL of `module` in CommonJS. */
  urlOfFile(path: string): string;
  /**
   * The URL of the module that has called `callee`, which was given as `given`: as it is, where a bundler has
   * taken it away, or written out another. undefined: that is not known.
   */
  urlOfModule(given: string | undefined, callee: (...args: never[]) => unknown): string | undefined;
  /** Whether a worker can import the module: not if the program was given as text. */
  isImportable(url: string): boolean;
  /** Lets this worker load what its starter could, for a loader that does not do so by itself. */
  inheritLoader(): Promise<void>;
}
