import { type Lock, type Queue, type Semaphore, task } from 'nogil';

/** Never looks up. */
export const hang = task(import.meta, function hang(): never {
  for (;;);
});

/** The same, once it has said so. */
export const hangFor = task(import.meta, function hangFor(here: Semaphore): never {
  here.release();
  for (;;);
});

export const hangHolding = task(import.meta, function hangHolding(lock: Lock): never {
  lock.acquire();
  for (;;);
});

export const passAll = task(import.meta, function passAll(gate: Semaphore): boolean {
  return gate.acquire(true, 20);
});

/** Counts without a lock that a death would break. */
export const countAndPass = task(import.meta, function countAndPass(counter: Semaphore): boolean {
  counter.release();
  return true;
});

export const isLate = task(import.meta, function isLate(x: number, late: boolean, log: Queue<number>): number {
  while (late);
  log.put(x);
  return x;
});
