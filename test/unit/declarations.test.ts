/** What users' compilers and tools make of the package: of the tarball, not of the sources. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as nogil from 'nogil';
import { beforeAll, describe, expect, test } from 'vitest';
import { inFull } from '../support/mode.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'build/declarations');
const user = join(folder, 'user');
const program = join(root, 'test/unit/types/program.ts');
const exported = join(root, 'test/unit/types/exported.ts');
const LIMIT = 120_000;
let tarball: string;

/** Not spawnSync: the runner must hear from its worker meanwhile. */
function run(command: string, args: readonly string[], cwd: string): Promise<{ output: string; status: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, timeout: LIMIT });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ output, status }));
  });
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const { output, status } = await run('npm', args, cwd);
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
}

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(user, { recursive: true });
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  tarball = join(folder, `nogil-${version}.tgz`);
  writeFileSync(
    join(user, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { nogil: `file:${tarball}` } }),
  );
  await npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], user);
  copyFileSync(program, join(user, 'program.ts'));
  copyFileSync(exported, join(user, 'exported.ts'));
}, LIMIT);

/** What a program's platform brings: a page has the DOM, a program for Node may have its types only. */
const platforms = {
  page: { lib: ['es2022', 'dom'], types: [] },
  node: { lib: ['es2023'], types: ['node'] },
};

const ways = [
  ['nodenext', 'node'],
  ['bundler', 'page'],
] as const;

/** Both if the run is in full, else one: nodenext of 5.9, bundler of the others. */
const waysOf = (version: string) => (inFull ? ways : ways.filter(([way]) => (way === 'bundler') !== (version === '5.9')));

describe.each(['5.4', '5.9', '6', '7'])('TypeScript %s', (version) => {
  test.each(waysOf(version))(
    'finds nothing wrong in the declarations (%s, %s)',
    async (moduleResolution, platform) => {
      const project = join(user, `tsconfig.${version}.${moduleResolution}.${platform}.json`);
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
      const options = { skipLibCheck: false, exactOptionalPropertyTypes: true, strict: true, noUncheckedIndexedAccess: true };
      const output = { declaration: true, outDir: `out/${version}.${moduleResolution}.${platform}` };
      const compilerOptions = { target: 'es2022', module, moduleResolution, ...options, ...output, ...platforms[platform] };
      writeFileSync(project, JSON.stringify({ compilerOptions, files: ['program.ts', 'exported.ts'] }));
      const tsc = join(root, `build/typescript/node_modules/typescript-${version}/bin/tsc`);
      expect(await run(process.execPath, [tsc, '-p', project], user)).toEqual({ output: '', status: 0 });
    },
    LIMIT,
  );
});

test('the program that is compiled has every class', () => {
  const source = readFileSync(program, 'utf8');
  const isClass = (each: unknown) => typeof each === 'function' && /^class\b/.test(Function.prototype.toString.call(each));
  const classes = Object.entries(nogil).filter(([, each]) => isClass(each));
  expect(classes.length).toBeGreaterThan(50);
  const missing = classes.map(([name]) => name).filter((name) => !new RegExp(`\\b(nogil|queue|sched)\\.${name}\\b`).test(source));
  expect(missing).toEqual([]);
});

describe('the tarball', () => {
  const bin = (name: string, file: string) => join(createRequire(import.meta.url).resolve(`${name}/package.json`), '..', file);

  test(
    'is clean for publint',
    async () => {
      const { publint } = await import('publint');
      const { formatMessage } = await import('publint/utils');
      const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer }, strict: true });
      expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
    },
    LIMIT,
  );

  test(
    'is clean for @arethetypeswrong/cli, however it is imported or required',
    async () => {
      // What is asked of Redis is an ES module, and `require` needs Node 22.12 for it.
      const attw = bin('@arethetypeswrong/cli', 'dist/index.js');
      const { output, status } = await run(
        process.execPath,
        [attw, tarball, '--format', 'json', '--exclude-entrypoints', 'redis', 'inspector'],
        root,
      );
      const problems = status === 0 ? [] : output;
      expect(problems).toEqual([]);
    },
    LIMIT,
  );
});
