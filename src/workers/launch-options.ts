/**
 * LaunchOptions: what a worker has of Node's own options: its memory, its flags, its environment, and where
 * goes what it prints.
 */
import { NotImplementedError, ValueError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { apart } from '../heap/held.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { AdoptionToken, created, isGone, Shared } from '../heap/shared.ts';
import { surroundings } from '../platform/index.ts';
import type { Surroundings } from '../platform/platform.ts';
import type { ResourceLimits } from '../platform/resource-limits.ts';
import { Queue } from '../queue/queue.ts';
import { currentWorker, type OutputRef, type Outputs } from './current-worker.ts';

export interface LaunchOptions {
  /** As Node's, in MB. Default: Node's. Who needs more ends, and counts as dead. */
  resourceLimits?: ResourceLimits | null;
  /** Node's own flags, instead of this thread's. A worker thread takes none of V8's: its start fails. */
  execArgv?: readonly string[] | null;
  /** Its `process.env`, instead of a copy of this thread's. Node's SHARE_ENV is not possible. */
  env?: Readonly<Record<string, string | undefined>> | null;
  /**
   * true: what it prints is not printed but comes out of `stdout`, a Queue of whole lines as bytes, which is
   * shut down when the worker has ended. Its own threads and children print there, too. Default false.
   */
  stdout?: boolean;
  /** The same of `console.error` and the like. */
  stderr?: boolean;
}

export const LAUNCH_OPTIONS = ['resourceLimits', 'execArgv', 'env', 'stdout', 'stderr'] as const;
const LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

/** What a worker prints, in whole lines: each item is one or more of them, as bytes. */
export type OutputQueue = Queue<Uint8Array>;

/** What was asked for, checked. */
export class Launch {
  readonly resourceLimits: ResourceLimits | undefined;
  readonly stdout: OutputQueue | undefined;
  readonly stderr: OutputQueue | undefined;
  readonly #execArgv: string[] | undefined;
  readonly #env: Record<string, string> | undefined;

  /** @throws TypeError, ValueError */
  constructor({ resourceLimits, execArgv, env, stdout, stderr }: LaunchOptions) {
    if (resourceLimits) this.resourceLimits = checkedLimits(resourceLimits);
    if (execArgv) this.#execArgv = checkedFlags(execArgv);
    if (env) this.#env = checkedEnv(env);
    for (const [name, value] of Object.entries({ stdout, stderr }))
      if (value !== undefined && typeof value !== 'boolean')
        throw new TypeError(`${name} must be a boolean, got ${value === null ? 'null' : typeof value}`);
    // Not as parts of a scope that they came in: who started the worker reads them.
    if (stdout) this.stdout = apart(() => new Queue<Uint8Array>());
    if (stderr) this.stderr = apart(() => new Queue<Uint8Array>());
  }

  around(): Surroundings {
    const { argv, execArgv, env } = surroundings() as Surroundings;
    return {
      argv,
      execArgv: this.#execArgv ?? execArgv,
      env: this.#env ?? env,
      isOwn: this.#execArgv !== undefined,
      resourceLimits: this.resourceLimits,
    };
  }

  outputs(isOwn: boolean): Outputs {
    const [stdout, stderr] = inheritedOutputs();
    return [refOf(this.stdout, isOwn) ?? stdout, refOf(this.stderr, isOwn) ?? stderr];
  }
}

/** undefined: nothing was asked for. @throws NotImplementedError workers have no such things here */
export function launchOf(options: LaunchOptions): Launch | undefined {
  const isAsked = LAUNCH_OPTIONS.some((name) => options[name] !== undefined && options[name] !== null && options[name] !== false);
  if (!isAsked) return undefined;
  // The build for browsers has none, and leaves out all that is behind this.
  if (typeof Buffer === 'undefined')
    throw new NotImplementedError(`the workers of a browser have no ${LAUNCH_OPTIONS.join(', ')}`);
  return new Launch(options);
}

/** Of this worker: those whom it starts print there, too. */
export function inheritedOutputs(): Outputs {
  const [stdout, stderr] = currentWorker()?.outputs ?? [];
  return [stdout && { ...stdout, isOwn: false }, stderr && { ...stderr, isOwn: false }];
}

function refOf(queue: OutputQueue | undefined, isOwn: boolean): OutputRef | undefined {
  if (queue === undefined) return undefined;
  const generation = theHeap().core.objectGeneration(queue[Member.OPEN]);
  return { id: Shared.idOf(queue), generation, isOwn };
}

/** This worker's handle; undefined: the queue is gone. @throws MemoryError */
export function openOutput({ id, generation }: OutputRef): OutputQueue | undefined {
  const heap = theHeap();
  const ref = heap.core.refOpen(id, generation);
  return isGone(ref) ? undefined : apart(() => new Queue<Uint8Array>(new AdoptionToken(heap, created(ref)) as never));
}

function checkedLimits(limits: ResourceLimits): ResourceLimits {
  checkNames('resourceLimits', limits, LIMITS);
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    if (typeof value !== 'number') throw new TypeError(`resourceLimits.${name} must be a number of MB, got ${typeof value}`);
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw new ValueError(`resourceLimits.${name} must be a positive number of MB, got ${value}`);
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function checkedFlags(flags: readonly string[]): string[] {
  if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === 'string'))
    throw new TypeError('execArgv must be an array of strings');
  return [...flags];
}

function checkedEnv(env: unknown): Record<string, string> {
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw new TypeError(`env must be an object of strings, got ${Array.isArray(env) ? 'an array' : typeof env}`);
  const entries = Object.entries(env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
