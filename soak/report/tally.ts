/** What a campaign has come to: numbers that add up over rounds, runs and ways to die. */
import type { Findings } from '../cast/ledger.ts';

export interface Tally extends Findings {
  kills: number;
  hangs: number;
  /** Players that ended otherwise than they should. */
  errors: number;
  /** Bytes of the heap that nobody gave back, and how many a death may cost. */
  leakedBytes: number;
  leakedPlaces: number;
  leakedObjects: number;
  rounds: number;
  items: number;
}

export function emptyTally(): Tally {
  return {
    kills: 0,
    hangs: 0,
    lost: 0,
    inHand: 0,
    doubled: 0,
    torn: 0,
    errors: 0,
    leakedBytes: 0,
    leakedPlaces: 0,
    leakedObjects: 0,
    rounds: 0,
    items: 0,
  };
}

export function add(to: Tally, more: Partial<Tally>): void {
  for (const [name, value] of Object.entries(more) as [keyof Tally, number][]) to[name] += value;
}

/** By what it is about (a scene), or by how they died. */
export type Tallies = Record<string, Tally>;

export function addTo(tallies: Tallies, name: string, more: Partial<Tally>): void {
  tallies[name] ??= emptyTally();
  add(tallies[name], more);
}

/** What must be 0. Bytes are what deaths may cost, in measure. */
export const FAULTS = ['hangs', 'lost', 'doubled', 'torn', 'errors', 'leakedPlaces', 'leakedObjects'] as const;

/**
 * Bytes that one death may cost on average: a block that nothing names yet, or a page on its way to the map
 * (docs/internals/death.md). A leak of whatever each death had would be more.
 */
export const BYTES_A_DEATH = 65_536;

export function isWrong(tally: Tally): boolean {
  return FAULTS.some((name) => tally[name] > 0) || tally.leakedBytes > BYTES_A_DEATH * tally.kills;
}
