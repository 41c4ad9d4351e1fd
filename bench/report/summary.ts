/** The figures as Markdown, for docs/: what the guide's claims link to. */
import type { ContenderResult, Report, RowResult } from './model.ts';
import { timesAsGood, units, writeBytes, writeCount, writeTimes } from './units.ts';
import { headOf } from './verdict.ts';

/** How a heading of this id is linked to. */
export function anchorOf(id: string): string {
  return id.replaceAll('.', '');
}

function line(row: RowResult, contender: ContenderResult, head: ContenderResult | undefined): string {
  const unit = units[row.unit];
  const name = contender.kind === 'ours' ? `**${contender.name}**` : contender.name;
  const first = contender.points[0];
  if (!first) return `| ${name} | ${contender.failed ?? 'not measured'} | | |`;
  const ours = head?.points[0]?.median;
  const ratio = contender === head || !ours || !first.median ? '' : writeTimes(timesAsGood(row.unit, ours, first.median));
  const range = first.samples.length > 1 ? `${unit.write(first.min)} – ${unit.write(first.max)}` : '';
  return `| ${name} | ${unit.write(first.median)} | ${range} | ${ratio} |`;
}

function bars(row: RowResult): string[] {
  const head = headOf(row.contenders);
  return ['| | median | min – max | ours |', '|---|---|---|---|', ...row.contenders.map((each) => line(row, each, head))];
}

function curve(row: RowResult, over: NonNullable<RowResult['over']>): string[] {
  const place = over.unit === 'bytes' ? writeBytes : writeCount;
  const places = [...new Set(row.contenders.flatMap(({ points }) => points.map(({ at = 0 }) => at)))].sort((a, b) => a - b);
  const cells = ({ points }: ContenderResult) =>
    places.map((at) => {
      const point = points.find((each) => each.at === at);
      return point ? units[row.unit].write(point.median) : '';
    });
  return [
    `| ${[over.name, ...places.map(place)].join(' | ')} |`,
    `|${'---|'.repeat(places.length + 1)}`,
    ...row.contenders.map((each) => `| ${[each.name, ...cells(each)].join(' | ')} |`),
  ];
}

function verdicts(row: RowResult): string[] {
  const cells = row.verdicts.map(({ target, figure, range, against, result, unsure }) => {
    const write = (value: number) => (against === undefined ? units[row.unit].write(value) : writeTimes(value));
    const between = range && range[0] !== range[1] ? `${write(range[0])} – ${write(range[1])}` : '';
    const found = figure === undefined ? 'not measured' : write(figure);
    return `| ${target} | ${found} | ${between} | ${result}${unsure ? ', within the noise' : ''} |`;
  });
  return ['| target | figure | min – max | |', '|---|---|---|---|', ...cells];
}

export function composeSummary(report: Report): string {
  const { run, machine, parties, groups } = report;
  const lines = [
    '# The report, in figures',
    '',
    'Written by `npm run bench -- --summary docs/internals/report.md`; not by hand. What the columns and rows mean',
    'is in [bench/README.md](../../bench/README.md). **ours**: how many times as good the first of ours is.',
    '',
    '| | |',
    '|---|---|',
    `| date | ${run.date.slice(0, 10)} |`,
    `| package | ${run.version}${run.revision ? ` (${run.revision})` : ''} |`,
    `| run | ${run.effort}, ${run.seconds} s |`,
    `| machine | ${machine.cores} cores, ${machine.cpu}, ${writeBytes(machine.memoryBytes)}, ${machine.os}, ${machine.runtime} |`,
    `| load | ${machine.load.map((each) => each.toFixed(2)).join(' before, ')} after |`,
    ...parties
      .filter(({ id }) => id !== 'nogil')
      .map(({ name, version, missing }) => `| ${name} | ${missing ?? version ?? ''} |`),
  ];
  for (const { question, rows } of groups) {
    lines.push('', `## ${question}`);
    for (const row of rows) {
      lines.push('', `### ${row.id}`, '', row.what + (row.what.endsWith('.') ? '' : '.'), '');
      lines.push(...(row.over ? curve(row, row.over) : bars(row)));
      if (row.verdicts.length > 0) lines.push('', ...verdicts(row));
    }
  }
  return `${lines.join('\n')}\n`;
}
