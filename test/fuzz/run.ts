/**
 * `npm run fuzz -- --minutes 10 --seed 1`: cases of both kinds in turn, until the time is up. What is found
 * is made as small as can be and written into test/fuzz/corpus/, whose cases the suite runs.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { modes } from './cases.ts';
import { type Finding, hunt } from './hunt.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 1);
const seed = Number(values.seed ?? 1);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('npm run fuzz -- --minutes N --seed S: a time, and an integer');
  process.exit(2);
}

/** Cases of one process. */
const ROUND = 20_000;
const end = Date.now() + minutes * 60_000;
const totals = new Map(modes.map((mode) => [mode, { cases: 0, refused: 0, findings: 0 }]));

function keep({ what, case: each }: Finding): void {
  const name = `${each.mode}-${createHash('sha256').update(JSON.stringify(each)).digest('hex').slice(0, 8)}.json`;
  const file = new URL(`corpus/${name}`, import.meta.url);
  writeFileSync(file, `${JSON.stringify({ ...each, was: what.split('\n')[0] })}\n`);
  console.log(`test/fuzz/corpus/${name}: ${what}`);
}

for (let round = 0; Date.now() < end; round++) {
  for (const mode of modes) {
    const { cases, refused, findings } = await hunt(mode, (seed * 100_000 + round) * ROUND, ROUND);
    const total = totals.get(mode) as { cases: number; refused: number; findings: number };
    total.cases += cases;
    total.refused += refused;
    total.findings += findings.length;
    findings.forEach(keep);
  }
}
for (const [mode, { cases, refused, findings }] of totals)
  console.log(`${mode.padEnd(6)} ${cases} cases, ${refused} with a HeapCorruptError, ${findings} findings`);
process.exitCode = [...totals.values()].some(({ findings }) => findings > 0) ? 1 : 0;
