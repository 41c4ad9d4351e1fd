/** Every public member says what it means: whoever hovers over it, or opens the reference, reads its comment. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { type PublicMember, publicMembers } from '../support/public-members.ts';

const LIMIT = 120_000;
let members: PublicMember[];

beforeAll(async () => {
  // Installed by scripts/test.mjs: the compiler of the package itself has no API that reads comments.
  const compiler = join(fileURLToPath(new URL('../..', import.meta.url)), 'build/typescript/node_modules/typescript-6');
  const { default: ts } = await import(pathToFileURL(join(compiler, 'lib/typescript.js')).href);
  members = publicMembers(ts);
}, LIMIT);

const shown = (found: PublicMember[]) => found.map(({ name, kind, place }) => `${kind} ${name} (${place})`);

test('finds them: classes of every entry point, their members, functions, types', () => {
  const names = members.map(({ name }) => name);
  // A member is told of once, under the class that is met first.
  const some = ['Lock', '.acquire', '.put', 'new Pool', 'task(2)', 'Dict.update(1)', 'PoolOptions.initializer', 'Scheduler.run'];
  expect(some.filter((wanted) => !names.some((name) => name === wanted || (wanted[0] === '.' && name.endsWith(wanted))))).toEqual(
    [],
  );
  expect(members.length).toBeGreaterThan(500);
});

test('each is documented', () => {
  expect(shown(members.filter(({ text }) => text === ''))).toEqual([]);
});

test('what waits says for how long, and of what unit', () => {
  const waits = members.filter(({ parameters, kind }) => kind === 'method' && parameters.includes('timeout'));
  expect(waits.length).toBeGreaterThan(20);
  const isTwin = ({ text }: PublicMember) => /\btwin\b|^`?\w+`? without blocking|^As `/.test(text);
  const told = ({ text, documented }: PublicMember) => documented.includes('timeout') || /\btimeout\b|seconds/.test(text);
  expect(shown(waits.filter((each) => !isTwin(each) && !told(each)))).toEqual([]);
});

test('no comment names a parameter that there is not', () => {
  const strangers = members
    .filter(
      ({ kind, parameters }) => kind !== 'property' && kind !== 'type' && !parameters.some((name) => name.startsWith('...')),
    )
    .filter(({ parameters, documented }) => documented.some((name) => !parameters.includes(name)));
  expect(strangers.map(({ name, parameters, documented }) => `${name}(${parameters}): ${documented}`)).toEqual([]);
});
