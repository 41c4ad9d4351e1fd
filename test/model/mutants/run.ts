/**
 * `npm run mutants`: plants mutants in the core, runs the models that could find them, then, for those that
 * they let live, the tests of the classes, and says who survives.
 *
 *     npm run mutants                                  # 300 of them, which takes an hour
 *     npm run mutants -- --sample 400 --seed 2         # so many, the same ones each time; or all
 *     npm run mutants -- --file sync/lock.ts           # those of a file (or of a folder: sync/)
 *     npm run mutants -- --list --file sync/lock.ts    # which there are
 *     npm run mutants -- --shard 1/4 --minutes 10      # a part of them, and no longer
 *     npm run mutants -- --again                       # the survivors of a campaign before, too
 *     npm run mutants -- --only models                 # or tests: the survivors of the models
 *     npm run mutants -- --known                       # those that a campaign has killed: do they die still?
 *     npm run mutants -- --report                      # writes docs/internals/mutants.md
 *
 * What is judged is kept in build/mutants/ (by another name: `--state name`) and not judged again, unless it
 * is `--fresh`: a campaign goes on where it was ended. It fails if one survives that equivalent.ts does not
 * list. `--budget`: after how many transitions of the models a mutant has survived.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Verdict } from './campaign.ts';
import { judgeByTests } from './class-tests.ts';
import { reasonFor } from './equivalent.ts';
import { allMutants, type Mutant, sampleOf } from './generate.ts';
import { killers, write } from './known.ts';
import { reportOf } from './report.ts';

const { values: options } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    known: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    file: { type: 'string', default: '' },
    id: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    shard: { type: 'string', default: '1/1' },
    minutes: { type: 'string', default: 'Infinity' },
    budget: { type: 'string', default: '400000' },
    state: { type: 'string', default: 'verdicts' },
  },
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../../../build/mutants');
const REPORT = here('../../../docs/internals/mutants.md');

/** A search that says nothing for so long is one that does not end; it may have this many transitions. */
const PATIENCE = 40_000 + Number(options.budget) / 40;
/** For the walks through all models, and for a compiler. */
const LONG_PATIENCE = 300_000;

/** Where nothing says which. */
const SAMPLE = '300';

function chosen(): Mutant[] {
  const isMeant = ({ file, id }: Mutant) => file.startsWith(options.file) && id.startsWith(options.id);
  const all = allMutants().filter((mutant) => isMeant(mutant) && (!options.known || mutant.id in killers));
  const size = options.sample ?? (options.file || options.id || options.known ? 'all' : SAMPLE);
  const sample = size === 'all' ? all : sampleOf(all, Number(size), Number(options.seed));
  const [part = 1, parts = 1] = options.shard.split('/').map(Number);
  return sample.filter((_, i) => i % parts === part - 1);
}

/** What was judged before, by id. */
class Verdicts {
  readonly #file: string;
  readonly all = new Map<string, Verdict>();

