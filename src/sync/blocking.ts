import { RuntimeError } from '../errors.ts';

const made = new WeakSet<object>();

/**
 * The error of a blocking call on a thread that must not block.
 * @param method a method's name, or what stands in the program instead
 */
export function wouldBlock(method: string, twin = `await ${method}Async()`): RuntimeError {
  const call = /^\w+$/.test(method) ? `${method}()` : method;
  const error = new RuntimeError(
    `${call} would have to wait, and this thread must not block (a page's main thread, or a worker of your own until the first that it started runs): use ${twin}`,
  );
  made.add(error);
  return error;
}

/** Has such an error name what the user has called, instead of what that has called. */
export function blockedIn(method: string, error: unknown, twin?: string): unknown {
  return made.has(error as object) ? wouldBlock(method, twin) : error;
}
