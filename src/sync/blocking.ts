import { RuntimeError } from '../errors.ts';

/** The error of a blocking call on a thread that must not block. */
export function wouldBlock(method: string): RuntimeError {
  return new RuntimeError(
    `${method}() would have to wait, and this thread must not block (a page's main thread, or a worker of your own until the first that it started runs): use await ${method}Async()`,
  );
}
