/**
 * Runnable: what Thread and Process have in common. A worker's record lies in the heap; this is a handle to
 * it.
 */
import { SlotField, Status, WorkerFlag, WorkerState } from '../../assembly/abi.ts';
import { classModules } from '../codec/classes.ts';
import { RuntimeError, TimeoutError, ValueError, WorkerDied } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, takeSlot, theHeap } from '../heap/heap.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, isGone, LEAVE, ownField, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { surroundings } from '../platform/index.ts';
import { blockedIn, wouldBlock } from '../sync/blocking.ts';
import type { Flavour } from '../sync/flavour.ts';
import { getStartMethod } from './context.ts';
import { currentWorker, type ProcessTraits } from './current-worker.ts';
import { inheritedOutputs, type Launch, launchOf, type OutputQueue } from './launch-options.ts';
import { tellOfWorker } from './observed.ts';
import { checkOptions, type GivenOptions } from './options.ts';
import type { Origin, StartMessage } from './protocol.ts';
import { type RecordRow, type TaskSpec, WorkerRecord } from './record.ts';
import { fromWorker } from './remote.ts';
import { ensureSupervisor, tellSupervisor } from './supervisor-client.ts';
import { type AnyFunction, describeTarget, mainModule, modulesOf } from './targets.ts';

interface Call {
  target: AnyFunction | URL | undefined;
  args: readonly unknown[];
  kwargs: Record<string, unknown> | undefined;
}

/** The handles of this worker to records, so that one record has one object here. */
const known = new Map<number, WeakRef<Runnable>>();

export abstract class Runnable<R = unknown> extends Shared {
  // Not fields of the instance: a subclass's own data fields are what is copied to the worker.
  #target: AnyFunction | URL | undefined;
  #args: readonly unknown[];
  #kwargs: Record<string, unknown> | undefined;
  readonly #mine: boolean;
  readonly #launchOptions: Launch | undefined;
  readonly #record: WorkerRecord;

  /** @internal */
  protected constructor(options: GivenOptions | AdoptionToken, process: boolean) {
    let isDaemon = false;
    if (options instanceof AdoptionToken) {
      super(options.heap, options.ref);
      this.#args = [];
      this.#mine = false;
    } else {
      const { target, args = [], kwargs, daemon } = checkOptions(options);
      const launch = launchOf(options);
      const heap = theHeap();
      super(heap, created(heap.core.workerCreate(process ? WorkerFlag.PROCESS : 0)));
      this.#target = target;
      this.#args = args;
      this.#kwargs = kwargs;
      this.#mine = true;
      this.#launchOptions = launch;
      const here = currentWorker();
      // The main thread of a daemonic process is no daemon itself.
      const inherited = process ? here?.process.daemon : here?.daemon && !here.isProcess;
      isDaemon = daemon ?? inherited ?? false;
    }
    this.#record = new WorkerRecord(this[Member.HEAP], this[Member.PTR]);
    if (isDaemon) this.#record.daemon = true;
    known.set(Shared.idOf(this), new WeakRef(this));
    // No data of the user's: `{ ...this }` is to have the subclass's fields only.
    for (const member of [Member.HEAP, Member.PTR]) Object.defineProperty(this, member, { enumerable: false });
  }

  /** @internal */
  protected abstract get [Member.FLAVOUR](): Flavour;
  /** What kind of thing it is, for messages. @internal */
  protected abstract get [Member.NOUN](): 'thread' | 'process';
  /** The process that it is going to be, or to belong to. @internal */
  protected abstract get [Member.OWN_PROCESS](): ProcessTraits;

  /** @throws ValueError when the handle is closed. @internal */
  protected get [Member.RECORD_OF](): WorkerRecord {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    return this.#record;
  }

  // ── what the user sees ─────────────────────────────────────────────────────────────────────────────

  /**
   * Its name, for people and messages; not unique. It may be changed at any time, and is the same in every
   * worker.
   */
  get name(): string {
    return this[Member.RECORD_OF].name;
  }

  /** Renames it, for every worker. Anything becomes text. */
  set name(name: string) {
    this[Member.RECORD_OF].name = this[Member.CHECK_NAME](name);
  }

  /** @internal */
  protected [Member.CHECK_NAME](name: unknown): string {
    return String(name);
  }

  /** Whether the program may end while it runs: then it is stopped. It may be assigned before `start`. */
  get daemon(): boolean {
    return this[Member.RECORD_OF].daemon;
  }

  /** @throws RuntimeError (Process: AssertionError) once it is started */
  set daemon(daemon: boolean) {
    if (this[Member.RECORD_OF].state !== WorkerState.INITIAL)
      throw new this[Member.FLAVOUR].misuse(`cannot set daemon status of an active ${this[Member.NOUN]}`);
    this[Member.RECORD_OF].daemon = Boolean(daemon);
  }

