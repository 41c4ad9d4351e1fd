import { JoinableQueue, Queue } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { thrownBy } from '../../support/thrown-by.ts';

type QueueClass = typeof Queue;

/** Every class a queue comes in. Those of one flavour answer misuse alike. */
export const classes: [name: string, ctor: QueueClass][] = [
  ['queue.Queue', Queue],
  ['the JoinableQueue of threading', JoinableQueue],
  ['multiprocessing.Queue', multiprocessing.Queue],
  ['multiprocessing.JoinableQueue', multiprocessing.JoinableQueue],
];
export const strict: [name: string, ctor: QueueClass][] = classes.slice(0, 2);
export const lenient: [name: string, ctor: QueueClass][] = classes.slice(2);

/** Seconds that `call` took, and what it threw. */
export function timed(call: () => unknown): { error: unknown; seconds: number } {
  const began = performance.now();
  const error = thrownBy(call);
  return { error, seconds: (performance.now() - began) / 1000 };
}

/** Lets everything that is due happen. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
