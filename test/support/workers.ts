import { theHeap } from '../../src/heap/heap.ts';

/** How many workers have a place in the heap. */
export function workers(): number {
  const heap = theHeap();
  const { core } = heap;
  return Array.from({ length: core.slotCount() }, (_, index) => heap.loadWord(core.slotOf(index))).filter((tid) => tid !== 0)
    .length;
}
