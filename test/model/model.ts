/**
 * A model, as its author writes it: what is set up, who does what, and what must hold.
 */
import { Machine, type MachineOptions, Status, type Worker, type WorkerOptions } from './machine.ts';
import { Broken, type Program } from './program.ts';
import type { Listener } from './seam.ts';
import type { Thread } from './thread.ts';

/** Describes a model: is called several times, with a fresh machine each time. */
export type Describe = (model: Model) => void;

/** Says what is wrong, or nothing. */
export type Condition = () => string | undefined;

/** One of the workers, as far as the setup has to do with it. */
export interface Handle {
  readonly name: string;
  readonly index: number;
  /** Calls an export of this worker's own instance, now. */
  call(name: string, ...args: number[]): number;
  /**
   * It dies in the setup: in this call, before operation number `operations`, from 0. False: the call has
   * fewer.
   */
  dies(operations: number, name: string, ...args: number[]): boolean;
}

interface Named {
  readonly address: number;
  readonly text: string;
  readonly bytes: number;
  readonly fields: readonly string[];
}

export class Model {
  readonly machine: Machine;
  private readonly setup: Thread;
  private readonly invariants: Condition[] = [];
  private readonly finals: Condition[] = [];
  private readonly summaries: (() => string)[] = [];
  readonly outcomes = new Set<string>();
  private readonly names: Named[] = [];
  private showValue: (value: number, where: string) => string = String;

  constructor(options: MachineOptions, describe: Describe, listen?: (model: Model) => Listener) {
    this.machine = new Machine(options);
    this.setup = this.machine.newThread();
    describe(this);
    this.machine.seam.listener = listen?.(this);
  }

  // ── the setup ──────────────────────────────────────────────────────────────────────────────────────

  /** Calls an export of the core, on an instance that takes no further part. */
  call(name: string, ...args: number[]): number {
    return this.callOn(this.setup, name, args);
  }

  private callOn(thread: Thread, name: string, args: number[]): number {
    if (!this.machine.seam.direct) throw new Error(`${name}: after the setup calls are steps of programs, or look()`);
    return thread.find(name)(...args) ?? 0;
  }

  /** Calls an export that changes nothing: for programs and conditions. */
  look(name: string, ...args: number[]): number {
    return this.machine.seam.look(() => this.setup.find(name)(...args) ?? 0);
  }

  /** A word of the core's: for the setup, for programs and for conditions. */
  load(address: number): number {
    return this.machine.load(address);
  }

  store(address: number, value: number): void {
    if (!this.machine.seam.direct) throw new Error('only the setup stores: programs use atomic()');
    this.machine.words[this.machine.seam.wordAt(address)] = value;
  }

  /** A name for reports: of `fields` (a word each), or of `bytes` bytes from `address` on. */
  name(address: number, text: string, extent: number | readonly string[] = 4): void {
    const fields = typeof extent === 'number' ? [] : extent;
    this.names.push({ address, text, bytes: typeof extent === 'number' ? extent : extent.length * 4, fields });
  }

  /** How reports write a value of the word called `where`. */
  show(value: (value: number, where: string) => string): void {
    this.showValue = value;
  }

  /**
   * Variables (i32) that belong to the state, but not to the core: for programs and conditions to note things
   * in.
   */
  ghost<T extends Record<string, number>>(initial: T): T {
    const { memory, words } = this.machine;
    const ghost = {};
    for (const [name, value] of Object.entries(initial)) {
      const at = memory.allot(1);
      Object.defineProperty(ghost, name, {
        enumerable: true,
        get: () => words[at],
        set: (next: number) => {
          if ((next | 0) !== next) throw new Error(`ghost ${name}: ${next} is not an i32`);
          words[at] = next;
        },
      });
      (ghost as Record<string, number>)[name] = value;
    }
    return ghost as T;
  }

  worker(name: string, program: Program, options: WorkerOptions = {}): Handle {
    return this.handleOf(this.machine.addWorker(name, program, options, false));
  }

