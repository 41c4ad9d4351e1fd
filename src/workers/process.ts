/**
 * Process: a worker with an exit code, that can be terminated.
 */
import { ClassTag, Kind, SlotField, WorkerState } from '../../assembly/abi.ts';
import { AssertionError, RuntimeError, ValueError } from '../errors.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared, Shared } from '../heap/shared.ts';
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { cores, nativeId } from '../platform/index.ts';
import { flagsOf, type ResourceLimits } from '../platform/resource-limits.ts';
import { Event } from '../sync/event.ts';
import { type Flavour, multiprocessing } from '../sync/flavour.ts';
import { type StartMethod, startMethod } from './context.ts';
import { currentWorker, type ProcessTraits } from './current-worker.ts';
import type { GivenOptions, RunnableOptions } from './options.ts';
import { livingWorkers, type RecordRow, WorkerRecord } from './record.ts';
import { isBuiltin, Runnable, runnableIn } from './runnable.ts';
import { sentinelOf } from './sentinel.ts';
import { tellSupervisor } from './supervisor-client.ts';
import type { AnyFunction } from './targets.ts';

const SIGTERM = 15;
const SIGKILL = 9;

let children = 0;

/**
 * A worker of its own: with its own threads and children, an exit code, and the possibility to be stopped
 * from outside.
 *
 * Start method 'worker': a worker thread with a JavaScript heap of its own. Start method 'spawn': a process
 * of the operating system, which shares the package's heap. It ends when its target has returned, its
 * children that are not daemons have ended, and its daemons were terminated. `process.exit()` ends it at
 * once, and its daemons with it; other children go on. One that is stopped from outside leaves all its
 * children behind, as in Python.
 * @example
 * ```ts
 * import { main, Process, Queue } from 'nogil';
 *
 * export function work(name: string, done: Queue<string>) {
 *   done.put(`${name} is done`);
 * }
 *
 * main(import.meta, () => {
 *   const done = new Queue<string>();
 *   const process = new Process({ target: work, args: ['the first', done] });
 *   process.start();
 *   console.log(done.get()); // prints the first is done
 *   process.join();
 *   console.log(process.exitcode); // prints 0
 * });
 * ```
 */
export class Process<F extends AnyFunction = AnyFunction> extends Runnable<Awaited<ReturnType<F>>> {
  readonly #lineage: string;

  /**
   * Makes a process; `start` starts it.
   * @param options `{ target, args, kwargs, name, daemon }`; the default name is "Process-N", of a child's
   * child "Process-N:M"
   * @throws TypeError an option that there is none of, or a target that is neither a function nor a URL;
   * AssertionError in a daemonic process, which may have no children
   */
  constructor(options?: RunnableOptions<F>);
  /** @internal */
  constructor(options?: RunnableOptions<F> | AdoptionToken);
  constructor(options: GivenOptions | AdoptionToken = {}) {
    super(options, true);
    const parent = currentWorker()?.process.lineage;
    this.#lineage = options instanceof AdoptionToken ? '' : `${parent ? `${parent}:` : ''}${++children}`;
    if (options instanceof AdoptionToken) return;
    this.name = options.name || `${this.constructor.name}-${this.#lineage}`;
  }