  /** The worker's number, unique in the program; undefined before it is started. */
  get ident(): number | undefined {
    return this[Member.RECORD_OF].tid || undefined;
  }

  /**
   * With `stdout: true` what the worker prints, in whole lines: bytes. It is shut down once the worker has
   * ended, so a loop over it ends; close it when it is read. Otherwise undefined. Beyond Python.
   */
  get stdout(): OutputQueue | undefined {
    return this.#launchOptions?.stdout;
  }

  /** A subclass may keep something by this name. */
  set stdout(own: unknown) {
    ownField(this, 'stdout', own);
  }

  /** The same of standard error, with `stderr: true`. */
  get stderr(): OutputQueue | undefined {
    return this.#launchOptions?.stderr;
  }

  set stderr(own: unknown) {
    ownField(this, 'stderr', own);
  }

  /** Whether it runs: from `start` until its end. */
  isAlive(): boolean {
    const { state } = this[Member.RECORD_OF];
    return state === WorkerState.STARTING || state === WorkerState.RUNNING;
  }

  /**
   * What the worker does: calls the target. Subclasses override it, and may call this one; called directly it
   * runs here.
   */
  run(): unknown {
    const { target, args, kwargs } = Runnable.callOf(this);
    if (target === undefined) return undefined;
    if (target instanceof URL) throw new RuntimeError('a target given as a URL can only run in a worker');
    return kwargs === undefined ? target(...args) : target(...args, kwargs);
  }

  /**
   * Starts the worker; it lives as soon as this returns.
   * @throws RuntimeError (Process: AssertionError) started before; RuntimeError while this worker is still
   * importing its modules; TypeError an argument cannot be sent
   */
  start(): void {
    const here = currentWorker();
    if (!this.#mine || this[Member.RECORD_OF].state !== WorkerState.INITIAL)
      throw new this[Member.FLAVOUR].misuse(
        `${this[Member.NOUN] === 'thread' ? 'threads' : 'processes'} can only be started once, and by their creator`,
      );
    refuseWhileImporting();
    this[Member.CHECK_START]();
    ensureSupervisor();
    const origin = {
      parent: here?.pid ?? this[Member.HEAP].tid,
      main: mainModule(),
      around: this.#launchOptions?.around() ?? surroundings(),
      method: getStartMethod(true),
      isSpawned: this[Member.SPAWNED],
      outputs: this.#launchOptions?.outputs(true) ?? inheritedOutputs(),
      classes: classModules(),
    };
    this.#launch(origin, tellSupervisor);
    tellOfWorker(this[Member.HEAP], () => this[Member.RECORD_OF]);
    // Not in the first process, whose end is the end of all: elsewhere this one may be gone before the
    // program's supervisor has heard of it.
    if (origin.isSpawned && this[Member.HEAP].link.processes?.os !== 0) this[Member.RECORD_OF].waitForNumber();
  }

  /** As `start`, on behalf of somebody else. @internal */
  static launch(runnable: Runnable, origin: Origin, send: (message: StartMessage) => void): void {
    runnable.#launch(origin, send);
  }

  #launch({ parent, main, around, method, isSpawned, outputs, classes }: Origin, send: (message: StartMessage) => void): void {
    const { core } = this[Member.HEAP];
    const record = this[Member.RECORD_OF];
    this.#heedFields();
    const task = this.#taskSpec();
    record.setTask(task);
    let tid: number;
    try {
      tid = takeSlot(core);
    } catch (error) {
      record.dropTask();
      throw error;
    }
    const id = Shared.idOf(this);
    const generation = core.objectGeneration(record.address);
    const slot = core.slotOf(tid);
    const pid = this[Member.NOUN] === 'process' ? tid : parent;
    this[Member.HEAP].storeWord(slot + SlotField.PID, pid);
    if (isSpawned) {
      this[Member.HEAP].storeWord(slot + SlotField.OS, tid);
      record.isSpawned = true;
    }
    record.setNumbers(tid, pid, parent);
    // With a reference of the slot's: the record must not go while the message is on its way.
    core.slotSetRecord(tid, id, generation);
    // Only now: from here on somebody may wait for its end, and should this worker die before the message,
    // the slot says that there was to be a child.
    record.move(WorkerState.INITIAL, WorkerState.STARTING);
    const process = this[Member.OWN_PROCESS];
    const daemon = record.daemon || process.daemon;
    const modules = [...new Set([...modulesOf(task.target, task.subclass), ...classes])];
    const { name } = record;
    const row = { id, generation };
    send({ type: 'start', record: row, tid, name, daemon, process, main, around, method, isSpawned, outputs, classes, modules });
  }

