/**
 * The benchmarks: `npm run bench` for all of them, `npm run bench -- queue lock` for some, `--quick` for a
 * look. See README.md.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { bytes } from './bytes.ts';
import { codec } from './codec.bench.ts';
import { fairness } from './fairness.ts';
import { lock } from './lock.ts';
import { manager } from './manager.ts';
import { pipe } from './pipe.ts';
import { pool } from './pool.ts';
import { priority } from './priority.ts';
import { queue } from './queue.ts';
import { judge, print, type Table } from './report.ts';
import { workers } from './workers.ts';

type Scenario = (quick: boolean) => AsyncGenerator<Table>;
const scenarios: Record<string, Scenario> = { lock, queue, bytes, priority, pipe, pool, manager, workers, codec, fairness };

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const names = args.filter((arg) => !arg.startsWith('-'));
const unknown = names.find((name) => !(name in scenarios));
if (unknown !== undefined || args.some((arg) => arg.startsWith('-') && arg !== '--quick')) {
  console.error(`usage: npm run bench -- [--quick] [${Object.keys(scenarios).join('] [')}]`);
  process.exit(1);
}

const load = () => loadavg()[0]?.toFixed(2);
console.log(
  `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), load ${load()}${quick ? ', --quick: figures are rough' : ''}`,
);
if ((loadavg()[0] ?? 0) > 0.5) console.log('other programs are running: figures of two workers are those of a shared core');
const begin = performance.now();
let met = 0;
const missed: string[] = [];
for (const name of names.length > 0 ? names : Object.keys(scenarios)) {
  console.log(`\n━━ ${name} ━━`);
  for await (const table of (scenarios[name] as Scenario)(quick)) {
    print(table);
    for (const row of table.rows) {
      const verdict = judge(row).met;
      if (verdict) met++;
      else if (verdict === false) missed.push(`${table.title.split(/[:(,]/)[0]}: ${row.what}`);
    }
  }
}
console.log(
  `\n${((performance.now() - begin) / 1000).toFixed(0)} s, load ${load()}; ${met} of ${met + missed.length} targets met${missed.map((each) => `\n  MISSED ${each}`).join('')}`,
);
// Plain workers that were closed may still be on their way out.
process.exit(0);
