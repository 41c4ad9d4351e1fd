/** A row as curves: one for each contender, with a band from its smallest to its largest round. */
import * as Plot from '@observablehq/plot';
import type { Axis, ContenderResult, Kind, RowResult } from '../report/model.ts';
import { units, writeBytes, writeCount } from '../report/units.ts';
import { h } from './dom.ts';
import { baseOf, isWide, powers, short } from './scale.ts';

interface Spot {
  name: string;
  kind: Kind;
  at: number;
  median: number;
  min: number;
  max: number;
  title: string;
}

const HEIGHT = 320;

/** Ours is the accent; the others are told apart by hue, references by dashes. */
export function colourOf(row: RowResult, name: string): string {
  const { kind } = row.contenders.find((each) => each.name === name) as ContenderResult;
  const alike = row.contenders.filter((each) => each.kind === kind).findIndex((each) => each.name === name);
  if (kind === 'ours') return alike === 0 ? 'var(--ours)' : `var(--ours-${alike + 1})`;
  return kind === 'reference' ? `var(--reference-${(alike % 2) + 1})` : `var(--line-${(alike % 5) + 1})`;
}

export function writePlace(over: Axis): (at: number) => string {
  return over.unit === 'bytes' ? writeBytes : writeCount;
}

function spotsOf(row: RowResult, over: Axis): Spot[] {
  const unit = units[row.unit];
  return row.contenders.flatMap(({ name, kind, points }) =>
    points.map(({ at = 0, median, min, max }) => ({
      name,
      kind,
      at,
      median,
      min,
      max,
      title: `${name}\n${writePlace(over)(at)}: ${unit.write(median)}\n${unit.write(min)} to ${unit.write(max)}`,
    })),
  );
}

export function legendOf(row: RowResult): HTMLElement {
  return h(
    'ul',
    { class: 'legend' },
    ...row.contenders.map(({ name, kind, failed, points }) =>
      h(
        'li',
        { class: kind },
        h('span', { class: kind === 'reference' ? 'swatch dashed' : 'swatch', style: `--swatch: ${colourOf(row, name)}` }),
        name,
        failed !== undefined && h('em', { class: 'bad' }, ` ${points.length > 0 ? 'in part' : 'not measured'}: ${failed}`),
      ),
    ),
  );
}

export function drawCurves(row: RowResult, over: Axis, width: number): Element {
  const spots = spotsOf(row, over);
  const places = [...new Set(spots.map(({ at }) => at))].sort((a, b) => a - b);
  const figures = spots.flatMap(({ min, max }) => [min, max]).filter((value) => value > 0);
  const wideX = isWide(places);
  const wideY = isWide(figures);
  const unit = units[row.unit];
  const [low, high] = [Math.min(...figures), Math.max(...figures)];
  const ticks = wideY ? powers(low, high, 6, row.unit) : undefined;
  const stroke = (spot: Spot) => colourOf(row, spot.name);
  const inner = width - 100;
  const shown = places.length * 70 > inner ? places.filter((_, i) => i % 2 === 0) : places;
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 78,
    marginRight: 22,
    marginTop: 28,
    marginBottom: 42,
    className: 'plot',
    ariaLabel: row.what,
    x: { type: wideX ? 'log' : 'linear', ...(wideX && { base: baseOf(over.unit) }), label: null },
    y: {
      type: wideY ? 'log' : 'linear',
      ...(wideY && { base: baseOf(row.unit) }),
      domain: wideY ? [low, high] : [0, high],
      label: null,
    },
    marks: [
      Plot.axisX({
        ticks: shown,
        tickFormat: writePlace(over),
        tickSize: 0,
        label: over.name,
        labelArrow: 'none',
        color: 'var(--muted)',
      }),
      Plot.axisY({
        ticks: ticks ?? 6,
        tickFormat: short(row.unit),
        tickSize: 0,
        label: `${unit.label}: ${unit.better} is better${wideY ? ', logarithmic axis' : ''}`,
        labelArrow: 'none',
        labelAnchor: 'top',
        color: 'var(--muted)',
      }),
      Plot.gridY({ ticks: ticks ?? 6, stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.areaY(spots, { x: 'at', y1: 'min', y2: 'max', z: 'name', fill: stroke, fillOpacity: 0.12 }),
      Plot.lineY(
        spots.filter(({ kind }) => kind !== 'reference'),
        { x: 'at', y: 'median', z: 'name', stroke, strokeWidth: (spot: Spot) => (spot.kind === 'ours' ? 3 : 1.75) },
      ),
      Plot.lineY(
        spots.filter(({ kind }) => kind === 'reference'),
        { x: 'at', y: 'median', z: 'name', stroke, strokeWidth: 1.5, strokeDasharray: '5 4' },
      ),
      Plot.dot(spots, { x: 'at', y: 'median', fill: stroke, r: (spot: Spot) => (spot.kind === 'ours' ? 4 : 3) }),
      Plot.tip(spots, Plot.pointer({ x: 'at', y: 'median', title: 'title', fill: 'var(--card)', stroke: 'var(--line)' })),
    ],
  });
}
