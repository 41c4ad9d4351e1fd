/**
 * Dispatcher: the creator's side of a pool. It puts tasks in, and ends the pool; Replies takes out what comes
 * of them.
 */
import { classModules } from '../codec/classes.ts';
import { inTermsOf } from '../codec/index.ts';
import { ShutDown, ValueError, WorkerDied } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { apart } from '../heap/held.ts';
import type { Handle, Shared } from '../heap/shared.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { surroundings } from '../platform/index.ts';
import { beforeChildrenEnd } from '../workers/children.ts';
import { getStartMethod, type StartMethod } from '../workers/context.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { inheritedOutputs, type Launch } from '../workers/launch-options.ts';
import type { RecordRef } from '../workers/protocol.ts';
import { tellSupervisor } from '../workers/supervisor-client.ts';
import { mainModule } from '../workers/targets.ts';
import { type Described, FunctionTable } from './functions.ts';
import { type PendingTask, PendingTasks } from './pending-tasks.ts';
import { Call, type Control, MORE, type More, Reply, type Setup } from './protocol.ts';
import { Replies, type RepliesOwner } from './replies.ts';
import { SharedConstant } from './shared-constant.ts';
import type { Cancellation } from './signal.ts';
import { TaskChannel } from './task-channel.ts';
import { Assignment, PLACES, PoolState, taskOf, WorkerTable } from './worker-table.ts';

/** How many workers a pool has, and how many tasks may wait. */
export interface PoolSize {
  min: number;
  max: number;
  /** Milliseconds. */
  idleMs: number;
  /** 0: as many as the heap holds. */
  maxQueue: number;
}

/** Something that puts tasks by and by. */
export interface TaskSource {
  /** Puts all it has, now. */
  flush(): void;
  abandon(error: Error): void;
}

/** What a caller calls the payload. */
const PAYLOADS: Record<Call, string> = {
  [Call.ONCE]: 'args',
  [Call.WITH]: 'args[0]',
  [Call.MAP]: 'items',
  [Call.STARMAP]: 'items',
  [Call.EACH]: 'items',
};

const dispatchers = new Set<Dispatcher>();
beforeChildrenEnd(() => {
  for (const each of dispatchers) each.terminate();
});

export class Dispatcher implements RepliesOwner {
  /** At most. */
  readonly workers: number;
  readonly #isElastic: boolean;
  readonly #maxQueue: number;
  readonly replies: Replies;
  readonly #channels: Pick<Control, 'table' | 'tasks' | 'replies'>;
  readonly #control: SharedConstant<Control>;
  readonly #functions = new FunctionTable();
  readonly #pending = new PendingTasks();
  readonly #sources = new Set<TaskSource>();
  #broken: WorkerDied | undefined;
  #abandoned = false;

