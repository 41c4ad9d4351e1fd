/**
 * Contexts: which way a process is started. There is one, 'worker', so that this is about Python's names, and
 * about saying why not for the others.
 */
import { RuntimeError, ValueError } from '../errors.ts';

/** A worker thread with a heap of its own. */
export type StartMethod = 'worker';

const METHODS: readonly StartMethod[] = ['worker'];
const DEFAULT: StartMethod = 'worker';

const WHY_NOT: Record<string, string> = {
  fork: 'a JavaScript engine cannot be copied while it runs',
  forkserver: 'a JavaScript engine cannot be copied while it runs',
  spawn: 'operating system processes are not supported yet',
};

function checkMethod(method: unknown): StartMethod {
  if (typeof method !== 'string') throw new TypeError(`a start method must be a string, got ${typeof method}`);
  if ((METHODS as readonly string[]).includes(method)) return method as StartMethod;
  const why = Object.hasOwn(WHY_NOT, method) ? `: ${WHY_NOT[method]}` : '';
  throw new ValueError(`cannot find context for '${method}'${why}; the start methods are ${getAllStartMethods().join(', ')}`);
}

/** The method that this worker has set, or fixed by asking for it. */
let chosen: StartMethod | undefined;

/**
 * Sets the way in which processes are started; 'worker' is the only one, and the default.
 * @param force set it although it is set; with null: forget what was set
 * @throws RuntimeError it is set already; ValueError there is no such method here (the message says why);
 * TypeError it is not a string
 */
export function setStartMethod(method: StartMethod | null, force = false): void {
  if (chosen !== undefined && !force) throw new RuntimeError('context has already been set');
  chosen = method === null && force ? undefined : checkMethod(method);
}

/**
 * The way in which processes are started. As in Python, asking fixes it. @param allowNone answer undefined,
 * and fix nothing, if it is not set
 */
export function getStartMethod(allowNone = false): StartMethod | undefined {
  if (chosen === undefined && !allowNone) chosen = DEFAULT;
  return chosen;
}

/** The start methods that there are, the default one first. */
export function getAllStartMethods(): StartMethod[] {
  return [...METHODS];
}

/** Does nothing: no program is frozen here. */
export function freezeSupport(): void {}

/** A start method, and the classes and functions of `nogil/multiprocessing` for it. */
export type Context<M extends object> = Readonly<M> & {
  /** This context, or another one. @throws ValueError there is no such method */
  getContext(method?: StartMethod | null): Context<M>;
  getStartMethod(): StartMethod;
  getAllStartMethods(): StartMethod[];
  /** @throws ValueError always: a context is of one method */
  setStartMethod(method: StartMethod | null, force?: boolean): never;
  freezeSupport(): void;
};

/** `getContext` of a module: a context has these members of it. @internal */
export function contextsOf<M extends object>(members: M): (method?: StartMethod | null) => Context<M> {
  const contexts = new Map<StartMethod, Context<M>>();
  const contextOf = (method: StartMethod): Context<M> => {
    const known = contexts.get(method);
    if (known !== undefined) return known;
    const context: Context<M> = Object.freeze({
      ...members,
      getContext: (other?: StartMethod | null) => contextOf(other === undefined || other === null ? method : checkMethod(other)),
      getStartMethod: () => method,
      getAllStartMethods,
      setStartMethod: () => {
        throw new ValueError('cannot set start method of concrete context');
      },
      freezeSupport,
    });
    contexts.set(method, context);
    return context;
  };
  return (method) => contextOf(method === undefined || method === null ? (getStartMethod() as StartMethod) : checkMethod(method));
}
