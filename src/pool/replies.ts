/**
 * Replies: takes in what a pool's workers and its monitor have to say, and settles what waits for it.
 *
 * Whoever looks takes replies in: a blocking call of the creator's, or its event loop. So a creator that
 * blocks needs no loop, and one that never blocks needs no thread of its own for the results.
 */
import { MaybeEncodingError, WorkerDied } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { heapFull, theHeap } from '../heap/heap.ts';
import { apart } from '../heap/held.ts';
import { Line } from '../heap/line.ts';
import { leftUntil } from '../heap/time.ts';
import { canBlock } from '../platform/index.ts';
import { wouldBlock } from '../sync/blocking.ts';
import { fromWorker } from '../workers/remote.ts';
import { lateError } from './limit.ts';
import type { PendingTasks } from './pending-tasks.ts';
import { type Broken, type Control, type Died, type Late, Notice, Reply } from './protocol.ts';
import { type Message, TaskChannel } from './task-channel.ts';
import { Assignment } from './worker-table.ts';

/** In a loop over an iterator nobody sees its `next`. */
const NEXT = 'for await (const item of ...), or await nextAsync()';

/** What a pool does when it hears of these. */
export interface RepliesOwner {
  /** Whether it only waits for its workers to end. */
  readonly isEnding: boolean;
  /** A task has got its reply. */
  settled(): void;
  /** No worker can be started. */
  broken(error: WorkerDied): void;
  /** What is still pending settles with this error. */
  failAll(error: WorkerDied): void;
  /** The last worker has ended, nothing comes any more: the pool gives back what it has in the heap. */
  ended(): void;
}

function unreadable(cause: Error): MaybeEncodingError {
  return new MaybeEncodingError(`the result cannot be read here: ${cause.message}`, { cause });
}

const SHORT = 1;
const LONG = 64;
const FOREVER = Number.POSITIVE_INFINITY;

export class Replies {
  readonly #heap = theHeap();
  readonly #control: Pick<Control, 'table' | 'tasks' | 'replies'>;
  readonly #pending: PendingTasks;
  readonly #owner: RepliesOwner;
  /** User code to run once the books are in order. */
  readonly #calls = new Line<() => void>();
  readonly #listeners = new Set<() => void>();
  /** Why tasks may have died that no dead worker's assignment names. */
  #suspicion: Error | undefined;
  /** Milliseconds until it is asked again which tasks have died. */
  #patience = SHORT;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;
  #polling = false;
  /** Whether the event loop is just taking in replies. */
  #inLoop = false;

  constructor(control: Pick<Control, 'table' | 'tasks' | 'replies'>, pending: PendingTasks, owner: RepliesOwner) {
    this.#control = control;
    this.#pending = pending;
    this.#owner = owner;
  }

  /** Whether all workers have ended, and all they had to say is known. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  // ── those who wait ─────────────────────────────────────────────────────────────────────────────────

  /** Has `listener` called after replies have come, until it is told otherwise. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.poll();
    return () => this.#listeners.delete(listener);
  }

  /** Runs `call`, which is the user's, in a moment; what it throws is printed. */
  later(call: () => void): void {
    this.#calls.push(call);
  }

  /** Takes in all replies that are there, and runs what waits for them. */
  look(): void {
    this.#receive(0);
    if (this.#suspicion) this.#findLost();
    this.runCalls();
  }

  /** Blocks until `ready`, taking in replies. @returns false when the time is up */
  waitUntil(method: string, ready: () => boolean, timeoutMs: number): boolean {
    const deadline = timeoutMs === FOREVER ? FOREVER : performance.now() + timeoutMs;
    for (;;) {
      this.look();
      if (ready()) break;
      const left = leftUntil(deadline);
      if (left === 0 || this.#hasEnded) return false;
      if (!canBlock) throw wouldBlock(method, method === 'next' ? NEXT : undefined);
      this.#receive(this.#suspicion ? Math.min(left, this.#patience) : left);
    }
    this.#wake();
    return true;
  }

  // ── the event loop ─────────────────────────────────────────────────────────────────────────────────

  get #hasReason(): boolean {
    if (this.#hasEnded) return false;
    // A pool that ends gives back what it has in the heap when its workers have ended.
    return this.#pending.size > 0 || this.#listeners.size > 0 || this.#owner.isEnding;
  }

  /**
   * From the next turn of the loop on it takes in replies, as long as there is a reason to; that keeps the
   * program alive.
   */
  poll(): void {
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
      void AsyncGate.wait<void>(this.#heap, this.#control.replies.gate, attempt, FOREVER, undefined, () => {}).then(() => {
        this.#polling = false;
        if (this.#hasReason) this.poll();
      });
    });
  }

