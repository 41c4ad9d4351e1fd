/**
 * Contexts: which way a process is started.
 */
import { RuntimeError, ValueError } from '../errors.ts';
import { wantProcesses } from '../heap/heap.ts';
import { mode, whyNotBetween } from '../platform/index.ts';
import { currentWorker } from './current-worker.ts';

/**
 * 'worker': a worker thread with a JavaScript heap of its own; 'spawn': a process of the operating system.
 */
export type StartMethod = 'worker' | 'spawn';

const DEFAULT: StartMethod = 'worker';

const WHY_NOT: Record<string, string> = {
  fork: 'a JavaScript engine cannot be copied while it runs',
  forkserver: 'a JavaScript engine cannot be copied while it runs',
};

/** A worker's program has a heap already. */
function whyNoSpawn(): string | undefined {
  return currentWorker() ? undefined : whyNotBetween();
}

function checkMethod(method: unknown): StartMethod {
  if (typeof method !== 'string') throw new TypeError(`a start method must be a string, got ${typeof method}`);
  if ((getAllStartMethods() as readonly string[]).includes(method)) return method as StartMethod;
  const reason = method === 'spawn' ? whyNoSpawn() : Object.hasOwn(WHY_NOT, method) ? WHY_NOT[method] : undefined;
  const why = reason === undefined ? '' : `: ${reason}`;
  throw new ValueError(`cannot find context for '${method}'${why}; the start methods are ${getAllStartMethods().join(', ')}`);
}

/** The method that this worker has set, or fixed by asking for it. */
let chosen: StartMethod | undefined;

/**
 * Sets the way in which processes are started. 'worker', the default: as worker threads. 'spawn': as
 * processes of the operating system, which share the heap; before the first use of the package (see
 * `configure`).
 * @param force set it although it is set; with null: forget what was set
 * @throws RuntimeError it is set already, or the heap is shared by threads only; ValueError there is no such
 * method here (the message says why); TypeError it is not a string
 * @example
 * ```ts
 * import { getAllStartMethods, main, Process, setStartMethod } from 'nogil';
 *
 * export function pid() {
 *   return process.pid;
 * }
 *
 * main(import.meta, () => {
 *   const canSpawn = getAllStartMethods().includes('spawn');
 *   if (canSpawn) setStartMethod('spawn');
 *   const child = new Process({ target: pid });
 *   child.start();
 *   const isAnother = child.result() !== process.pid;
 *   console.log(isAnother === canSpawn); // prints true
 * });
 * ```
 */
export function setStartMethod(method: StartMethod | null, force = false): void {
  if (chosen !== undefined && !force) throw new RuntimeError('context has already been set');
  const checked = method === null && force ? undefined : checkMethod(method);
  if (checked === 'spawn') wantProcesses();
  chosen = checked;
}

/** In a worker: what its starter had set. */
export function inheritStartMethod(method: StartMethod | undefined): void {
  chosen = method;
}

/** How a process is started that says nothing itself. */
export function startMethod(): StartMethod {
  if (chosen !== undefined) return chosen;
  return mode === 'spawn' && whyNoSpawn() === undefined ? 'spawn' : DEFAULT;
}

/**
 * The way in which processes are started. As in Python, asking fixes it. @param allowNone answer undefined,
 * and fix nothing, if it is not set
 */
export function getStartMethod(allowNone = false): StartMethod | undefined {
  if (chosen === undefined && !allowNone) chosen = startMethod();
  return chosen;
}

/** The start methods that there are, the default one first. */
export function getAllStartMethods(): StartMethod[] {
  return whyNoSpawn() === undefined ? ['worker', 'spawn'] : ['worker'];
}

/** Does nothing: no program is frozen here. */
export function freezeSupport(): void {}

/** A start method, and the classes and functions of `nogil/multiprocessing` for it. */
export type Context<M extends object> = Readonly<M> & {
  /** This context, or another one. @throws ValueError there is no such method */
  getContext(method?: StartMethod | null): Context<M>;
  /** The method that this context is of. */
  getStartMethod(): StartMethod;
  /** The start methods that there are, the default one first. */
  getAllStartMethods(): StartMethod[];
  /** @throws ValueError always: a context is of one method */
  setStartMethod(method: StartMethod | null, force?: boolean): never;
  /** Does nothing: no program is frozen here. */
  freezeSupport(): void;
};

/** `getContext` of a module: a context of a method has these members of it. @internal */
export function contextsOf<M extends object>(
  membersFor: (method: StartMethod) => M,
): (method?: StartMethod | null) => Context<M> {
  const contexts = new Map<StartMethod, Context<M>>();
  const contextOf = (method: StartMethod): Context<M> => {
    const known = contexts.get(method);
    if (known !== undefined) return known;
    if (method === 'spawn') wantProcesses();
    const own = {
      getContext: (other?: StartMethod | null) => contextOf(other === undefined || other === null ? method : checkMethod(other)),
      getStartMethod: () => method,
      getAllStartMethods,
      setStartMethod: () => {
        throw new ValueError('cannot set start method of concrete context');
      },
      freezeSupport,
    };
    // Not by a spread, which would read what is to be asked for each time.
    const context = Object.freeze(Object.assign(membersFor(method), own)) as Context<M>;
    contexts.set(method, context);
    return context;
  };
  return (method) => contextOf(method === undefined || method === null ? (getStartMethod() as StartMethod) : checkMethod(method));
}
