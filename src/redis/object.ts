/**
 * What all classes over Redis have in common: a handle that travels to local workers like any other. In the
 * heap it is a small table, in which stand the object's name and how its program is connected.
 */
import { Kind } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import type { State } from '../heap/show.ts';
import { AdoptionToken, asPart, created, Dict, refAgain, registerShared, Shared, STATE, theHeap } from './core.ts';
import { Line } from './line.ts';
import type { Address, Arg, Link, Reply, ScriptCall } from './protocol.ts';
import type { ScriptName } from './scripts/index.ts';

/** The numbers of the classes: far from the package's other ones (assembly/abi.ts: ClassTag). */
export const enum RedisTag {
  CLUSTER = 0x5200,
  QUEUE,
  JOINABLE_QUEUE,
  SIMPLE_QUEUE,
  PRIORITY_QUEUE,
  LOCK,
  RLOCK,
  SEMAPHORE,
  BOUNDED_SEMAPHORE,
  EVENT,
  BARRIER,
  VALUE,
  DICT,
  LIST,
  NAMESPACE,
  POOL,
}

/** What an object is made of, in whichever worker. */
export interface Plan<O = unknown> {
  link: Link;
  /** What tells it from objects of other kinds under the same name. */
  kind: string;
  name: string;
  options: O;
}

/** Writes a plan into the heap, for the first handle to it. */
export function planned<O>(plan: Plan<O>): AdoptionToken {
  const heap = theHeap();
  const table = new Dict<string, Plan<O>>();
  try {
    table.set('plan', plan);
    const { id, generation } = table.handle();
    return new AdoptionToken(heap, created(heap.core.refOpen(id, generation)));
  } finally {
    table.close();
  }
}

function planAt<O>(heap: Heap, at: number): Plan<O> {
  const table = new Dict<string, Plan<O>>(new AdoptionToken(heap, refAgain(heap.core, at)));
  try {
    return asPart(() => table.get('plan')) as Plan<O>;
  } finally {
    table.close();
  }
}

export function registerRedis(tag: RedisTag, ctor: new (existing: never) => Shared): void {
  registerShared(tag, ctor, Kind.TABLE);
}

export abstract class RedisObject<O = unknown> extends Shared {
  readonly #plan: Plan<O>;
  readonly #base: string;
  readonly #line: Line;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing.heap, existing.ref);
    this.#plan = planAt<O>(existing.heap, this[Member.PTR]);
    const { link, kind, name } = this.#plan;
    this.#base = `${link.prefix}:{${name}}:${kind}:`;
    this.#line = Line.of(link);
  }

  /** By which every program finds it. */
  get name(): string {
    return this.#plan.name;
  }

  /** @internal */
  protected get plan(): Plan<O> {
    return this.#plan;
  }

  /** What its keys begin with. @internal */
  protected get base(): string {
    this[Member.OPEN];
    return this.#base;
  }

  /** @internal */
  protected get line(): Line {
    this[Member.OPEN];
    return this.#line;
  }

  /** Where others hear of its changes. @internal */
  protected get channel(): string {
    return `${this.base}c`;
  }

  /** @internal */
  protected get address(): Address {
    const { lease } = this.#plan.options as { lease?: number };
    return { base: this.base, lease: Math.round((lease ?? this.#plan.link.lease) * 1000) };
  }

  /** @internal */
  protected script(script: ScriptName, keys: string, ...args: Arg[]): ScriptCall {
    return { base: this.base, script, keys, args };
  }

  /** Runs a script, and blocks until it has run. @internal */
  protected run(script: ScriptName, keys: string, ...args: Arg[]): Reply {
    return this.line.call('run', [this.script(script, keys, ...args)]);
  }

  /** @internal */
  protected runAsync(script: ScriptName, keys: string, args: Arg[], signal?: AbortSignal): Promise<Reply> {
    return this.line.callAsync('run', [this.script(script, keys, ...args)], signal);
  }

  /** Shows nothing that would take a call. @internal */
  override [STATE](): State {
    return { text: `'${this.name}'`, fields: { name: this.name } };
  }
}

const decoder = new TextDecoder();

/** A text that Redis has answered. */
export function textOfReply(reply: Reply): string {
  return reply instanceof Uint8Array ? decoder.decode(reply) : String(reply);
}
