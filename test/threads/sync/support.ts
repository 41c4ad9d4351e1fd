import { heap, Process, sleep, Thread } from 'nogil';
import { LONG } from '../../support/until.ts';

export { LONG };

// biome-ignore lint/suspicious/noExplicitAny: any function can be a target.
type Target = (...args: any[]) => unknown;

/** Starts one thread for each list of arguments. */
export function startAll<F extends Target>(target: F, ...lists: Parameters<F>[]): Thread<F>[] {
  const threads = lists.map((args) => new Thread({ target, args, daemon: true }));
  for (const thread of threads) thread.start();
  return threads;
}

/** The same arguments for `count` threads, before them the thread's own number. */
export function startMany<F extends Target>(count: number, target: F, ...args: unknown[]): Thread<F>[] {
  return startAll(target, ...Array.from({ length: count }, (_, i) => [i, ...args] as Parameters<F>));
}

/** A daemonic process that runs `target`. */
export function startProcess<F extends Target>(target: F, ...args: Parameters<F>): Process<F> {
  const process = new Process({ target, args, daemon: true });
  process.start();
  return process;
}

/** Waits until it has ended; blocks. */
export function end(...processes: { join(timeout: number): boolean; name: string }[]): void {
  for (const each of processes) if (!each.join(LONG)) throw new Error(`${each.name} has not ended`);
}

/** What all of them return; blocks. */
export function resultsOf<F extends Target>(threads: Thread<F>[]): Awaited<ReturnType<F>>[] {
  return threads.map((thread) => thread.result(LONG));
}

/** Waits until `condition` holds; blocks. @throws when it does not for a long time */
export function until(condition: () => boolean, what: () => string = () => String(condition)): void {
  const end = performance.now() + LONG * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${what()}`);
    sleep(0.001);
  }
}

/** Who is asleep in it. */
export function sleepersIn({ id }: { id: number }): number[] {
  return heap.inspect().find((info) => info.id === id)?.waiters ?? [];
}

/** Waits until so many workers are asleep in it; blocks. */
export function untilAsleep(object: { id: number }, count: number): void {
  until(
    () => sleepersIn(object).length === count,
    () => `${count} asleep in object ${object.id} (${JSON.stringify(heap.inspect())})`,
  );
}
