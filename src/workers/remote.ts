/** Errors that come from another worker. */
import { RemoteTraceback } from '../errors.ts';

/** An error's stack below what it says, as V8 has it: the stacks of WebKit and Firefox are of calls only. */
export function tracebackOf(error: Error): string {
  const [head, { stack }] = [String(error), error];
  if (!stack) return head;
  return stack.startsWith(head) || /^ +at /m.test(stack) ? stack : `${head}\n${stack}`;
}

/**
 * An error without a cause of its own gets one: where it was thrown, and that worker's stack. Anything else
 * stays as it is.
 */
export function fromWorker(error: unknown, where: string): unknown {
  if (error instanceof Error && !('cause' in error)) {
    const cause = new RemoteTraceback(where, tracebackOf(error));
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  }
  return error;
}
