/**
 * Planted bugs: tests that a model finds them. All those of a test file are compiled into one core, in which
 * a number says which of them is there: a compiler takes seconds for a core, and there are hundreds of bugs.
 *
 * Each function that an edit changes is there twice, as it is and as the edit makes it. The first begins with
 * the question which it is to be, so every call finds the right one. The number is an import of the module, a
 * constant of each instance.
 */
import { posix } from 'node:path';
import { test } from 'vitest';
import { inFull } from '../support/mode.ts';
import { applyMutant, buildFrom, type Core, type Edit, edited, type Sources, sourcesOf, unchecked } from './build.ts';

type Bug = Edit | readonly Edit[];

/** Bugs that are compiled together, into a core in which `base` is changed. */
class Batch {
  readonly #base: readonly Edit[];
  readonly #bugs: (readonly Edit[])[] = [];
  #cores: Promise<(index: number) => Promise<Core>> | undefined;

  constructor(base: readonly Edit[]) {
    this.#base = base;
  }

  get isClosed(): boolean {
    return this.#cores !== undefined;
  }

  /** Which one it is from now on. */
  add(bug: Bug): number {
    return this.#bugs.push([bug].flat()) - 1;
  }

  /** Nothing is added any more. */
  async core(index: number): Promise<Core> {
    this.#cores ??= this.#compile();
    return (await this.#cores)(index);
  }

  async #compile(): Promise<(index: number) => Promise<Core>> {
    const sources = applyMutant(unchecked(sourcesOf()), this.#base);
    const planting = new Planting(sources);
    const isPlanted = this.#bugs.map((edits, index) => planting.plant(edits, index + 1));
    const together = isPlanted.includes(true) ? await buildFrom(planting.sources()) : undefined;
    return async (index) => {
      if (together && isPlanted[index]) return { ...together, planted: index + 1 };
      // It changes more than the bodies of functions; or this says what is wrong with it.
      return buildFrom(applyMutant(sources, this.#bugs[index] as readonly Edit[]));
    };
  }
}

/** Half of the tests of planted bugs: `npm run mutants` has hundreds of others, of which thirty are in `npm test`. */
function isLeftOut(title: string): boolean {
  return !inFull && [...title].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 2 === 1;
}

/**
 * As `planted`, in a core that is changed by `base`: of other limits, say. `always`: also where a run is not
 * in full.
 */
export function plantedIn(base: readonly Edit[], { always = false } = {}) {
  let batch = new Batch(base);
  let sources: Sources | undefined;
  return <K extends string>(title: string, bugs: Record<K, Bug>, body: (cores: Record<K, Core>) => void): void => {
    if (!always && isLeftOut(title)) {
      // What it changes must be there all the same, or nobody would notice that it is not until a run in full.
      sources ??= applyMutant(unchecked(sourcesOf()), base);
      for (const bug of Object.values<Bug>(bugs)) applyMutant(sources, [bug].flat());
      return;
    }
    // The tests of another file, which ran in this process, have closed theirs.
    if (batch.isClosed) batch = new Batch(base);
    const own = batch;
    const indices = Object.entries<Bug>(bugs).map(([name, bug]) => [name, own.add(bug)] as const);
    test(title, async () => {
      const cores = indices.map(async ([name, index]) => [name, await own.core(index)] as const);
      body(Object.fromEntries(await Promise.all(cores)) as Record<K, Core>);
    });
  };
}

/**
 * A test that is given the core with each of `bugs`: each by the name that its function uses, an edit, or
 * several that make one bug.
 */
export const planted = plantedIn([]);

const FUNCTION = /^((?:@\w+\n)*)(?:export )?function (\w+)\(([^)]*)\): (\w+) \{\n/gm;

/** A function at the top level of a file. */
export interface Place {
  file: string;
  name: string;
  decorators: string;
  parameters: string;
  result: string;
  /** Where its body begins and ends. */
  begin: number;
  end: number;
}

export function* placesIn(file: string, text: string): Generator<Place> {
  for (const match of text.matchAll(FUNCTION)) {
    const [head, decorators = '', name = '', parameters = '', result = ''] = match;
    const begin = match.index + head.length;
    yield { file, name, decorators, parameters, result, begin, end: text.indexOf('\n}\n', begin - 1) + 3 };
  }
}

/** Sources in which bugs are planted. */
export class Planting {
  readonly #original: Sources;
  /** What goes in behind the heads of functions: by file, and by where. */
  readonly #questions = new Map<string, Map<number, string>>();
  /** What goes in at the ends of files. */
  readonly #copies = new Map<string, string>();

  constructor(original: Sources) {
    this.#original = original;
  }

  /** Whether each of the edits lies in the body of a function: then they are bug `number` from now on. */
  plant(edits: readonly Edit[], number: number): boolean {
    const byPlace = new Map<string, { place: Place; edits: Edit[] }>();
    for (const edit of edits) {
      const place = this.#placeOf(edit);
      if (place === undefined) return false;
      const key = `${place.file} ${place.name}`;
      byPlace.set(key, { place, edits: [...(byPlace.get(key)?.edits ?? []), edit] });
    }
    for (const { place, edits: own } of byPlace.values()) this.#copy(place, own.reduce(edited, this.#bodyOf(place)), number);
    return true;
  }

  /**
   * The function called `name` has another body as bug `number`. False: there is none that this can be done
   * to.
   */
  plantBody(file: string, name: string, body: (before: string) => string, number: number): boolean {
    const place = [...placesIn(file, this.#original.get(file) ?? '')].find((each) => each.name === name);
    if (place === undefined) return false;
    this.#copy(place, body(this.#bodyOf(place)), number);
    return true;
  }

  #bodyOf({ file, begin, end }: Place): string {
    return (this.#original.get(file) as string).slice(begin, end);
  }

  #placeOf({ file, find }: Edit): Place | undefined {
    const text = this.#original.get(file) ?? '';
    const from = text.indexOf(find);
    if (from < 0 || text.includes(find, from + 1)) return undefined;
    for (const place of placesIn(file, text)) if (from >= place.begin && from + find.length <= place.end) return place;
    return undefined;
  }

  #copy({ file, name, decorators, parameters, result, begin }: Place, body: string, number: number): void {
    const copy = `${name}_${number}`;
    const names = parameters.split(',').map((each) => each.split(':')[0]?.trim());
    const call = `${copy}(${names.filter((each) => each !== '').join(', ')})`;
    const answer = result === 'void' ? `{\n    ${call};\n    return;\n  }` : `return ${call};`;
    const questions = this.#questions.get(file) ?? new Map<number, string>();
    questions.set(begin, `${questions.get(begin) ?? ''}  if (PLANTED == ${number}) ${answer}\n`);
    this.#questions.set(file, questions);
    const before = this.#copies.get(file) ?? '';
    this.#copies.set(file, `${before}\n${decorators}function ${copy}(${parameters}): ${result} {\n${body}`);
  }

  /** The sources with all that was planted. */
  sources(): Sources {
    const sources = new Map(this.#original);
    sources.set('planted.ts', "@external('planted', 'number')\nexport declare const PLANTED: i32;\n");
    for (const [file, questions] of this.#questions) {
      let text = (this.#original.get(file) as string) + this.#copies.get(file);
      // From the end, so that what comes before stays where it is.
      for (const [at, lines] of [...questions].sort(([a], [b]) => b - a)) text = text.slice(0, at) + lines + text.slice(at);
      const path = posix.relative(posix.dirname(file), 'planted');
      sources.set(file, `import { PLANTED } from '${path.startsWith('.') ? path : `./${path}`}';\n${text}`);
    }
    return sources;
  }
}
