/**
 * What a pool's worker runs: takes a task, does it, sends what came of it, until the pool is closed.
 *
 * A task is taken when the worker has nothing else to do, and its result is sent before the next one is
 * taken: a batch in one worker's hands would hold up tasks, for ever if they wait for each other.
 */
import { inTermsOf } from '../codec/index.ts';
import { type MaybeEncodingError, ShutDown } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { wantsTurn } from '../heap/held.ts';
import { AdoptionToken, created, Shared } from '../heap/shared.ts';
import { isIdleIn } from '../heap/trace.ts';
import { hasPendingWork, importModule } from '../platform/index.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { type AnyFunction, explainTargetError, OURS, resolveTarget, type TargetSpec, task } from '../workers/targets.ts';
import { unsendable } from '../workers/unsendable.ts';
import { lateError } from './limit.ts';
import { type Performed, perform } from './perform.ts';
import { type Broken, Call, type Control, MORE, type More, Notice, Reply, type Setup } from './protocol.ts';
import { SharedConstant } from './shared-constant.ts';
import { TaskSignal } from './signal.ts';
import type { Message } from './task-channel.ts';
import { type RunningTask, setRunningTask } from './task-sender.ts';
import { taskTracing, traceTask } from './trace-task.ts';
import { Assignment, PoolState } from './worker-table.ts';

interface Known {
  generation: number;
  fn: AnyFunction;
  spec: TargetSpec;
}

/** After so many tasks without a pause, what earlier ones have left behind gets a turn. */
const TURN = 64;

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const CANCELLED: Performed = { reply: Reply.CANCELLED, value: undefined };

/** Functions that a worker remembers. */
const MOST_KNOWN = 512;

async function load(url: string): Promise<Record<string, unknown>> {
  const here = currentWorker();
  // Its top level is not to start workers.
  if (here) here.importing = true;
  try {
    return await importModule(url);
  } finally {
    if (here) here.importing = false;
  }
}

class Worker {
  readonly #control: Control;
  readonly #index: number;
  /** Milliseconds without a task after which it ends. */
  readonly #idleMs: number;
  readonly #heap: Heap = theHeap();
  readonly #known = new Map<number, Known>();

  constructor(control: Control, index: number) {
    this.#control = control;
    this.#index = index;
    this.#idleMs = index < control.min ? Number.POSITIVE_INFINITY : control.idleMs;
    isIdleIn(Shared.addressOf(control.tasks));
  }

  async prepare(setup: SharedConstant<Setup>): Promise<void> {
    const { initializer, initargs } = setup.read();
    setup.close();
    if (initializer === undefined) return;
    try {
      const fn = (await resolveTarget(initializer, load)) as AnyFunction;
      await fn(...initargs);
    } catch (error) {
      const explained = explainTargetError(initializer, error);
      this.#broken(explained);
      throw explained;
    }
  }

