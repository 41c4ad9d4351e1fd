import { AsyncLocalStorage } from 'node:async_hooks';
import { type Queue, task } from 'nogil';

/** Doubles what comes. */
export const pipeThrough = task(import.meta, async function pipeThrough(from: Queue<number>, to: Queue<number>): Promise<void> {
  const double = new TransformStream<number, number>({ transform: (x, controller) => controller.enqueue(2 * x) });
  await from.readable().pipeThrough(double).pipeTo(to.writable());
});

const storage = new AsyncLocalStorage<string>();

export const enter = task(import.meta, function enter(name: string): void {
  storage.enterWith(name);
});

export const whoAsks = task(import.meta, function whoAsks(): string | undefined {
  return storage.getStore();
});
