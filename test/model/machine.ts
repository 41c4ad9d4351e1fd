/**
 * Virtual workers over one memory, and the moves that take them from one state to the next.
 *
 * A worker between moves stands before its next operation, or sleeps, or is done. Everything that belongs to
 * a state lies in the memory; what is kept here is constant while a search runs, or lives for one move.
 */
import type { Core } from './build.ts';
import { Memory } from './memory.ts';
import { type Program, valuesOf } from './program.ts';
import { Runner } from './runner.ts';
import { Op, Seam } from './seam.ts';
import { OBSERVER, type Shared, Sharing } from './sharing.ts';
import { Thread } from './thread.ts';

export const Status = {
  /** A reaper before there is anything to reap. */
  OFF: 0,
  /** Before its next operation. */
  READY: 1,
  /** Asleep in the engine's list. */
  PARKED: 2,
  /** Has spun round without anything changing: goes on when something does. */
  SPINNING: 3,
  DONE: 4,
  DEAD: 5,
  /** A zombie that was woken: the wake-up is spent, and nothing comes of it. */
  LOST: 6,
} as const;

/**
 * The words of a worker, from `worker.at` on. OP to D are its next operation; of a parked one, the wait. CUT:
 * 1 + the step whose call was cut off.
 */
export const Field = {
  STATUS: 0,
  PC: 1,
  IN_CALL: 2,
  OP: 3,
  P: 4,
  A: 5,
  B: 6,
  C: 7,
  D: 8,
  RANK: 9,
  LATE: 10,
  SPUN: 11,
  CUT: 12,
} as const;
const FIELDS = 13;

/** Calls that call no function (test/unit/heap/cut-off.test.ts). */
const NEVER_CUT = /^(lockRelease|rlockRelease|semaphoreRelease|eventSet|gateWakeAll)$/;

/** Calls whose second argument is a waiter's node. */
const WITH_NODE = /^(barrier(Arrive|Await|Trip|GiveUp|Outcome)|condition(Enter|Leave|Wait))$/;

/** Calls that are on no object of their own. */
const ON_NOTHING = /^(allocate|free|inFlight|cellBatch|ref|node|boxed|loan)/;

/** A move is `kind << 8 | worker`. */
export const Move = { STEP: 0, TIME_OUT: 1, DIE: 2, CUT: 3 } as const;

export interface WorkerOptions {
  /**
   * The name of an earlier worker whose thread this one shares, as another task of its event loop. Default: a
   * thread of its own.
   */
  readonly thread?: string;
  /**
   * The process of the operating system that it is in, as a thread of its own; its peers' tasks are where it
   * is. Default 0. As soon as one worker says so, the memory is between processes: blocked workers and ears
   * sleep in the kernel, event loops in a list of their process's.
   */
  readonly process?: number;
  /** It is fine if this one sleeps when nobody can move any more. */
  readonly maySleep?: boolean | (() => boolean);
  /** Its event loop never turns again: what wakes its waitAsync is lost. */
  readonly zombie?: boolean;
  /** It may die before any operation, with all of its thread. In one schedule at most one worker dies. */
  readonly mayDie?: boolean;
  /**
   * A call of it may be cut off before any operation: the call is gone, the worker lives. Its next call is
   * then `callCutOff`, which nothing cuts off, of the object that the call was on; then it does `afterwards`
   * instead of the rest of its program. In one schedule at most one worker dies or is cut off.
   */
  readonly mayBeCut?: {
    readonly object: number;
    readonly afterwards: Program;
    /**
     * Which calls. Default: all but those that call no function, at whose head the engine would look at the
     * stack.
     */
    readonly calls?: RegExp;
  };
}

export interface Worker extends WorkerOptions {
  readonly index: number;
  readonly name: string;
  readonly host: Thread;
  readonly program: Program;
  readonly labels: ReadonlyMap<string, number>;
  readonly isReaper: boolean;
  readonly at: number;
  /** Where its program goes on after a cut. */
  readonly cutTo: number;
}

export interface MachineOptions {
  readonly core: Core;
  /** Pages of the core's own memory, and how many of these `grow` has to ask for. */
  readonly pages: number;
  readonly sparePages: number;
  /** Bytes for the suspended stack of each thread. */
  readonly stackBytes: number;
  /** Plain loads, plain stores and copies are scheduling points too. */
  readonly fine: boolean;
  readonly shared: Shared;
}

