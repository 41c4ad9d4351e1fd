/** What the inspector shows, as text for a terminal. */
import Table from 'cli-table3';
import type { Page, Section } from '../inspector/sections.ts';

/** No lines but the spaces between columns. */
const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Controls in a name would be the terminal's. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const plain = (cell: string) => cell.replaceAll(CONTROL, '?');

function sectionText({ title, head, rows, quiet }: Section): string {
  const more = quiet === 0 ? '' : ` (and ${quiet} that nobody uses now)`;
  if (rows.length === 0) return `${title}: none in use${quiet === 0 ? '' : ` of ${quiet}`}`;
  const table = new Table({
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push([...head], ...rows.map((row) => row.map(plain)));
  const lines = table.toString().split('\n');
  return [`${title}${more}`, ...lines.map((line) => `  ${line.trimEnd()}`)].join('\n');
}

export function textOf({ summary, deadlocks, sections, hint }: Page): string {
  const dead = deadlocks.map((cycle) => `DEADLOCK: ${cycle.map(plain).join(';\n          ')}.`);
  return [summary, ...dead, ...sections.map(sectionText), ...(hint === '' ? [] : [hint])].join('\n\n');
}
