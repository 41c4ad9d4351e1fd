import { heap, JoinableQueue, Queue } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';

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

export function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** What `call` throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

/** Seconds that `call` took, and what it threw. */
export function timed(call: () => unknown): { error: unknown; seconds: number } {
  const began = performance.now();
  const error = thrownBy(call);
  return { error, seconds: (performance.now() - began) / 1000 };
}

/** What the heap holds. Its size is left out: it never shrinks. */
export function held(): { bytesInUse: number; objects: Record<string, number> } {
  const { bytesInUse, objects } = heap.stats();
  return { bytesInUse, objects };
}
