import { heap, type Process, type Queue, sleep } from 'nogil';
import { LONG } from '../../support/until.ts';

export { LONG };

/** Kills it in a moment that nobody can tell, and waits until it is gone. */
export function killSometime(process: Process<never>): void {
  const until = performance.now() + Math.random() * 3;
  while (performance.now() < until);
  if (Math.random() < 0.5) process.kill();
  else process.terminate();
  if (!process.join(LONG)) throw new Error('a killed process has not ended');
}

export function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

/** Waits until `condition` holds. @throws when it does not for a long time */
export function until(condition: () => boolean, what: string | (() => string) = String(condition), seconds = LONG): void {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${typeof what === 'string' ? what : what()}`);
    sleep(0.002);
  }
}

export function bytesInUse(): number {
  return heap.stats().bytesInUse;
}

/** What the heap holds, once nothing is left of the workers before. */
export function heldWithoutWorkers(): { bytesInUse: number; objects: Record<string, number> } {
  until(() => heap.stats().objects.Worker === undefined, 'every worker has ended and is closed');
  const { bytesInUse, objects } = heap.stats();
  return { bytesInUse, objects };
}

/**
 * Waits until the heap holds no more than it did: what the dead had is given back a little after they are
 * joined.
 */
export function untilGivenBack(before: number, allowed = 0): void {
  const most = before + allowed;
  until(
    () => bytesInUse() <= most,
    () => `no more than ${most} bytes in use (there are ${bytesInUse()})`,
    5,
  );
}
