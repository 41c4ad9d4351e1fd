/**
 * The page of promises: each names a test that exists, and each class has what is asked of all.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as nogil from 'nogil';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/guide/promises.md'), 'utf8');

/** Classes that have no promise of their own: they are part of another one, or only hold what is in them. */
const PART_OF_OTHERS = new Set([
  'AsyncResult',
  'Lease',
  'ManagerObject',
  'PoolIterator',
  'Slot',
  'TaskMessages',
  'Local',
  'Shared',
]);

const rows = [...page.matchAll(/^\| (?!when |---)(.+) \|$/gm)].map(([, row]) => row as string);

/** Why a row shows nothing; undefined: it does. */
function fault(row: string): string | undefined {
  const [, file = '', title = ''] = /\| `(test\/[^`]+\.test\.ts)` "([^"]+)"$/.exec(row) ?? [];
  if (file === '') return `no \`test/....test.ts\` "title" at its end: ${row}`;
  if (!existsSync(join(root, file))) return `no file ${file}`;
  const source = readFileSync(join(root, file), 'utf8');
  // As a title, not only somewhere: behind the quote that begins it.
  return ["'", '"', '`'].some((quote) => source.includes(quote + title)) ? undefined : `no test "${title}" in ${file}`;
}

test('each is shown by a test that exists', () => {
  expect(rows.map(fault).filter((each) => each !== undefined)).toEqual([]);
  expect(rows.length).toBeGreaterThan(60);
  expect(fault('| x | y | `test/unit/docs.test.ts` "no such title"')).toBe('no test "no such title" in test/unit/docs.test.ts');
});

test('there are promises of every class that is exported', () => {
  const isClass = (value: unknown) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
  const isError = (value: unknown) => (value as { prototype?: unknown }).prototype instanceof Error;
  const classes = Object.entries(nogil).filter(([, value]) => isClass(value) && !isError(value));
  const names = new Set(classes.map(([, value]) => (value as { name: string }).name));
  expect(names.size).toBeGreaterThan(15);
  expect([...names].filter((name) => !PART_OF_OTHERS.has(name) && !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});
