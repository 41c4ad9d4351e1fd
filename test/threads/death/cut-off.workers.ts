/**
 * A worker that uses what another one's calls are cut off in, and counts its rounds where that one sees them.
 */
import { type Barrier, type Condition, type Dict, type Event, type Queue, RuntimeError, task } from 'nogil';

/** Descends `first` frames, then calls `step` ever deeper, until the stack ends. */
export function overflow(first: number, step: (depth: number) => void): void {
  const deep = (depth: number): number => {
    step(depth);
    return deep(depth + 1) + 1;
  };
  const descend = (left: number): number => (left > 0 ? descend(left - 1) + 1 : deep(0));
  try {
    descend(first);
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  throw new Error('the stack has no end');
}

function waitForNoTime(condition: Condition): void {
  condition.acquire();
  condition.wait(0);
  condition.release();
}

/** Waits at the condition for no time, ever deeper. */
export function overflowInWait(condition: Condition, first: number): void {
  overflow(first, () => {
    try {
      waitForNoTime(condition);
    } catch (error) {
      // It may find that its lock was given back, or not taken, in a call before it.
      if (error instanceof RangeError) throw error;
    }
  });
}

/** As often as it was taken: what gives it back may have been cut off, too. */
export function giveBack(condition: Condition): void {
  try {
    for (;;) condition.release();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/** Is cut off for the first time, in compiled code; notifies when it is told to. */
export const isCutOff = task(import.meta, function isCutOff(condition: Condition, first: number, done: Event, go: Event): void {
  for (let i = 0; i < 20_000; i++) waitForNoTime(condition);
  overflowInWait(condition, first);
  giveBack(condition);
  done.set();
  go.wait();
  condition.with(() => condition.notify());
});

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

/** Says each time that it waits; how often it was notified. */
export function waits(condition: Condition, waiting: RawRounds, rounds: number): number {
  let notified = 0;
  for (let i = 0; i < rounds; i++) {
    condition.with(() => {
      waiting.set(0, i + 1);
      if (condition.wait(20)) notified++;
    });
  }
  return notified;
}
