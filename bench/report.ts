/** Rows, tables, and whether a target is met. */

/** How a figure is written, and which of two is the better one. */
export interface Unit {
  readonly better: 'more' | 'less';
  write(value: number): string;
}

function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

export const perSecond: Unit = {
  better: 'more',
  write: (value) => (value >= 1e6 ? `${digits(value / 1e6)} M/s` : `${digits(value / 1e3)} k/s`),
};
export const nanoseconds: Unit = { better: 'less', write: (value) => `${digits(value)} ns` };
export const microseconds: Unit = { better: 'less', write: (value) => `${digits(value)} µs` };
export const milliseconds: Unit = { better: 'less', write: (value) => `${digits(value)} ms` };
export const bytes: Unit = { better: 'less', write: (value) => `${Math.round(value)} B` };

export interface Row {
  what: string;
  unit: Unit;
  /** One figure for each run. */
  ours: readonly number[];
  /** Of the same runs, in turn with ours. Empty: nobody to compare with. */
  rival: readonly number[];
  /**
   * The bound on the ratio (or, without a rival, on our figure itself): at least this for a rate, at most
   * this for a time.
   */
  target?: number;
}

export interface Table {
  title: string;
  rival: string;
  rows: Row[];
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] as number;
  return below + ((sorted[Math.ceil(at)] as number) - below) * (at % 1);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

interface Verdict {
  ratio?: number;
  met?: boolean;
}

export function judge({ unit, ours, rival, target }: Row): Verdict {
  const ratio = rival.length === 0 ? undefined : median(ours) / median(rival);
  const figure = ratio ?? median(ours);
  const verdict: Verdict = ratio === undefined ? {} : { ratio };
  if (target !== undefined) verdict.met = unit.better === 'more' ? figure >= target : figure <= target;
  return verdict;
}

function cells(row: Row): string[] {
  const { what, unit, ours, rival, target } = row;
  const { ratio, met } = judge(row);
  const pairs = rival.map((each, i) => (ours[i] as number) / each);
  const own = ratio === undefined ? ours.map((each) => unit.write(each)) : [];
  const range =
    ratio === undefined
      ? own.length > 1
        ? `${unit.write(Math.min(...ours))} – ${unit.write(Math.max(...ours))}`
        : ''
      : `${digits(Math.min(...pairs))} – ${digits(Math.max(...pairs))}`;
  const bound =
    target === undefined
      ? ''
      : `${unit.better === 'more' ? '≥' : '≤'} ${ratio === undefined ? unit.write(target) : `${target}×`}`;
  return [
    what,
    unit.write(median(ours)),
    rival.length === 0 ? '-' : unit.write(median(rival)),
    ratio === undefined ? '-' : `${digits(ratio)}×`,
    range,
    met === undefined ? bound : `${bound} ${met ? 'ok' : 'MISSED'}`,
  ];
}

export function print({ title, rival, rows }: Table): void {
  const lines = [['', 'ours', rival, 'ratio', 'min – max', 'target'], ...rows.map(cells)];
  const widths = (lines[0] as string[]).map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
  console.log(`\n${title}\n`);
  lines.forEach((line, i) => {
    console.log(
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number)))
        .join(' │ '),
    );
    if (i === 0) console.log(rule);
  });
}
