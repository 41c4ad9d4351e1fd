/**
 * A sample of the mutants of the core that a campaign has killed: each is found out by its model still.
 * `npm run mutants` judges all that there are.
 *
 * Their processes have other modules in place of Vitest (mutants/hooks.mjs).
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { killers } from './mutants/known.ts';

const SAMPLE = 30;
/** Longer than the process itself waits for one that judges. */
const LIMIT = 600_000;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const kept = here('../../build/mutants/sample.json');

test('of a sample of mutants none survives', { timeout: LIMIT + 10_000 }, () => {
  const options = ['--known', '--sample', String(SAMPLE), '--seed', '1', '--state', 'sample', '--fresh'];
  const args = ['--import', 'tsx', here('mutants/run.ts'), ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: LIMIT });
  rmSync(kept, { force: true });
  const count = Math.min(SAMPLE, Object.keys(killers).length);
  const last = `${stdout}${stderr}`.trim().split('\n').at(-1);
  expect(last).toBe(`${count} killed, 0 survived, 0 unseen, 0 invalid, 0 not judged; 0 that equivalent.ts does not list`);
  expect(status).toBe(0);
});
