/** Errors that come from another worker. */
import { RemoteTraceback } from '../errors.ts';

/**
 * An error without a cause of its own gets one: where it was thrown, and that worker's stack. Anything else
 * stays as it is.
 */
export function fromWorker(error: unknown, where: string): unknown {
  if (error instanceof Error && !('cause' in error)) {
    const cause = new RemoteTraceback(where, error.stack);
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  }
  return error;
}
