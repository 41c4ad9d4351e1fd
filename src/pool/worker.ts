/**
 * What a pool's worker runs: takes a task, does it, sends what came of it, until the pool is closed.
 *
 * A task is taken when the worker has nothing else to do, and its result is sent before the next one is taken: a batch in one worker's hands
 * would hold up tasks, for ever if they wait for each other.
 */
import { MaybeEncodingError, ShutDown } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { created, Existing } from '../heap/shared.ts';
import { hasPendingWork, importModule } from '../platform/index.ts';
import type { Event } from '../sync/event.ts';
import { whereWeAre } from '../workers/here.ts';
import { type AnyFunction, explainTargetError, OURS, resolveTarget, type TargetSpec, task } from '../workers/targets.ts';
import { Hand, PoolState } from './board.ts';
import { Holder } from './holder.ts';
import { type Performed, perform } from './perform.ts';
import { type Control, callOf, inTermsOf, Notice, Reply, rowOf, type Setup, type Task } from './protocol.ts';
import { TaskSignal } from './signal.ts';

interface Known {
  generation: number;
  fn: AnyFunction;
  spec: TargetSpec;
}

const OVER = Symbol('over');

/** After so many tasks without a pause, what earlier ones have left behind gets a turn. */
const TURN = 64;

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Functions that a worker remembers. */
const MOST_KNOWN = 512;

async function load(url: string): Promise<Record<string, unknown>> {
  const here = whereWeAre();
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
  readonly #seat: number;
  readonly #heap: Heap = theHeap();
  readonly #known = new Map<number, Known>();

  constructor(control: Control, seat: number) {
    this.#control = control;
    this.#seat = seat;
  }

  async prepare(setup: Holder<Setup>): Promise<void> {
    const { initializer, initargs } = setup.read();
    setup.close();
    if (initializer === undefined) return;
    try {
      const fn = (await resolveTarget(initializer, load)) as AnyFunction;
      await fn(...initargs);
    } catch (error) {
      const explained = explainTargetError(initializer, error);
      this.#notify(Notice.BROKEN, explained);
      throw explained;
    }
  }

  async serve(): Promise<void> {
    const { board, tasks, maxtasks } = this.#control;
    board.setHand(this.#seat, Hand.EMPTY);
    for (let taken = 0; maxtasks === 0 || taken < maxtasks; ) {
      // What earlier tasks have left behind goes on only while this thread does not sleep.
      if (tasks.empty() && hasPendingWork()) await this.#untilTask();
      else if (taken % TURN === TURN - 1 && hasPendingWork()) await turnOfLoop();
      const next = this.#take();
      if (next === undefined) continue;
      if (next === OVER) break;
      taken++;
      const done = this.#begin(next);
      this.#report(next, done instanceof Promise ? await done : done);
    }
    board.setHand(this.#seat, Hand.EMPTY);
  }

  /** The next task: what it is stands on the board before anything else happens. undefined: it cannot be read. */
  #take(): Task | typeof OVER | undefined {
    const { board, tasks } = this.#control;
    board.setHand(this.#seat, Hand.TAKING);
    try {
      const next = tasks.get();
      board.setHand(this.#seat, next[0]);
      return next;
    } catch (error) {
      if (error instanceof ShutDown) return OVER;
      this.#notify(Notice.UNREADABLE, error);
      board.setHand(this.#seat, Hand.EMPTY);
      return undefined;
    }
  }

  #begin([, target, generation, payload, cancel, kwargs]: Task): Performed | Promise<Performed> {
    const call = callOf(target);
    const row = rowOf(target);
    const known = this.#known.get(row);
    if (cancel === undefined && known?.generation === generation) return perform(call, known.fn, payload, kwargs, undefined);
    return this.#beginSlowly(known, row, generation, (fn, signal) => perform(call, fn, payload, kwargs, signal), cancel);
  }

  async #beginSlowly(
    known: Known | undefined,
    row: number,
    generation: number,
    call: (fn: AnyFunction, signal: TaskSignal | undefined) => Performed | Promise<Performed>,
    cancel: Event | undefined,
  ): Promise<Performed> {
    const signal = cancel && new TaskSignal(cancel);
    try {
      if (signal?.isAborted) return { reply: Reply.CANCELLED, value: undefined };
      const { fn } = known?.generation === generation ? known : await this.#learn(row, generation);
      return await call(fn, signal);
    } catch (error) {
      return { reply: Reply.ERROR, value: error };
    } finally {
      signal?.end();
    }
  }

  #report([id, target]: Task, { reply, value }: Performed): void {
    const { replies } = this.#control;
    if (reply === Reply.RESULT) {
      try {
        replies.put([id, value]);
      } catch (error) {
        this.#send(id, Reply.ERROR, unsendable('the result', value, error));
      }
    } else this.#send(id, reply, reply === Reply.ERROR ? explainTargetError(this.#known.get(rowOf(target))?.spec, value) : value);
  }

  async #untilTask(): Promise<void> {
    const { board, tasks } = this.#control;
    board.setHand(this.#seat, Hand.EMPTY);
    const gate = this.#heap.core.queueNotEmptyGate((tasks as unknown as { open: number }).open);
    const attempt = () => (tasks.empty() && !tasks.isShutdown ? PENDING : undefined);
    await AsyncGate.wait<void>(this.#heap, gate, attempt, Number.POSITIVE_INFINITY, undefined, () => {});
  }

  async #learn(row: number, generation: number): Promise<Known> {
    using holder = new Holder<TargetSpec>(new Existing(this.#heap, created(this.#heap.core.refOpen(row, generation))));
    const spec = holder.read();
    const known = { generation, spec, fn: (await resolveTarget(spec, load)) as AnyFunction };
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(row, known);
    return known;
  }

  /** Sends what may be unfit to be sent: then it says so. */
  #send(id: number, reply: Reply, value: unknown): void {
    const { replies } = this.#control;
    try {
      replies.put([id, value, reply]);
    } catch (error) {
      replies.put([id, unsendable(reply === Reply.ERROR ? 'the error' : 'the results', value, error), Reply.ERROR]);
    }
  }

  #notify(notice: Notice.BROKEN | Notice.UNREADABLE, error: unknown): void {
    const { name = '' } = whereWeAre() ?? {};
    const { replies } = this.#control;
    try {
      replies.put([notice as Notice.BROKEN, error, name]);
    } catch (cause) {
      replies.put([notice as Notice.BROKEN, unsendable('the error', error, cause), name]);
    }
  }
}

/** Characters of what cannot be sent. */
const MOST_TEXT = 200;

function unsendable(what: string, value: unknown, error: unknown): MaybeEncodingError {
  inTermsOf({ '[1]': 'result' }, error);
  const exc = error instanceof Error ? error.message : String(error);
  let text: string;
  try {
    text = String(value).slice(0, MOST_TEXT);
  } catch {
    text = typeof value;
  }
  return Object.assign(new MaybeEncodingError(`${what} cannot be sent: ${exc}`), { exc, value: text });
}

/** The target of a pool's workers. */
export const poolWorker = task(OURS, 'poolWorker', async (control: Control, seat: number): Promise<void> => {
  const { board } = control;
  // One that was stopped may run on for seconds in a browser.
  if (board.state === PoolState.TERMINATED) return;
  const worker = new Worker(control, seat);
  await worker.prepare(control.setup);
  await worker.serve();
});
