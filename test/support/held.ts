import { heap } from 'nogil';

/** What the heap holds. Its size is left out: it never shrinks. */
export function held(): { bytesInUse: number; objects: Record<string, number> } {
  const { bytesInUse, objects } = heap.stats();
  return { bytesInUse, objects };
}