  /** The loop waits for something that has come another way. */
  #wake(): void {
    if (this.#polling && !this.#hasEnded && !this.#hasReason) this.#heap.core.gateWakeAll(this.#control.replies.gate);
  }

  // ── messages ───────────────────────────────────────────────────────────────────────────────────────

  /** Takes in all that is there, waiting `ms` milliseconds for the first. */
  #receive(ms: number): void {
    while (!this.#hasEnded) {
      // Whoever waits takes in other tasks' results, too.
      const messages = apart(() => this.#control.replies.takeAll(ms));
      if (messages === undefined) this.#end();
      if (messages === undefined || messages.length === 0) return;
      for (const message of messages) {
        if (message.id > 0) this.#deliver(message);
        else this.#notice(message);
      }
      ms = 0;
    }
  }

  #deliver({ id, kind, value, fault }: Message): void {
    if (kind === Reply.MESSAGE) {
      this.#pending.get(id)?.hear(fault ? unreadable(fault) : value);
      return;
    }
    const pending = this.#pending.remove(id);
    if (fault) pending?.arrive(unreadable(fault), Reply.ERROR);
    else pending?.arrive(kind === Reply.ERROR ? fromWorker(value, 'a worker of the pool') : value, kind);
    this.#owner.settled();
  }

  #notice({ kind, value, fault }: Message): void {
    switch (kind as Notice) {
      case Notice.DIED: {
        const [assignment, name, code, limit] = value as Died;
        const error =
          limit > 0
            ? lateError(limit, `: ${name} was ended`)
            : new WorkerDied(`${name} ended with exit code ${code} while it ran the task`);
        if (assignment > 0) this.#pending.remove(assignment)?.arrive(error, Reply.ERROR);
        else if (assignment === Assignment.TAKING) this.#suspicion ??= error;
        break;
      }
      case Notice.LATE: {
        const [id, limit] = value as Late;
        // It is on its way until its worker has done it.
        this.#pending.get(id)?.arrive(lateError(limit), Reply.ERROR);
        break;
      }
      case Notice.BROKEN: {
        const [cause, name] = fault ? ([fault, 'a worker'] satisfies Broken) : (value as Broken);
        this.#owner.broken(new WorkerDied(`the pool has no workers: ${name} could not be started`, { cause }));
      }
    }
  }

  #findLost(): void {
    if (this.#hasEnded) return;
    const { table, tasks } = this.#control;
    const address = TaskChannel.addressOf(tasks);
    const error = this.#suspicion as Error;
    this.#suspicion = undefined;
    const lost = this.#pending.removeLost(
      table,
      () => tasks.size,
      (index) => table.sleepsIn(index, address),
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
    if (this.#control.table.isRefused)
      this.#owner.broken(new WorkerDied('the pool has no workers: the heap is full', { cause: heapFull() }));
    // Nobody is left who could do them.
    this.#owner.failAll(new WorkerDied('the pool has ended'));
    this.#hasEnded = true;
    this.#suspicion = undefined;
    clearTimeout(this.#asking);
    // Closing asks those who wait by the handle: the loop is just being asked.
    if (this.#inLoop) queueMicrotask(() => this.#owner.ended());
    else this.#owner.ended();
  }

  /** Tells who listens, and runs the user's callbacks. */
  runCalls(): void {
    for (const listener of [...this.#listeners]) listener();
    for (let call = this.#calls.shift(); call; call = this.#calls.shift()) {
      try {
        apart(call);
      } catch (error) {
        console.error('Exception in a callback of a pool:\n', error);
      }
    }
  }
}
