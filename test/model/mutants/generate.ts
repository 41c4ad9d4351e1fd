/**
 * The mutants of the core: every change that an operator makes in a function of assembly/.
 */
import { createHash } from 'node:crypto';
import { type Sources, sourcesOf, unchecked, withoutChecks } from '../build.ts';
import { placesIn } from '../planted.ts';
import { isOfChecks } from './exempt.ts';
import { changesIn } from './operators.ts';
import { functionsIn } from './syntax.ts';

export interface Mutant {
  /** Where, what, and a digest of the change: the same as long as that place stays as it is. */
  readonly id: string;
  readonly file: string;
  readonly function: string;
  readonly operator: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The function's body, changed. */
  readonly body: string;
}

/** What the models replace, and what is no code of the core's. */
const OTHERS = /^(atomics|checks|limits|abi|layout)\.ts$|\.d\.ts$/;

/** Without the checks: without one, or with another, nothing is different that a model could see. */
export const coreSources: Sources = unchecked(sourcesOf());

export const coreFiles: readonly string[] = [...coreSources.keys()].filter((file) => !OTHERS.test(file)).sort();

/** All of them, in the order of the sources. */
export function allMutants(): Mutant[] {
  const withChecks = sourcesOf();
  return coreFiles.flatMap((file) => {
    const lines = linesLeft(withChecks.get(file) as string);
    return [...mutantsOf(file, coreSources.get(file) as string, lines)];
  });
}

/** The numbers, in a source as it is, of the lines that are left without the checks. */
function linesLeft(text: string): number[] {
  const lines = text.split('\n').map((line, i) => [i + 1, line] as const);
  return lines.filter(([, line]) => withoutChecks(`${line}\n`) !== '').map(([number]) => number);
}

function* mutantsOf(file: string, text: string, lines: readonly number[]): Generator<Mutant> {
  const places = new Map([...placesIn(file, text)].map((place) => [place.name, place]));
  const times = new Map<string, number>();
  for (const { name, body } of functionsIn(text, file)) {
    const place = places.get(name.text);
    if (!place || !body || isOfChecks(file, name.text)) continue;
    const seen = new Set<string>();
    for (const { operator, from, to, text: after } of changesIn(body, text)) {
      if (from < place.begin || to > place.end) continue;
      const before = text.slice(from, to);
      const changed = text.slice(place.begin, from) + after + text.slice(to, place.end);
      if (seen.has(changed)) continue;
      seen.add(changed);
      const key = `${file} ${name.text} ${operator} ${before} ${after}`;
      const time = times.get(key) ?? 0;
      times.set(key, time + 1);
      const digest = createHash('sha256').update(`${key} ${time}`).digest('hex').slice(0, 6);
      yield {
        id: `${file}:${name.text}:${operator}:${digest}`,
        file,
        function: name.text,
        operator,
        line: lines[text.slice(0, from).split('\n').length - 1] as number,
        before,
        after,
        body: changed,
      };
    }
  }
}

/**
 * `count` of them, the same ones for the same seed whatever becomes of the others: those whose digests with
 * the seed come first.
 */
export function sampleOf(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const rank = new Map(mutants.map(({ id }) => [id, createHash('sha256').update(`${seed} ${id}`).digest('hex')]));
  const rankOf = ({ id }: Mutant) => rank.get(id) as string;
  return [...mutants].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1)).slice(0, count);
}
