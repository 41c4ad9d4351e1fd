/** The figures as a terminal shows them. */
import type { ContenderResult, GroupResult, Report, RowResult, Verdict } from './model.ts';
import { timesAsGood, units, writeBytes, writeCount, writeTimes } from './units.ts';
import { headOf } from './verdict.ts';

const NAME = 34;

export function printHead({ run, machine, parties }: Report): void {
  const { cpu, cores, runtime, load } = machine;
  const quick = run.effort === 'quick' ? ', quick: figures are rough' : '';
  console.log(
    `nogil ${run.version}${run.revision ? ` (${run.revision})` : ''}: ${runtime}, ${cores} cores (${cpu}), load ${load[0].toFixed(2)}${quick}`,
  );
  if (load[0] > 0.5) console.log('other programs are running: figures of two workers are those of a shared core');
  for (const { name, missing } of parties) if (missing !== undefined) console.log(`without ${name}: ${missing}`);
}

export function printGroup({ id, question }: GroupResult): void {
  console.log(`\n━━ ${id}: ${question} ━━`);
}

function figures(row: RowResult, contender: ContenderResult, head: ContenderResult | undefined): string {
  const unit = units[row.unit];
  const last = contender.points.at(-1);
  if (!last) return contender.failed ?? '';
  if (row.over) {
    const place = row.over.unit === 'bytes' ? writeBytes : writeCount;
    return contender.points.map(({ at = 0, median }) => `${place(at)}: ${unit.write(median)}`).join('  ');
  }
  const range = last.samples.length > 1 ? `${unit.write(last.min)} – ${unit.write(last.max)}` : '';
  const ours = head?.points[0]?.median;
  const ratio =
    ours === undefined || contender === head || last.median === 0 ? '' : writeTimes(timesAsGood(row.unit, ours, last.median));
  return `${unit.write(last.median).padStart(11)}  ${ratio.padStart(9)}  ${range}`;
}

export function writeVerdict(row: RowResult, { target, figure, range, against, side, bound, result, unsure }: Verdict): string {
  if (figure === undefined) return `${target}: not measured`;
  const write = (value: number) => (against === undefined ? units[row.unit].write(value) : writeTimes(value));
  const between = range && range[0] !== range[1] ? ` (${write(range[0])} – ${write(range[1])})` : '';
  const word = result === 'met' ? 'met' : 'MISSED';
  return `${target}: ${write(figure)}${between}, ${word}${unsure ? ', within the noise' : ''}${result === 'missed' ? ` (${side} ${write(bound)})` : ''}`;
}

export function printRow(row: RowResult): void {
  const head = row.over ? undefined : headOf(row.contenders);
  console.log(`\n${row.what}  [${row.id}]`);
  for (const contender of row.contenders) {
    const mark = contender.kind === 'ours' ? '▸' : contender.kind === 'reference' ? '·' : ' ';
    console.log(`  ${mark} ${contender.name.padEnd(NAME)} ${figures(row, contender, head)}`);
  }
  for (const verdict of row.verdicts) console.log(`    ${writeVerdict(row, verdict)}`);
}

export function printEnd({ run, machine, groups }: Report): void {
  const verdicts = groups.flatMap(({ rows }) => rows.flatMap((row) => row.verdicts.map((verdict) => ({ row, verdict }))));
  const count = (result: Verdict['result']) => verdicts.filter(({ verdict }) => verdict.result === result);
  console.log(`\n${run.seconds} s, load ${machine.load[1].toFixed(2)}; ${count('met').length} of ${verdicts.length} targets met`);
  for (const { row, verdict } of [...count('missed'), ...count('open')])
    console.log(`  ${row.id}: ${writeVerdict(row, verdict)}`);
}
