/**
 * excepthook: what becomes of an error that a thread does not catch.
 */
import { tracebackOf } from './remote.ts';
import type { Thread } from './thread.ts';

/** What a hook is told. */
export interface ExceptHookArgs {
  /** The error's class; undefined when something else was thrown. */
  readonly excType: (abstract new (...args: never[]) => Error) | undefined;
  /** What was thrown. */
  readonly excValue: unknown;
  /** The error's stack, as text. */
  readonly excTraceback: string | undefined;
  /** The thread that did not catch it. */
  readonly thread: Thread;
}

export type ExceptHook = (args: ExceptHookArgs) => void;

/** What to print of something that was thrown. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? tracebackOf(error) : `Uncaught ${String(error)}`;
}

/**
 * What is done unless `setExcepthook` says otherwise: prints `Exception in thread NAME:` and the stack to
 * stderr.
 */
export function excepthook({ excValue, thread }: ExceptHookArgs): void {
  console.error(`Exception in thread ${thread.name}:\n${stackOf(excValue)}`);
}

const KEY = Symbol.for('nogil.excepthook');
// For all copies of the package in this thread.
const global = globalThis as { [KEY]?: ExceptHook };

/**
 * Python's assignment to `threading.excepthook`. The hook runs in the worker of the thread that failed,
 * before that ends, and is this worker's own: set it in the target, or at the top level of the module that
 * the worker imports. A thread that calls `process.exit()` has thrown nothing; processes have no hook, as in
 * Python.
 * @param fn undefined: the default again
 * @returns the hook until now
 * @example
 * ```ts
 * import { main, setExcepthook, Thread } from 'nogil';
 *
 * setExcepthook(({ thread, excValue }) => {
 *   console.log(`${thread.name}: ${excValue}`); // prints careless: Error: oops
 * });
 *
 * export function fail() {
 *   throw new Error('oops');
 * }
 *
 * main(import.meta, () => {
 *   const thread = new Thread({ target: fail, name: 'careless' });
 *   thread.start();
 *   thread.join();
 * });
 * ```
 */
export function setExcepthook(fn: ExceptHook | undefined): ExceptHook {
  if (fn !== undefined && typeof fn !== 'function') throw new TypeError('a hook must be a function');
  const before = global[KEY] ?? excepthook;
  global[KEY] = fn ?? excepthook;
  return before;
}

/** Tells the hook. One that throws itself must not hide the error: both are printed. */
export function callExcepthook(thread: Thread, error: unknown): void {
  const isError = error instanceof Error;
  const args: ExceptHookArgs = {
    excType: isError ? (error.constructor as new () => Error) : undefined,
    excValue: error,
    excTraceback: isError ? error.stack : undefined,
    thread,
  };
  try {
    (global[KEY] ?? excepthook)(args);
  } catch (failure) {
    console.error(`Exception in excepthook:\n${stackOf(failure)}`);
    excepthook(args);
  }
}
