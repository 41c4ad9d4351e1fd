/**
 * Each block of TypeScript in the documentation is a program: it compiles, runs to its end, and prints what it
 * says it does. One that cannot is marked, with the reason: "```ts not run: it is Vite that reads it".
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { examples } from '../../support/examples.ts';
import { launch } from '../../support/programs.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Below the root, so that `nogil` is the package itself, found by its own name. */
const folder = join(root, 'build/examples');
const LIMIT = 120_000;

const all = examples();
const programs = all.filter(({ notRun }) => notRun === undefined);
const nameOf = (place: string) => place.replaceAll(/\W+/g, '-');

/** The compiler's complaints. Not spawnSync: the runner must hear from its worker meanwhile. */
function compile(project: string): Promise<string> {
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', project], { timeout: LIMIT });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? output : `${output}exit code ${code}`));
  });
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { place, code } of programs) writeFileSync(join(folder, `${nameOf(place)}.ts`), `${code}\nexport {};\n`);
});

test('there are examples of the main classes and functions', () => {
  const code = programs.map((each) => each.code).join('\n');
  const names = `Lock RLock Semaphore BoundedSemaphore Condition Event Barrier acquireAll Thread Timer Local Process Pool Manager Dict
    Queue LifoQueue PriorityQueue SimpleQueue Pipe wait Value RawValue Array RawArray SharedMemory ShareableList scheduler main task
    sleep heap configure setStartMethod taskSignal setExcepthook`;
  expect(names.split(/\s+/).filter((name) => !new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from 'nogil`).test(code))).toEqual(
    [],
  );
});

test('those that are not run say why', () => {
  const silent = all.filter(({ notRun }) => notRun !== undefined && !/^not run: \S.{9,}/.test(notRun));
  expect(silent.map(({ place, notRun }) => `${place}: ${notRun}`)).toEqual([]);
});

test(
  'they compile, without a change',
  async () => {
    const project = join(folder, 'tsconfig.json');
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable', 'dom'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
    };
    writeFileSync(project, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    expect(await compile(project)).toBe('');
  },
  LIMIT,
);

describe('what they print', () => {
  test.each(programs.map((each) => [each.place, each] as const))(
    '%s',
    async (place, { code, prints, complains }) => {
      // Without anything to compare it to a program would be right whatever it did.
      expect(prints).not.toEqual([]);
      const { code: script } = await transform(code, { loader: 'ts', format: 'esm', target: 'node20' });
      const file = join(folder, `${nameOf(place)}.js`);
      writeFileSync(file, script);
      const { errors, ...ending } = await launch(file).ending;
      expect(ending).toEqual({ code: 0, lines: prints });
      if (complains.length === 0) expect(errors).toBe('');
      expect(errors.split('\n')).toEqual(expect.arrayContaining(complains));
    },
    LIMIT,
  );
});
