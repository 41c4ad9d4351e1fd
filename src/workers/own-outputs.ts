/**
 * OwnOutputs: the queues into which a worker, or a pool, prints. Who reads one learns of the worker's end by its shutdown,
 * which the worker itself may not live to do.
 */
import type { Heap } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import type { Outputs } from './current-worker.ts';

export class OwnOutputs {
  readonly #heap: Heap;
  #refs: number[] = [];

  /** @throws MemoryError */
  constructor(heap: Heap, outputs: Outputs | undefined) {
    this.#heap = heap;
    for (const each of outputs ?? []) {
      if (!each?.isOwn) continue;
      const ref = heap.core.refOpen(each.id, each.generation);
      if (!isGone(ref)) this.#refs.push(created(ref));
    }
  }

  end(): void {
    const { core } = this.#heap;
    for (const ref of this.#refs) {
      core.queueShutdown(core.refObject(ref), 0);
      core.refClose(ref);
    }
    this.#refs = [];
  }
}
