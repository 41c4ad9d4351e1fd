/** A queue without room, as its error says it, and as whoever observes this thread hears it. */
import { Full } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { Shared } from '../heap/shared.ts';
import { diagnostics } from '../platform/index.ts';

export function fullError(queue: Shared): Full {
  if (diagnostics?.queueFull.hasSubscribers)
    diagnostics.queueFull.publish({ id: Shared.idOf(queue), worker: theHeap().tid, waited: undefined });
  return new Full('the queue is full');
}
