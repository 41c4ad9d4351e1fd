/**
 * A row of the benchmarks, as bench/rows/ lists them: what is measured, who takes part, and what we hold
 * ourselves to.
 */
import type { Axis, Kind } from '../report/model.ts';
import type { UnitName } from '../report/units.ts';
import type { Target } from '../report/verdict.ts';
import type { By } from '../rivals/parties.ts';

export interface Group {
  id: string;
  /** What a user wants to know. */
  question: string;
  how: string;
  rows: readonly Row[];
}

export interface Row {
  /** Such as `numbers.single`. Stable: the guide links to it. */
  id: string;
  what: string;
  /** What one operation is, and what a reader must know to believe the figure. */
  how: string;
  unit: UnitName;
  /** The first of ours is the one to quote. They take turns in this order, and in the reverse of it. */
  contenders: readonly Contender[];
  targets?: readonly Target[];
  /** Makes it a curve: every contender is measured at each of these places. */
  over?: Axis & { full: readonly number[]; quick: readonly number[] };
  /** For `bytesPerSecond`: of one operation; of a curve over bytes it is the place. */
  bytes?: number;
  /** The least operations of a round: with fewer it would be the wake-ups that are measured. */
  least?: number;
  /** The most operations of a round, for what would fill the memory. Of a curve: by place. */
  most?: number | ((at: number) => number);
  /**
   * A runner answers several figures, each of which is a row of its own in the report: the key is the end of
   * its id.
   */
  parts?: Readonly<Record<string, { what: string; targets?: readonly Target[] }>>;
  /** The contenders do not all do the same: there is no best rival. */
  noLead?: true;
  /** Measured once: it is a count and has no noise, or takes long. */
  once?: true;
  /** Only in a full run. */
  fullOnly?: true;
}

export interface Contender {
  name: string;
  by: By;
  /** In place of its party's: `reference` for one of ours that is there to be compared with. */
  kind?: Kind;
  /** What sets it apart, in some words. */
  note?: string;
  /** In place of the row's. */
  least?: number;
  /** Only in a full run. */
  fullOnly?: true;
  /** Of a curve: only up to this place. */
  upTo?: number;
  /**
   * Gets ready: starts workers, loads a library. What is thrown here is shown in place of a figure.
   * @param at the place on the axis; 0 where there is none
   * @param quick whether this is a quick run
   */
  open(at: number, quick: boolean): Runner | Promise<Runner>;
}

export type Figures = number | Readonly<Record<string, number>>;

export interface Runner {
  /**
   * What `run` answers. `elapsed` (the default): the nanoseconds that `count` operations took, where `count`
   * is chosen so that a round takes as long as it should. `each`: nanoseconds of one operation. `figure`:
   * figures in the row's unit. The last two choose for themselves how much they do.
   */
  readonly gives?: 'elapsed' | 'each' | 'figure';
  /** Works, checks what came of it (throws if that is wrong), and answers. */
  run(count: number): Figures | Promise<Figures>;
  close?(): unknown;
}

/** Thrown by `open`: not here, as opposed to broken. */
export class Missing extends Error {}
