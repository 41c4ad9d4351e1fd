/**
 * A row as bars: the best is first; ours are coloured. A thin line goes from the smallest to the largest
 * round, a mark shows the target.
 */
import * as Plot from '@observablehq/plot';
import type { ContenderResult, Point, RowResult } from '../report/model.ts';
import { timesAsGood, units, writeTimes } from '../report/units.ts';
import { headOf } from '../report/verdict.ts';
import { baseOf, scaleFor } from './scale.ts';

const LINE = 30;
/** For the figure, and for the ratio beside it where there is room. */
const LABELS = 172;
const FIGURES = 84;
const NARROW = 480;
const GAP = 8;
/** Of the font, in pixels; what Plot takes for its width is less than it is in wide fonts. */
const EM = 14.5;

interface Bar extends Point {
  name: string;
  contender: ContenderResult;
  value: string;
  ratio: string;
  title: string;
}

const COLOURS = { ours: 'var(--ours)', rival: 'var(--rival)', reference: 'var(--reference)' };

/** What a figure would have to be for a target. */
function targetsOf(row: RowResult): { name: string; at: number; title: string }[] {
  return row.verdicts.flatMap(({ who, against, bound, target, side }) => {
    if (against === undefined) return bound > 0 ? [{ name: who, at: bound, title: target }] : [];
    const theirs = row.contenders.find(({ name }) => name === against)?.points[0]?.median;
    if (!theirs) return [];
    // "At least three times as good" is a third where less is better.
    const inverse = units[row.unit].better === 'less' && side === 'at least';
    return [{ name: who, at: inverse ? theirs / bound : theirs * bound, title: target }];
  });
}

function barsOf(row: RowResult): Bar[] {
  const unit = units[row.unit];
  const head = headOf(row.contenders);
  const ours = head?.points[0]?.median;
  const bars = row.contenders.flatMap((contender): Bar[] => {
    const point = contender.points[0];
    if (!point) return [];
    const compared = contender.kind !== 'ours' && row.unit !== 'percent' && ours !== undefined && ours > 0 && point.median > 0;
    const rounds = point.samples.length === 1 ? 'one measurement' : `${point.samples.length} rounds`;
    const range = point.samples.length > 1 ? `, ${unit.write(point.min)} to ${unit.write(point.max)}` : '';
    return [
      {
        ...point,
        name: contender.name,
        contender,
        value: unit.write(point.median),
        ratio: compared ? writeTimes(timesAsGood(row.unit, ours, point.median)) : '',
        title: `${contender.name}: ${unit.write(point.median)} (${rounds}${range})${contender.note ? `\n${contender.note}` : ''}`,
      },
    ];
  });
  return bars.sort((a, b) => (unit.better === 'more' ? b.median - a.median : a.median - b.median));
}

/** The longest name decides, up to a third of the width. */
function marginFor(names: readonly string[], width: number): number {
  return Math.min(Math.max(90, 8.2 * (Math.max(...names.map((name) => name.length)) + 2) + GAP * 2), width * 0.42);
}