  /** A worker that begins when another one has died; `victim` tells it who. */
  reaper(name: string, program: Program, options: Omit<WorkerOptions, 'mayDie'> = {}): Handle {
    return this.handleOf(this.machine.addWorker(name, program, options, true));
  }

  private handleOf({ name, index, host }: Worker): Handle {
    const calls = (exported: string, ...args: number[]) => this.callOn(host, exported, args);
    const dies = (operations: number, ...what: [exported: string, ...args: number[]]) =>
      this.machine.seam.cutShort(operations, () => calls(...what));
    return { name, index, call: calls, dies };
  }

  /** The index of the worker that died, or one of whose calls was cut off, or -1. */
  get victim(): number {
    return this.machine.victim;
  }

  /** Whether it lives: a call of it was cut off. */
  get wasCut(): boolean {
    return this.machine.wasCut;
  }

  // ── what must hold ─────────────────────────────────────────────────────────────────────────────────

  /** In every state. */
  always(condition: Condition): void {
    this.invariants.push(condition);
  }

  /** Whenever nobody can move any more. */
  finally(condition: Condition): void {
    this.finals.push(condition);
  }

  /** What came of it, in words, whenever nobody can move any more: for `outcomes` of the result. */
  outcome(words: () => string): void {
    this.summaries.push(words);
  }

  wrongNow(): string | undefined {
    return firstOf(this.invariants);
  }

  /** Nobody can move: who should not have stopped here, or what is wrong with the end. */
  wrongAtEnd(): string | undefined {
    const stuck = this.machine.workers.filter((worker) => this.isStuck(worker));
    const spinning = stuck.filter((worker) => this.machine.statusOf(worker) === Status.SPINNING);
    if (spinning.length > 0) return `spins for ever: ${namesOf(spinning)}`;
    if (stuck.length > 0) return `sleeps for ever: ${namesOf(stuck)}`;
    const wrong = firstOf(this.finals);
    if (wrong === undefined) for (const words of this.summaries) this.outcomes.add(words());
    return wrong;
  }

  private isStuck(worker: Worker): boolean {
    const status = this.machine.statusOf(worker);
    if (status === Status.SPINNING) return true;
    if (status !== Status.PARKED && status !== Status.READY) return false;
    if (worker.zombie) return false;
    return !(typeof worker.maySleep === 'function' ? worker.maySleep() : worker.maySleep);
  }

  // ── words for a report ─────────────────────────────────────────────────────────────────────────────

  nameOf(address: number): string {
    for (const { address: from, text, bytes, fields } of this.names) {
      const offset = address - from;
      if (offset < 0 || offset >= bytes) continue;
      if (fields.length > 0) return `${text}.${fields[offset >> 2]}${offset & 3 ? `+${offset & 3}` : ''}`;
      return offset === 0 ? text : `${text}+${offset}`;
    }
    return String(address);
  }

  valueOf(value: number, address: number): string {
    return this.showValue(value, this.nameOf(address));
  }

  /** An argument that is the address of something with a name is written as that name. */
  argumentOf(value: number): string {
    return this.names.find(({ address }) => address === value && value !== 0)?.text ?? String(value);
  }

  /** The named words and their values. */
  *namedWords(): Generator<string> {
    for (const { address, bytes } of this.names) {
      for (let at = address; at < address + bytes; at += 4)
        yield `${this.nameOf(at)} = ${this.valueOf(this.machine.words[at >> 2], at)}`;
    }
  }
}

function firstOf(conditions: readonly Condition[]): string | undefined {
  for (const condition of conditions) {
    const wrong = condition();
    if (wrong) return wrong;
  }
  return undefined;
}

function namesOf(workers: readonly Worker[]): string {
  return workers.map(({ name }) => name).join(', ');
}

/** The message of what was thrown while a worker moved. */
export function accidentOf(error: unknown): string {
  if (error instanceof Broken) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
