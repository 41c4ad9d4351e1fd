import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { launch } from '../workers/support.ts';

/** The share of a core that a blocked worker may use: 50 ms in 5 s. */
const SHARE = 0.05 / 5;

test('a worker that waits uses next to no CPU time, in whatever call it waits', async () => {
  const program = fileURLToPath(new URL('../../../build/test/threads/cpu/blocked.workers.js', import.meta.url));
  const { code, lines, errors } = await launch(program, ['3']).ending;
  expect([code, errors]).toEqual([0, '']);
  const [cpu, passed, waited, waiting] = JSON.parse(lines[0] as string) as [number, number, number, number];
  expect([waited, waiting]).toEqual([16, 16]);
  expect(passed).toBeGreaterThanOrEqual(2999);
  // All of them together, and the main thread and the supervisor with them, use less than one may.
  expect(cpu).toBeLessThan(SHARE * passed);
});
