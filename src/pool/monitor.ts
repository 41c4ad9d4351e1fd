/**
 * PoolMonitor: what keeps a pool staffed. It runs in the supervisor, whose loop is never blocked, so a worker
 * that has ended is replaced, and its death told, whatever the pool's creator is waiting for at the moment.
 */
import type { Heap } from '../heap/heap.ts';
import { AdoptionToken } from '../heap/shared.ts';
import type { Outputs } from '../workers/current-worker.ts';
import { OwnOutputs } from '../workers/own-outputs.ts';
import { Process } from '../workers/process.ts';
import type { PoolMessage, StartMessage } from '../workers/protocol.ts';
import { Runnable } from '../workers/runnable.ts';
import { LimitWatch } from './limit-watch.ts';
import { type Broken, type Control, type Died, type Late, Notice } from './protocol.ts';
import { SharedConstant } from './shared-constant.ts';
import './task-channel.ts';
import { poolWorker } from './worker.ts';
import { Assignment, PoolState, taskOf } from './worker-table.ts';

/** What the supervisor does for its monitors. */
export interface Host {
  start(message: StartMessage, onGone: (code: number, stopped: boolean) => void): void;
  stop(tid: number): void;
  /** The pool of this monitor is over. */
  ended(control: number): void;
  /** Runs what may wait for locks. */
  whenQuiescent(action: () => void): void;
}

/** Milliseconds until what a full heap or too many workers have prevented is tried again. */
export const RETRY = 50;

/** Milliseconds until it is looked again whether workers are missing, while tasks wait. */
const GROWING = 20;

/** Whether a worker is about to take a task. */
function isFree(assignment: number): boolean {
  return assignment === Assignment.NONE || assignment === Assignment.STARTING || assignment === Assignment.TAKING;
}

export class PoolMonitor {
  readonly #heap: Heap;
  readonly #host: Host;
  readonly #message: PoolMessage;
  readonly #constant: SharedConstant<Control>;
  readonly #control: Control;
  readonly #outputs: OwnOutputs;
  /** What its workers are told. */
  readonly #origin: PoolMessage;
  readonly #living = new Map<number, Process>();
  /** Whose ends the creator has not been told of. */
  readonly #untold = new Set<number>();