  /** @internal */
  protected get [Member.LAUNCH](): Launch | undefined {
    return this.#launchOptions;
  }

  /** Whether it becomes a process of the operating system. @internal */
  protected get [Member.SPAWNED](): boolean {
    return false;
  }

  /** @internal */
  protected [Member.CHECK_START](): void {}

  /**
   * A field that a class declares hides what Python would have set: `daemon = true` means the daemon, and
   * `name = 'x'` the name.
   */
  #heedFields(): void {
    for (const field of ['name', 'daemon'] as const) {
      const own = Object.getOwnPropertyDescriptor(this, field);
      if (own?.configurable !== true || !('value' in own)) continue;
      Reflect.deleteProperty(this, field);
      if (own.value === undefined) continue;
      if (field === 'daemon') this[Member.RECORD_OF].daemon = Boolean(own.value);
      else this[Member.RECORD_OF].name = this[Member.CHECK_NAME](own.value);
    }
  }

  #taskSpec(): TaskSpec {
    const target = this.#target === undefined ? undefined : describeTarget(this.#target);
    const own = isSubclass(this.constructor) ? this.constructor : undefined;
    const { stdout, stderr } = this.#launchOptions ?? {};
    return {
      target,
      subclass: own && describeTarget(own as never),
      fields: own && fieldsOf(this),
      args: this.#args,
      kwargs: this.#kwargs,
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
    };
  }

  /**
   * Waits until it has ended.
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it has (Python's returns None, and one has to ask)
   */
  join(timeout?: Timeout): boolean {
    return this.#join(timeout);
  }

  #join(timeout: Timeout): boolean {
    this.#checkJoin();
    const status = this[Member.HEAP].core.workerJoin(this[Member.RECORD_OF].address, timeoutToMs(timeout));
    if (status === Status.WOULD_BLOCK) throw wouldBlock('join');
    if (status === Status.TIMEOUT) throwIfInterrupted();
    return status === Status.OK;
  }

  /** The async twin of `join`. */
  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return this.#joinAsync(timeout, options);
  }

  async #joinAsync(timeout: Timeout, options: AsyncOptions | undefined): Promise<boolean> {
    this.#checkJoin();
    const attempt = () => (this[Member.RECORD_OF].state === WorkerState.ENDED ? true : PENDING);
    return AsyncGate.wait<boolean>(
      this[Member.HEAP],
      this[Member.RECORD_OF].gate,
      attempt,
      timeoutToMs(timeout),
      options,
      () => false,
    );
  }

  #checkJoin(): void {
    if (this[Member.RECORD_OF].state === WorkerState.INITIAL)
      throw new this[Member.FLAVOUR].misuse(`cannot join ${this[Member.NOUN]} before it is started`);
    // A process waits for its threads, so none of them may wait for it.
    const here = this[Member.NOUN] === 'process' ? currentWorker()?.pid : this[Member.HEAP].tid;
    if (this[Member.RECORD_OF].tid === here) throw new this[Member.FLAVOUR].misuse(`cannot join current ${this[Member.NOUN]}`);
  }

  /**
   * Waits for the end, and answers what the target returned. Beyond Python.
   * @param timeout seconds; undefined or null: for ever
   * @throws what the target threw, with the worker's stack as its cause; WorkerDied it died without a result;
   * TimeoutError it has not ended in time
   * @example
   * ```ts
   * import { main, Process } from 'nogil';
   *
   * export function fail() {
   *   throw new RangeError('no such thing');
   * }
   *
   * main(import.meta, () => {
   *   const process = new Process({ target: fail, name: 'P' });
   *   process.start(); // complains Process P:
   *   try {
   *     process.result();
   *   } catch (error) {
   *     console.log(String(error)); // prints RangeError: no such thing
   *   }
   * });
   * ```
   */
  result(timeout?: Timeout): R {
    try {
      if (!this.#join(timeout)) throw this.#late();
    } catch (error) {
      throw blockedIn('result', error);
    }
    return this.#outcome();
  }

  /** The async twin of `result`. */
  async resultAsync(timeout?: Timeout, options?: AsyncOptions): Promise<R> {
    if (!(await this.#joinAsync(timeout, options))) throw this.#late();
    return this.#outcome();
  }

  #late(): Error {
    return new TimeoutError(`${this[Member.NOUN]} ${this[Member.RECORD_OF].name} has not ended yet`);
  }

  #outcome(): R {
    const record = this[Member.RECORD_OF];
    const exception = this.#exception();
    // What it threw may be undefined itself.
    if (exception !== undefined || record.hasFailed) throw exception;
    return record.result as R;
  }

  /**
   * What it ended with instead of a result: the target's error, or WorkerDied; undefined while it runs and
   * when all went well. Beyond Python.
   */
  get exception(): unknown {
    return this.#exception();
  }

  /** Python's threads have none: a subclass may keep something by this name. */
  set exception(own: unknown) {
    ownField(this, 'exception', own);
  }

  #exception(): unknown {
    const record = this[Member.RECORD_OF];
    if (record.state !== WorkerState.ENDED) return undefined;
    if (record.hasFailed) return fromWorker(record.result, `${this[Member.NOUN]} ${record.name}`);
    const { exitCode } = record;
    return record.hasResult || exitCode === 0
      ? undefined
      : new WorkerDied(`${this[Member.NOUN]} ${record.name} ended with exit code ${exitCode} and no result`);
  }

  // ── in the worker ──────────────────────────────────────────────────────────────────────────────────

  /** What `run` calls, and with what. @internal */
  static callOf(runnable: Runnable): Call {
    return { target: runnable.#target, args: runnable.#args, kwargs: runnable.#kwargs };
  }

  /**
   * Another handle to a record, as the package's own class below this one: of the copy of the package that
   * this class comes from. @internal
   */
  static [Member.ADOPT](this: unknown, heap: Heap, { id, generation }: { id: number; generation: number }): Runnable {
    let own = this as new (existing: AdoptionToken) => Runnable;
    while (!builtin.has(own)) own = Object.getPrototypeOf(own);
    return new own(new AdoptionToken(heap, created(heap.core.refOpen(id, generation))));
  }

  /** Gives `run` what it is to call: its target, found again here. @internal */
  static [Member.EQUIP](
    runnable: Runnable,
    target: AnyFunction | URL | undefined,
    { args, kwargs }: Pick<Call, 'args' | 'kwargs'>,
  ): void {
    runnable.#target = target;
    runnable.#args = args;
    runnable.#kwargs = kwargs;
  }

  /** One that runs is going to be joined, or not, by whoever started it. @internal */
  override [LEAVE](): void {
    if (this[Member.PTR] === 0) return;
    const { state } = this[Member.RECORD_OF];
    if (state !== WorkerState.STARTING && state !== WorkerState.RUNNING) this.close();
  }

  override close(): void {
    if (this[Member.PTR] !== 0) known.delete(Shared.idOf(this));
    super.close();
  }

  /** @internal */
  protected override [Member.CLOSED_ERROR](): Error {
    return new ValueError(`${this[Member.NOUN]} object is closed`);
  }

  override toString(): string {
    if (this[Member.PTR] === 0) return super.toString();
    return `<${this.constructor.name}(${this[Member.RECORD_OF].name}, ${this[STATE]().text})>`;
  }

  /** @internal */
  override [STATE](): State {
    const { name, daemon, tid, number, isProcess, state: at, exitCode } = this[Member.RECORD_OF];
    const ident = (isProcess ? number : tid) || undefined;
    const state = ['initial', 'starting', 'started', 'stopped'][at] as string;
    // Of a process and of a thread alike: how it ended.
    const exitcode = at === WorkerState.ENDED ? exitCode : undefined;
    const ending = exitcode ? ` exitcode=${exitcode}` : '';
    const text = `${state}${ident === undefined ? '' : ` ${ident}`}${ending}${daemon ? ' daemon' : ''}`;
    return { text, fields: { name, state, ident, daemon, exitcode } };
  }
}

