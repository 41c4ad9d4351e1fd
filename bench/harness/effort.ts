/** How long a run measures. */

export interface Effort {
  name: 'quick' | 'full';
  /** Rounds of each contender, at least and at most: in between it is time that ends them. */
  rounds: readonly [least: number, most: number];
  /** Milliseconds that a contender works before its first round: for the compiler, and for caches. */
  warmMs: number;
  /** Milliseconds that a round of one contender should take. */
  roundMs: number;
  /** Milliseconds after which a row begins no further round; and a place of a curve. */
  rowMs: number;
  placeMs: number;
  /** Seconds after which a contender that does not answer has failed. */
  patience: number;
  /** Milliseconds of a whole run, which its rows share; undefined: as long as it takes. */
  runMs?: number;
}

export const FULL: Effort = {
  name: 'full',
  rounds: [5, 15],
  warmMs: 300,
  roundMs: 80,
  rowMs: 8000,
  placeMs: 3000,
  patience: 20,
};

export const QUICK: Effort = {
  name: 'quick',
  rounds: [1, 3],
  warmMs: 50,
  roundMs: 12,
  rowMs: 2000,
  placeMs: 1000,
  patience: 5,
  runMs: 40_000,
};

/** What a contender takes beyond its rounds, at least, in proportion to them. */
const OVERHEAD = 2;

/**
 * The effort for one row of a run that must end in time. Where the machine is slow, or others use it, there
 * are fewer and shorter rounds.
 * @param left milliseconds for this row and those behind it
 * @param share this row's, of those: 0 to 1
 * @param entries contenders, at all places together
 */
export function paced(effort: Effort, left: number, share: number, entries: number, places: number): Effort {
  const rowMs = Math.max(0, left * share);
  const warmMs = Math.min(effort.warmMs, rowMs / entries / OVERHEAD);
  return { ...effort, rowMs: Math.min(effort.rowMs, rowMs), placeMs: Math.min(effort.placeMs, rowMs / places), warmMs };
}
