/** A process that ends with its parent. */
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { start } from './processes.ts';

test('a process whose parent is killed is killed; who is not the parent is told apart', async () => {
  const { child, output, ending } = start('parent');
  await until(() => output().includes('\n'));
  const [pid, mine, other] = output().trim().split(' ').map(Number);
  expect({ mine, other }).toEqual({ mine: 0, other: 1 });
  child.kill('SIGKILL');
  // It ends when nobody has its output any more, and both have it.
  expect(await ending).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(pid).not.toBe(child.pid);
});
