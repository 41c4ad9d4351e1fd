/** All rows at a glance: how many times as good ours is as the best of what one could use instead. */
import * as Plot from '@observablehq/plot';
import type { Lead, Report } from '../report/model.ts';
import { writeTimes } from '../report/units.ts';
import { powers } from './scale.ts';

const LINE = 22;

interface Entry extends Lead {
  id: string;
  what: string;
  question: string;
}

export function entriesOf(report: Report): Entry[] {
  return report.groups.flatMap(({ question, rows }) =>
    rows.flatMap(({ id, what, lead }) =>
      lead && lead.times > 0 && Number.isFinite(lead.times) ? [{ id, what, question, ...lead }] : [],
    ),
  );
}

const colour = ({ times, range }: Entry) =>
  range[0] < 1 && range[1] > 1 ? 'var(--even)' : times >= 1 ? 'var(--good)' : 'var(--bad)';

interface Heading {
  id: string;
  question: string;
}

/** The questions stand between the rows. */
function linesOf(entries: readonly Entry[]): { lines: string[]; headings: Heading[] } {
  const headings: Heading[] = [];
  const lines: string[] = [];
  for (const { id, question } of entries) {
    if (headings.at(-1)?.question !== question) {
      headings.push({ id: `heading of ${id}`, question });
      lines.push(`heading of ${id}`);
    }
    lines.push(id);
  }
  return { lines, headings };
}

const clip = (value: number) => Math.min(1e4, Math.max(1e-3, value));
/** Of the font, in pixels; what Plot takes for its width is less than it is in wide fonts. */
const EM = 14.5;

export function drawOverview(entries: readonly Entry[], width: number): Element {
  const narrow = width < 700;
  const low = 0.7 * Math.min(0.5, ...entries.map(({ range }) => clip(range[0])));
  const high = 1.4 * Math.max(2, ...entries.map(({ range }) => clip(range[1])));
  const marginLeft = Math.min(430, width * 0.46);
  const { lines, headings } = linesOf(entries);
  const ticks = powers(low, high, 8);
  const halo = { stroke: 'var(--card)', strokeWidth: 4, paintOrder: 'stroke' } as const;
  const link = ({ id }: Entry) => `#${id}`;
  return Plot.plot({
    width,
    height: lines.length * LINE + 40,
    marginLeft,
    marginRight: narrow ? 70 : 240,
    marginTop: 30,
    marginBottom: 4,
    className: 'plot',
    ariaLabel: 'How many times as good nogil is as the best rival, row by row',
    x: { type: 'log', domain: [low, high], label: null },
    y: { domain: lines, axis: null, padding: 0.4 },
    marks: [
      Plot.axisX({
        anchor: 'top',
        ticks,
        tickFormat: (value: number) => `${value}×`,
        tickSize: 0,
        label: null,
        color: 'var(--muted)',
      }),
      Plot.gridX({ ticks, stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleX([1], { stroke: 'var(--muted)', strokeWidth: 1.5 }),
      Plot.text(headings, {
        y: 'id',
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -12,
        text: 'question',
        fontWeight: 700,
        fill: 'var(--text)',
        textOverflow: 'ellipsis',
        lineWidth: (marginLeft - 12) / EM / 1.08,
      }),
      Plot.text(entries, {
        y: 'id',
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -12,
        text: 'what',
        textOverflow: 'ellipsis',
        lineWidth: (marginLeft - 12) / EM,
        fill: 'var(--text)',
        href: link,
        title: ({ question, what }: Entry) => `${what} (${question})`,
      }),
      Plot.ruleY(entries, {
        y: 'id',
        x1: ({ range }: Entry) => clip(range[0]),
        x2: ({ range }: Entry) => clip(range[1]),
        stroke: colour,
        strokeWidth: 2,
        strokeOpacity: 0.5,
      }),
      Plot.dot(entries, {
        y: 'id',
        x: ({ times }: Entry) => clip(times),
        fill: colour,
        r: 5,
        href: link,
        title: ({ what, times, against, range }: Entry) =>
          `${what}: ${writeTimes(times)} ${against} (${writeTimes(range[0])} to ${writeTimes(range[1])})`,
      }),
      Plot.text(entries, {
        y: 'id',
        x: ({ times, range }: Entry) => clip(Math.max(times, range[1])),
        textAnchor: 'start',
        dx: 9,
        text: ({ times, against }: Entry) => (narrow ? writeTimes(times) : `${writeTimes(times)}  ${against}`),
        fill: 'var(--muted)',
        ...halo,
      }),
    ],
  });
}
