import { Event } from 'nogil';
import type { Heap } from '../../src/heap/heap.ts';

/**
 * The heap of this thread, as the package itself finds it. Not by an import of src/: that is another copy of
 * the package, and takes each test file half a second.
 */
export function theHeap(): Heap {
  const store = globalThis as never as Record<symbol, { heap: Heap } | undefined>;
  const slot = () => store[Symbol.for('nogil.heap')];
  // There is none before the first use.
  if (slot() === undefined) new Event().close();
  return (slot() as { heap: Heap }).heap;
}

/** How many workers have a place in the heap. */
export function workers(): number {
  const heap = theHeap();
  const { core } = heap;
  return Array.from({ length: core.slotCount() }, (_, index) => heap.loadWord(core.slotOf(index))).filter((tid) => tid !== 0)
    .length;
}
