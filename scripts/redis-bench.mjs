/** `npm run redis:bench [ROUNDS]`: bench/redis, on the package as built in dist/. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const common = { outdir: 'build/bench-redis', format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' };
await build({ ...common, entryPoints: ['bench/redis/programs.workers.ts'] });
await build({
  ...common,
  entryPoints: ['bench/redis/run.ts'],
  bundle: true,
  external: ['nogil', 'nogil/redis', 'ioredis', 'bullmq', './programs.workers.js'],
  plugins: [
    {
      name: 'workers-by-themselves',
      setup({ onResolve }) {
        onResolve({ filter: /\.workers\.ts$/ }, () => ({ path: './programs.workers.js', external: true }));
      },
    },
  ],
});
const { status } = spawnSync(process.execPath, ['build/bench-redis/run.js', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
