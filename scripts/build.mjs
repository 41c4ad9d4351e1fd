/**
 * The whole build: assembly/ -> build/core.wasm -> src/heap/generated (the module as base64, its types) -> dist/ (ES modules and declarations).
 * `node scripts/build.mjs [--core] [--no-types]`: only the core; everything but the declarations.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const flags = new Set(process.argv.slice(2));

async function buildCore() {
  mkdirSync('build', { recursive: true });
  const { error, stderr } = await asc.main(['--target', 'release', '--config', 'asconfig.json']);
  const complaints = stderr.toString().trim();
  if (complaints && !complaints.startsWith('Last converge')) console.error(complaints);
  if (error) throw error;
  mkdirSync('src/heap/generated', { recursive: true });
  const wasm = readFileSync('build/core.wasm').toString('base64');
  writeFileSync('src/heap/generated/wasm.ts', `/** Generated from assembly/. */\nexport const WASM_BASE64 =\n  '${wasm}';\n`);
  // The declarations speak of adapted exports; the raw ones have numbers for booleans.
  const types = readFileSync('build/core.d.ts', 'utf8');
  const body = types.slice(types.indexOf('{') + 1, types.indexOf('\n}\n')).replaceAll(': boolean', ': number').replaceAll('export function ', '');
  writeFileSync('src/heap/generated/exports.ts', `/** Generated from assembly/. */\nexport interface CoreExports {${body}\n}\n`);
}

async function buildModules() {
  rmSync('dist', { recursive: true, force: true });
  await build({
    entryPoints: {
      index: 'src/index.ts',
      threading: 'src/threading.ts',
      multiprocessing: 'src/multiprocessing.ts',
      queue: 'src/queue.ts',
      sched: 'src/sched.ts',
      worker: 'src/entry/worker.ts',
      supervisor: 'src/entry/supervisor.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    chunkNames: '[name]-[hash]',
    logLevel: 'warning',
  });
}

function buildTypes() {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}

await buildCore();
if (!flags.has('--core')) {
  await buildModules();
  if (!flags.has('--no-types')) buildTypes();
}
