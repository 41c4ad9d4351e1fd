/**
 * Dispatcher: the creator's side of a pool. Puts tasks in, takes replies out, and settles what waits for them.
 *
 * Replies are taken in by whoever looks: a blocking call of the creator's, or its event loop. So a creator that blocks needs no loop, and one that
 * never blocks needs no thread of its own for the results.
 */
import { Empty, MaybeEncodingError, ValueError, WorkerDied } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { leftUntil } from '../heap/time.ts';
import { canBlock } from '../platform/index.ts';
import { Queue } from '../queue/queue.ts';
import { wouldBlock } from '../sync/blocking.ts';
import { beforeChildrenEnd } from '../workers/children.ts';
import { whereWeAre } from '../workers/here.ts';
import { fromWorker } from '../workers/remote.ts';
import { tellSupervisor } from '../workers/supervisor.ts';
import { mainModule } from '../workers/targets.ts';
import { Board, Hand, PoolState } from './board.ts';
import { type Described, FunctionTable } from './functions.ts';
import { Holder } from './holder.ts';
import { Ledger, type Pending } from './ledger.ts';
import {
  Call,
  type Control,
  inTermsOf,
  type Message,
  Notice,
  type NoticeMessage,
  Reply,
  type Setup,
  type Task,
  targetOf,
} from './protocol.ts';
import type { Cancellation } from './signal.ts';

