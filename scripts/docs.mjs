/**
 * The documentation as pages, in build/docs: the guides, and the reference of all public members from their
 * comments. They open from disk. A member without a comment, and a link that leads nowhere, are errors.
 * TypeDoc, and the TypeScript whose API it needs, are installed into build/typedoc, once.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = 'build/typedoc';
const site = 'docs/site';
const out = 'build/docs';

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

/** Links between the pages that lead nowhere: TypeDoc looks at those of comments only. */
function brokenLinks() {
  const pages = readdirSync(out, { recursive: true }).filter((file) => file.endsWith('.html'));
  const anchors = new Map();
  const anchorsOf = (file) => {
    if (!anchors.has(file)) {
      const found = [...readFileSync(file, 'utf8').matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      anchors.set(file, new Set(found));
    }
    return anchors.get(file);
  };
  return pages.flatMap((page) => {
    const file = join(out, page);
    const links = [...readFileSync(file, 'utf8').matchAll(/ href="(?!https?:|data:|#?")([^"]+)"/g)].map(([, link]) => link);
    return [...new Set(links)]
      .filter((link) => {
        const [path, anchor] = decodeURIComponent(link).split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(target)) return true;
        return anchor && target.endsWith('.html') && !anchorsOf(target).has(anchor);
      })
      .map((link) => `${page}: ${link}`);
  });
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
  [typedoc, '--options', `${site}/typedoc.json`, '--plugin', resolve(folder, 'titles.mjs')],
  {
    stdio: 'inherit',
  },
);
const broken = status === 0 ? brokenLinks() : [];
for (const link of broken) console.error(`a link that leads nowhere: ${link}`);
if (status === 0 && broken.length === 0) console.log(`open ${pathToFileURL(`${out}/index.html`).href}`);
process.exitCode = status === 0 && broken.length === 0 ? 0 : 1;