export class Machine {
  readonly memory: Memory;
  readonly words: Int32Array;
  readonly seam: Seam;
  readonly workers: Worker[] = [];
  private readonly dead: number;
  private readonly cut: number;
  private readonly runner: Runner;

  constructor(readonly options: MachineOptions) {
    this.memory = new Memory(options.pages);
    this.words = this.memory.words;
    this.dead = this.memory.allot(1);
    this.cut = this.memory.allot(1);
    const sharing = new Sharing(options.shared);
    this.seam = new Seam(this.memory, sharing, options.fine, options.sparePages, () => this.stirSpinners());
    this.runner = new Runner(this.words, this.seam);
  }

  newThread(): Thread {
    return new Thread(this.options.core, this.memory, this.seam, this.options.stackBytes);
  }

  addWorker(name: string, steps: Program, options: WorkerOptions, isReaper: boolean): Worker {
    const { workers } = this;
    if (workers.some((other) => other.name === name)) throw new Error(`there are two workers called ${name}`);
    if (workers.length === OBSERVER) throw new Error('too many workers');
    const peer = workers.find((other) => other.name === options.thread);
    if (options.thread !== undefined && !peer) throw new Error(`${name}: there is no worker called ${options.thread} yet`);
    const host = peer?.host ?? this.newThread();
    if (options.process !== undefined) this.seam.between = true;
    const at = this.memory.allot(FIELDS);
    const program = options.mayBeCut ? [...steps, ...this.cutOff(options.mayBeCut, at, steps)] : steps;
    for (const step of program) if (step.kind === 'call') host.find(step.name);
    const labels = new Map(program.flatMap((step, pc) => (step.kind === 'label' ? [[step.name, pc] as const] : [])));
    const worker = {
      ...options,
      process: peer?.process ?? options.process ?? 0,
      index: workers.length,
      name,
      host,
      program,
      labels,
      isReaper,
      at,
      cutTo: steps.length + 1,
    };
    host.tasks.push(worker);
    workers.push(worker);
    return worker;
  }

  /** What a program ends with whose calls may be cut off. */
  private cutOff({ object, afterwards }: NonNullable<WorkerOptions['mayBeCut']>, at: number, steps: Program): Program {
    const on = () => {
      const step = steps[(this.words[at + Field.CUT] as number) - 1];
      const isOnIt = step?.kind === 'call' && !ON_NOTHING.test(step.name);
      const node = isOnIt && WITH_NODE.test(step.name) ? (valuesOf(step.args)[1] as number) : 0;
      return [isOnIt ? object : 0, node, 1];
    };
    return [
      { kind: 'label', name: 'ends before the cut', after: (_, flow) => flow.stop() },
      { kind: 'label', name: 'is cut off' },
      { kind: 'call', name: 'callCutOff', args: on },
      ...afterwards,
    ];
  }

  /** Ends the setup: every worker goes up to its first operation, and that is the first state. */
  boot(): void {
    for (const { host } of this.workers) host.leave();
    this.seam.direct = false;
    for (const worker of this.workers) if (!worker.isReaper) this.begin(worker);
    this.memory.seal();
    this.memory.scan();
    this.seam.who = OBSERVER;
  }

  /** The index of the worker that died, or -1. */
  get victim(): number {
    return this.words[this.dead] - 1;
  }

  /** Whether that one was cut off, and lives. */
  get wasCut(): boolean {
    return this.words[this.cut] !== 0;
  }

  statusOf(worker: Worker): number {
    return this.words[worker.at];
  }

  /** A word of the core's, for programs and conditions. */
  load(address: number): number {
    const word = this.seam.wordAt(address);
    if (!this.seam.direct) this.seam.sharing.touch(word, false, this.seam.who);
    return this.words[word];
  }

  /**
   * Writes the possible moves to `moves`, deaths last; how many there are, and how many of them are not
   * deaths.
   */
  possible(moves: Int32Array): { all: number; living: number } {
    const { words, workers } = this;
    let living = 0;
    for (const { at, index, host, zombie } of workers) {
      if (words[at] === Status.READY) {
        if (host.isFreeFor(index)) moves[living++] = (Move.STEP << 8) | index;
      } else if (words[at] === Status.PARKED && words[at + Field.B] !== 0 && !zombie)
        moves[living++] = (Move.TIME_OUT << 8) | index;
    }
    let all = living;
    if (words[this.dead] === 0) {
      for (const { at, index, mayDie } of workers)
        if (mayDie && words[at] !== Status.DONE) moves[all++] = (Move.DIE << 8) | index;
      for (const worker of workers) if (this.canBeCut(worker)) moves[all++] = (Move.CUT << 8) | worker.index;
    }
    return { all, living };
  }

