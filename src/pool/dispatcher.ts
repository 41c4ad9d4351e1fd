/**
 * Dispatcher: the creator's side of a pool. Puts tasks in, takes replies out, and settles what waits for them.
 *
 * Replies are taken in by whoever looks: a blocking call of the creator's, or its event loop. So a creator that blocks needs no loop, and one that
 * never blocks needs no thread of its own for the results.
 */
import { inTermsOf } from '../codec/index.ts';
import { MaybeEncodingError, ValueError, WorkerDied } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { leftUntil } from '../heap/time.ts';
import { canBlock } from '../platform/index.ts';
import { wouldBlock } from '../sync/blocking.ts';
import { beforeChildrenEnd } from '../workers/children.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { fromWorker } from '../workers/remote.ts';
import { tellSupervisor } from '../workers/supervisor-client.ts';
import { mainModule } from '../workers/targets.ts';
import { type Described, FunctionTable } from './functions.ts';
import { type PendingTask, PendingTasks } from './pending-tasks.ts';
import { type Broken, Call, type Control, type Died, MORE, type More, Notice, Reply, type Setup } from './protocol.ts';
import { SharedConstant } from './shared-constant.ts';
import type { Cancellation } from './signal.ts';
import { type Message, TaskChannel } from './task-channel.ts';
import { Assignment, PoolState, WorkerTable } from './worker-table.ts';

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

function unreadable(cause: Error): MaybeEncodingError {
  return new MaybeEncodingError(`the result cannot be read here: ${cause.message}`, { cause });
}

const SHORT = 1;
const LONG = 64;
const FOREVER = Number.POSITIVE_INFINITY;

const dispatchers = new Set<Dispatcher>();
beforeChildrenEnd(() => {
  for (const each of dispatchers) each.terminate();
});