/** Something that puts tasks by and by. */
export interface Feeder {
  /** Puts all it has, now. */
  rush(): void;
  abandon(error: Error): void;
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
  readonly #board: Board;
  readonly #tasks: Queue<Task>;
  readonly #replies: Queue<Message>;
  readonly #control: Holder<Control>;
  readonly #functions = new FunctionTable();
  readonly #ledger = new Ledger();
  readonly #feeders = new Set<Feeder>();
  /** User code to run once the books are in order. */
  readonly #calls: (() => void)[] = [];
  #soon: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();
  /** Why tasks may have died that no dead worker's hand names. */
  #suspicion: Error | undefined;
  /** Replies that could not be read and whose tasks are not found yet: at first they stand in their workers' hands still. */
  #unread = 0;
  /** Milliseconds until it is asked again which tasks have died. */
  #patience = SHORT;
  #broken: WorkerDied | undefined;
  #hasEnded = false;
  #attending = false;
  /** Whether the event loop is just taking in replies. */
  #inLoop = false;
  #abandoned = false;
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(workers: number, setup: Setup, maxtasks: number) {
    this.workers = workers;
    // First, because it may be refused.
    const holder = new Holder(setup);
    this.#board = new Board(workers);
    this.#tasks = new Queue();
    this.#replies = new Queue();
    this.#control = new Holder<Control>({
      board: this.#board,
      tasks: this.#tasks,
      replies: this.#replies,
      maxtasks,
      setup: holder,
    });
    holder.close();
    const { core, tid } = this.#heap;
    const control = { id: this.#control.id, generation: this.#control.generation };
    // The keeper takes this reference over.
    core.retain(control.id, control.generation);
    tellSupervisor({ type: 'pool', control, parent: whereWeAre()?.pid ?? tid, creator: tid, main: mainModule() });
    dispatchers.add(this);
  }

  get state(): PoolState {
    return this.#hasEnded || this.#broken ? PoolState.TERMINATED : this.#board.state;
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
    payload: ArrayLike<unknown>,
    pending: Pending,
    cancellation?: Cancellation,
    kwargs?: Record<string, unknown>,
  ): void {
    const id = this.#ledger.nextId();
    try {
      this.#tasks.put(
        cancellation === undefined && kwargs === undefined
          ? [id, targetOf(call, fn.row), fn.generation, payload]
          : [id, targetOf(call, fn.row), fn.generation, payload, cancellation?.event, kwargs as Record<string, unknown>],
      );
    } catch (error) {
      throw inTermsOf({ '[3]': call === Call.ONCE ? 'args' : 'items', '[5]': 'kwargs' }, error);
    }
    this.#ledger.add(id, pending);
    if (!this.#attending) this.#attend();
  }

  /** `feeder` will put more, also after `close`. */
  addFeeder(feeder: Feeder): void {
    this.#feeders.add(feeder);
  }

  removeFeeder(feeder: Feeder): void {
    if (this.#feeders.delete(feeder) && this.state === PoolState.CLOSED && this.#feeders.size === 0) this.#tasks.shutdown();
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  close(): void {
    if (this.state !== PoolState.OPEN) return;
    this.#board.reach(PoolState.CLOSED);
    if (this.#feeders.size === 0) this.#tasks.shutdown();
    this.#attend();
  }

  terminate(): void {
    if (this.state === PoolState.TERMINATED) return;
    this.#stop(new WorkerDied('the pool was terminated'));
    this.#runCalls();
  }

  #stop(error: WorkerDied): void {
    this.#board.reach(PoolState.TERMINATED);
    this.#tasks.shutdown(true);
    tellSupervisor({ type: 'endPool', control: this.#control.id });
    this.#failAll(error);
    this.#attend();
  }

  #failAll(error: WorkerDied): void {
    for (const pending of this.#ledger.removeAll()) pending.arrive(error, Reply.ERROR);
    for (const feeder of this.#feeders) feeder.abandon(error);
    this.#feeders.clear();
  }

  /** Nobody has the pool any more: it goes when its last task has ended. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#ledger.size === 0) this.terminate();
  }

  /** Feeders put what they have at once: nobody is going to ask them. */
  rush(): void {
    for (const feeder of [...this.#feeders]) feeder.rush();
  }

  // ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Has `listener` called after replies have come, until it is told otherwise. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#attend();
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
    this.#receive();
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
      this.#takeOne((this.#suspicion ? Math.min(left, this.#patience) : left) / 1000);
    }
    this.#wake();
    return true;
  }

  get #hasReason(): boolean {
    if (this.#hasEnded) return false;
    // A pool that ends gives back what it has in the heap when its workers have ended.
    return this.#ledger.size > 0 || this.#listeners.size > 0 || (this.state !== PoolState.OPEN && this.#feeders.size === 0);
  }

  /** From the next turn of the loop on it takes in replies, as long as there is a reason to; that keeps the program alive. */
  #attend(): void {
    if (this.#attending) return;
    this.#attending = true;
    queueMicrotask(() => {
      if (!this.#hasReason) {
        this.#attending = false;
        return;
      }
      const gate = this.#heap.core.queueNotEmptyGate((this.#replies as unknown as { open: number }).open);
      const attempt = () => {
        this.#inLoop = true;
        try {
          this.look();
        } finally {
          this.#inLoop = false;
        }
        return this.#hasReason ? PENDING : undefined;
      };
      void AsyncGate.wait<void>(this.#heap, gate, attempt, FOREVER, undefined, () => {}).then(() => {
        this.#attending = false;
        if (this.#hasReason) this.#attend();
      });
    });
  }

  /** The loop waits for something that has come another way. */
  #wake(): void {
    if (this.#attending && !this.#hasEnded && !this.#hasReason)
      this.#heap.core.gateKick(this.#heap.core.queueNotEmptyGate((this.#replies as unknown as { open: number }).open));
  }

  #receive(): void {
    while (!this.#hasEnded && !this.#replies.empty()) this.#takeOne(0);
  }

  #takeOne(seconds: number): void {
    let message: Message;
    try {
      message = this.#replies.get(true, seconds);
    } catch (error) {
      if (!(error instanceof Empty)) this.#suspectReply(error);
      return;
    }
    this.#handle(message);
  }

  #handle(message: Message): void {
    const [id] = message;
    if (id > 0) {
      const [, value, reply = Reply.RESULT] = message as [number, unknown, Reply?];
      const pending = this.#ledger.remove(id);
      pending?.arrive(reply === Reply.ERROR ? fromWorker(value, 'a worker of the pool') : value, reply);
      if (this.#abandoned && this.#ledger.size === 0) this.terminate();
    } else this.#notice(message as NoticeMessage);
  }

  #notice(message: NoticeMessage): void {
    switch (message[0]) {
      case Notice.DIED: {
        const [, hand, name, code] = message;
        const error = new WorkerDied(`${name} ended with exit code ${code} while it ran the task`);
        if (hand > 0) this.#ledger.remove(hand)?.arrive(error, Reply.ERROR);
        else if (hand === Hand.TAKING) this.#suspicion ??= error;
        break;
      }
      case Notice.UNREADABLE:
        this.#suspicion ??= message[1] as Error;
        break;
      case Notice.BROKEN: {
        const [, cause, name] = message;
        this.#broken ??= new WorkerDied(`the pool has no workers: ${name} could not be started`, { cause });
        this.#stop(this.#broken);
        break;
      }
      case Notice.ENDED:
        this.#end();
    }
  }

  /** A reply that cannot be decoded does not say whose it was. */
  #suspectReply(error: unknown): void {
    const text = `the result cannot be read here: ${error instanceof Error ? error.message : String(error)}`;
    this.#suspicion ??= new MaybeEncodingError(text, { cause: error });
    this.#unread++;
    this.#patience = SHORT;
  }

  #findLost(): void {
    if (this.#hasEnded) return;
    const { open } = this.#tasks as unknown as { open: number };
    const error = this.#suspicion as Error;
    this.#suspicion = undefined;
    const lost = this.#ledger.removeLost(
      this.#board,
      () => this.#tasks.qsize(),
      (seat) => this.#board.sleepsIn(seat, open),
      () => this.#receive(),
    );
    for (const pending of lost ?? []) pending.arrive(error, Reply.ERROR);
    this.#unread = this.#ledger.size === 0 ? 0 : Math.max(0, this.#unread - (lost?.length ?? 0));
    if (lost !== undefined && this.#unread === 0) {
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
      for (const each of [this.#board, this.#tasks, this.#replies, this.#control]) each.close();
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