  private canBeCut({ at, mayBeCut, program }: Worker): boolean {
    const { words } = this;
    if (!mayBeCut || words[at] !== Status.READY || words[at + Field.IN_CALL] === 0) return false;
    const step = program[words[at + Field.PC] as number];
    return step?.kind === 'call' && !NEVER_CUT.test(step.name) && (mayBeCut.calls?.test(step.name) ?? true);
  }

  apply(move: number): void {
    const worker = this.workers[move & 255];
    this.seam.who = worker.index;
    if (move >> 8 === Move.STEP) this.step(worker);
    else if (move >> 8 === Move.TIME_OUT) this.timeOut(worker);
    else if (move >> 8 === Move.DIE) this.die(worker);
    else this.cutCall(worker);
    this.seam.who = OBSERVER;
  }

  // ── moves ──────────────────────────────────────────────────────────────────────────────────────────

  private step(worker: Worker): void {
    const { words, seam } = this;
    const op = words[worker.at + Field.OP];
    const p = words[worker.at + Field.P];
    const a = words[worker.at + Field.A];
    const b = words[worker.at + Field.B];
    switch (op) {
      case Op.WAIT:
      case Op.WAIT_ASYNC:
      case Op.LISTEN:
        this.sleep(worker, op, p, a, b);
        break;
      case Op.NOTIFY:
      case Op.NOTIFY_HERE:
        this.notify(worker, op, p, a);
        break;
      case Op.COPY:
      case Op.FILL:
        this.doHalf(worker, op, p, a, b);
        break;
      case Op.RUN:
        this.advance(worker, 0);
        break;
      case Op.GO_ON:
        seam.listener?.says(worker.index, 'goes on');
        this.advance(worker, p);
        break;
      default:
        this.advance(worker, seam.perform(op, p, a, b, words[worker.at + Field.C], words[worker.at + Field.D]));
    }
  }

  private sleep(worker: Worker, op: number, p: number, a: number, b: number): void {
    const { words } = this;
    const differs = words[p >> 2] !== a;
    this.seam.listener?.op(worker.index, op, p, a, b, 0, 0, differs ? 1 : 0);
    if (differs) {
      this.advance(worker, 1);
      return;
    }
    let rank = 0;
    for (const { at } of this.workers) if (words[at] === Status.PARKED && words[at + Field.P] === p) rank++;
    words[worker.at] = Status.PARKED;
    words[worker.at + Field.RANK] = rank;
    if (op !== Op.WAIT) worker.host.free(worker.index);
  }

  /** Takes a parked worker out of the engine's list. */
  private unpark(worker: Worker): void {
    const { words } = this;
    const p = words[worker.at + Field.P];
    const rank = words[worker.at + Field.RANK];
    words[worker.at] = Status.READY;
    words[worker.at + Field.RANK] = 0;
    for (const { at } of this.workers) {
      if (words[at] === Status.PARKED && words[at + Field.P] === p && words[at + Field.RANK] > rank) words[at + Field.RANK]--;
    }
  }

  /**
   * A parked worker has its answer. A woken one goes on when it is scheduled: until then it may die, and the
   * wake-up with it.
   */
  private wake(worker: Worker): void {
    this.unpark(worker);
    const isAsync = this.words[worker.at + Field.OP] === Op.WAIT_ASYNC;
    if (isAsync && worker.zombie) this.settle(worker, Status.LOST);
    else this.standToGoOn(worker, 0);
  }

  private timeOut(worker: Worker): void {
    this.seam.listener?.says(worker.index, 'is timed out');
    this.unpark(worker);
    this.words[worker.at + Field.LATE] = 1;
    this.standToGoOn(worker, 2);
  }