  /** @internal */
  protected get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }

  /** @internal */
  protected get [Member.NOUN](): 'process' {
    return 'process';
  }

  /** @internal */
  protected get [Member.OWN_PROCESS](): ProcessTraits {
    return {
      daemon: this[Member.RECORD_OF].daemon,
      lineage: this.#lineage,
      parent: { pid: ownPid(), number: getpid(), name: currentProcess().name },
    };
  }

  /** How it is started; undefined: as the program says. @internal */
  protected get [Member.METHOD](): StartMethod | undefined {
    return undefined;
  }

  /** @internal */
  protected override get [Member.SPAWNED](): boolean {
    return (this[Member.METHOD] ?? startMethod()) === 'spawn';
  }

  /** @internal */
  protected override [Member.CHECK_NAME](name: unknown): string {
    if (typeof name !== 'string') throw new AssertionError(`name must be a string, got ${typeof name}`);
    return name;
  }

  /** @internal */
  protected override [Member.CHECK_START](): void {
    const here = currentWorker();
    if (here?.process.daemon) throw new AssertionError('daemonic processes are not allowed to have children');
    if (this[Member.SPAWNED]) checkSpawning(this[Member.HEAP], this[Member.LAUNCH]?.resourceLimits);
  }

  /**
   * undefined before `start`. Start method 'spawn': the operating system's number; it is known some
   * milliseconds after `start`, and who asks before waits for that. Otherwise unique among the workers of the
   * program.
   */
  get pid(): number | undefined {
    return this[Member.RECORD_OF].number || undefined;
  }

  /** The same as `pid`. */
  override get ident(): number | undefined {
    return this.pid;
  }

  /**
   * undefined until it has ended; then 0 or `process.exitCode`, 1 after an uncaught error, n after
   * `process.exit(n)`, -15 after `terminate()`, -9 after `kill()`; of a process of the operating system the
   * negative number of any signal that has ended it.
   */
  get exitcode(): number | undefined {
    const record = this[Member.RECORD_OF];
    return record.state === WorkerState.ENDED ? record.exitCode : undefined;
  }

  /** A number that `wait()` takes, to wait for its end. @throws ValueError before `start` */
  get sentinel(): number {
    if (this[Member.RECORD_OF].state === WorkerState.INITIAL) throw new ValueError('process not started');
    return sentinelOf(Shared.idOf(this), this[Member.HEAP].core.objectGeneration(this[Member.RECORD_OF].address));
  }

  #stop(signal: number): void {
    if (this[Member.RECORD_OF].state === WorkerState.INITIAL) throw new ValueError('process not started');
    if (this[Member.RECORD_OF].state !== WorkerState.ENDED)
      tellSupervisor({ type: 'stop', tid: this[Member.RECORD_OF].tid, signal });
  }

  /**
   * Stops it wherever it is, also while it waits or computes; its exit code is -15. It runs no `finally` and
   * no exit handler. Returns at once. A process of the operating system gets SIGTERM, which it may handle as
   * soon as its event loop runs.
   * @throws ValueError before `start`
   * @example
   * ```ts
   * import { main, Process } from 'nogil';
   *
   * export function spin() {
   *   for (;;);
   * }
   *
   * main(import.meta, () => {
   *   const process = new Process({ target: spin });
   *   process.start();
   *   process.terminate();
   *   process.join();
   *   console.log(process.exitcode); // prints -15
   * });
   * ```
   */
  terminate(): void {
    this.#stop(-SIGTERM);
  }

  /** The same with exit code -9. */
  kill(): void {
    this.#stop(-SIGKILL);
  }

  /** Closes this handle. @throws ValueError while the process runs */
  override close(): void {
    if (this[Member.PTR] !== 0 && Runnable.prototype.isAlive.call(this))
      throw new ValueError('Cannot close a process while it is still running. You should first call join() or terminate().');
    super.close();
  }
}

/**
 * The process in which the program began; or a parent that is no more, of which its children remember this
 * much.
 */
export interface MainProcess {
  /** `'MainProcess'`. */
  readonly name: string;
  /** The operating system's number of it. */
  readonly pid: number;
  /** The same as `pid`. */
  readonly ident: number;
  /** False: nobody's. */
  readonly daemon: boolean;
  /** Whether it lives. */
  isAlive(): boolean;
  /**
   * In another process: waits for its end. That of the program's first process nobody lives to see.
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it has ended
   * @throws AssertionError in the process itself
   */
  join(timeout?: Timeout): boolean;
  /** The async twin of `join`. */
  joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean>;
}

class OtherProcess implements MainProcess {
  readonly name: string;
  readonly pid: number;
  readonly daemon = false;
  /** The worker that is its main thread. */
  readonly #worker: number;

  constructor(name: string, worker: number, pid: number) {
    this.name = name;
    this.pid = pid;
    this.#worker = worker;
  }

  get ident(): number {
    return this.pid;
  }

  isAlive(): boolean {
    return this.#worker === theHeap().tid || isRoot(this.#worker);
  }

  #checkJoin(): void {
    if (ownPid() === this.#worker) throw new AssertionError('can only join a child process');
  }

  join(timeout?: Timeout): boolean {
    this.#checkJoin();
    // Not `using`, whose helpers every page would have to fetch.
    const never = new Event();
    try {
      return !this.isAlive() || never.wait(timeout);
    } finally {
      never.close();
    }
  }

  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    this.#checkJoin();
    const never = new Event();
    try {
      return !this.isAlive() || (await never.waitAsync(timeout, options));
    } finally {
      never.close();
    }
  }

  toString(): string {
    return `<Process name='${this.name}' pid=${this.pid} ${this.isAlive() ? 'started' : 'stopped'}>`;
  }
}

function mainProcess(worker: number): MainProcess {
  return new OtherProcess('MainProcess', worker, numberOf(worker));
}

/** The worker that is this process's main thread. */
function ownPid(): number {
  return currentWorker()?.pid ?? theHeap().tid;
}

/** The same of the process that started this one; undefined in the main process. */
function parentPid(): number | undefined {
  const here = currentWorker();
  if (here === undefined) return undefined;
  const self = processOf(here.pid);
  return self && new WorkerRecord(theHeap(), Shared.addressOf(self)).parent;
}