/** @throws RuntimeError while this worker is still importing its modules @internal */
export function refuseWhileImporting(): void {
  if (currentWorker()?.importing) throw new RuntimeError(FORK_BOMB);
}

const FORK_BOMB = `An attempt has been made to start a new process before the current process has finished its bootstrapping phase.

This probably means that a module which a worker imports starts workers itself, at its top level. Put that code into main():

    main(import.meta, () => {
      ...
    });`;

/** A subclass's data fields: what its worker gets a copy of. */
function fieldsOf(runnable: Runnable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(runnable));
}

const builtin = new Set<object>();

/** Marks the package's own classes: everything below them is a user's subclass. @internal */
export function isBuiltin(ctor: object): void {
  builtin.add(ctor);
}

function isSubclass(ctor: object): boolean {
  return !builtin.has(ctor);
}

/** The object of a record, made if this worker has none; undefined: the record is gone. */
export function runnableIn<T extends Runnable>(
  heap: Heap,
  { id, generation }: RecordRow,
  make: (existing: AdoptionToken) => T,
): T | undefined {
  const here = known.get(id)?.deref();
  if (here) return here as T;
  const ref = heap.core.refOpen(id, generation);
  return isGone(ref) ? undefined : make(new AdoptionToken(heap, created(ref)));
}
