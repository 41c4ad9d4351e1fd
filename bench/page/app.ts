/** The page of a report: draws what lies in it as JSON. */
import type { GroupResult, Party, Report, Verdict } from '../report/model.ts';
import { writeBytes } from '../report/units.ts';
import { card } from './card.ts';
import { drawn, h } from './dom.ts';
import { drawOverview, entriesOf } from './overview.ts';

const report = JSON.parse((document.getElementById('data') as HTMLElement).textContent ?? '') as Report;
const { run, machine, parties, groups } = report;

const THEMES = ['auto', 'light', 'dark'] as const;

function themeButton(): HTMLElement {
  let theme = 0;
  const button = h('button', {
    type: 'button',
    class: 'theme',
    onclick() {
      theme = (theme + 1) % THEMES.length;
      show();
    },
  });
  const show = () => {
    document.documentElement.dataset.theme = THEMES[theme];
    button.textContent = `colours: ${THEMES[theme]}`;
  };
  show();
  return button;
}

function warnings(): string[] {
  const [before] = machine.load;
  return [
    ...(run.effort === 'quick' ? ['A quick run: few and short rounds. Differences below 1.5 × say nothing.'] : []),
    ...(run.hurried ? ['The machine was slow or busy: rounds were left out to end in time.'] : []),
    ...(before > 0.5
      ? [
          `Other programs were running (load ${before.toFixed(1)} at the beginning): figures of two workers are those of shared cores.`,
        ]
      : []),
    ...(run.chosen.length > 0 ? [`Only some rows were measured: ${run.chosen.join(', ')}.`] : []),
  ];
}

function header(): HTMLElement {
  const date = new Date(run.date);
  const facts = [
    `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `${machine.cores} cores, ${machine.cpu}`,
    `${writeBytes(machine.memoryBytes)} of memory`,
    machine.os,
    machine.runtime,
    `nogil ${run.version}${run.revision ? ` (${run.revision})` : ''}`,
    `${run.effort} run, ${run.seconds} s`,
  ];
  return h(
    'header',
    {},
    h('div', { class: 'top' }, h('h1', {}, 'nogil, measured'), themeButton()),
    h('p', { class: 'facts' }, facts.join(' · ')),
    ...warnings().map((text) => h('p', { class: 'warning' }, text)),
  );
}

function tile(figure: string, text: string, className = ''): HTMLElement {
  return h('div', { class: `tile ${className}` }, h('b', {}, figure), h('span', {}, text));
}

function tiles(): HTMLElement {
  const verdicts = groups.flatMap(({ rows }) => rows.flatMap((row) => row.verdicts));
  const count = (result: Verdict['result']) => verdicts.filter((verdict) => verdict.result === result).length;
  const entries = entriesOf(report);
  const ahead = entries.filter(({ times }) => times >= 1).length;
  const measured = groups.flatMap(({ rows }) => rows).length;
  const missing = parties.filter((party) => party.missing !== undefined);
  return h(
    'div',
    { class: 'tiles' },
    tile(`${ahead} of ${entries.length}`, 'rows in which nogil is ahead of the best rival'),
    tile(`${count('met')} of ${verdicts.length}`, 'targets met', count('missed') > 0 ? 'some' : 'all'),
    tile(String(measured), 'rows, each checked for what came out'),
    tile(
      `${parties.length - missing.length - 1}`,
      missing.length > 0
        ? `rivals and references; without ${missing.map(({ name }) => name).join(', ')}`
        : 'rivals and references, in the same run',
    ),
  );
}

function overview(): HTMLElement {
  const entries = entriesOf(report);
  return h(
    'section',
    { id: 'overview' },
    h('h2', {}, 'At a glance'),
    h(
      'p',
      {},
      'How many times as good nogil is as the best of what one could use instead (the name stands beside it): ',
      h('span', { class: 'good' }, 'green'),
      ' ahead, ',
      h('span', { class: 'bad' }, 'red'),
      ' behind, ',
      h('span', { class: 'even' }, 'grey'),
      ' where rounds say both. The line goes from the least to the best round.',
    ),
    entries.length > 0
      ? drawn('chart framed', (width) => drawOverview(entries, width))
      : h('p', {}, 'No row with a rival was measured.'),
  );
}

function missed(): HTMLElement | undefined {
  const rows = groups.flatMap(({ rows }) =>
    rows.map((row) => ({ row, bad: row.verdicts.filter(({ result }) => result !== 'met') })),
  );
  const bad = rows.filter((each) => each.bad.length > 0);
  if (bad.length === 0) return undefined;
  return h(
    'details',
    { class: 'missed' },
    h('summary', {}, `Targets that were missed (${bad.reduce((sum, each) => sum + each.bad.length, 0)})`),
    h(
      'ul',
      {},
      ...bad.flatMap(({ row, bad: verdicts }) =>
        verdicts.map(({ target, result, unsure }) =>
          h(
            'li',
            {},
            h('a', { href: `#${row.id}` }, row.what),
            `: ${target}${result === 'open' ? ' (not measured)' : unsure ? ' (within the noise)' : ''}`,
          ),
        ),
      ),
    ),
  );
}

function group({ id, question, how, rows }: GroupResult): HTMLElement {
  return h(
    'section',
    { id },
    h('h2', {}, question),
    h('p', { class: 'how' }, how),
    h('div', { class: 'cards' }, ...rows.map(card)),
  );
}

function partyLine({ name, kind, version, what, missing }: Party): HTMLElement {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', {}, kind === 'ours' ? 'this package' : kind),
    missing === undefined ? h('td', {}, version ?? '') : h('td', { class: 'bad' }, `not there: ${missing}`),
    h('td', {}, what),
  );
}

function rivals(): HTMLElement {
  return h(
    'section',
    { id: 'rivals' },
    h('h2', {}, 'Who takes part'),
    h(
      'p',
      {},
      'A rival is what one could use instead. A reference shows how far there is to go, or what another language does; it is in no comparison with "the best rival".',
    ),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...['', '', 'version', 'what it is'].map((text) => h('th', {}, text)))),
        h('tbody', {}, ...parties.map(partyLine)),
      ),
    ),
  );
}

function key(): HTMLElement {
  const item = (className: string, text: string) => h('li', {}, h('span', { class: `swatch ${className}` }), text);
  return h(
    'section',
    { id: 'reading' },
    h('h2', {}, 'How to read it'),
    h(
      'ul',
      { class: 'legend' },
      item('ours', 'nogil'),
      item('rival', 'a rival'),
      item('reference', 'a reference: C, Python, one thread'),
      item('whisker', 'from the smallest to the largest round'),
      item('target', 'what a target asks for'),
    ),
    h(
      'p',
      {},
      'A bar is the median of the rounds. Beside it stands the figure, and how many times as good the first of ours is. Contenders take turns, A B C, C B A, so that whatever else the machine does hits all of them; each has workers of its own. The best is first; what could not be measured is last, with the reason. Where two workers are in it, the figure depends on where the operating system puts them.',
    ),
  );
}

function navigation(): HTMLElement {
  return h(
    'nav',
    {},
    h('a', { href: '#overview' }, 'At a glance'),
    ...groups.map(({ id }) => h('a', { href: `#${id}` }, id)),
    h('a', { href: '#rivals' }, 'rivals'),
  );
}

(document.getElementById('report') as HTMLElement).replaceChildren(
  header(),
  navigation(),
  tiles(),
  overview(),
  ...[missed()].filter((each) => each !== undefined),
  key(),
  ...groups.map(group),
  rivals(),
);
// The target of the address was not there when the page was loaded.
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