  constructor(name: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = `${folder}/${name}.json`;
    if (options.fresh) return;
    try {
      const kept = JSON.parse(readFileSync(this.#file, 'utf8')) as Verdict[];
      for (const verdict of kept) this.all.set(verdict.id, verdict);
    } catch {
      // Nothing was kept yet.
    }
  }

  add(verdict: Verdict): void {
    this.all.set(verdict.id, verdict);
    writeFileSync(this.#file, JSON.stringify([...this.all.values()]));
  }
}

/** Whoever the models have let live, by the tests of the classes. */
async function judgeAgain(mutants: readonly Mutant[], verdicts: Verdicts): Promise<void> {
  const isOpen = ({ id }: Mutant) => {
    const before = verdicts.all.get(id);
    return before !== undefined && /^(survived|unseen)$/.test(before.verdict) && !before.tested && !reasonFor(id);
  };
  const open = mutants.filter(isOpen);
  let count = 0;
  await judgeByTests(options.state, open, end, (verdict) => {
    verdicts.add(verdict);
    process.stdout.write(`${++count}/${open.length} ${verdict.verdict} ${verdict.id} ${verdict.how ?? ''}\n`);
  });
}

async function judge(mutants: readonly Mutant[], verdicts: Verdicts): Promise<void> {
  const isOpen = ({ id }: Mutant) => {
    const verdict = verdicts.all.get(id)?.verdict;
    return verdict === undefined || (options.again && verdict === 'survived' && !reasonFor(id));
  };
  let open = mutants.filter(isOpen).map(({ id }) => id);
  while (open.length > 0 && performance.now() < end) {
    const judged = await once(open, mutants, verdicts);
    open = open.filter((id) => !judged.has(id));
  }
}

/** What the process says: which one it begins with, whether it compiles, what came of it. */
interface Said {
  readonly begins?: string;
  readonly compiles?: boolean;
  readonly verdict?: Verdict;
}

/** A process judges as many as it can; those that it has. */
function once(open: readonly string[], mutants: readonly Mutant[], verdicts: Verdicts): Promise<Set<string>> {
  const judged = new Set<string>();
  const execArgv = ['--import', 'tsx', '--import', here('hooks.mjs')];
  const child = fork(here('judge.ts'), { execArgv });
  let current: string | undefined;
  let silence: NodeJS.Timeout;
  const add = (verdict: Verdict) => {
    judged.add(verdict.id);
    verdicts.add(verdict);
    process.stdout.write(`${judged.size}/${open.length} ${verdict.verdict} ${verdict.id} ${verdict.by ?? ''}\n`);
  };
  const listen = (patience: number) => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      if (current) add({ id: current, verdict: 'killed', how: 'does not end', tried: 1, of: 1, ms: PATIENCE });
      child.kill('SIGKILL');
    }, patience);
  };
  child.send({ ids: mutants.map(({ id }) => id), open, budget: Number(options.budget) });
  child.on('message', ({ begins, compiles, verdict }: Said) => {
    listen(compiles ? LONG_PATIENCE : PATIENCE);
    current = begins ?? (verdict ? undefined : current);
    if (verdict) add(verdict);
    if (performance.now() > end) child.kill('SIGKILL');
  });
  listen(LONG_PATIENCE);
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      clearTimeout(silence);
      if (code !== 0 && signal === null) reject(new Error(`the process that judges ended with ${code}`));
      // Else it would be begun again for ever.
      else if (judged.size === 0 && performance.now() < end) reject(new Error('the process that judges has judged nobody'));
      else resolve(judged);
    });
  });
}

const nameOf = ({ before, after }: Mutant) =>
  [before, after].map((text) => text.replace(/\s+/g, ' ').trim().slice(0, 90)).join(' => ');

function line(mutant: Mutant): string {
  return `${mutant.file}:${mutant.line} ${mutant.id.split(':').slice(1).join(':')}\n    ${nameOf(mutant)}`;
}

const end = performance.now() + Number(options.minutes) * 60_000;
const mutants = chosen();
const verdicts = new Verdicts(options.state);
if (options.list) {
  for (const mutant of mutants) process.stdout.write(`${line(mutant)}\n`);
} else {
  if (options.report) writeFileSync(REPORT, reportOf(mutants, verdicts.all));
  else {
    if (options.only !== 'tests') await judge(mutants, verdicts);
    if (options.only !== 'models' && !options.known) await judgeAgain(mutants, verdicts);
  }
  const known = { ...killers };
  for (const { id, by, tested } of verdicts.all.values()) if (by && !tested) known[id] = by;
  if (options.report) write('killers', known);
  const of = (verdict: string) => mutants.filter(({ id }) => verdicts.all.get(id)?.verdict === verdict);
  const survivors = [...of('survived'), ...of('unseen')].filter(({ id }) => !reasonFor(id));
  for (const mutant of survivors) process.stdout.write(`${verdicts.all.get(mutant.id)?.verdict}: ${line(mutant)}\n`);
  const counts = ['killed', 'survived', 'unseen', 'invalid'].map((verdict) => `${of(verdict).length} ${verdict}`);
  const left = mutants.filter(({ id }) => !verdicts.all.has(id)).length;
  process.stdout.write(`${counts.join(', ')}, ${left} not judged; ${survivors.length} that equivalent.ts does not list\n`);
  if (survivors.length > 0) process.exitCode = 1;
}