/** What users know a process by: the system's number of one that has one. */
function numberOf(worker: number): number {
  const heap = theHeap();
  const { processes } = heap.link;
  if (processes === undefined) return worker;
  const process = processOf(worker);
  if (process !== undefined) return process.pid ?? worker;
  const told = currentWorker()?.process.parent;
  if (!isRoot(worker)) return told?.pid === worker ? told.number : worker;
  const slot = heap.core.slotOf(worker);
  const os = heap.loadWord(slot + SlotField.OS);
  // The main thread of a guest has no record: its place says the system's number.
  if (os === worker) return heap.loadWord(slot + SlotField.PID);
  return os === 0 ? processes.first : numberOf(os);
}

function processIn(heap: Heap, row: RecordRow): Process | undefined {
  return runnableIn(heap, row, (existing) => new Process(existing));
}

function processOf(pid: number): Process | undefined {
  const heap = theHeap();
  const [row] = livingWorkers(heap, true, (record) => record.pid === pid);
  return row === undefined ? undefined : processIn(heap, row);
}

/** Whether a worker lives that the package did not start. */
function isRoot(tid: number): boolean {
  const { core } = theHeap();
  return core.workerIsKnown(tid) !== 0 && theHeap().loadWord(core.slotOf(tid) + SlotField.RECORD_ID) === 0;
}

/** The process that runs this code. */
export function currentProcess(): Process | MainProcess {
  const here = currentWorker();
  return here === undefined ? mainProcess(theHeap().tid) : (processOf(here.pid) ?? mainProcess(here.pid));
}

/** The process that started this one, also when it is no more; undefined in the main process. */
export function parentProcess(): Process | MainProcess | undefined {
  const worker = parentPid();
  if (worker === undefined) return undefined;
  const process = processOf(worker);
  if (process !== undefined) return process;
  if (isRoot(worker)) return mainProcess(worker);
  const told = currentWorker()?.process.parent;
  const number = numberOf(worker);
  return new OtherProcess(told?.pid === worker ? told.name : `Process ${number}`, worker, number);
}

/**
 * The children of this process that live.
 * @example
 * ```ts
 * import { activeChildren, Event, main, Process } from 'nogil';
 *
 * export function wait(event: Event) {
 *   event.wait();
 * }
 *
 * main(import.meta, () => {
 *   const event = new Event();
 *   const child = new Process({ target: wait, args: [event], name: 'waiter' });
 *   child.start();
 *   console.log(activeChildren().map(({ name }) => name)); // prints [ 'waiter' ]
 *   event.set();
 *   child.join();
 *   console.log(activeChildren().length); // prints 0
 * });
 * ```
 */
export function activeChildren(): Process[] {
  const heap = theHeap();
  const pid = ownPid();
  const rows = livingWorkers(heap, true, (record) => record.parent === pid);
  return rows.map((row) => processIn(heap, row)).filter((each) => each !== undefined);
}

/** The number of this process: the same in all its threads, and the operating system's if it is one there. */
export function getpid(): number {
  return numberOf(ownPid());
}

/** The number of the process that started this one; undefined in the main process. */
export function getppid(): number | undefined {
  const worker = parentPid();
  return worker === undefined ? undefined : numberOf(worker);
}

/**
 * @throws RuntimeError this worker cannot have processes of the operating system started that share its heap;
 * ValueError none can have these limits
 * @internal
 */
export function checkSpawning({ link: { processes, root } }: Heap, limits: ResourceLimits = {}): void {
  if (processes === undefined)
    throw new RuntimeError("this program's heap is shared by threads only: see configure({ processes: true })");
  if (processes.ended !== undefined)
    throw new RuntimeError('a guest cannot start processes of the operating system; the program that shares its heap can');
  if (currentWorker() === undefined && root !== nativeId)
    throw new RuntimeError('a thread that nogil has not started cannot start processes of the operating system');
  // See launchOf.
  if (typeof Buffer !== 'undefined') flagsOf(limits);
}

/** `Process`, started in one way whatever the program says. @internal */
export function processBy(method: StartMethod): typeof Process {
  class Bound<F extends AnyFunction = AnyFunction> extends Process<F> {
    protected override get [Member.METHOD](): StartMethod {
      return method;
    }
  }
  Object.defineProperty(Bound, 'name', { value: Process.name });
  isBuiltin(Bound);
  return Bound;
}

/** How many workers the machine runs at once. */
export function cpuCount(): number {
  return cores;
}

isBuiltin(Process);
registerShared(ClassTag.PROCESS, Process, Kind.WORKER);
