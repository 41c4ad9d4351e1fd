/**
 * Kills, stops and restarts programs and a Redis at random, for some minutes: what test/redis/chaos.test.ts
 * does, in full. `npm run redis:chaos [SEED [items] [tokens] [away] [cut] [forgotten]]` prints what docs/internals/redis.md
 * has.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const common = { outbase: '.', outdir: 'build', format: 'esm', target: 'node20', logLevel: 'warning' };
await build({ ...common, entryPoints: ['test/redis/programs.workers.ts'] });
await build({
  ...common,
  entryPoints: ['test/redis/chaos-in-full.ts'],
  bundle: true,
  platform: 'node',
  external: ['nogil', 'nogil/redis'],
});
const { status } = spawnSync(process.execPath, ['build/test/redis/chaos-in-full.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
