/**
 * The kill campaign: compiles soak/ to build/soak/ (or SOAK_FOLDER, below the root), and runs it on the
 * package as built in dist/. Arguments go to soak/run.ts: `npm run soak -- --minutes 10 --seed 1`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = process.env.SOAK_FOLDER ?? 'build/soak';

if (!existsSync('dist/index.js')) spawnSync(process.execPath, ['scripts/build.mjs', '--no-types'], { stdio: 'inherit' });

const sources = readdirSync('soak', { recursive: true })
  .map((file) => `soak/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.ts'));
rmSync(folder, { recursive: true, force: true });

// Each module by itself: workers load some of them on their own. esbuild leaves the endings of imports as
// they are.
const { outputFiles } = await build({
  entryPoints: [...sources, 'test/support/workers.ts'],
  outdir: folder,
  outbase: '.',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  bundle: false,
  write: false,
});
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replaceAll(/(\bfrom |\bimport |\bimport\()"(\.[^"\n]*)\.ts"/g, '$1"$2.js"'));
}

const { status } = spawnSync(process.execPath, [`${folder}/soak/run.js`, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
