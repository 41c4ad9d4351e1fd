/** What the command tells a stage, and what the stage says. */
import type { Tallies, Tally } from './tally.ts';

/** Whether players are threads only, or processes of the operating system, too. */
export type StageKind = 'threads' | 'processes';

export interface StageOrder {
  kind: StageKind;
  seed: number;
  /** Deaths at most. */
  kills: number;
  /** When no round is to begin any more, in milliseconds of `Date.now()`. */
  until: number;
  /** Seconds after which something hangs. */
  patience: number;
}

/** A look at the memory of the stage's own process. */
export interface Sample {
  /** Milliseconds of `Date.now()`. */
  at: number;
  rss: number;
  /** JavaScript's heap of the driver. */
  heapUsed: number;
  /** The shared heap: in use, and its size. */
  bytesInUse: number;
  bytesReserved: number;
  kills: number;
}

/** All that a stage has come to so far. */
export interface Progress {
  total: Tally;
  scenes: Tallies;
  ways: Tallies;
  complaints: string[];
}

export interface Line {
  sample?: Sample;
  progress?: Progress;
  end?: true;
}
