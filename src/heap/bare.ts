/**
 * Objects without handles, for who must not fail in a full heap: somebody waits for what he does.
 */
import type { Heap } from './heap.ts';
import { isGone } from './shared.ts';

/** Which object: its number, and what tells it from others that had that. */
export interface Row {
  id: number;
  generation: number;
}

/**
 * Calls `use` with the address of an object, unless that is gone. Meanwhile it is kept by a bare reference,
 * which needs no memory, but which nobody gives back if this worker dies: for the supervisor.
 */
export function useBare({ core }: Heap, { id, generation }: Row, use: (object: number) => void): void {
  if (isGone(core.retain(id, generation))) return;
  try {
    use(core.objectAt(id, generation));
  } finally {
    core.release(id, generation);
  }
}
