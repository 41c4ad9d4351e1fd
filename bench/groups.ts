/** All rows, grouped by what a user wants to know. */
import type { Group, Row } from './harness/row.ts';
import { bytes } from './rows/bytes.ts';
import { codec } from './rows/codec.bench.ts';
import { locks } from './rows/locks.ts';
import { managed } from './rows/managed.ts';
import { memory } from './rows/memory.ts';
import { numbers } from './rows/numbers.ts';
import { objects } from './rows/objects.ts';
import { pools } from './rows/pools.ts';
import { processes } from './rows/processes.ts';
import { scale } from './rows/scale.ts';
import { scaling } from './rows/scaling.ts';
import { starting } from './rows/starting.ts';
import { wakeups } from './rows/wakeups.ts';

export const groups: readonly Group[] = [
  numbers,
  bytes,
  objects,
  wakeups,
  locks,
  pools,
  processes,
  managed,
  memory,
  starting,
  scaling,
  scale,
  codec,
];

const ids = groups.flatMap(({ rows }) => rows.map(({ id }) => id));

/** Whether a word means a row: those whose id begins with it; if there are none, those that hold it. */
function means(word: string): (id: string) => boolean {
  const begins = (id: string) => id.startsWith(word);
  return ids.some(begins) ? begins : (id) => id.includes(word);
}

/** The rows that one of the words means; all, if there are no words. */
export function chosen(words: readonly string[]): Group[] {
  const meant = words.map(means);
  const wanted = (row: Row) => words.length === 0 || meant.some((each) => each(row.id));
  return groups.map((group) => ({ ...group, rows: group.rows.filter(wanted) })).filter(({ rows }) => rows.length > 0);
}
