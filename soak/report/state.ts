/** The sums of several runs, in a file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Progress } from './lines.ts';
import { emptyTally } from './tally.ts';

export interface State extends Progress {
  /** Of each run. */
  seeds: number[];
}

/** What the file says, or nothing yet. */
export function readState(file: string | undefined): State {
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as State;
  return { total: emptyTally(), scenes: {}, ways: {}, complaints: [], seeds: [] };
}

export function writeState(file: string, state: State): void {
  writeFileSync(file, `${JSON.stringify(state, null, 1)}\n`);
}
