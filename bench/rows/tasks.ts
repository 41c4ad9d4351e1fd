import { task } from 'nogil';

/** The trivial task: what is measured is the way to it and back. */
export const increment = task(import.meta, function increment(x: number): number {
  return x + 1;
});

export const nothing = task(import.meta, function nothing(): void {});

export default increment;
