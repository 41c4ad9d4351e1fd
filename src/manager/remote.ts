/**
 * Remote: what calls an object of a registered class, which lives in a worker of its own.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { AttributeError, Empty, WorkerDied } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { asPart } from '../heap/held.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { Queue } from '../queue/queue.ts';
import { Process } from '../workers/process.ts';
import { fromWorker } from '../workers/remote.ts';
import { Runnable } from '../workers/runnable.ts';
import { describeTarget, type TargetSpec } from '../workers/targets.ts';
import { Dict, Table } from './dict.ts';
import { methodsOf, withContents } from './properties.ts';
import { type Call, type Reply, serve } from './serve.ts';

/** A class that a manager may register. */
// biome-ignore lint/suspicious/noExplicitAny: any class can be registered
export type AnyConstructor = new (...args: any[]) => object;

/** What is registered under a name: travels to whoever makes an object of it. */
export interface Registration {
  name: string;
  target: TargetSpec;
  exposed: string[];
}

// biome-ignore lint/suspicious/noExplicitAny: methods are taken with whatever parameters they have
type Method = (...args: any[]) => unknown;
type Blocking<F> = F extends (...args: infer A) => infer R ? (...args: A) => Awaited<R> : never;
type Twin<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;

/** What calls an object of class `T`: its methods, which block, and beside each one `…Async`. */
export type RemoteObject<T> = Remote & { [K in keyof T as T[K] extends Method ? K : never]: Blocking<T[K]> } & {
  [K in keyof T as T[K] extends Method ? `${K & string}Async` : never]: Twin<T[K]>;
};

/**
 * A description of a class. `exposed`: its methods, by default all whose names do not begin with an
 * underscore.
 */
export function registrationOf(name: string, ctor: AnyConstructor, exposed?: readonly string[]): Registration {
  return { name, target: describeTarget(ctor), exposed: exposed ? [...exposed] : publicMethods(ctor) };
}

function publicMethods(ctor: AnyConstructor): string[] {
  const names = new Set<string>();
  for (let each = ctor.prototype; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function' && name !== 'constructor' && !name.startsWith('_')) names.add(name);
    }
  }
  return [...names];
}

const ENDS = Symbol('ends');

/** What the table behind a handle holds. */
interface Link {
  registration: Registration;
  calls: Queue<Call>;
  process: Process;
}

/**
 * A handle to the object, sendable like any other. A method blocks until the object's worker has answered;
 * its twin, `…Async`, gives a promise. Arguments and results are snapshots. Errors keep their class, with
 * where they were thrown as their cause. Calls are served one after the other, so each is atomic, also of
 * async methods.
 *
 * The object lives until its last handle is closed (its worker notices within a second), its manager is shut
 * down, or the process that made it ends (but not if that was stopped from outside). In the first two cases
 * it is disposed of, if it has `Symbol.dispose` or `Symbol.asyncDispose`. A call to an object that is gone
 * throws `WorkerDied`.
 */
export class Remote extends Table {
  readonly #link: Link;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing);
    this.#link = asPart(() => this.read('link', undefined)) as Link;
    const { name, exposed } = this.#link.registration;
    const methods = new Map<string, unknown>();
    for (const method of exposed) methods.set(`${method}Async`, (...args: unknown[]) => this.#callAsync(method, args));
    // After the twins: a class may have a method of such a name itself.
    for (const method of exposed) methods.set(method, (...args: unknown[]) => this.#call(method, args));
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return withContents<this>(this, {
      owns: (method) => methods.has(method) || !METHODS.has(method),
      get: (method) => {
        if (methods.has(method)) return methods.get(method);
        if (method === 'then' || method === 'toJSON' || method in Object.prototype) return Reflect.get(Object.prototype, method);
        throw new AttributeError(`'${name}' object has no method '${method}'`);
      },
      set: (method) => {
        throw new AttributeError(`cannot set '${method}': the ${name} lives in another worker`);
      },
      has: (method) => methods.has(method),
      delete: (method) => {
        throw new AttributeError(`cannot delete '${method}': the ${name} lives in another worker`);
      },
      names: () => [],
    });
  }

  #send(method: string, args: unknown[]): Reception {
    this[Member.OPEN];
    const { calls, process, registration } = this.#link;
    const reply = new Queue<Reply>(1);
    try {
      calls.put({ method, args, reply });
    } catch (error) {
      reply.close();
      throw error;
    }
    return { reply, process, what: `${registration.name}.${method}()` };
  }

  #call(method: string, args: unknown[]): unknown {
    return receive(this.#send(method, args));
  }

  async #callAsync(method: string, args: unknown[]): Promise<unknown> {
    return receiveAsync(this.#send(method, args));
  }

  /** @internal */
  override [STATE](): State {
    const { registration, process } = this.#link;
    const alive = process.isAlive();
    return {
      text: `${registration.name} in ${process.name}${alive ? '' : ', ended'}`,
      fields: { object: registration.name, alive },
    };
  }

