import { task } from 'nogil';

/** Some 20 microseconds of arithmetic that depends on `x`: a task that is worth a worker. */
export const burn = task(import.meta, function burn(x: number): number {
  let hash = x | 0;
  for (let i = 0; i < 10_000; i++) hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + i;
  return hash;
});

export default burn;
