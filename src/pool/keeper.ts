/**
 * Keeper: what keeps a pool staffed. It runs in the supervisor, whose loop is never blocked, so a worker that has ended is replaced, and its
 * death told, whatever the pool's creator is waiting for at the moment.
 */
import type { Heap } from '../heap/heap.ts';
import { created, Existing } from '../heap/shared.ts';
import { Process } from '../workers/process.ts';
import type { PoolMessage, StartMessage } from '../workers/protocol.ts';
import { Runnable } from '../workers/runnable.ts';
import { Hand, PoolState } from './board.ts';
import { Holder } from './holder.ts';
import { type Broken, type Control, type Died, Notice } from './protocol.ts';
import { poolWorker } from './worker.ts';

/** What the supervisor does for its keepers. */
export interface Host {
  start(message: StartMessage, onGone: (code: number, stopped: boolean) => void): void;
  stop(tid: number): void;
  /** The keeper has nobody left to keep. */
  ended(control: number): void;
  /** Runs what may wait for locks. */
  whenQuiet(action: () => void): void;
}

/** Milliseconds until what a full heap or too many workers have prevented is tried again. */
const RETRY = 50;

export class Keeper {
  readonly #heap: Heap;
  readonly #host: Host;
  readonly #message: PoolMessage;
  readonly #holder: Holder<Control>;
  readonly #control: Control;
  readonly #living = new Map<number, Process>();

  /** @param ref a handle of the pool's control, which this closes in the end */
  constructor(heap: Heap, host: Host, message: PoolMessage, ref: number) {
    this.#heap = heap;
    this.#host = host;
    this.#message = message;
    this.#holder = new Holder<Control>(new Existing(heap, created(ref)));
    this.#control = this.#holder.read();
    const { board } = this.#control;
    for (let seat = 0; seat < board.seats; seat++) this.#fill(seat);
    this.#lookWhetherOver();
  }

  #fill(seat: number): void {
    const { board } = this.#control;
    const name = `PoolWorker-${this.#heap.core.nextNumber(1)}`;
    let process: Process | undefined;
    try {
      process = new Process({ target: poolWorker, args: [this.#control, seat], name, daemon: true });
      const worker = process;
      const { parent, main } = this.#message;
      Runnable.launch(worker, parent, main, (message) => {
        board.setHand(seat, Hand.STARTING);
        board.setTid(seat, message.tid);
        this.#living.set(seat, worker);
        this.#host.start(message, (code, stopped) => this.#gone(seat, worker, code, stopped));
      });
    } catch (error) {
      process?.close();
      if (this.#living.size === 0) this.#broken(error, name);
      else this.#again(() => this.#canStop || this.#fill(seat));
    }
  }

  #gone(seat: number, process: Process, code: number, stopped: boolean): void {
    const { board } = this.#control;
    const hand = board.hand(seat);
    const { name } = process;
    this.#living.delete(seat);
    process.close();
    // Behind all that the worker has put itself. The seat says so only then: who finds it changed finds the notice.
    this.#tell(Notice.DIED, [hand, name, code] satisfies Died, () => {
      board.setHand(seat, Hand.EMPTY);
      // Who ends before it is ready will do so again: its initializer fails, or there is no memory for it.
      if (hand === Hand.STARTING && !stopped && board.state !== PoolState.TERMINATED)
        this.#broken(undefined, `${name}, which ended with exit code ${code} before it was ready`);
      else if (!this.#canStop) this.#fill(seat);
      this.#lookWhetherOver();
    });
  }

  /** Whether no worker is needed any more. */
  get #canStop(): boolean {
    const { board, tasks } = this.#control;
    return board.state === PoolState.TERMINATED || (tasks.isShutDown && tasks.size === 0);
  }

  #again(action: () => void): void {
    setTimeout(() => this.#host.whenQuiet(action), RETRY);
  }

  #broken(error: unknown, name: string): void {
    this.#tell(Notice.BROKEN, [error, name] satisfies Broken, () => this.terminate());
  }

  /** Puts a message for the creator, however long the heap is full. */
  #tell(notice: Notice, value: unknown, then: () => void): void {
    try {
      this.#control.replies.post(value, 0, notice);
    } catch {
      this.#again(() => this.#tell(notice, value, then));
      return;
    }
    then();
  }

  /** Stops the workers for good. */
  terminate(): void {
    if (this.#isOver) return;
    const { board, tasks } = this.#control;
    board.reach(PoolState.TERMINATED);
    tasks.shutDown(true);
    for (const seat of this.#living.keys()) this.#host.stop(board.tid(seat));
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
    if (this.#isOver || this.#living.size > 0 || !this.#canStop) return;
    this.#isOver = true;
    const { board, tasks, replies, setup } = this.#control;
    this.#tell(Notice.ENDED, undefined, () => {
      this.#host.ended(this.#message.control.id);
      for (const each of [board, tasks, replies, setup, this.#holder]) each.close();
    });
  }
}
