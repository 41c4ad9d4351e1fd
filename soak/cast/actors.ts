/** The driver's side of a player: starts it, strikes it, and knows how it should end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { heap, Queue } from 'nogil';
import { getContext, type Process } from 'nogil/multiprocessing';
import type { TargetName } from '../scenes/targets.ts';
import { targets } from '../scenes/targets.ts';
import { EXIT_CODE, exitCodesOf, isOwn, LITTLE_MEMORY, type Sort } from './deaths.ts';
import type { Ledger } from './ledger.ts';
import type { Part } from './player.ts';

export interface Call {
  target: TargetName;
  part: Part;
  ledger: Ledger;
  args: unknown[];
}

export interface Actor {
  readonly sort: Sort;
  readonly part: Part;
  readonly hasEnded: boolean;
  /** Ends it from outside, by its way. */
  strike(): void;
  /** What is wrong with its end; undefined: nothing. @param planned whether it was to die */
  complaint(planned: boolean): string | undefined;
  /** Gives back what the driver has of it. */
  close(): void;
}

/** Worker threads and processes that the package starts. */
class Started implements Actor {
  readonly sort: Sort;
  readonly part: Part;
  readonly #process: Process;

  constructor(sort: 'worker' | 'process', { target, part, ledger, args }: Call) {
    this.sort = sort;
    this.part = part;
    const { Process } = getContext(sort === 'worker' ? 'worker' : 'spawn');
    this.#process = new Process({
      target: targets[target] as never,
      args: [part, ledger.words, ledger.seen, ...args] as never,
      ...(part.way === 'memory' && { resourceLimits: { maxOldGenerationSizeMb: LITTLE_MEMORY } }),
    }) as Process;
    this.#process.start();
  }

  get hasEnded(): boolean {
    return !this.#process.isAlive();
  }

  strike(): void {
    const { way } = this.part;
    if (way === 'terminate') this.#process.terminate();
    else if (way === 'kill') this.#process.kill();
    else process.kill(this.#process.pid as number, way as NodeJS.Signals);
  }

  complaint(planned: boolean): string | undefined {
    const { exitcode } = this.#process;
    const codes = planned ? exitCodesOf(this.part.way, this.sort) : [0];
    if (codes.includes(exitcode as number)) return undefined;
    return `exit code ${exitcode} instead of ${codes.join(' or ')}: ${describe(this.#process.exception)}`;
  }

  close(): void {
    this.#process.close();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

const fileOf = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

let published = 0;

/** A program that joins the heap by its name, and finds there what it is to do. */
class Guest implements Actor {
  readonly sort = 'guest';
  readonly part: Part;
  readonly #child: ChildProcess;
  readonly #key = `part-${published++}`;
  #ending: { code: number | null; signal: string | null } | undefined;
  #errors = '';

  constructor(heapName: string, { target, part, ledger, args }: Call) {
    this.part = part;
    heap.publish(this.#key, [target, part, ledger.words, ledger.seen, ...args]);
    this.#child = spawn(process.execPath, [fileOf('guest'), heapName, this.#key], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    this.#child.on('close', (code, signal) => {
      this.#ending = { code, signal };
    });
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  strike(): void {
    this.#child.kill(this.part.way as NodeJS.Signals);
  }

  complaint(planned: boolean): string | undefined {
    const { code, signal } = this.#ending as { code: number | null; signal: string | null };
    const { way } = this.part;
    const wanted = !planned ? 0 : !isOwn(way) ? way : way === 'exit' ? EXIT_CODE : 1;
    if (wanted === code || wanted === signal) return undefined;
    return `a guest ended with ${code ?? signal} instead of ${wanted}: ${this.#errors}`;
  }

  close(): void {
    heap.unpublish(this.#key);
  }
}

/** A thread that the package has not started, which enters the heap by a handle. */
class Attached implements Actor {
  readonly sort = 'attached';
  readonly part: Part;
  readonly #worker: Worker;
  readonly #orders = new Queue<unknown[]>();
  #code: number | undefined;
  #error: unknown;

  constructor({ target, part, ledger, args }: Call) {
    this.part = part;
    this.#orders.put([target, part, ledger.words, ledger.seen, ...args]);
    this.#worker = new Worker(fileOf('attached'), { workerData: this.#orders.handle(), stderr: true });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      this.#code = code;
    });
  }

  get hasEnded(): boolean {
    return this.#code !== undefined;
  }

  strike(): void {
    void this.#worker.terminate();
  }

  complaint(planned: boolean): string | undefined {
    const { way } = this.part;
    // One that is terminated while Node still begins it has no code yet.
    if (planned && way === 'terminate' && this.#code === 0) return undefined;
    const wanted = !planned ? 0 : way === 'exit' ? EXIT_CODE : 1;
    return wanted === this.#code ? undefined : `an attached thread ended with ${this.#code}: ${describe(this.#error)}`;
  }

  close(): void {
    this.#orders.close();
  }
}

export function engage(sort: Sort, call: Call, heapName: string): Actor {
  if (sort === 'guest') return new Guest(heapName, call);
  if (sort === 'attached') return new Attached(call);
  return new Started(sort, call);
}
