/** Axes. */
import type { Axis } from '../report/model.ts';
import { type UnitName, units } from '../report/units.ts';

/** Figures that differ by more than so much are drawn on a logarithmic axis. */
const WIDE = 12;

export interface Scale {
  type: 'linear' | 'log';
  domain: [number, number];
  ticks: number[];
  tickFormat: (value: number) => string;
}

export function isWide(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0);
  return positive.length === values.length && Math.max(...values) / Math.min(...values) > WIDE;
}

/** Of a logarithmic axis. Only its powers are labelled. */
export function baseOf(unit?: UnitName | Axis['unit']): 2 | 10 {
  return unit === 'bytes' || unit === 'bytesPerSecond' ? 2 : 10;
}

/** Powers of the base, and few enough of them to be read. */
export function powers(from: number, to: number, most: number, unit?: UnitName): number[] {
  const base = baseOf(unit);
  const log = (value: number) => Math.log(value) / Math.log(base);
  const [low, high] = [Math.ceil(log(from) - 1e-9), Math.floor(log(to) + 1e-9)];
  const step = Math.max(1, Math.ceil((high - low + 1) / most));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => base ** (low + i * step));
}

function round(value: number, unit: UnitName): number {
  if (baseOf(unit) === 2) return 2 ** Math.ceil(Math.log2(value));
  const size = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5].find((step) => step * size >= value) ?? 10) * size;
}

/** Ticks are written as figures are, without the zeros behind the point. */
export function short(unit: UnitName): (value: number) => string {
  return (value) =>
    units[unit]
      .write(value)
      .replace(/\.0+(?=\D)/, '')
      .replace(/(\.\d*?)0+(?=\D)/, '$1');
}

/** @param values all that is drawn, whiskers and targets among it */
export function scaleFor(values: readonly number[], unit: UnitName, width: number): Scale {
  const most = Math.max(1, Math.floor(width / 90));
  const high = Math.max(...values);
  const tickFormat = short(unit);
  if (isWide(values)) {
    const low = Math.min(...values);
    // A bar of the least is still a bar.
    const from = 10 ** Math.floor(Math.log10(low / 1.6));
    return { type: 'log', domain: [from, high], ticks: powers(from, high, most, unit), tickFormat };
  }
  if (high <= 0) return { type: 'linear', domain: [0, 1], ticks: [0], tickFormat };
  const top = high;
  const step = round(top / most, unit);
  const ticks = Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
  return { type: 'linear', domain: [0, top], ticks, tickFormat };
}
