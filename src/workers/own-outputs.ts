/**
 * OwnOutputs: the queues into which a worker, or a pool, prints. Who reads one learns of the worker's end by its shutdown,
 * which the worker itself may not live to do.
 */
import { useBare } from '../heap/bare.ts';
import type { Heap } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import type { Outputs } from './current-worker.ts';

/** Ends those of who never began. Needs no memory. */
export function endOutputs(heap: Heap, outputs: Outputs | undefined): void {
  for (const each of outputs ?? []) if (each?.isOwn) useBare(heap, each, (queue) => heap.core.queueShutdown(queue, 0));
}

export class OwnOutputs {
  readonly #heap: Heap;
  #refs: number[] = [];

  /** @throws MemoryError; then nothing is kept */
  constructor(heap: Heap, outputs: Outputs | undefined) {
    this.#heap = heap;
    try {
      for (const each of outputs ?? []) {
        if (!each?.isOwn) continue;
        const ref = heap.core.refOpen(each.id, each.generation);
        if (!isGone(ref)) this.#refs.push(created(ref));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  end(): void {
    const { core } = this.#heap;
    for (const ref of this.#refs) core.queueShutdown(core.refObject(ref), 0);
    this.close();
  }

  /** Gives the handles back: somebody else tells of the end. */
  close(): void {
    for (const ref of this.#refs) this.#heap.core.refClose(ref);
    this.#refs = [];
  }
}