export function drawBars(row: RowResult, width: number): Element {
  const bars = barsOf(row);
  const failed = row.contenders.filter(({ points }) => points.length === 0);
  const targets = targetsOf(row).filter(({ name }) => bars.some((bar) => bar.name === name));
  const names = [...bars.map(({ name }) => name), ...failed.map(({ name }) => name)];
  const marginLeft = marginFor(names, width);
  const narrow = width < NARROW;
  const marginRight = narrow ? FIGURES : LABELS;
  const values = [...bars.flatMap(({ median, min, max }) => [median, min, max]), ...targets.map(({ at }) => at)];
  const { type, domain, ticks, tickFormat } = scaleFor(
    values.length > 0 ? values : [0],
    row.unit,
    width - marginLeft - marginRight,
  );
  const unit = units[row.unit];
  // Where there is nobody to be better than, nobody is the best.
  const best = row.lead && bars.find(({ contender }) => contender.kind !== 'reference');
  const contenderOf = (name: string) => row.contenders.find((each) => each.name === name);
  const y = 'name';
  // Behind all that is drawn on its line.
  const endOf = ({ name, median, max }: Bar) =>
    Math.max(median, max, ...targets.filter((each) => each.name === name).map(({ at }) => at));
  const label = { y, x: endOf, textAnchor: 'start', dx: GAP } as const;

  return Plot.plot({
    width,
    height: names.length * LINE + 46,
    marginLeft,
    marginRight,
    marginTop: 6,
    marginBottom: 40,
    className: 'plot',
    ariaLabel: `${row.what}: ${bars.map(({ title }) => title).join('; ')}`,
    x: { type, domain, ...(type === 'log' && { base: baseOf(row.unit) }), label: null },
    y: { domain: names, axis: null, padding: 0.34 },
    marks: [
      Plot.axisX({
        ticks,
        tickFormat,
        tickSize: 0,
        color: 'var(--muted)',
        label: `${unit.better} is better${type === 'log' ? ', logarithmic axis' : ''}`,
        labelArrow: 'none',
      }),
      Plot.gridX({ ticks, stroke: 'var(--line)', strokeOpacity: 1 }),
      ...[true, false].map((isBest) =>
        Plot.text(
          names.filter((name) => (name === best?.name) === isBest),
          {
            y: (name) => name,
            frameAnchor: 'left',
            text: (name) => (isBest ? `★ ${name}` : name),
            textAnchor: 'end',
            dx: -GAP,
            textOverflow: 'ellipsis',
            lineWidth: (marginLeft - GAP) / EM,
            fontWeight: isBest ? 700 : 400,
            fill: (name: string) => (contenderOf(name)?.kind === 'ours' ? 'var(--ours-text)' : 'var(--text)'),
            title: (name: string) => contenderOf(name)?.note ?? name,
          },
        ),
      ),
      Plot.barX(bars, {
        y,
        x1: () => domain[0],
        x2: 'median',
        fill: (bar: Bar) => COLOURS[bar.contender.kind],
        title: 'title',
        rx: 2,
      }),
      Plot.ruleY(
        bars.filter(({ samples }) => samples.length > 1),
        {
          y,
          x1: ({ min }: Bar) => Math.max(min, domain[0]),
          x2: 'max',
          stroke: 'var(--whisker)',
          strokeWidth: 1.5,
          pointerEvents: 'none',
        },
      ),
      Plot.tickX(
        bars.filter(({ samples }) => samples.length > 1).flatMap((bar) => [bar.min, bar.max].map((at) => ({ ...bar, at }))),
        { y, x: 'at', stroke: 'var(--whisker)', strokeWidth: 1.5, insetTop: 5, insetBottom: 5 },
      ),
      Plot.tickX(targets, { y, x: 'at', stroke: 'var(--target)', strokeWidth: 3, insetTop: -4, insetBottom: -4, title: 'title' }),
      Plot.text(bars, { ...label, text: 'value', fontWeight: 600, fill: 'var(--text)' }),
      Plot.text(bars, {
        ...label,
        text: (bar: Bar) => (narrow || !bar.ratio ? '' : `nogil ${bar.ratio}`),
        dx: GAP + 72,
        fill: (bar: Bar) => (timesAsGoodOf(row, bar) >= 1 ? 'var(--good)' : 'var(--bad)'),
        title: (bar: Bar) => `nogil is ${bar.ratio} as good as ${bar.name}`,
      }),
      Plot.text(failed, {
        y,
        frameAnchor: 'left',
        text: (each: ContenderResult) => `not measured: ${each.failed ?? 'no figure'}`,
        textAnchor: 'start',
        dx: GAP,
        fill: 'var(--bad)',
        fontStyle: 'italic',
        textOverflow: 'ellipsis',
        lineWidth: (width - marginLeft - GAP) / EM,
        title: (each: ContenderResult) => each.failed,
      }),
    ],
  });
}

function timesAsGoodOf(row: RowResult, bar: Bar): number {
  const ours = headOf(row.contenders)?.points[0]?.median ?? 0;
  return timesAsGood(row.unit, ours, bar.median);
}
