/**
 * Judges mutants that the models have let live by the tests of the classes: what a call answers, and where a
 * full heap is met, is theirs to see. All mutants are in one core, in a copy of the package; which of them is
 * there says a variable of the environment.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { sourcesOf, unchecked } from '../build.ts';
import { Planting } from '../planted.ts';
import type { Verdict } from './campaign.ts';
import type { Mutant } from './generate.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** What its build and the tests read. */
const PARTS = [
  'bench',
  'docs',
  'native',
  'scripts',
  'src',
  'test',
  'asconfig.json',
  'package.json',
  'README.md',
  'tsconfig.json',
];
const IMPORTS = 'const imports = { env: { memory }, atomics };';
/** Tests for the checks, which are left out here, and of what the compiled core and its sources look like. */
const OTHERS = ['corrupt', 'cut-off', 'seam', 'embedded', 'abi'];
/** They take a minute at most. */
const PATIENCE = 150_000;

/** The narrowest tests that use a file or a folder of the core. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  'heap/': ['unit/heap', 'unit/manager', 'unit/queue/full-heap'],
  'lifecycle/': ['unit/heap', 'unit/pipe', 'unit/sync'],
  'lifecycle/create.ts': ['unit/sync', 'unit/heap/objects'],
  'lifecycle/cut-off.ts': ['threads/death/cut-off'],
  'manager/': ['unit/manager', 'unit/heap/last-bytes'],
  'pipe/': ['unit/pipe', 'unit/heap/drains'],
  'queue/': ['unit/queue', 'unit/pipe', 'unit/heap/wraps', 'unit/heap/last-bytes'],
  'sync/': ['unit/sync', 'unit/heap/deadlock'],
  // The last one waits for longer than any slice takes.
  'waiting/': ['unit/sync', 'unit/queue', 'threads/cpu/blocked'],
};

function testsOf({ file }: Mutant): readonly string[] {
  return TESTS[file] ?? TESTS[`${file.split('/')[0]}/`] ?? [];
}

/** A copy of the package with all of them, each by its number. */
function makeTree(tree: string, mutants: readonly Mutant[]): void {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'build'), { recursive: true });
  for (const part of PARTS) cpSync(join(root, part), join(tree, part), { recursive: true });
  for (const name of OTHERS) rmSync(join(tree, `test/unit/heap/${name}.test.ts`));
  cpSync(join(root, 'vitest.config.ts'), join(tree, 'vitest.config.ts'));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const planting = new Planting(unchecked(sourcesOf({ overlays: [] })));
  for (const [i, { file, function: name, body }] of mutants.entries()) planting.plantBody(file, name, () => body, i + 1);
  for (const [file, text] of planting.sources()) {
    const path = join(tree, 'assembly', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const core = join(tree, 'src/heap/core.ts');
  const source = readFileSync(core, 'utf8');
  if (!source.includes(IMPORTS)) throw new Error(`src/heap/core.ts has no longer the line: ${IMPORTS}`);
  const planted = 'planted: { number: Number(process.env.NOGIL_MUTANT ?? 0) }';
  writeFileSync(core, source.replace(IMPORTS, `const imports = { env: { memory }, atomics, ${planted} };`));
  execFileSync(process.execPath, ['scripts/build.mjs', '--no-types'], { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
  // What workers load is compiled before the tests run, as scripts/test.mjs does.
  const workers = readdirSync(join(tree, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.workers.ts'),
  );
  const entryPoints = workers.map((name) => join(tree, 'test', name));
  buildSync({ entryPoints, outbase: tree, outdir: join(tree, 'build'), format: 'esm', target: 'node20', logLevel: 'warning' });
}

/** Why they fail with a mutant; undefined: they don't. */
function failureOf(tree: string, number: number, files: readonly string[]): Promise<string | undefined> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'threads',
    '--bail',
    '1',
    '--testTimeout',
    '30000',
    ...files.map((file) => `test/${file}`),
  ];
  const env = { ...process.env, NOGIL_MUTANT: String(number), NO_COLOR: '1' };
  const run = spawn(process.execPath, args, { cwd: tree, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [run.stdout, run.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    let isHung = false;
    const end = () => {
      try {
        process.kill(-(run.pid as number), 'SIGKILL');
      } catch {
        // Nobody of its group is left.
      }
    };
    const timer = setTimeout(() => {
      isHung = true;
      end();
    }, PATIENCE);
    run.on('close', (code) => {
      clearTimeout(timer);
      end();
      const failed = /^ *FAIL +(.*)$/m.exec(output)?.[1];
      resolve(code === 0 ? undefined : isHung ? 'does not end' : (failed ?? 'the tests do not run to their end'));
    });
  });
}

/** Judges them, one after the other, until `end`; `add` is told of each. `name`: of the copy. */
export async function judgeByTests(
  name: string,
  mutants: readonly Mutant[],
  end: number,
  add: (verdict: Verdict) => void,
): Promise<void> {
  // Not in build/, whose files Vitest leaves as they are.
  const tree = join(tmpdir(), `nogil-mutants-${name}`);
  process.once('exit', () => rmSync(tree, { recursive: true, force: true }));
  makeTree(tree, mutants);
  const passed = new Set<string>();
  for (const [i, mutant] of mutants.entries()) {
    if (performance.now() > end) return;
    const start = performance.now();
    const files = testsOf(mutant);
    const what = files.join(' ');
    const whole = passed.has(what) ? undefined : await failureOf(tree, 0, files);
    if (whole !== undefined) throw new Error(`${what} fail without a mutant: ${whole}`);
    passed.add(what);
    const how = await failureOf(tree, i + 1, files);
    const ms = Math.round(performance.now() - start);
    const verdict = how === undefined ? 'survived' : 'killed';
    add({ id: mutant.id, verdict, tested: true, ...(how === undefined ? {} : { by: 'tests', how }), tried: 1, of: 1, ms });
  }
}
