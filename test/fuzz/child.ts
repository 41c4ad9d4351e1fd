/**
 * A process that runs cases, for one that watches it (hunt.ts): a case may run for ever, or end the process.
 * It says in lines of JSON where it is and what it finds.
 *
 *     node --import tsx test/fuzz/child.ts MODE FIRST COUNT
 *     node --import tsx test/fuzz/child.ts CASE
 */
import { Worker } from 'node:worker_threads';
import { type Case, caseOf, type Mode, minimised, runCase } from './cases.ts';

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function judge(each: Case, isNew: boolean): number {
  const { refused, wrong } = runCase(each);
  if (wrong === undefined) return refused;
  const least = isNew ? minimised(each, (other) => runCase(other).wrong !== undefined) : each;
  say({ wrong: runCase(least).wrong ?? wrong, case: least });
  return refused;
}

function runCases([mode, first, count]: readonly (string | undefined)[]): void {
  if (mode?.startsWith('{')) {
    judge(JSON.parse(mode) as Case, false);
    return;
  }
  let refused = 0;
  for (let i = 0; i < Number(count); i++) {
    const number = Number(first) + i;
    say({ at: number });
    if (judge(caseOf(mode as Mode, number), true) > 0) refused++;
  }
  say({ done: Number(count), refused });
}

/** Whoever watched it may be gone, and it in the midst of what has no end. */
const watch = `const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;
new Worker(watch, { eval: true, execArgv: [] }).unref();

runCases(process.argv.slice(2));
