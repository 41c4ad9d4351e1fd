/**
 * Whole programs: nobody survives the first process, and nothing of it is left.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { programsOf } from '../support/programs.ts';
import { until } from '../support/until.ts';

const { start, run } = programsOf('processes');

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What lies in shared memory, but for the folders of the Redis servers of tests that run meanwhile. */
const shared = () =>
  readdirSync('/dev/shm')
    .filter((name) => !name.startsWith('nogil-redis-'))
    .sort();

test('kill -9 of the first process takes its children and grandchildren along, asleep or busy', async () => {
  const before = shared();
  const program = start('dynasty');
  await until(() => program.lines.length > 0);
  const pids = JSON.parse(program.lines[0] as string) as number[];
  expect(pids).toHaveLength(3);
  expect(pids.every(isThere)).toBe(true);
  program.child.kill('SIGKILL');
  await once(program.child, 'exit');
  await until(() => !pids.some(isThere));
  expect(shared()).toEqual(before);
});

test.each([
  ['returns', [], 0],
  ['calls process.exit', ['exit'], 3],
] as const)('one that %s ends beside a process and a thread that sleep for ever', async (_how, args, expected) => {
  const { code, lines, errors } = await run('ending', [...args]);
  expect([code, errors]).toEqual([expected, '']);
  const pids = JSON.parse(lines[0] as string) as number[];
  await until(() => !pids.some(isThere));
});

test('after the first use it is too late to ask for processes', async () => {
  const { code, lines } = await run('late');
  expect(code).toBe(0);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/^RuntimeError: .*configure\(\{ processes: true \}\), before the first use/);
});

test('where a heap cannot be shared a ValueError says why', async () => {
  const { code, lines } = await run('thread-root');
  expect(code).toBe(0);
  expect(lines[0]).toBe('["worker"]');
  expect(lines[1]).toMatch(
    /^ValueError: cannot find context for 'spawn': .*its main thread makes it; the start methods are worker$/,
  );
});
