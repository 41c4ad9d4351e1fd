/**
 * The benchmarks: installs the rivals (once), compiles bench/ to build/bench/ (or BENCH_FOLDER, below the
 * root) and runs it on the package as built in dist/. Arguments go to bench/run.ts:
 * `npm run bench -- --quick numbers locks`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundlePage } from './bench-page.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Two runs at once need a folder each; all that is in it finds the rest by where it lies itself. */
const folder = process.env.BENCH_FOLDER ?? 'build/bench';

/** Rivals that are not there are shown as such: a failure ends nothing. */
function installRivals() {
  const lock = readFileSync('bench/rivals/package-lock.json', 'utf8');
  const stamp = 'bench/rivals/node_modules/.installed';
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('installing the rivals into bench/rivals/node_modules, once');
  const { status } = spawnSync('npm', ['ci', '--prefix', 'bench/rivals', '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status === 0) writeFileSync(stamp, lock);
  else console.error('npm ci --prefix bench/rivals has failed: the run goes on without the rivals that are missing');
}

const common = { outdir: folder, outbase: 'bench', format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' };

if (!existsSync('dist/index.js')) spawnSync(process.execPath, ['scripts/build.mjs', '--no-types'], { stdio: 'inherit' });
installRivals();

const files = readdirSync('bench', { recursive: true })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/^(page|rivals\/node_modules)\//.test(file))
  .map((file) => `bench/${file}`);
const sources = files.filter((file) => file.endsWith('.ts'));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

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
  writeFileSync(path, text.replaceAll(/(\bfrom |\bimport |\bimport\()"(\.[^"\n]*)\.ts"/g, '$1"$2.js"'));
}

// What looks inside the package (*.bench.ts) brings along what it looks at.
await build({ ...common, entryPoints: sources.filter((file) => file.endsWith('.bench.ts')), bundle: true });

// Programs of other languages, as they are.
for (const file of files.filter((file) => /\.(py|c)$/.test(file))) copyFileSync(file, join(folder, relative('bench', file)));

const { script, style } = await bundlePage();
mkdirSync(join(folder, 'page'), { recursive: true });
writeFileSync(join(folder, 'page/app.js'), script);
writeFileSync(join(folder, 'page/style.css'), style);

// The rivals are found from there, and are no part of what is found from the root.
const rivals = resolve('bench/rivals/node_modules');
if (existsSync(rivals)) symlinkSync(rivals, join(folder, 'node_modules'), 'junction');

const { status } = spawnSync(process.execPath, [join(folder, 'run.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
