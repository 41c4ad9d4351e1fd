import { expect, test } from 'vitest';
import { toldBy } from '../../support/programs.ts';

/** The share of a core that a blocked worker may use: 50 ms in 5 s. */
const SHARE = 0.05 / 5;

test('a worker that waits uses next to no CPU time, in whatever call it waits', async () => {
  const told = (await toldBy('threads/cpu/blocked', '3', String(SHARE))) as [number, number, number, number];
  const [cpu, passed, waited, waiting] = told;
  expect([waited, waiting]).toEqual([16, 16]);
  expect(passed).toBeGreaterThanOrEqual(2999);
  // All of them together, and the main thread and the supervisor with them, use less than one may.
  expect(cpu).toBeLessThan(SHARE * passed);
});
