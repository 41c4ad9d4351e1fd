/**
 * The models' tests outside of Vitest: what they import from it, and from what runs their searches, comes
 * from here (hooks.mjs). Their bodies can then be run one search at a time, with another core, or with
 * another kind of search.
 *
 * Searches for planted bugs are left out: here the bugs are others.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Core } from '../build.ts';
import { machineOf, type Options, type Result } from '../explore.ts';
import { type Describe, Model } from '../model.ts';

/** A test of the models. */
export interface Trial {
  /** Its file, without an ending: `lock`. */
  readonly file: string;
  readonly title: string;
  readonly body: () => unknown;
}

/** Runs a search of a test's. */
export type Search = (name: string, core: Core, describe: Describe, options: Options) => Result;

// ── what the tests import from Vitest ────────────────────────────────────────────────────────────────

let trials: Trial[] = [];
let file = '';
const titles: string[] = [];

type Body = (...values: never[]) => unknown;

function titled(title: string, values: readonly unknown[]): string {
  let next = 0;
  return title.replace(/%[sdi]/g, () => String(values[next++]));
}

const each =
  (then: (title: string, body: () => unknown) => void) =>
  (cases: readonly unknown[]) =>
  (title: string, body: Body): void => {
    for (const one of cases) {
      const values = Array.isArray(one) ? one : [one];
      then(titled(title, values), () => (body as (...values: unknown[]) => unknown)(...values));
    }
  };

function within(title: string, body: () => unknown): void {
  titles.push(title);
  body();
  titles.pop();
}

function add(title: string, body: () => unknown): void {
  trials.push({ file, title: [...titles, title].join(' '), body });
}

export const describe = Object.assign(within, { each: each(within) });
export const test = Object.assign(add, { each: each(add) });

/** Of a search that was left out: whatever a test expects of it is so. */
class Unknown extends Set<string> {}

function matchers(actual: unknown, isSo: (answer: boolean) => void) {
  const equal = (expected: unknown) => {
    try {
      assert.deepEqual(actual, expected);
      return true;
    } catch {
      return false;
    }
  };
  const says = (message: string | RegExp, text: unknown) =>
    typeof message === 'string' ? String(text).includes(message) : message.test(String(text));
  return {
    toBe: (expected: unknown) => isSo(Object.is(actual, expected)),
    toBeUndefined: () => isSo(actual === undefined),
    toEqual: (expected: unknown) => isSo(equal(expected)),
    toContain: (part: unknown) => isSo([...(actual as Iterable<unknown>)].includes(part)),
    toMatch: (message: string | RegExp) => isSo(says(message, actual)),
  };
}

export function expect(actual: unknown) {
  const told = (isWanted: boolean) => (answer: boolean) =>
    assert.ok(actual instanceof Unknown || answer === isWanted, `found ${String(actual)}`);
  return { ...matchers(actual, told(true)), not: matchers(actual, told(false)) };
}

// ── what they import from check.ts, explore.ts and planted.ts ────────────────────────────────────────

const outside: Search = () => {
  throw new Error('a search outside of a test');
};
let search: Search = outside;
let wanted: string | undefined;

/** In place of a core with a planted bug. */
const PLANTED = {} as Core;

export function leaveOut(name: string): Result {
  return { name, ok: true, states: 0, transitions: 0, ms: 0, outcomes: new Unknown() };
}

export function holds(name: string, core: Core, describe: Describe, options: Options = {}): Result {
  if (core !== PLANTED && (wanted === undefined || wanted === name)) return search(name, core, describe, options);
  // Some tests learn from a model's description whether there is another one.
  if (core !== PLANTED) new Model(machineOf(core, options), describe);
  return leaveOut(name);
}

/** As if the bug had been found, whatever it was to be. */
export function breaks(name: string): unknown {
  return { message: name, report: '', path: [], gaveUp: false };
}

export function explore(name: string): unknown {
  return { ...leaveOut(name), ok: false, failure: { message: 'gave up', report: '', path: [], gaveUp: true } };
}

export function planted(title: string, bugs: object, body: (cores: never) => unknown): void {
  const cores = Object.fromEntries(Object.keys(bugs).map((name) => [name, PLANTED]));
  add(title, () => body(cores as never));
}

export const plantedIn = () => planted;

// ── the stage ────────────────────────────────────────────────────────────────────────────────────────

/** The tests of all models; of the files called `only`, if that is said. */
export async function loadTrials(only?: ReadonlySet<string>): Promise<readonly Trial[]> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
  trials = [];
  for (const name of readdirSync(folder).sort()) {
    // Those of the harness, of planting and of this folder are of no model of the core.
    if (!name.endsWith('.test.ts') || /^(harness|planted|mutants|coverage)\b/.test(name)) continue;
    file = basename(name, '.test.ts');
    if (!only || only.has(file)) await import(pathToFileURL(join(folder, name)).href);
  }
  return trials;
}

/** Runs a test with another kind of search: with all that it makes, or with that called `name`. */
export async function perform({ body }: Trial, how: Search, name?: string): Promise<void> {
  search = how;
  wanted = name;
  try {
    await body();
  } finally {
    search = outside;
    wanted = undefined;
  }
}
