/** The committed binaries are those of the committed sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { native } from './processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = new URL('../../scripts/native.mjs', import.meta.url).href;
const { digest } = (await import(/* @vite-ignore */ script)) as { digest(): string };

const targets = readdirSync(join(root, 'prebuilds'));

test('there is one for Linux on x64 and on arm64', () => {
  expect(targets).toEqual(expect.arrayContaining(['linux-x64', 'linux-arm64']));
});

test.each(targets)('%s is of the sources as they are: otherwise run npm run native', (target) => {
  expect(readdirSync(join(root, 'prebuilds', target))).toEqual(['nogil.node']);
  const binary = readFileSync(join(root, 'prebuilds', target, 'nogil.node'), 'latin1');
  expect(binary.match(/nogil-sources-\w+/)?.[0]).toBe(digest());
});

test('the one that is loaded says so, too', () => {
  expect(native.sources).toBe(digest());
});

test('each is small', () => {
  for (const target of targets) {
    const file = join(root, 'prebuilds', target, 'nogil.node');
    expect(existsSync(file) && readFileSync(file).length).toBeLessThan(100_000);
  }
});
