/** The table at a campaign's end: for the terminal, and as Markdown for the documentation. */
import { isWrong, type Tallies, type Tally } from './tally.ts';

const COLUMNS = [
  ['kills', 'kills'],
  ['items', 'items'],
  ['hangs', 'hangs'],
  ['lost', 'lost'],
  ['inHand', 'in hand'],
  ['doubled', 'doubled'],
  ['torn', 'torn'],
  ['errors', 'errors'],
] as const satisfies readonly (readonly [keyof Tally, string])[];

/** What a line of its own says of all scenes together. */
const LEAKS = [
  ['leakedBytes', 'bytes'],
  ['leakedPlaces', 'places'],
  ['leakedObjects', 'objects'],
] as const satisfies readonly (readonly [keyof Tally, string])[];

const write = (n: number) => n.toLocaleString('en').replaceAll(',', ' ');

function rowsOf(scenes: Tallies, total: Tally): string[][] {
  const lines = Object.entries(scenes)
    .filter(([name]) => name !== 'all')
    .sort(([a], [b]) => a.localeCompare(b));
  const row = (name: string, tally: Tally) => [name, ...COLUMNS.map(([key]) => write(tally[key]))];
  return [['scene', ...COLUMNS.map(([, title]) => title)], ...lines.map(([name, tally]) => row(name, tally)), row('all', total)];
}

function waysOf(ways: Tallies): string {
  const sorted = Object.entries(ways).sort(([, a], [, b]) => b.kills - a.kills);
  return sorted.map(([name, { kills }]) => `${name} ${write(kills)}`).join(', ');
}

function leaksOf(total: Tally): string {
  const bytes = total.kills === 0 ? 0 : Math.round(total.leakedBytes / total.kills);
  return `left over after ${write(total.rounds)} rounds: ${LEAKS.map(([key, what]) => `${write(total[key])} ${what}`).join(', ')} (${write(bytes)} bytes a death)`;
}

export function composeTable(scenes: Tallies, ways: Tallies, total: Tally): string {
  const rows = rowsOf(scenes, total);
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const pad = (cell: string, column: number) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0));
  const lines = rows.map((row) => row.map(pad).join('  '));
  return [...lines, '', `deaths: ${waysOf(ways)}`, leaksOf(total), isWrong(total) ? 'WRONG' : 'nothing is wrong'].join('\n');
}

/** The same for the documentation. */
export function composeMarkdown(scenes: Tallies, total: Tally): string {
  const [head = [], ...rest] = rowsOf(scenes, total);
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rest.map(line)].join('\n');
}
