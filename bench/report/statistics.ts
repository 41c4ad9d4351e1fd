/** Of several figures, one. */
import type { Point } from './model.ts';

export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] as number;
  return below + ((sorted[Math.ceil(at)] as number) - below) * (at % 1);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** @param at place on the axis, of a curve */
export function pointOf(samples: number[], at?: number): Point {
  const summary = { samples, median: median(samples), min: Math.min(...samples), max: Math.max(...samples) };
  return at === undefined ? summary : { at, ...summary };
}
