import { Process } from 'nogil';

// biome-ignore lint/suspicious/noExplicitAny: as Process has it.
type Target = (...args: any[]) => unknown;

/** A process that runs `target`, as the start method has it. */
export function started<F extends Target>(target: F, ...args: Parameters<F>): Process<F> {
  const process = new Process<F>({ target, args });
  process.start();
  return process;
}
