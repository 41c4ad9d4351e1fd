/**
 * What most tests of the programs do: start some workers, see them end, read what they said.
 */
import type { Process, Queue, Thread } from 'nogil';
import { LONG } from '../support/until.ts';

/**
 * Starts them in turn and waits for all; what they returned. @throws what one of them threw, or that it has
 * not ended
 */
export function runAll(workers: (Thread | Process)[]): unknown[] {
  for (const each of workers) each.start();
  return workers.map((each) => each.result(LONG));
}

/** All that is in the queue now. */
export function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

/**
 * Takes what endless programs say until it is `enough`. @throws when nobody says anything any more, or it
 * never is enough
 */
export function listen<T>(queue: Queue<T>, enough: (said: T[]) => boolean): T[] {
  const said: T[] = [];
  while (!enough(said)) {
    if (said.length > 1000) throw new Error(`this never came true: ${enough}`);
    said.push(queue.get(true, LONG));
  }
  return said;
}
