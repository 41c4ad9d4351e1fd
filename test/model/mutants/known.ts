/**
 * What earlier campaigns have found out, so that a later one begins with the right model: which search killed
 * a mutant, and how long each search is.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Known<T> = Record<string, T>;

const fileOf = (name: string) => fileURLToPath(new URL(`${name}.json`, import.meta.url));

function read<T>(name: string): Known<T> {
  const file = fileOf(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Known<T>) : {};
}

export function write<T>(name: string, values: Known<T>): void {
  const sorted = Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(fileOf(name), `${JSON.stringify(sorted, null, 2)}\n`);
}

/** The search that killed a mutant, with its file, by the mutant's id. */
export const killers: Known<string> = read('killers');

/** How many transitions a search of the core as it is has, by its name. */
export const lengths: Known<number> = read('lengths');

/** Of a search that nobody has measured yet. */
const UNMEASURED = 20_000;

export function lengthOf(search: string): number {
  return lengths[search] ?? UNMEASURED;
}