  private notify(worker: Worker, op: number, p: number, count: number): void {
    const { words, workers } = this;
    const woken: Worker[] = [];
    while (woken.length !== count) {
      let first: Worker | undefined;
      for (const each of workers) {
        if (words[each.at] !== Status.PARKED || words[each.at + Field.P] !== p || !this.reaches(worker, op, each)) continue;
        if (!first || words[each.at + Field.RANK] < words[first.at + Field.RANK]) first = each;
      }
      if (!first) break;
      this.wake(first);
      woken.push(first);
    }
    this.seam.listener?.op(worker.index, op, p, count, 0, 0, 0, woken.length);
    for (const sleeper of woken) this.seam.listener?.says(sleeper.index, 'is woken');
    this.advance(worker, woken.length);
  }

  /** Whether a notify of `worker`'s can wake a sleeper on its word. */
  private reaches(worker: Worker, op: number, sleeper: Worker): boolean {
    if (!this.seam.between) return true;
    const isAsync = this.words[sleeper.at + Field.OP] === Op.WAIT_ASYNC;
    return op === Op.NOTIFY ? !isAsync : isAsync && sleeper.process === worker.process;
  }

  /**
   * A copy and a fill happen in two halves: others may look in between, and their worker may die there.
   * `what`: from where, or with what.
   */
  private doHalf(worker: Worker, op: number, to: number, what: number, bytes: number): void {
    const { words, seam } = this;
    const half = (bytes >> 1) & ~7;
    if (words[worker.at + Field.C] !== 0 || half === 0) {
      const done = words[worker.at + Field.C];
      this.advance(worker, seam.perform(op, to + done, op === Op.COPY ? what + done : what, bytes - done, 0, 0));
    } else {
      seam.perform(op, to, what, half, 0, 0);
      words[worker.at + Field.C] = half;
    }
  }

  private die(victim: Worker): void {
    const { words } = this;
    this.seam.listener?.says(victim.index, 'dies');
    for (const worker of victim.host.tasks) {
      if (words[worker.at] === Status.PARKED) this.unpark(worker);
      this.settle(worker, Status.DEAD);
    }
    victim.host.clear();
    words[this.dead] = victim.index + 1;
    for (const worker of this.workers) if (worker.isReaper) this.begin(worker);
  }

  private cutCall(worker: Worker): void {
    const { words } = this;
    const { at } = worker;
    this.seam.listener?.says(worker.index, 'is cut off');
    worker.host.abandonCall();
    words[this.dead] = worker.index + 1;
    words[this.cut] = 1;
    words[at + Field.CUT] = (words[at + Field.PC] as number) + 1;
    words[at + Field.PC] = worker.cutTo;
    for (const field of [Field.IN_CALL, Field.LATE, Field.SPUN]) words[at + field] = 0;
    this.advance(worker, 0);
  }

  // ── helpers ────────────────────────────────────────────────────────────────────────────────────────

  private begin(worker: Worker): void {
    this.words[worker.at + Field.PC] = -1;
    if (worker.host.tasks.length > 1) this.standToGoOn(worker, 0);
    else this.advance(worker, 0);
  }

  /** `worker`, whose operation answered `answer`, goes on up to its next one. */
  private advance(worker: Worker, answer: number): void {
    const { seam } = this;
    const outer = seam.who;
    seam.who = worker.index;
    if (this.runner.advance(worker, answer)) this.stand(worker);
    else this.settle(worker, Status.DONE);
    seam.who = outer;
  }

  /** All that `worker` needs is to be scheduled. */
  private standToGoOn(worker: Worker, answer: number): void {
    this.seam.pend(Op.GO_ON, answer, 0, 0, 0, 0);
    this.stand(worker);
  }

  /** The pending operation is `worker`'s. */
  private stand(worker: Worker): void {
    const { words, seam } = this;
    const { at, host } = worker;
    words[at] = Status.READY;
    words.set(seam.pending, at + Field.OP);
    if (seam.pending[0] === Op.GO_ON && words[at + Field.IN_CALL] === 0) host.free(worker.index);
    if (seam.pending[0] === Op.PAUSE) {
      const hash = host.hash();
      if (words[at + Field.SPUN] === hash) words[at] = Status.SPINNING;
      words[at + Field.SPUN] = hash;
    }
  }

  private settle(worker: Worker, status: number): void {
    this.words.fill(0, worker.at, worker.at + FIELDS);
    this.words[worker.at] = status;
    worker.host.free(worker.index);
  }

  /** The memory changed: whoever spins looks again. */
  private stirSpinners(): void {
    const { words } = this;
    for (const { at } of this.workers) {
      words[at + Field.SPUN] = 0;
      if (words[at] === Status.SPINNING) words[at] = Status.READY;
    }
  }
}
