/**
 * Thread, and who is running here.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { RuntimeError } from '../errors.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { nativeId } from '../platform/index.ts';
import { Event } from '../sync/event.ts';
import { type Flavour, threading } from '../sync/flavour.ts';
import { currentWorker, type ProcessTraits } from './current-worker.ts';
import type { GivenOptions, RunnableOptions } from './options.ts';
import { livingWorkers, type RecordRow } from './record.ts';
import { isBuiltin, Runnable, runnableIn } from './runnable.ts';
import { tellSupervisor } from './supervisor-client.ts';
import { type AnyFunction, nameOfTarget } from './targets.ts';

const MAIN: ProcessTraits = { daemon: false, lineage: '' };

/**
 * A worker that belongs to the process of its creator.
 *
 * Unlike Python's it shares no globals with its creator: arguments are copied, primitives arrive live. An
 * uncaught error is printed and does not end the program; `result()` and `exception` give it to whoever asks.
 * @example
 * ```ts
 * import { main, Thread } from 'nogil';
 *
 * export function square(x: number) {
 *   return x * x;
 * }
 *
 * main(import.meta, () => {
 *   const thread = new Thread({ target: square, args: [3] });
 *   thread.start();
 *   console.log(thread.result()); // prints 9
 * });
 * ```
 */
export class Thread<F extends AnyFunction = AnyFunction> extends Runnable<Awaited<ReturnType<F>>> {
  /**
   * Makes a thread; `start` starts it.
   * @param options `{ target, args, kwargs, name, daemon }`; the default name is "Thread-N (target)"
   * @throws TypeError an option that there is none of, or a target that is neither a function nor a URL
   */
  constructor(options?: RunnableOptions<F>);
  /** @internal */
  constructor(options?: RunnableOptions<F> | AdoptionToken);
  constructor(options: GivenOptions | AdoptionToken = {}) {
    super(options, false);
    if (options instanceof AdoptionToken) return;
    const { name, target } = options;
    const called = nameOfTarget(target);
    this.name = name || `Thread-${this[Member.HEAP].core.nextNumber(0) >>> 0}${called && ` (${called})`}`;
  }

  /** @internal */
  protected get [Member.FLAVOUR](): Flavour {
    return threading;
  }

  /** @internal */
  protected get [Member.NOUN](): 'thread' {
    return 'thread';
  }

  /** @internal */
  protected get [Member.OWN_PROCESS](): ProcessTraits {
    return currentWorker()?.process ?? MAIN;
  }

  /** What `name` says. @deprecated Python's old name for `name`. */
  getName(): string {
    return this.name;
  }

  /** Sets `name`. @deprecated Python's old name for `name`. */
  setName(name: string): void {
    this.name = name;
  }

  /** What `daemon` says. @deprecated Python's old name for `daemon`. */
  isDaemon(): boolean {
    return this.daemon;
  }

  /** Sets `daemon`. @deprecated Python's old name for `daemon`. */
  setDaemon(daemon: boolean): void {
    this.daemon = daemon;
  }
}

/** The thread in which a process began. It is not started or joined by anybody. */
export interface MainThread {
  /** As this worker calls it: others do not learn of a change. */
  name: string;
  /** Its number, unique in the program. */
  readonly ident: number;
  /** False: the program lasts as long as it. */
  readonly daemon: boolean;
  /** Whether its code, or its event loop, runs. */
  isAlive(): boolean;
  /** What `name` says. @deprecated Python's old name for `name`. */
  getName(): string;
  /** Sets `name`. @deprecated Python's old name for `name`. */
  setName(name: string): void;
  /** What `daemon` says. @deprecated Python's old name for `daemon`. */
  isDaemon(): boolean;
  /** Throws. @deprecated Python's old name for `daemon`. @throws RuntimeError always: it is active */
  setDaemon(daemon: boolean): void;
  /** Throws: it runs already. @throws RuntimeError always */
  start(): void;
  /**
   * In a thread of its process: waits for the end of the main thread's code, or of its process.
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it has ended
   * @throws RuntimeError in the main thread itself
   */
  join(timeout?: Timeout): boolean;
  /** The async twin of `join`. */
  joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean>;
}

class MainThreadHere implements MainThread {
  name = 'MainThread';
  readonly ident: number;
  constructor(ident: number) {
    this.ident = ident;
  }
  get daemon(): boolean {
    return false;
  }
  set daemon(_: boolean) {
    throw new RuntimeError('cannot set daemon status of an active thread');
  }
  isAlive(): boolean {
    return true;
  }
  getName(): string {
    return this.name;
  }
  setName(name: string): void {
    this.name = String(name);
  }
  isDaemon(): boolean {
    return false;
  }
  setDaemon(daemon: boolean): void {
    this.daemon = daemon;
  }
  start(): void {
    throw new RuntimeError('threads can only be started once');
  }
  join(timeout?: Timeout): boolean {
    const over = this.#over();
    try {
      return over.wait(timeout);
    } finally {
      over.close();
    }
  }
  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const over = this.#over();
    try {
      return await over.waitAsync(timeout, options);
    } finally {
      over.close();
    }
  }
  /** Is set by the supervisor, once the main thread's code is over. */
  #over(): Event {
    if (theHeap().tid === this.ident) throw new RuntimeError('cannot join current thread');
    const over = new Event();
    const { id, generation } = over.handle();
    tellSupervisor({ type: 'tellOver', pid: this.ident, event: { id, generation } });
    return over;
  }
  toString(): string {
    return `<MainThread(${this.name}, started ${this.ident})>`;
  }
}

let main: MainThreadHere | undefined;

/** The main thread of this process. */
export function mainThread(): MainThread {
  main ??= new MainThreadHere(currentWorker()?.pid ?? theHeap().tid);
  return main;
}

/**
 * The thread that runs this code.
 * @example
 * ```ts
 * import { currentThread, main, Thread } from 'nogil';
 *
 * export function introduce() {
 *   console.log(currentThread().name); // prints worker
 * }
 *
 * main(import.meta, () => {
 *   const thread = new Thread({ target: introduce, name: 'worker' });
 *   thread.start();
 *   thread.join();
 *   console.log(currentThread().name); // prints MainThread
 * });
 * ```
 */
export function currentThread(): Thread | MainThread {
  const here = currentWorker();
  if (here === undefined || here.isProcess) return mainThread();
  return threadIn(theHeap(), here.record) as Thread;
}

function threadIn(heap: Heap, row: RecordRow): Thread | undefined {
  return runnableIn(heap, row, (existing) => new Thread(existing));
}

/** The living threads of this process, its main thread first. */
export function enumerate(): (Thread | MainThread)[] {
  const heap = theHeap();
  const pid = currentWorker()?.pid ?? heap.tid;
  const threads: (Thread | MainThread)[] = [mainThread()];
  for (const row of livingWorkers(heap, false, (record) => record.pid === pid)) {
    const thread = threadIn(heap, row);
    if (thread) threads.push(thread);
  }
  return threads;
}

/** How many threads of this process live, the main thread among them. */
export function activeCount(): number {
  return enumerate().length;
}

/** The number of the worker that runs this code. */
export function getIdent(): number {
  return theHeap().tid;
}

/**
 * The runtime's own number of the thread that runs this code: on Node `worker_threads.threadId`, 0 in the
 * main thread.
 */
export function getNativeId(): number {
  return nativeId;
}

isBuiltin(Thread);
registerShared(ClassTag.THREAD, Thread, Kind.WORKER);
