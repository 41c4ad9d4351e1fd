/**
 * NodeWaits: the async waits of one handle that have a node of their own (Condition, Barrier).
 */
import { onAbort } from '../heap/abort.ts';
import type { Heap } from '../heap/heap.ts';
import { created, refAgain } from '../heap/shared.ts';

/**
 * While one lasts the object stays in memory, whoever closes what: it has the node in its list. Closing the
 * handle ends them all.
 */
export class NodeWaits {
  #live: Set<AbortController> | undefined;

  /** Runs `wait` with a node and a signal, which fires for `signal` and for `end`. */
  async run<T>(
    { core }: Heap,
    object: number,
    signal: AbortSignal | undefined,
    wait: (node: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const node = created(core.nodeCreate());
    let ref = 0;
    let stopListening: (() => void) | undefined;
    const stop = new AbortController();
    const forward = () => stop.abort(signal?.reason);
    try {
      ref = refAgain(core, object);
      this.#live ??= new Set();
      this.#live.add(stop);
      stopListening = onAbort(signal, forward);
      return await wait(node, stop.signal);
    } finally {
      stopListening?.();
      this.#live?.delete(stop);
      core.nodeFree(node);
      if (ref) core.refClose(ref);
    }
  }

  end(error: () => Error): void {
    for (const each of this.#live ?? []) each.abort(error());
  }
}