export class Dispatcher {
  readonly workers: number;
  readonly #heap = theHeap();
  readonly #table: WorkerTable;
  readonly #tasks: TaskChannel;
  readonly #replies: TaskChannel;
  readonly #control: SharedConstant<Control>;
  readonly #functions = new FunctionTable();
  readonly #pending = new PendingTasks();
  readonly #sources = new Set<TaskSource>();
  /** User code to run once the books are in order. */
  readonly #calls: (() => void)[] = [];
  #soon: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();
  /** Why tasks may have died that no dead worker's assignment names. */
  #suspicion: Error | undefined;
  /** Milliseconds until it is asked again which tasks have died. */
  #patience = SHORT;
  #broken: WorkerDied | undefined;
  #hasEnded = false;
  #polling = false;
  /** Whether the event loop is just taking in replies. */
  #inLoop = false;
  #abandoned = false;
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(workers: number, setup: Setup, maxtasks: number) {
    this.workers = workers;
    // First, because it may be refused.
    const constant = new SharedConstant(setup);
    this.#table = new WorkerTable(workers);
    this.#tasks = new TaskChannel();
    this.#replies = new TaskChannel();
    this.#control = new SharedConstant<Control>({
      table: this.#table,
      tasks: this.#tasks,
      replies: this.#replies,
      maxtasks,
      setup: constant,
    });
    constant.close();
    const { tid } = this.#heap;
    const control = { id: this.#control.id, generation: this.#control.generation };
    // The monitor opens a handle of its own, before this one is closed: that waits for its last notice.
    tellSupervisor({ type: 'pool', control, parent: currentWorker()?.pid ?? tid, creator: tid, main: mainModule() });
    dispatchers.add(this);
  }

  get state(): PoolState {
    return this.#hasEnded || this.#broken ? PoolState.TERMINATED : this.#table.state;
  }

  /** Whether all workers have ended, and all they had to say is known. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  // ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws ValueError the pool is closed; WorkerDied its workers cannot be started */
  check(): void {
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
      if (more) this.#tasks.post([payload, cancellation?.event, kwargs] satisfies More, id, call + MORE, row, generation);
      else this.#tasks.post(payload, id, call, row, generation);
    } catch (error) {
      throw inTermsOf(more ? { '[0]': PAYLOADS[call], '[2]': 'kwargs' } : { '': PAYLOADS[call] }, error);
    }
    this.#pending.add(id, pending);
    if (!this.#polling) this.#poll();
  }

  /** `source` will put more, also after `close`. */
  addSource(source: TaskSource): void {
    this.#sources.add(source);
  }

  removeSource(source: TaskSource): void {
    if (this.#sources.delete(source) && this.state === PoolState.CLOSED && this.#sources.size === 0) this.#tasks.shutDown();
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  close(): void {
    if (this.state !== PoolState.OPEN) return;
    this.#table.reach(PoolState.CLOSED);
    if (this.#sources.size === 0) this.#tasks.shutDown();
    this.#poll();
  }

  terminate(): void {
    if (this.state === PoolState.TERMINATED) return;
    this.#stop(new WorkerDied('the pool was terminated'));
    this.#runCalls();
  }

  #stop(error: WorkerDied): void {
    this.#table.reach(PoolState.TERMINATED);
    this.#tasks.shutDown(true);
    tellSupervisor({ type: 'endPool', control: this.#control.id });
    this.#failAll(error);
    this.#poll();
  }

  #failAll(error: WorkerDied): void {
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

  // ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Has `listener` called after replies have come, until it is told otherwise. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#poll();
    return () => this.#listeners.delete(listener);
  }

  /** Runs `call`, which is the user's, in a moment; what it throws is printed. */
  later(call: () => void): void {
    this.#calls.push(call);
  }

  /** Runs `call`, which must not throw, as a promise's handlers are run. All of a turn share one microtask: in Node each costs as much as a task's reply. */
  soon(call: () => void): void {
    if (this.#soon.push(call) > 1) return;
    void Promise.resolve().then(() => {
      const calls = this.#soon;
      this.#soon = [];
      for (const each of calls) each();
    });
  }

  /** Takes in all replies that are there, and runs what waits for them. */
  look(): void {
    this.#receive(0);
    if (this.#suspicion) this.#findLost();
    this.#runCalls();
  }

  /** Blocks until `ready`, taking in replies. @returns false when the time is up */
  waitUntil(method: string, ready: () => boolean, timeoutMs: number): boolean {
    const deadline = timeoutMs === FOREVER ? FOREVER : performance.now() + timeoutMs;
    for (;;) {
      this.look();
      if (ready()) break;
      const left = leftUntil(deadline);
      if (left === 0 || this.#hasEnded) return false;
      if (!canBlock) throw wouldBlock(method);
      this.#receive(this.#suspicion ? Math.min(left, this.#patience) : left);
    }
    this.#wake();
    return true;
  }

  get #hasReason(): boolean {
    if (this.#hasEnded) return false;
    // A pool that ends gives back what it has in the heap when its workers have ended.
    return this.#pending.size > 0 || this.#listeners.size > 0 || (this.state !== PoolState.OPEN && this.#sources.size === 0);
  }

  /** From the next turn of the loop on it takes in replies, as long as there is a reason to; that keeps the program alive. */
  #poll(): void {
    if (this.#polling) return;
    this.#polling = true;
    queueMicrotask(() => {
      if (!this.#hasReason) {
        this.#polling = false;
        return;
      }
      const attempt = () => {
        this.#inLoop = true;
        try {
          this.look();
        } finally {
          this.#inLoop = false;
        }
        return this.#hasReason ? PENDING : undefined;
      };
      void AsyncGate.wait<void>(this.#heap, this.#replies.gate, attempt, FOREVER, undefined, () => {}).then(() => {
        this.#polling = false;
        if (this.#hasReason) this.#poll();
      });
    });
  }

  /** The loop waits for something that has come another way. */
  #wake(): void {
    if (this.#polling && !this.#hasEnded && !this.#hasReason) this.#heap.core.gateWakeAll(this.#replies.gate);
  }

  /** Takes in all that is there, waiting `ms` milliseconds for the first. */
  #receive(ms: number): void {
    while (!this.#hasEnded) {
      const messages = this.#replies.takeAll(ms);
      if (messages.length === 0) return;
      for (const message of messages) {
        if (message.id > 0) this.#deliver(message);
        else this.#notice(message);
      }
      ms = 0;
    }
  }

  #deliver({ id, kind, value, fault }: Message): void {
    const pending = this.#pending.remove(id);
    if (fault) pending?.arrive(unreadable(fault), Reply.ERROR);
    else pending?.arrive(kind === Reply.ERROR ? fromWorker(value, 'a worker of the pool') : value, kind);
    if (this.#abandoned && this.#pending.size === 0) this.terminate();
  }

  #notice({ kind, value, fault }: Message): void {
    switch (kind as Notice) {
      case Notice.DIED: {
        const [assignment, name, code] = value as Died;
        const error = new WorkerDied(`${name} ended with exit code ${code} while it ran the task`);
        if (assignment > 0) this.#pending.remove(assignment)?.arrive(error, Reply.ERROR);
        else if (assignment === Assignment.TAKING) this.#suspicion ??= error;
        break;
      }
      case Notice.BROKEN: {
        const [cause, name] = fault ? ([fault, 'a worker'] satisfies Broken) : (value as Broken);
        this.#broken ??= new WorkerDied(`the pool has no workers: ${name} could not be started`, { cause });
        this.#stop(this.#broken);
        break;
      }
      case Notice.ENDED:
        this.#end();
    }
  }

  #findLost(): void {
    if (this.#hasEnded) return;
    const address = TaskChannel.addressOf(this.#tasks);
    const error = this.#suspicion as Error;
    this.#suspicion = undefined;
    const lost = this.#pending.removeLost(
      this.#table,
      () => this.#tasks.size,
      (index) => this.#table.sleepsIn(index, address),
      () => this.#receive(0),
    );
    for (const pending of lost ?? []) pending.arrive(error, Reply.ERROR);
    if (lost !== undefined) {
      this.#patience = SHORT;
      return;
    }
    this.#suspicion ??= error;
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      this.look();
      this.#wake();
    }, this.#patience);
    this.#patience = Math.min(LONG, 2 * this.#patience);
  }

  #end(): void {
    // Nobody is left who could do them.
    this.#failAll(new WorkerDied('the pool has ended'));
    this.#hasEnded = true;
    this.#suspicion = undefined;
    clearTimeout(this.#asking);
    dispatchers.delete(this);
    this.#functions.close();
    const close = () => {
      for (const each of [this.#table, this.#tasks, this.#replies, this.#control]) each.close();
    };
    // Closing asks those who wait by the handle: the loop is just being asked.
    if (this.#inLoop) queueMicrotask(close);
    else close();
  }

  #runCalls(): void {
    for (const listener of [...this.#listeners]) listener();
    for (let call = this.#calls.shift(); call; call = this.#calls.shift()) {
      try {
        call();
      } catch (error) {
        console.error('Exception in a callback of a pool:\n', error);
      }
    }
  }
}
