/** Where the native part is found, and what is said where it is not. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '../support/programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist/nogil.js');
const target = `${process.platform}-${process.arch}`;
const SAY = `
  console.log(typeof loadNative()?.wait);
  console.log(whyNoNative());
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nogil-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program says that imports the package from `file`. */
async function said(file: string, args: string[] = []): Promise<string[]> {
  const program = join(folder, 'program.mjs');
  writeFileSync(program, `import { loadNative, whyNoNative } from ${JSON.stringify(pathToFileURL(file).href)};${SAY}`);
  const { code, lines, errors } = await launch(program, args).ending;
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return lines;
}

/** The package as it is installed, without its native part. */
function installed(name: string): string {
  const home = join(folder, name);
  mkdirSync(join(home, 'dist'), { recursive: true });
  cpSync(dist, join(home, 'dist/nogil.js'));
  return home;
}

test('it is found from dist/', async () => {
  expect(await said(dist)).toEqual(['function', '']);
});

test('it is found where the package is installed, whatever the folder is called', async () => {
  const home = installed('a folder with % and ü');
  cpSync(join(root, 'prebuilds'), join(home, 'prebuilds'), { recursive: true });
  expect(await said(join(home, 'dist/nogil.js'))).toEqual(['function', '']);
});

test('no binary for the platform', async () => {
  const [type, why] = await said(join(installed('none'), 'dist/nogil.js'));
  expect(type).toBe('undefined');
  expect(why).toMatch(new RegExp(`^the package has none for ${target} \\(.*does not exist\\)$`));
});

test('a binary that cannot be loaded', async () => {
  const home = installed('broken');
  mkdirSync(join(home, 'prebuilds', target), { recursive: true });
  writeFileSync(join(home, 'prebuilds', target, 'nogil.node'), 'not a binary');
  const [type, why] = await said(join(home, 'dist/nogil.js'));
  expect(type).toBe('undefined');
  expect(why).toMatch(/^it could not be loaded: .*(invalid ELF header|file too short|not a mach-o)/i);
});

test('addons are forbidden', async () => {
  const [type, why] = await said(dist, ['--no-addons']);
  expect(type).toBe('undefined');
  expect(why).toMatch(/^it could not be loaded: Cannot load native addon/);
});

test.each(['esm', 'cjs'] as const)('a program that was bundled (%s) says that it has none', async (format) => {
  const contents = `import { loadNative, whyNoNative } from ${JSON.stringify(dist)};${SAY}`;
  const outfile = join(folder, format === 'esm' ? 'bundled.mjs' : 'bundled.cjs');
  const stdin = { contents, resolveDir: root };
  await build({ stdin, outfile, bundle: true, format, platform: 'node', target: 'node20', logLevel: 'error' });
  const { code, lines, errors } = await launch(outfile).ending;
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(lines).toEqual([
    'undefined',
    "it is a file, and this program was bundled without it: have the bundler leave 'nogil' external",
  ]);
});