  override toJSON(): unknown {
    return super.toJSON();
  }

  /** @internal */
  [ENDS](): Ends {
    return this.#link;
  }

  override close(): void {
    if (this[Member.PTR] !== 0) {
      this.#link.calls.close();
      closeHandle(this.#link.process);
    }
    super.close();
  }
}

const METHODS = methodsOf(Remote);

/** Of a process that may be running, this handle only. */
function closeHandle(process: Process): void {
  Runnable.prototype.close.call(process);
}

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────

interface Reception {
  reply: Queue<Reply>;
  process: Process;
  what: string;
}

/** Seconds between two looks whether the object's worker lives, while a blocked caller waits for it. */
const LOOK = 0.1;

function receive({ reply, process, what }: Reception): unknown {
  try {
    for (;;) {
      // Before the wait: what it has answered before it ended is there then.
      const over = !process.isAlive();
      try {
        return unwrap(reply.get(true, over ? 0 : LOOK), what);
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        if (over) throw gone(process, what);
      }
    }
  } finally {
    reply.close();
  }
}

async function receiveAsync({ reply, process, what }: Reception): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const first = await Promise.race([reply.getAsync(undefined, { signal }), process.joinAsync(undefined, { signal })]);
    if (typeof first === 'object') return unwrap(first, what);
    if (reply.empty()) throw gone(process, what);
    return unwrap(reply.getNowait(), what);
  } finally {
    settled.abort();
    reply.close();
  }
}

function unwrap(reply: Reply, what: string): unknown {
  if (!('error' in reply)) return reply.value;
  const { error } = reply;
  throw fromWorker(error, what);
}

function gone(process: Process, what: string): WorkerDied {
  return new WorkerDied(
    `${what} was not answered: the object's worker (${process.name}) has ended, with exit code ${process.exitcode}`,
  );
}

// ── objects ──────────────────────────────────────────────────────────────────────────────────────────

/** An object on its way: its handle, and where its worker says that it is made. */
interface Birth {
  remote: Remote;
  reception: Reception;
}

function begin({ name, target, exposed }: Registration, args: unknown[]): Birth {
  const heap = theHeap();
  const table = new Dict();
  const calls = new Queue<Call>();
  const reply = new Queue<Reply>(1);
  try {
    const { id, generation } = table.handle();
    const spec = { target, args, exposed, record: { id, generation } };
    const process = new Process({ target: serve, args: [spec, calls, reply], name: `${name}-${id}`, daemon: true });
    process.start();
    table.set('link', { registration: { name, target, exposed }, calls, process });
    const remote = new Remote(new AdoptionToken(heap, created(heap.core.refOpen(id, generation))));
    return { remote, reception: { reply, process, what: `new ${name}()` } };
  } finally {
    calls.close();
    table.close();
  }
}

/** Makes an object, and waits until it is there. @throws what its constructor threw */
export function createObject(registration: Registration, args: unknown[]): Remote {
  const { remote, reception } = begin(registration, args);
  try {
    receive(reception);
    return remote;
  } catch (error) {
    remote.close();
    throw error;
  } finally {
    closeHandle(reception.process);
  }
}

/** The async twin of createObject. */
export async function createObjectAsync(registration: Registration, args: unknown[]): Promise<Remote> {
  const { remote, reception } = begin(registration, args);
  try {
    await receiveAsync(reception);
    return remote;
  } catch (error) {
    remote.close();
    throw error;
  } finally {
    closeHandle(reception.process);
  }
}

/** What ends an object. */
export type Ends = Pick<Link, 'calls' | 'process'>;

/** Seconds that an object has to finish what it was asked before. */
const PATIENCE = 1;

/**
 * Asks objects to finish what they were asked before and to dispose of themselves; whoever takes longer than
 * a second is terminated.
 */
export function endObjects(objects: readonly Ends[]): void {
  for (const object of objects) askToEnd(object);
  for (const { process } of objects) if (!process.join(PATIENCE)) process.terminate();
  for (const { process } of objects) process.join();
  closeEnds(objects);
}

/** The async twin of endObjects. */
export async function endObjectsAsync(objects: readonly Ends[]): Promise<void> {
  for (const object of objects) askToEnd(object);
  for (const { process } of objects) if (!(await process.joinAsync(PATIENCE))) process.terminate();
  for (const { process } of objects) await process.joinAsync();
  closeEnds(objects);
}

function askToEnd({ calls }: Ends): void {
  const reply = new Queue<Reply>(1);
  calls.put({ method: undefined, args: [], reply });
  reply.close();
}

export function closeEnds(objects: readonly Ends[]): void {
  for (const { calls, process } of objects) {
    calls.close();
    closeHandle(process);
  }
}

/** What a manager keeps of an object that it is to end. */
export function endsOf(remote: Remote): Ends {
  return remote[ENDS]();
}

registerShared(ClassTag.REMOTE, Remote, Kind.TABLE);
