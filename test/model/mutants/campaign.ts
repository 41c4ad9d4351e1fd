/**
 * Judging mutants: each is there alone, in a core that has many of them (planted.ts), and the models that run
 * its function are searched, the shortest first, until one is found wrong.
 */
import { applyMutant, buildFrom, type Core, type Edit } from '../build.ts';
import { explore, MOST_STATES, STACK_BYTES } from '../explore.ts';
import { Planting } from '../planted.ts';
import { functions, Role, type Unit } from './coverage.ts';
import { coreSources, type Mutant } from './generate.ts';
import { killers, lengthOf } from './known.ts';
import { perform, type Search } from './stage.ts';

export interface Verdict {
  readonly id: string;
  /** `invalid`: it does not compile. `unseen`: no model runs its function. */
  readonly verdict: 'killed' | 'survived' | 'unseen' | 'invalid';
  /** The search that killed it. */
  readonly by?: string;
  /** What was found wrong. */
  readonly how?: string;
  /** It was judged by the tests of the classes, behind the models. */
  readonly tested?: boolean;
  /** Searches that were made, of those that run its function. */
  readonly tried: number;
  readonly of: number;
  readonly ms: number;
}

class Killed extends Error {}

/** A search that became much longer, and has found nothing wrong yet. */
class Undecided extends Error {}

/** With fewer a core is not worth its compilation; with more that takes too much memory. */
const BATCH = 80;

export class Campaign {
  readonly #batches: readonly (readonly Mutant[])[];
  readonly #cores = new Map<string, ReadonlyMap<string, Core>>();
  readonly #kills = new Map<string, number>();
  readonly #budget: number;
  readonly #compiles: (begins: boolean) => void;

  /**
   * `budget`: transitions, of the core as it is, after which a mutant has survived. `compiles`: is told when
   * that begins and ends, which takes long.
   */
  constructor(mutants: readonly Mutant[], budget: number, compiles: (begins: boolean) => void) {
    this.#compiles = compiles;
    const batches = Math.ceil(mutants.length / BATCH);
    const size = Math.ceil(mutants.length / batches);
    this.#batches = Array.from({ length: batches }, (_, i) => mutants.slice(i * size, (i + 1) * size));
    this.#budget = budget;
  }

  async judge(mutant: Mutant, units: readonly Unit[]): Promise<Verdict> {
    const start = performance.now();
    const ordered = this.#inOrder(mutant, units);
    const undecided: Unit[] = [];
    let [tried, spent] = [0, 0];
    const say = (verdict: Verdict['verdict'], more: Partial<Verdict> = {}) => {
      return { id: mutant.id, verdict, tried, of: ordered.length, ms: Math.round(performance.now() - start), ...more };
    };
    if (ordered.length === 0) return say('unseen');
    for (const inFull of [false, true]) {
      for (const unit of inFull ? undecided : ordered) {
        if (spent > 0 && spent + lengthOf(unit.name) > this.#budget) continue;
        const core = await this.#coreOf(mutant, unit.mutant);
        if (!core) return say('invalid');
        tried++;
        spent += lengthOf(unit.name);
        const error = await search(unit, core, inFull);
        if (error instanceof Undecided) undecided.push(unit);
        else if (error) {
          this.#note(mutant, unit);
          return say('killed', { by: nameOf(unit), how: String(error.message).split('\n')[0] ?? '' });
        }
      }
    }
    return say('survived');
  }

  /** Those that run its function; first those that are short, and those that have killed its like. */
  #inOrder(mutant: Mutant, units: readonly Unit[]): Unit[] {
    const i = functions.findIndex(({ file, name }) => file === mutant.file && name === mutant.function);
    const costs = new Map<Unit, number>();
    for (const unit of units) {
      const role = unit.roles[i] as number;
      if (role === Role.NONE) continue;
      const kills = this.#kills.get(`${mutant.file} ${mutant.function} ${unit.name}`) ?? 0;
      // A core with other limits has to be compiled first. What only the setup runs finds little.
      const factor = (unit.mutant.length > 0 ? 10 : 1) * (role === Role.SETUP ? 5 : 1);
      const isKnown = killers[mutant.id] === nameOf(unit);
      costs.set(unit, isKnown ? 0 : (lengthOf(unit.name) * factor) / (1 + 10 * kills));
    }
    return [...costs.keys()].sort((a, b) => (costs.get(a) as number) - (costs.get(b) as number));
  }

  #note({ file, function: name }: Mutant, unit: Unit): void {
    const key = `${file} ${name} ${unit.name}`;
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }

  async #coreOf(mutant: Mutant, limits: readonly Edit[]): Promise<Core | undefined> {
    const batch = this.#batches.find((each) => each.includes(mutant)) as readonly Mutant[];
    const key = `${this.#batches.indexOf(batch)} ${JSON.stringify(limits)}`;
    if (!this.#cores.has(key)) {
      this.#compiles(true);
      this.#cores.set(key, await coresOf(batch, limits));
      this.#compiles(false);
    }
    return this.#cores.get(key)?.get(mutant.id);
  }
}

/** With its file before it. */
function nameOf({ trial, name }: Unit): string {
  return `${trial.file}: ${name}`;
}

/** One core for all of them; where one does not compile, the others have two. */
async function coresOf(mutants: readonly Mutant[], limits: readonly Edit[]): Promise<ReadonlyMap<string, Core>> {
  const planting = new Planting(applyMutant(coreSources, limits));
  for (const [i, { file, function: name, body }] of mutants.entries()) planting.plantBody(file, name, () => body, i + 1);
  try {
    const core = await buildFrom(planting.sources());
    return new Map(mutants.map(({ id }, i) => [id, { ...core, planted: i + 1 }]));
  } catch {
    if (mutants.length <= 1) return new Map();
    const half = mutants.length >> 1;
    const [first, second] = [await coresOf(mutants.slice(0, half), limits), await coresOf(mutants.slice(half), limits)];
    return new Map([...first, ...second]);
  }
}

/** What a test finds wrong with a mutant. */
async function search({ trial, name, isPart }: Unit, core: Core, inFull: boolean): Promise<Error | undefined> {
  const how: Search = (name, _, describe, options) => {
    const { maxStates = MOST_STATES } = options;
    // One that makes a search endless is found out by another model, or in the end.
    const most = inFull ? maxStates : Math.min(maxStates, lengthOf(name) * 2 + 2000);
    // A function that is there twice takes twice the stack.
    const stackBytes = (options.stackBytes ?? STACK_BYTES) * 2;
    const result = explore(name, core, describe, { ...options, stackBytes, maxStates: most });
    const { failure } = result;
    if (failure?.gaveUp && most < maxStates) throw new Undecided(failure.message);
    if (failure) throw new Killed(failure.message);
    return result;
  };
  try {
    await perform(trial, how, isPart ? undefined : name);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
