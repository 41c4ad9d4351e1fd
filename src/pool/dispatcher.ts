/**
 * Dispatcher: the creator's side of a pool. It puts tasks in, and ends the pool; Replies takes out what comes
 * of them.
 */
import { inTermsOf } from '../codec/index.ts';
import { ShutDown, ValueError, WorkerDied } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { apart } from '../heap/held.ts';
import { surroundings } from '../platform/index.ts';
import { beforeChildrenEnd } from '../workers/children.ts';
import { getStartMethod, type StartMethod } from '../workers/context.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { inheritedOutputs, type Launch } from '../workers/launch-options.ts';
import { tellSupervisor } from '../workers/supervisor-client.ts';
import { mainModule } from '../workers/targets.ts';
import { type Described, FunctionTable } from './functions.ts';
import { type PendingTask, PendingTasks } from './pending-tasks.ts';
import { Call, type Control, MORE, type More, Reply, type Setup } from './protocol.ts';
import { Replies, type RepliesOwner } from './replies.ts';
import { SharedConstant } from './shared-constant.ts';
import type { Cancellation } from './signal.ts';
import { TaskChannel } from './task-channel.ts';
import { PoolState, WorkerTable } from './worker-table.ts';

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
  readonly workers: number;
  readonly replies: Replies;
  readonly #channels: Pick<Control, 'table' | 'tasks' | 'replies'>;
  readonly #control: SharedConstant<Control>;
  readonly #functions = new FunctionTable();
  readonly #pending = new PendingTasks();
  readonly #sources = new Set<TaskSource>();
  #broken: WorkerDied | undefined;
  #abandoned = false;

  /** @param method how its workers are started @param launch what they have of their own */
  constructor(workers: number, setup: Setup, maxtasks: number, method: StartMethod, launch: Launch | undefined) {
    this.workers = workers;
    // First, because it may be refused.
    const constant = apart(() => new SharedConstant(setup));
    this.#channels = apart(() => ({ table: new WorkerTable(workers), tasks: new TaskChannel(), replies: new TaskChannel() }));
    this.#control = apart(() => new SharedConstant<Control>({ ...this.#channels, maxtasks, setup: constant }));
    constant.close();
    this.replies = new Replies(this.#channels, this.#pending, this);
    const { tid } = theHeap();
    const control = { id: this.#control.id, generation: this.#control.generation };
    // The monitor opens a handle of its own, before this one is closed: that waits for its last notice.
    tellSupervisor({
      type: 'pool',
      control,
      parent: currentWorker()?.pid ?? tid,
      creator: tid,
      main: mainModule(),
      around: launch?.around() ?? surroundings(),
      method: getStartMethod(true),
      isSpawned: method === 'spawn',
      outputs: launch?.outputs(true) ?? inheritedOutputs(),
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
  ): void {
    const id = this.#pending.nextId();
    const { row, generation } = fn;
    const more = cancellation !== undefined || kwargs !== undefined;
    try {
      if (more)
        this.#channels.tasks.post([payload, cancellation?.event, kwargs] satisfies More, id, call + MORE, row, generation);
      else this.#channels.tasks.post(payload, id, call, row, generation);
    } catch (error) {
      if (error instanceof ShutDown) this.check();
      throw inTermsOf(more ? { '[0]': PAYLOADS[call], '[2]': 'kwargs' } : { '': PAYLOADS[call] }, error);
    }
    this.#pending.add(id, pending);
    this.replies.poll();
  }

  /** `source` will put more, also after `close`. */
  addSource(source: TaskSource): void {
    this.#sources.add(source);
  }

  removeSource(source: TaskSource): void {
    if (this.#sources.delete(source) && this.state === PoolState.CLOSED && this.#sources.size === 0)
      this.#channels.tasks.shutDown();
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────

  close(): void {
    if (this.state !== PoolState.OPEN) return;
    this.#channels.table.reach(PoolState.CLOSED);
    if (this.#sources.size === 0) this.#channels.tasks.shutDown();
    this.replies.poll();
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
