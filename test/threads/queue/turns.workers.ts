import type { Event, Queue } from 'nogil';

/** Keeps a queue full until it is told to stop. */
export function fill(queue: Queue<number>, stop: Event): void {
  while (!stop.isSet()) {
    try {
      queue.putMany(new Array(64).fill(1), 0.05);
    } catch {
      // Full: the consumer has stopped.
    }
  }
}