  async serve(): Promise<void> {
    const { table, tasks, replies, maxtasks } = this.#control;
    const running: RunningTask = { id: 0, post: (message, id) => replies.post(message, id, Reply.MESSAGE) };
    setRunningTask(running);
    table.assign(this.#index, Assignment.TAKING);
    for (let taken = 0; maxtasks === 0 || taken < maxtasks; ) {
      // What earlier tasks have left behind goes on only while this thread does not sleep.
      if (hasPendingWork() && tasks.size === 0 && !tasks.isShutDown) {
        if ((await this.#untilTask()) || !this.#leaves()) continue;
        return;
      }
      if (taken % TURN === TURN - 1 && (hasPendingWork() || wantsTurn())) await this.#turn();
      const next = this.#take();
      if (next === undefined) break;
      taken++;
      running.id = next.id;
      const done = table.isWithdrawn(next.id) && table.restore(next.id) ? CANCELLED : this.#perform(next);
      const performed = done instanceof Promise ? await done : done;
      running.id = 0;
      this.#report(next, performed);
      if (next.kind >= MORE) table.setLimit(this.#index, 0);
      // It is to be ended for this task, and will be: it takes no other.
      if (!table.advance(this.#index, next.id)) return;
    }
    table.assign(this.#index, Assignment.LEAVING);
  }

  async #turn(): Promise<void> {
    const { table } = this.#control;
    table.assign(this.#index, Assignment.NONE);
    await turnOfLoop();
    table.assign(this.#index, Assignment.TAKING);
  }

  /** The next task, which stands on the table before anything else happens; undefined: there will be none. */
  #take(): Message | undefined {
    const { table, tasks } = this.#control;
    try {
      for (;;) {
        const next = tasks.take(this.#idleMs);
        if (next !== undefined) {
          table.assign(this.#index, next.id);
          return next;
        }
        if (this.#leaves()) return undefined;
      }
    } catch (error) {
      if (error instanceof ShutDown) return undefined;
      throw error;
    }
  }

  #perform(task: Message): Performed | Promise<Performed> {
    const tracing = taskTracing();
    if (tracing === undefined) return this.#begin(task);
    const nameOf = () => this.#known.get(task.row)?.fn.name ?? '';
    const event = { id: task.id, worker: this.#heap.tid, name: nameOf() };
    return traceTask(tracing, event, nameOf, () => this.#begin(task));
  }

  #begin(task: Message): Performed | Promise<Performed> {
    const { kind, row, generation, value, fault } = task;
    if (fault) return { reply: Reply.ERROR, value: fault };
    const known = this.#known.get(row);
    if (kind < MORE && known?.generation === generation) return perform(kind as Call, known.fn, value, undefined, undefined);
    return this.#beginSlowly(task, known);
  }

  async #beginSlowly({ kind, row, generation, value }: Message, known: Known | undefined): Promise<Performed> {
    const [payload, cancel, kwargs, limit = 0] = kind < MORE ? ([value] as unknown as More) : (value as More);
    const signal = cancel || limit !== 0 ? new TaskSignal(cancel) : undefined;
    try {
      if (signal?.isAborted) return CANCELLED;
      const { fn } = known?.generation === generation ? known : await this.#learn(row, generation);
      // What is loaded first is not the task's.
      if (limit !== 0) {
        this.#control.table.setLimit(this.#index, limit);
        signal?.limit(Math.abs(limit));
      }
      const done = await perform((kind % MORE) as Call, fn, payload, kwargs, signal);
      // Its caller need not be told before what it has come to.
      return signal?.isLate ? { reply: Reply.ERROR, value: lateError(Math.abs(limit)) } : done;
    } catch (error) {
      return { reply: Reply.ERROR, value: error };
    } finally {
      signal?.end();
    }
  }

  #report({ id, kind, row }: Message, { reply, value }: Performed): void {
    if (kind % MORE === Call.EACH && (reply === Reply.RESULT || reply === Reply.MIXED)) {
      this.#sendEach(id, reply, value);
      return;
    }
    this.#send(id, reply, reply === Reply.ERROR ? explainTargetError(this.#known.get(row)?.spec, value) : value);
  }

  /** Sends what may be unfit to be sent: then it says so. */
  #send(id: number, reply: Reply, value: unknown): void {
    const { replies } = this.#control;
    try {
      replies.post(value, id, reply);
    } catch (error) {
      replies.post(notSent(reply === Reply.ERROR ? 'error' : 'result', value, error), id, Reply.ERROR);
    }
  }

  /** Each item has an outcome of its own: one that cannot be sent does not take the others with it. */
  #sendEach(id: number, reply: Reply.RESULT | Reply.MIXED, value: unknown): void {
    const { replies } = this.#control;
    try {
      replies.post(value, id, reply);
      return;
    } catch {
      // Found out below, one by one.
    }
    const [values, failed] = reply === Reply.MIXED ? (value as [unknown[], boolean[]]) : [value as unknown[], []];
    const flags = values.map((_, i) => failed[i] === true);
    const sent = values.map((each, i) => {
      try {
        this.#heap.codec.encode(each);
        return each;
      } catch (error) {
        const what = flags[i] ? 'error' : 'result';
        flags[i] = true;
        return notSent(what, each, error);
      }
    });
    this.#send(id, Reply.MIXED, [sent, flags]);
  }

  /** Whether it ends, because it had nothing to do. Who puts a task sees that, or is seen here. */
  #leaves(): boolean {
    const { table, tasks } = this.#control;
    table.assign(this.#index, Assignment.LEAVING);
    if (tasks.size === 0) return true;
    table.assign(this.#index, Assignment.TAKING);
    return false;
  }

  /** False: none has come in time. */
  async #untilTask(): Promise<boolean> {
    const { table, tasks } = this.#control;
    table.assign(this.#index, Assignment.NONE);
    const attempt = () => (tasks.size === 0 && !tasks.isShutDown ? PENDING : true);
    const isThere = await AsyncGate.wait<boolean>(this.#heap, tasks.gate, attempt, this.#idleMs, undefined, () => false);
    if (isThere) table.assign(this.#index, Assignment.TAKING);
    return isThere;
  }

  async #learn(row: number, generation: number): Promise<Known> {
    const constant = new SharedConstant<TargetSpec>(
      new AdoptionToken(this.#heap, created(this.#heap.core.refOpen(row, generation))),
    );
    let known: Known;
    try {
      const spec = constant.read();
      known = { generation, spec, fn: (await resolveTarget(spec, load)) as AnyFunction };
    } finally {
      constant.close();
    }
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(row, known);
    return known;
  }

  #broken(error: unknown): void {
    const { name = '' } = currentWorker() ?? {};
    const { replies } = this.#control;
    try {
      replies.post([error, name] satisfies Broken, 0, Notice.BROKEN);
    } catch (cause) {
      replies.post([notSent('error', error, cause, '[0]'), name] satisfies Broken, 0, Notice.BROKEN);
    }
  }
}

/** Characters of what cannot be sent. */
const MOST_TEXT = 200;

/** `path`: where it is in what was to be sent. */
function notSent(what: 'result' | 'error', value: unknown, error: unknown, path = ''): MaybeEncodingError {
  inTermsOf({ [path]: what }, error);
  const exc = error instanceof Error ? error.message : String(error);
  let text: string;
  try {
    text = String(value).slice(0, MOST_TEXT);
  } catch {
    text = typeof value;
  }
  return Object.assign(unsendable(`the ${what} cannot be sent: ${exc}`, value), { exc, value: text });
}

/** The target of a pool's workers. */
export const poolWorker = task(OURS, 'poolWorker', async (control: Control, index: number): Promise<void> => {
  const { table } = control;
  // One that was stopped may run on for seconds in a browser.
  if (table.state === PoolState.TERMINATED) return;
  const worker = new Worker(control, index);
  await worker.prepare(control.setup);
  await worker.serve();
});
