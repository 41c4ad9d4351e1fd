/**
 * The documentation as pages, in build/docs: the guides, and the reference of all public members from their
 * comments. They open from disk. A member without a comment, and a link that leads nowhere, are errors.
 * TypeDoc, and the TypeScript whose API it needs, are installed into build/typedoc, once.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = 'build/typedoc';
const site = 'docs/site';

function installTypedoc() {
  const lock = readFileSync(`${site}/package-lock.json`, 'utf8');
  const stamp = `${folder}/node_modules/.installed`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log(`installing TypeDoc into ${folder}/node_modules, once`);
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(`${site}/${file}`, `${folder}/${file}`);
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`npm ci --prefix ${folder} has failed, and without TypeDoc there are no pages`);
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

installTypedoc();
// The sources import what the build writes.
if (!existsSync('src/heap/generated/exports.ts'))
  spawnSync(process.execPath, ['scripts/build.mjs', '--core'], { stdio: 'inherit' });

// The plugin imports TypeDoc as a package, which it finds beside it.
copyFileSync(`${site}/titles.mjs`, `${folder}/titles.mjs`);
const typedoc = join(folder, 'node_modules/typedoc/bin/typedoc');
const { status } = spawnSync(
  process.execPath,
  [typedoc, '--options', `${site}/typedoc.json`, '--plugin', `${folder}/titles.mjs`],
  {
    stdio: 'inherit',
  },
);
if (status === 0) console.log(`open ${pathToFileURL('build/docs/index.html').href}`);
process.exitCode = status ?? 1;