  /**
   * @param ref a handle of the pool's control, which this closes in the end
   * @throws MemoryError; then it is closed
   */
  constructor(heap: Heap, host: Host, message: PoolMessage, ref: number) {
    this.#heap = heap;
    this.#host = host;
    this.#message = message;
    this.#constant = new SharedConstant<Control>(new AdoptionToken(heap, ref));
    const { outputs } = message;
    const shared = outputs?.map((each) => each && { ...each, isOwn: false }) as Outputs | undefined;
    this.#origin = { ...message, outputs: shared };
    const made: { close(): void }[] = [this.#constant];
    try {
      this.#outputs = new OwnOutputs(heap, outputs);
      made.push(this.#outputs);
      this.#control = this.#constant.read();
    } catch (error) {
      for (const each of made) each.close();
      throw error;
    }
  }

  begin(): void {
    const { table, min } = this.#control;
    for (let index = 0; index < min && !this.#canStop; index++) this.#fill(index);
    this.grow();
    if (table.limited > 0) this.watchLimits();
    this.#lookWhetherOver();
  }

  #fill(index: number): void {
    const { table } = this.#control;
    const name = `PoolWorker-${this.#heap.core.nextNumber(1) >>> 0}`;
    let process: Process | undefined;
    try {
      process = new Process({ target: poolWorker, args: [this.#control, index], name, daemon: true });
      const worker = process;
      Runnable.launch(worker, this.#origin, (message) => {
        table.assign(index, Assignment.STARTING);
        table.setTid(index, message.tid);
        this.#living.set(index, worker);
        this.#host.start(message, (code, stopped) => this.#gone(index, worker, code, stopped));
      });
    } catch (error) {
      process?.close();
      if (this.#living.size === 0) this.#broken(error, name);
      else if (this.#isPermanent(index)) this.#again(() => this.#canStop || this.#fill(index));
    }
  }

  #gone(index: number, process: Process, code: number, stopped: boolean): void {
    const { table } = this.#control;
    const assignment = table.assignment(index);
    const { name } = process;
    // Why it could not be started, if the platform has said so.
    const cause = assignment === Assignment.STARTING ? process.exception : undefined;
    this.#living.delete(index);
    this.#untold.add(index);
    process.close();
    // Behind all that the worker has put itself. The table says so only then: who finds it changed finds the
    // notice.
    const ended = this.#endedFor.get(index) ?? 0;
    this.#endedFor.delete(index);
    this.#tell(Notice.DIED, [taskOf(assignment), name, code, ended] satisfies Died, () => {
      table.setLimit(index, 0);
      table.assign(index, Assignment.NONE);
      table.setTid(index, 0);
      this.#untold.delete(index);
      // Who ends before it is ready will do so again: its initializer fails, or there is no memory for it.
      if (assignment === Assignment.STARTING && !stopped && table.state !== PoolState.TERMINATED)
        this.#broken(cause, `${name}, which ended with exit code ${code} before it was ready`);
      else if (!this.#canStop && this.#isPermanent(index)) this.#fill(index);
      this.grow();
      this.#lookWhetherOver();
    });
  }

  // ── as many as are needed ──────────────────────────────────────────────────────────────────────────

  #growing: ReturnType<typeof setTimeout> | undefined;

  #isPermanent(index: number): boolean {
    return index < this.#control.min;
  }

  /** Starts workers, up to the table's size, for tasks that nobody is about to take. */
  grow(): void {
    const { table, tasks, min } = this.#control;
    if (this.#isOver || min === table.size) return;
    // ORDERING: before it looks, so that who puts a task later asks again.
    table.answer();
    if (this.#canStop) {
      this.#lookWhetherOver();
      return;
    }
    let missing = tasks.size;
    for (const index of this.#living.keys()) if (isFree(table.assignment(index))) missing--;
    for (let index = 0; index < table.size && missing > 0; index++) {
      if (this.#living.has(index) || this.#untold.has(index)) continue;
      this.#fill(index);
      missing--;
    }
    // Who seems free may have a task in its hands already, and those in front of others may be long.
    if (tasks.size > 0 && this.#living.size < table.size && this.#growing === undefined)
      this.#growing = setTimeout(() => {
        this.#growing = undefined;
        this.#host.whenQuiescent(() => this.grow());
      }, GROWING);
  }

  // ── limits ─────────────────────────────────────────────────────────────────────────────────────────

  /** Who was ended because the time of its task was up: by index, the milliseconds. */
  readonly #endedFor = new Map<number, number>();
  #watch: LimitWatch | undefined;

  /** A task has a limit: the time is watched until none has. */
  watchLimits(): void {
    this.#watch ??= new LimitWatch(this.#control.table, (index, id, limit) =>
      this.#host.whenQuiescent(() => this.#late(index, id, limit)),
    );
    this.#watch.begin();
  }

  #late(index: number, id: number, limit: number): void {
    if (this.#isOver) return;
    const { table } = this.#control;
    if (limit < 0) this.#tell(Notice.LATE, [id, -limit] satisfies Late, () => {});
    else if (table.seal(index, id)) {
      this.#endedFor.set(index, limit);
      this.endTask(index);
    }
  }

  /** Ends the worker of an index, whose assignment was sealed. */
  endTask(index: number): void {
    const { table } = this.#control;
    if (!this.#isOver && this.#living.has(index) && table.isSealed(index)) this.#host.stop(table.tid(index));
  }

  /** Whether no worker is needed any more. */
  get #canStop(): boolean {
    const { table, tasks } = this.#control;
    return this.#isOver || table.state === PoolState.TERMINATED || (tasks.isShutDown && tasks.size === 0);
  }

  #again(action: () => void): void {
    setTimeout(() => this.#host.whenQuiescent(action), RETRY);
  }

  #broken(error: unknown, name: string): void {
    try {
      this.#control.replies.post([error, name] satisfies Broken, 0, Notice.BROKEN);
    } catch (cause) {
      // The heap may stay full as long as the creator waits for this, and there is always room for a name.
      const broken = [undefined, `${name} (${(cause as Error).name})`] satisfies Broken;
      this.#tell(Notice.BROKEN, broken, () => this.terminate());
      return;
    }
    this.terminate();
  }

  /** Puts a message for the creator, however long the heap is full; of who is told that all is over, none. */
  #tell(notice: Notice, value: unknown, then: () => void): void {
    try {
      this.#control.replies.post(value, 0, notice);
    } catch {
      if (this.#control.table.state !== PoolState.TERMINATED) {
        this.#again(() => this.#tell(notice, value, then));
        return;
      }
    }
    then();
  }

  /** Stops the workers for good. */
  terminate(): void {
    if (this.#isOver) return;
    const { table, tasks } = this.#control;
    table.reach(PoolState.TERMINATED);
    tasks.shutDown(true);
    for (const index of this.#living.keys()) this.#host.stop(table.tid(index));
    this.#lookWhetherOver();
  }

  /** A worker has ended: if it was the creator, the pool is nobody's. */
  lost(tid: number): void {
    if (tid === this.#message.creator) this.terminate();
  }

  /** The code of a process is over. */
  over(pid: number): void {
    if (pid === this.#message.parent) this.terminate();
  }

  #isOver = false;

  #lookWhetherOver(): void {
    if (this.#isOver || this.#living.size > 0 || this.#untold.size > 0 || !this.#canStop) return;
    this.#isOver = true;
    this.#watch?.end();
    clearTimeout(this.#growing);
    const { table, tasks, replies, setup } = this.#control;
    replies.shutDown();
    this.#host.ended(this.#message.control.id);
    this.#outputs.end();
    for (const each of [table, tasks, replies, setup, this.#constant]) each.close();
  }
}
