/** The page docs/internals/mutants.md: what the last campaign has found, in numbers. */
import type { Verdict } from './campaign.ts';
import { reasonFor } from './equivalent.ts';
import type { Mutant } from './generate.ts';

const HEAD = `# Mutants

Does a model notice when the core is changed? \`npm run mutants\` makes small changes in the sources of
\`assembly/\`, one at a time, and runs the models that run the changed function, the shortest first, until one
is found wrong. What they let live is judged by the tests of the classes. This page is written by \`npm run
mutants -- --report\` after a campaign.

| operator | what it does |
|---|---|
| swap | a store changes places with the statement beside it |
| removed | a call is not made: a store, a wake-up, a release, a free |
| decided | a condition's answer is not looked at: always no, or always yes |
| compared | \`==\` and \`!=\`, \`<\` and \`<=\`, \`>\` and \`>=\` |
| joined | \`&&\` and \`\\|\\|\` |
| unmasked | a value without its mask, its flag or its shift |
| bound | a number is one more; \`min\` and \`max\` |
| negated | \`!x\` is \`x\`; true and false |
| fewer | a notify of all sleepers wakes one |

All mutants of a batch are compiled into one core: each function that one changes is there twice, and a number
says which is run (\`test/model/planted.ts\`). Which models run a function was found by walking through each of
them (\`test/model/mutants/coverage.ts\`).

**Equivalent** ones change nothing that anybody could notice: \`test/model/mutants/equivalent.ts\` says why of
each. They do not count. **Invalid** ones do not compile.
`;

export function reportOf(mutants: readonly Mutant[], verdicts: ReadonlyMap<string, Verdict>): string {
  const judged = mutants.filter(({ id }) => verdicts.has(id));
  const folders = [...new Set(judged.map(({ file }) => folderOf(file)))].sort();
  const operators = [...new Set(judged.map(({ operator }) => operator))].sort();
  const byFolder = folders.map((name) =>
    row(
      `\`${name}\``,
      judged.filter(({ file }) => folderOf(file) === name),
      verdicts,
    ),
  );
  const byOperator = operators.map((name) =>
    row(
      name,
      judged.filter(({ operator }) => operator === name),
      verdicts,
    ),
  );
  const left = judged.filter((mutant) => kindOf(mutant, verdicts) === 'survived');
  return [
    HEAD,
    '## The last campaign\n',
    ...table('files', byFolder),
    row('all', judged, verdicts),
    '',
    ...table('operator', byOperator),
    '',
    '## Who survives\n',
    ...(left.length === 0 ? ['Nobody.'] : left.map(described)),
    '',
  ].join('\n');
}

const folderOf = (file: string) => file.replace(/[^/]*$/, '') || file;

type Kind = 'killed' | 'survived' | 'equivalent' | 'invalid';

function kindOf({ id }: Mutant, verdicts: ReadonlyMap<string, Verdict>): Kind {
  const verdict = verdicts.get(id)?.verdict;
  if (verdict === 'killed' || verdict === 'invalid') return verdict;
  return reasonFor(id) ? 'equivalent' : 'survived';
}

function row(name: string, mutants: readonly Mutant[], verdicts: ReadonlyMap<string, Verdict>): string {
  const count = (kind: Kind) => mutants.filter((mutant) => kindOf(mutant, verdicts) === kind).length;
  const [killed, survived] = [count('killed'), count('survived')];
  const share = killed + survived === 0 ? '' : `${((100 * killed) / (killed + survived)).toFixed(1)} %`;
  return `| ${[name, killed, survived, share, count('equivalent'), count('invalid')].join(' | ')} |`;
}

function table(first: string, rows: readonly string[]): string[] {
  return [`| ${first} | killed | survived | killed, of these | equivalent | invalid |`, '|---|--:|--:|--:|--:|--:|', ...rows];
}

function described({ file, function: name, operator, before, after }: Mutant): string {
  const [from, to] = [before, after].map((text) => text.replace(/\s+/g, ' ').trim().slice(0, 80));
  return `- \`${file}\`, \`${name}\`, ${operator}:\n  \`${from}\`\n  \`${to}\``;
}
