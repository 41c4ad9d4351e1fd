/**
 * `npm run model:coverage`: writes the list in test/model/README.md. With `--check` it changes nothing, and
 * fails if the list is another one. Fails in any case when a function runs in no model with a death and
 * exempt.ts does not say why.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keptUnitsOf } from './coverage.ts';
import { deathsIn, withList } from './deaths.ts';
import { loadTrials } from './stage.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

const { list, problems } = deathsIn(await keptUnitsOf(await loadTrials()));
const before = readFileSync(README, 'utf8');
const after = withList(before, list);
const wrong = [...problems];
if (process.argv.includes('--check')) {
  if (after !== before) wrong.push('the list in test/model/README.md is another one: npm run model:coverage');
} else writeFileSync(README, after);
for (const problem of wrong) process.stdout.write(`${problem}\n`);
if (wrong.length > 0) process.exitCode = 1;
