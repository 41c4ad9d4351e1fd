/**
 * A worker that uses what another one's calls are cut off in, and counts its rounds where that one sees them.
 */
import type { Barrier, Dict, Event, Queue } from 'nogil';

export function pumps(queue: Queue<number>, rounds: RawRounds, stop: Event): void {
  while (!stop.isSet()) {
    queue.put(1);
    try {
      queue.getNowait();
    } catch {
      // Somebody else has it.
    }
    rounds.set(0, rounds.get(0) + 1);
  }
}

export function stores(dict: Dict<string, number>, rounds: RawRounds, stop: Event): void {
  while (!stop.isSet()) {
    dict.set('theirs', rounds.get(0));
    dict.get('theirs');
    rounds.set(0, rounds.get(0) + 1);
  }
}

export interface RawRounds {
  get(index: number): number;
  set(index: number, value: number): void;
}

/** A party of so many rounds: how many were complete. */
export function meets(barrier: Barrier, rounds: number): number {
  let complete = 0;
  for (let i = 0; i < rounds; i++) if (barrier.wait(20) >= 0) complete++;
  return complete;
}
