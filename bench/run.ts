/**
 * The benchmarks, as scripts/bench.mjs has compiled them: measures the chosen rows, prints each as it comes,
 * and writes the page and the JSON. See README.md.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chosen, groups } from './groups.ts';
import { type Effort, FULL, paced, QUICK } from './harness/effort.ts';
import { measure } from './harness/measure.ts';
import { catchStrays } from './harness/patience.ts';
import type { Row } from './harness/row.ts';
import { load, machine, revision } from './report/machine.ts';
import { type GroupResult, type Report, type RowResult, SCHEMA } from './report/model.ts';
import { printEnd, printGroup, printHead, printRow } from './report/terminal.ts';
import { writeReport } from './report/write.ts';
import { kindOf, lookAround } from './rivals/parties.ts';

const USAGE = `usage: npm run bench -- [options] [word ...]

Words choose the rows whose id begins with one of them, or holds it (see --list); none: all of them.

  --quick         a look: fewer and shorter rounds, under a minute
  --html          the same without tables: for the page
  --from FILE     measures nothing: draws the page of a JSON file again
  --out FOLDER    for bench-report.html and bench-report.json; default: build
  --summary FILE  writes the figures as Markdown, too
  --list          the rows' ids`;

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        html: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        from: { type: 'string' },
        out: { type: 'string', default: 'build' },
        summary: { type: 'string' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

const { values, positionals: words } = options();

if (values.list) {
  for (const { rows } of groups) for (const { id, what } of rows) console.log(`${id.padEnd(28)} ${what}`);
  process.exit(0);
}

if (values.from !== undefined) {
  const report = JSON.parse(readFileSync(values.from, 'utf8')) as Report;
  if (report.schema !== SCHEMA) throw new Error(`${values.from} is of schema ${report.schema}, not ${SCHEMA}`);
  writeReport(report, values.out, values.summary);
  process.exit(0);
}

catchStrays();
const selected = chosen(words);
const unknown = words.find((word) => chosen([word]).length === 0);
if (unknown !== undefined) {
  console.error(`no row's id holds "${unknown}"\n\n${USAGE}`);
  process.exit(1);
}

const effort = values.quick || values.html ? QUICK : FULL;
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const begin = performance.now();
const loadBefore = load();
const parties = lookAround(version);
const report: Report = {
  schema: SCHEMA,
  run: { date: new Date().toISOString(), seconds: 0, effort: effort.name, hurried: false, version, chosen: words },
  machine: machine(loadBefore),
  parties,
  groups: [],
};
const tree = revision();
if (tree !== undefined) report.run.revision = tree;
printHead(report);

const left = selected.flatMap(({ rows }) => rows.filter((row) => !(row.fullOnly && effort === QUICK)));
const entriesOf = (row: Row) => row.contenders.length * placesOf(row);
const placesOf = (row: Row) => row.over?.[effort.name].length ?? 1;

/** The first of ours had fewer rounds than there are in a quick run. */
function wasCut(row: Row, { contenders }: RowResult): boolean {
  const points = contenders[0]?.points ?? [];
  return effort === QUICK && !row.once && points.some(({ samples }) => samples.length < effort.rounds[1]);
}

/** What is left of the time is shared among the rows that are left. */
function effortFor(row: Row): Effort {
  const { runMs } = effort;
  if (runMs === undefined) return effort;
  const entries = left.reduce((sum, each) => sum + entriesOf(each), 0);
  left.shift();
  return paced(effort, runMs - (performance.now() - begin), entriesOf(row) / entries, entriesOf(row), placesOf(row));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Texts of rows may be broken into lines. */
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

for (const { id, question, how, rows } of selected) {
  const group: GroupResult = { id, question, how: oneLine(how), rows: [] };
  report.groups.push(group);
  if (!values.html) printGroup(group);
  for (const row of rows) {
    if (row.fullOnly && effort === QUICK) continue;
    if (values.html) progress(row.id);
    for (const result of await measure(row, effortFor(row), kindOf)) {
      result.how = oneLine(result.how);
      group.rows.push(result);
      report.run.hurried ||= wasCut(row, result);
      if (!values.html) printRow(result);
    }
  }
}
if (values.html) progress('');
report.groups = report.groups.filter(({ rows }) => rows.length > 0);
report.machine = machine(loadBefore);
report.run.seconds = Math.round((performance.now() - begin) / 1000);
printEnd(report);
writeReport(report, values.out, values.summary);
// Plain workers that were closed may still be on their way out.
process.exit(0);
