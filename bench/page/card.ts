/** One row: what it says in a sentence, its targets, its picture, its figures. */
import type { RowResult, Verdict } from '../report/model.ts';
import { comparison, units, writeTimes } from '../report/units.ts';
import { drawBars } from './bars.ts';
import { drawCurves, legendOf, writePlace } from './curves.ts';
import { drawn, h } from './dom.ts';

const MARKS = { met: '✓', missed: '✗', open: '?' };

/** Such as `2.0 × ringbuf.js, the best rival`. */
function headline({ lead, unit }: RowResult): HTMLElement | undefined {
  if (!lead) return undefined;
  const { times, range, against } = lead;
  const even = range[0] < 1 && range[1] > 1;
  const between = range[0] === range[1] ? '' : ` (${writeTimes(range[0])} to ${writeTimes(range[1])})`;
  return h(
    'p',
    { class: 'headline' },
    h('strong', { class: even ? 'even' : times >= 1 ? 'good' : 'bad' }, writeTimes(times)),
    ` ${comparison(unit)} ${against}, the best rival${between}`,
    even && h('em', {}, ': no difference that stands out of the noise'),
  );
}

function badge(row: RowResult, { target, figure, range, against, result, unsure }: Verdict): HTMLElement {
  const write = (value: number) => (against === undefined ? units[row.unit].write(value) : writeTimes(value));
  const between = range && range[0] !== range[1] ? ` (${write(range[0])} to ${write(range[1])})` : '';
  const found = figure === undefined ? 'not measured' : `${write(figure)}${between}`;
  const text = `${MARKS[result]} Target, ${target}: ${found}${unsure ? ', within the noise' : ''}`;
  return h('li', { class: `badge ${result}` }, text);
}

function table(row: RowResult): HTMLElement {
  const unit = units[row.unit];
  const head = ['', ...(row.over ? [row.over.name] : []), 'median', 'smallest', 'largest', 'rounds'];
  const lines = row.contenders.flatMap(({ name, note, points, failed }) => {
    const label = h('th', { scope: 'row' }, name, note !== undefined && h('small', {}, ` ${note}`));
    if (points.length === 0)
      return [
        h('tr', {}, label, h('td', { colspan: String(head.length - 1), class: 'bad' }, `not measured: ${failed ?? 'no figure'}`)),
      ];
    return points.map(({ at, median, min, max, samples }, i) =>
      h(
        'tr',
        {},
        i === 0 ? label : h('th', {}),
        ...(row.over ? [h('td', {}, writePlace(row.over)(at ?? 0))] : []),
        ...[median, min, max].map((value) => h('td', {}, unit.write(value))),
        h('td', {}, String(samples.length)),
      ),
    );
  });
  return h(
    'div',
    { class: 'scroll' },
    h('table', {}, h('thead', {}, h('tr', {}, ...head.map((text) => h('th', {}, text)))), h('tbody', {}, ...lines)),
  );
}

export function card(row: RowResult): HTMLElement {
  const { id, what, how, over, verdicts } = row;
  const chart = over ? drawn('chart', (width) => drawCurves(row, over, width)) : drawn('chart', (width) => drawBars(row, width));
  return h(
    'article',
    { class: over ? 'card wide' : 'card', id },
    h('h3', {}, what, h('a', { class: 'anchor', href: `#${id}`, 'aria-label': 'link to this row' }, '#')),
    headline(row),
    verdicts.length > 0 && h('ul', { class: 'badges' }, ...verdicts.map((verdict) => badge(row, verdict))),
    over && legendOf(row),
    chart,
    h('details', {}, h('summary', {}, 'How it was measured, and the figures'), h('p', {}, how), table(row)),
  );
}
