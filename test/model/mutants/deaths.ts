/**
 * The list in test/model/README.md: which function of the core runs in which models with a death at each
 * step, and which in none, and why not.
 */
import { type CoreFunction, functions, Role, type Unit } from './coverage.ts';
import { exempt } from './exempt.ts';
import { coreFiles } from './generate.ts';

const BEGIN = '<!-- made by npm run model:coverage -->\n';
const END = '<!-- end -->\n';

export interface Deaths {
  /** The list, as the README has it. */
  readonly list: string;
  /** What is wrong with it: empty if nothing is. */
  readonly problems: readonly string[];
}

export function deathsIn(units: readonly Unit[]): Deaths {
  const files = functions.map((_, i) => filesIn(units, i));
  const problems: string[] = [];
  for (const [i, { file, name }] of functions.entries()) {
    const where = `${file}: ${name}`;
    const isExempt = reasonOf(functions[i] as CoreFunction) !== undefined;
    if (isExempt && files[i]?.length) problems.push(`${where} is in exempt.ts, and runs with a death in ${files[i]?.join()}`);
    if (!isExempt && !files[i]?.length)
      problems.push(`${where} runs in no model with a death: write one, or say why in exempt.ts`);
  }
  const known = new Set(functions.flatMap(({ file, name }) => [name, `${file}:${name}`]));
  for (const name of Object.keys(exempt)) if (!known.has(name)) problems.push(`exempt.ts: there is no function ${name}`);
  return { list: listOf(files), problems };
}

function reasonOf({ file, name }: CoreFunction): string | undefined {
  return exempt[`${file}:${name}`] ?? exempt[name];
}

/** The files of models in which a worker that may die runs function `i`. */
function filesIn(units: readonly Unit[], i: number): string[] {
  const files = units.filter(({ roles }) => roles[i] === Role.MORTAL).map(({ trial }) => trial.file);
  return [...new Set(files)].sort();
}

function listOf(files: readonly (readonly string[])[]): string {
  const lines: string[] = [];
  for (const file of coreFiles) {
    const own = functions.flatMap((each, i) => (each.file === file ? [{ ...each, models: files[i] as string[] }] : []));
    if (own.length === 0) continue;
    lines.push('', `\`${file}\``, '');
    for (const { name, models, isExported } of own)
      if (isExported && models.length > 0) lines.push(`- \`${name}\`: ${few(models)}`);
    const inner = own.filter(({ isExported, models }) => !isExported && models.length > 0);
    const all = [...new Set(inner.flatMap(({ models }) => models))].sort();
    if (inner.length > 0) lines.push(`- within (${inner.length}): ${few(all)}`);
    for (const each of own) if (each.models.length === 0) lines.push(`- \`${each.name}\`: none. ${reasonOf(each) ?? '?'}`);
  }
  return `${lines.slice(1).flatMap(wrapped).join('\n')}\n`;
}

const MOST = 8;

function few(models: readonly string[]): string {
  return models.length <= MOST ? models.join(', ') : `${models.slice(0, MOST).join(', ')}, ${models.length - MOST} more`;
}

/** At 110 columns, as all text here. */
function wrapped(line: string): string[] {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines[lines.length - 1] as string;
    if (last !== '' && last.length + word.length >= 110) lines.push(`  ${word}`);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** The README with `list` between its markers. */
export function withList(readme: string, list: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error('test/model/README.md has no place for the list');
  return `${readme.slice(0, from + BEGIN.length)}\n${list}\n${readme.slice(to)}`;
}
