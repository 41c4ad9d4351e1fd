import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../../build/test/unit/manager/full-heap.workers.js', import.meta.url));
const report: Record<string, boolean> = JSON.parse(
  execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 }),
);

it('a dict and a list in a full heap throw MemoryError, change nothing, and work again after', () => {
  expect(Object.keys(report).length).toBe(13);
  expect(Object.entries(report).filter(([, right]) => right !== true)).toEqual([]);
});
