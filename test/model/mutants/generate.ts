/**
 * The mutants of the core: every change that an operator makes in a function of assembly/.
 */
import { createHash } from 'node:crypto';
import { type Sources, sourcesOf } from '../build.ts';
import { placesIn } from '../planted.ts';
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
const OTHERS = /^(atomics|limits|abi|layout)\.ts$|\.d\.ts$/;

export const coreSources: Sources = sourcesOf();

export const coreFiles: readonly string[] = [...coreSources.keys()].filter((file) => !OTHERS.test(file)).sort();

/** All of them, in the order of the sources. */
export function allMutants(): Mutant[] {
  return coreFiles.flatMap((file) => [...mutantsOf(file, coreSources.get(file) as string)]);
}

function* mutantsOf(file: string, text: string): Generator<Mutant> {
  const places = new Map([...placesIn(file, text)].map((place) => [place.name, place]));
  const times = new Map<string, number>();
  for (const { name, body } of functionsIn(text, file)) {
    const place = places.get(name.text);
    if (!place || !body) continue;
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
        line: text.slice(0, from).split('\n').length,
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
