/** How figures are written, and which of two is the better one. */

export interface Unit {
  readonly better: 'more' | 'less';
  /** What an axis is labelled with. */
  readonly label: string;
  write(value: number): string;
}

/** Three digits that count; no more than a figure is worth. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  return value.toFixed(size < 0.1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}

function scaled(value: number, steps: readonly (readonly [number, string])[]): string {
  const step = steps.find(([least]) => Math.abs(value) >= least) ?? (steps.at(-1) as readonly [number, string]);
  return `${digits(value / step[0])} ${step[1]}`;
}

/** From nanoseconds. */
const TIME = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const;
const BYTES = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
] as const;
const RATE = [
  [1e6, 'M/s'],
  [1e3, 'k/s'],
  [1, '/s'],
] as const;

export function writeBytes(value: number): string {
  return value >= 1024 ? scaled(value, BYTES).replace(/\.0+ /, ' ') : `${Math.round(value)} B`;
}

export function writeCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export const units = {
  perSecond: { better: 'more', label: 'a second', write: (value) => scaled(value, RATE) },
  bytesPerSecond: { better: 'more', label: 'bytes a second', write: (value) => `${scaled(value, BYTES)}/s` },
  /** Nanoseconds, whatever they are written as. */
  time: { better: 'less', label: 'time', write: (value) => scaled(value, TIME) },
  bytes: { better: 'less', label: 'bytes', write: writeBytes },
  calls: { better: 'less', label: 'calls an item', write: (value) => digits(value) },
  percent: { better: 'less', label: '% of a core', write: (value) => `${digits(value)} %` },
} as const satisfies Record<string, Unit>;

/** What `2 ×` is in front of, when it is said of one and another. */
export function comparison(unit: UnitName): string {
  return units[unit].better === 'more' ? 'the rate of' : unit === 'time' ? 'as fast as' : 'as good as';
}

export type UnitName = keyof typeof units;

/** How many times as good `a` is as `b`: above 1 it is better, in whatever direction. */
export function timesAsGood(unit: UnitName, a: number, b: number): number {
  if (a === b) return 1;
  return units[unit].better === 'more' ? a / b : b / a;
}

export function writeTimes(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞\u202f×';
  return `${digits(ratio)}\u202f×`;
}