  /** @param method how its workers are started @param launch what they have of their own */
  constructor(
    { min, max, idleMs, maxQueue }: PoolSize,
    setup: Setup,
    maxtasks: number,
    method: StartMethod,
    launch: Launch | undefined,
  ) {
    this.workers = max;
    this.#isElastic = min < max;
    this.#maxQueue = maxQueue;
    const parts: Shared[] = [];
    const part = <P extends Shared>(make: () => P): P => {
      const made = apart(make);
      parts.push(made);
      return made;
    };
    try {
      // First, because it may be refused.
      const constant = part(() => new SharedConstant(setup));
      const table = part(() => new WorkerTable(max));
      this.#channels = { table, tasks: part(() => new TaskChannel(maxQueue)), replies: part(() => new TaskChannel()) };
      table.setChannels(this.#channels.tasks.id, this.#channels.replies.id);
      this.#control = part(() => new SharedConstant<Control>({ ...this.#channels, maxtasks, min, idleMs, setup: constant }));
      constant.close();
    } catch (error) {
      for (const each of parts) each.close();
      throw error;
    }
    this.replies = new Replies(this.#channels, this.#pending, this);
    const { tid } = theHeap();
    const rowOf = ({ id, generation }: Handle): RecordRef => ({ id, generation });
    // The monitor opens a handle of its own, before this one is closed: that waits for the replies to end.
    tellSupervisor({
      type: 'pool',
      control: rowOf(this.#control.handle()),
      table: rowOf(this.#channels.table.handle()),
      replies: rowOf(this.#channels.replies.handle()),
      parent: currentWorker()?.pid ?? tid,
      creator: tid,
      main: mainModule(),
      around: launch?.around() ?? surroundings(),
      method: getStartMethod(true),
      isSpawned: method === 'spawn',
      outputs: launch?.outputs(true) ?? inheritedOutputs(),
      classes: classModules(),
    });
    dispatchers.add(this);
  }

  get state(): PoolState {
    return this.replies.hasEnded || this.#broken ? PoolState.TERMINATED : this.#channels.table.state;
  }

  // ── tasks ──────────────────────────────────────────────────────────────────────────────────────────

  /** @throws ValueError the pool is closed; WorkerDied its workers cannot be started */
  check(): void {
    // The monitor says why before it ends a pool.
    if (this.state !== PoolState.OPEN && !this.#broken) this.replies.look();
    if (this.#broken) throw this.#broken;
    if (this.state !== PoolState.OPEN) throw new ValueError('Pool not running');
  }

  describe(target: Parameters<FunctionTable['of']>[0]): Described {
    return this.#functions.of(target);
  }

  /** @throws TypeError an argument cannot be sent; MemoryError. Then nothing has changed */
  submit(
    call: Call,
    fn: Described,
    payload: unknown,
    pending: PendingTask,
    cancellation?: Cancellation,
    kwargs?: Record<string, unknown>,
    limit = 0,
  ): void {
    // It is going to wait, and cannot ask then.
    if (this.#isElastic && !this.#hasRoom) this.#askForWorkers();
    const id = this.#pending.nextId();
    const { row, generation } = fn;
    const more = cancellation !== undefined || kwargs !== undefined || limit !== 0;
    try {
      if (more)
        this.#channels.tasks.post([payload, cancellation?.event, kwargs, limit] satisfies More, id, call + MORE, row, generation);
      else this.#channels.tasks.post(payload, id, call, row, generation);
    } catch (error) {
      if (error instanceof ShutDown) this.check();
      throw inTermsOf(more ? { '[0]': PAYLOADS[call], '[2]': 'kwargs' } : { '': PAYLOADS[call] }, error);
    }
    this.#pending.add(id, pending);
    if (limit !== 0) this.#watch(pending);
    if (this.#isElastic) this.#askForWorkers();
    this.replies.poll();
  }

  get #hasRoom(): boolean {
    return this.#maxQueue === 0 || this.#channels.tasks.size < this.#maxQueue;
  }

  /** Resolves once a task can be put without a wait; false: not in time. */
  async hasRoom(timeout: Timeout, options: AsyncOptions | undefined): Promise<boolean> {
    const attempt = () => {
      this.check();
      return this.#hasRoom || PENDING;
    };
    if (this.#maxQueue === 0) return attempt() === true;
    const { tasks } = this.#channels;
    return AsyncGate.wait<boolean>(theHeap(), tasks.roomGate, attempt, timeoutToMs(timeout), options, () => false);
  }

  /** Has the monitor start workers, unless enough of them are certainly asleep. */
  #askForWorkers(): void {
    const { table, tasks } = this.#channels;
    let missing = tasks.size;
    const address = TaskChannel.addressOf(tasks);
    for (let index = 0; index < table.size && missing > 0; index++) {
      if (table.assignment(index) === Assignment.TAKING && table.sleepsIn(index, address)) missing--;
    }
    if (missing > 0 && table.ask()) tellSupervisor({ type: 'grow', control: this.#control.id });
  }

  /** How many tasks may wait. */
  get mostWaiting(): number {
    return this.#maxQueue || Number.POSITIVE_INFINITY;
  }

  /** How many workers there are now; of a pool that does not grow: that it has. */
  get workersNow(): number {
    return this.#isElastic && !this.replies.hasEnded ? this.#channels.table.living : this.workers;
  }

  /** The monitor watches the time as long as a task has a limit. */
  #watch(pending: PendingTask): void {
    const { table } = this.#channels;
    pending.gone = () => {
      table.limited--;
    };
    if (table.limited++ === 0) tellSupervisor({ type: 'limits', control: this.#control.id });
  }

  #withdraw(pending: PendingTask): void {
    const { id, gone } = pending;
    const { table } = this.#channels;
    if (this.#pending.places > PLACES) return;
    table.withdraw(id);
    pending.gone = () => {
      table.restore(id);
      gone?.();
    };
  }

  #isTaken(id: number): boolean {
    const { table } = this.#channels;
    for (let index = 0; index < table.size; index++) if (taskOf(table.assignment(index)) === id) return true;
    return false;
  }

  /** Whether a worker has it. */
  isRunning(pending: PendingTask): boolean {
    return this.#pending.get(pending.id) === pending && this.#isTaken(pending.id);
  }

  /** Whether it will certainly not begin; false: a worker has it, or it is over. */
  withdraw(pending: PendingTask & { isDropped: boolean }): boolean {
    const isThere = () => this.#pending.get(pending.id) === pending;
    if (!isThere() || this.#pending.places > PLACES || this.#isTaken(pending.id)) return false;
    this.#withdraw(pending);
    // Whoever has it now may have looked before; who takes it later sees it.
    if (this.#isTaken(pending.id)) return !this.#channels.table.restore(pending.id);
    // Whoever has had it has replied before the next one.
    this.replies.look();
    return isThere() || pending.isDropped;
  }

  /** No worker can be started. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** The tasks of a call come to nothing: those that wait do not begin, and who runs one is ended. */
  endTasks(call: object): void {
    if (this.state === PoolState.TERMINATED) return;
    const { table } = this.#channels;
    for (const pending of this.#pending.of(call)) {
      const { id } = pending;
      this.#withdraw(pending);
      // Behind that: see WorkerTable.
      for (let index = 0; index < table.size; index++)
        if (table.seal(index, id)) tellSupervisor({ type: 'endTask', control: this.#control.id, index });
    }
  }

  /** `source` will put more, also after `close`. */
  addSource(source: TaskSource): void {
    this.#sources.add(source);
  }

  removeSource(source: TaskSource): void {
    if (this.#sources.delete(source) && this.state === PoolState.CLOSED && this.#sources.size === 0) this.#shutDown();
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────

  close(): void {
    if (this.state !== PoolState.OPEN) return;
    this.#channels.table.reach(PoolState.CLOSED);
    if (this.#sources.size === 0) this.#shutDown();
    this.replies.poll();
  }

  #shutDown(): void {
    this.#channels.tasks.shutDown();
    // There may be no worker whose end it would hear of.
    if (this.#isElastic) tellSupervisor({ type: 'grow', control: this.#control.id });
  }

  terminate(): void {
    if (this.state === PoolState.TERMINATED) return;
    this.#stop(new WorkerDied('the pool was terminated'));
    this.replies.runCalls();
  }

  #stop(error: WorkerDied): void {
    this.#channels.table.reach(PoolState.TERMINATED);
    this.#channels.tasks.shutDown(true);
    tellSupervisor({ type: 'endPool', control: this.#control.id });
    this.failAll(error);
    this.replies.poll();
  }

  failAll(error: WorkerDied): void {
    for (const pending of this.#pending.removeAll()) pending.arrive(error, Reply.ERROR);
    for (const source of this.#sources) source.abandon(error);
    this.#sources.clear();
  }

  /** Nobody has the pool any more: it goes when its last task has ended. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#pending.size === 0) this.terminate();
  }

  /** Sources put what they have at once: nobody is going to ask them. */
  flush(): void {
    for (const source of [...this.#sources]) source.flush();
  }

  // ── what the replies say ───────────────────────────────────────────────────────────────────────────

  get isEnding(): boolean {
    return this.state !== PoolState.OPEN && this.#sources.size === 0;
  }

  settled(): void {
    if (this.#abandoned && this.#pending.size === 0) this.terminate();
  }

  broken(error: WorkerDied): void {
    this.#broken ??= error;
    this.#stop(this.#broken);
  }

  ended(): void {
    dispatchers.delete(this);
    this.#functions.close();
    const { table, tasks, replies } = this.#channels;
    for (const each of [table, tasks, replies, this.#control]) each.close();
  }
}
