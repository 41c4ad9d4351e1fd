/**
 * The benchmarks: compiles bench/ to build/bench/ and runs it on the package as built in dist/. Arguments go
 * to bench/run.ts: `npm run bench -- queue lock --quick`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const common = { outdir: 'build', outbase: '.', format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' };

if (!existsSync('dist/index.js')) spawnSync(process.execPath, ['scripts/build.mjs', '--no-types'], { stdio: 'inherit' });

const sources = readdirSync('bench', { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `bench/${file}`);
rmSync('build/bench', { recursive: true, force: true });

// Each module by itself, as a user's would be: workers load some of them on their own. esbuild leaves the
// endings of imports as they are.
const { outputFiles } = await build({
  ...common,
  entryPoints: sources.filter((file) => !file.endsWith('.bench.ts')),
  bundle: false,
  write: false,
});
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replaceAll(/(\bfrom |\bimport )"(\.[^"\n]*)\.ts"/g, '$1"$2.js"'));
}

// What looks inside the package (bench/*.bench.ts) brings along what it looks at.
await build({ ...common, entryPoints: sources.filter((file) => file.endsWith('.bench.ts')), bundle: true, packages: 'external' });

const { status } = spawnSync(process.execPath, ['build/bench/run.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
