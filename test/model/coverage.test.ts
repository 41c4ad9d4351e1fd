/**
 * Every function of the core runs in a model with a death at each of its steps, or mutants/exempt.ts says why
 * it need not; and the list in README.md says which in which.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Nothing else ends a process for which its parent waits without an event loop. */
const LIMIT = 900_000;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test('every function of the core runs in a model with deaths', { timeout: LIMIT + 10_000 }, () => {
  const modules = ['tsx', here('mutants/hooks.mjs')].flatMap((module) => ['--import', module]);
  const args = [...modules, here('mutants/list-deaths.ts'), '--check'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: LIMIT });
  expect(`${stdout}${stderr}`).toBe('');
  expect(status).toBe(0);
});
