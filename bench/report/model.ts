/**
 * What a run of the benchmarks found, as it lies in `build/bench-report.json` and in the page. The page, the
 * terminal and the summary are drawn from this and from nothing else.
 *
 * Whoever changes a field's meaning or takes one away raises SCHEMA.
 */
import type { UnitName } from './units.ts';

export const SCHEMA = 1;

export interface Report {
  schema: typeof SCHEMA;
  run: RunInfo;
  machine: Machine;
  /** All that a row may name in `by`, whether or not it could be measured. */
  parties: Party[];
  groups: GroupResult[];
}

export interface RunInfo {
  /** ISO 8601, UTC. */
  date: string;
  seconds: number;
  /** `quick`: fewer and shorter rounds, fewer points of a curve. */
  effort: 'quick' | 'full';
  /** Rounds were left out, so that a quick run ended in time. */
  hurried: boolean;
  /** Of this package. */
  version: string;
  /** What git calls the tree, `-dirty` where it was changed; undefined outside of git. */
  revision?: string;
  /** The words that chose rows; empty: all of them. */
  chosen: string[];
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  os: string;
  /** Such as `Node v20.20.2`. */
  runtime: string;
  /** Load average over a minute, before and after. Above 0.5 before: others were running. */
  load: [before: number, after: number];
}

export type Kind = 'ours' | 'rival' | 'reference';

/** Who takes part: this package, a library, the runtime itself, another language. */
export interface Party {
  /** As rows name it in `by`. */
  id: string;
  name: string;
  /** `rival`: what one could use instead. `reference`: what shows how far there is to go. */
  kind: Kind;
  /** Undefined: it could not be found out. */
  version?: string;
  /** What it is, in a sentence. */
  what: string;
  /** Why it could not be used; undefined: it could. */
  missing?: string;
}

export interface GroupResult {
  id: string;
  /** What a user wants to know, such as `How fast can I send numbers?` */
  question: string;
  /** How all of its rows were measured. */
  how: string;
  rows: RowResult[];
}

export interface RowResult {
  /** Such as `numbers.single`: stable, the guide links to it. */
  id: string;
  what: string;
  how: string;
  unit: UnitName;
  /** For a curve: what its points differ in. */
  over?: Axis;
  contenders: ContenderResult[];
  /** The first of ours against the best of what one could use instead, where both have a figure. */
  lead?: Lead;
  /** One for each target. */
  verdicts: Verdict[];
}

export interface Axis {
  name: string;
  unit: 'count' | 'bytes';
}

export interface ContenderResult {
  name: string;
  /** A party's id. */
  by: string;
  kind: Kind;
  note?: string;
  /** One; or one for each place on the axis that was reached. None: see `failed`. */
  points: Point[];
  /** Why there is no figure, or none any more. */
  failed?: string;
}

export interface Point {
  /** Place on the axis; only of curves. */
  at?: number;
  /** One for each round, in turn with the others', in the row's unit. */
  samples: number[];
  median: number;
  min: number;
  max: number;
}

export interface Lead {
  who: string;
  against: string;
  /** How many times as good ours is, whether more is better or less: above 1 it leads. */
  times: number;
  /** The least and the largest among rounds that were neighbours in time. */
  range: [low: number, high: number];
}

export interface Verdict {
  /** Such as `put / get: at least 3 × postMessage`. */
  target: string;
  /** The contender that it is about, and the one it is compared with, if any. */
  who: string;
  against?: string;
  /** `who` by `against`, of the medians; without `against` the figure of `who` itself. */
  figure?: number;
  /** The least and the largest of the same figure among rounds that were neighbours in time. */
  range?: [low: number, high: number];
  /** What the figure is held to, and from which side. */
  bound: number;
  side: 'at least' | 'at most';
  /**
   * `unsure`: the medians keep the bound or miss it, and some rounds say the contrary. `open`: one of the two
   * has no figure.
   */
  result: 'met' | 'missed' | 'open';
  unsure: boolean;
}
