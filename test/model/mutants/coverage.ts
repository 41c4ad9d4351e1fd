/**
 * Who runs which function of the core, in which model: found by walking through each model at random, some
 * of them, in a core whose functions say that they are entered.
 *
 * A model that lets a worker die lets it die before every operation. So a function that such a worker runs on
 * one of these walks runs with a death at each of its steps in the search.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyMutant, buildFrom, type Core, type Edit, type Sources } from '../build.ts';
import { machineOf, type Options } from '../explore.ts';
import { type Describe, Model } from '../model.ts';
import { placesIn } from '../planted.ts';
import { DYING, OBSERVER } from '../sharing.ts';
import { randomNumbers, walk } from '../walk.ts';
import { coreFiles, coreSources } from './generate.ts';
import { leaveOut, perform, type Trial } from './stage.ts';

/**
 * As what a function was run, from the least: only in the setup; by a worker; by a reaper; by a worker that
 * may die, or in a call that ends in a death, where somebody repairs.
 */
export const Role = { NONE: 0, SETUP: 1, LIVING: 2, REPAIRING: 3, MORTAL: 4 } as const;

/** A search of a test, and what it runs. */
export interface Unit {
  readonly trial: Trial;
  readonly name: string;
  /** Other limits than those of all models: see Core. */
  readonly mutant: readonly Edit[];
  /** A Role for each function. */
  readonly roles: Uint8Array;
  /** Its test compares several searches: all of them are run. */
  readonly isPart: boolean;
}

export interface CoreFunction {
  readonly file: string;
  readonly name: string;
  readonly isExported: boolean;
}

/** Of the core, in the order of the sources. */
export const functions: readonly CoreFunction[] = coreFiles.flatMap((file) => {
  const exported = exportsOf(file);
  const places = placesIn(file, coreSources.get(file) as string);
  return [...places].map(({ name }) => ({ file, name, isExported: exported.has(name) }));
});

/** What index.ts exports of a file. */
function exportsOf(file: string): Set<string> {
  const index = coreSources.get('index.ts') as string;
  if (file === 'index.ts') return new Set([...placesIn(file, index)].map(({ name }) => name));
  const names = index.match(new RegExp(`export \\{([^}]*)\\} from '\\./${file.replace('.ts', '')}'`))?.[1] ?? '';
  return new Set(names.split(',').map((name) => name.trim()));
}

const WALKS = 12;

class Missing extends Error {
  constructor(readonly mutant: readonly Edit[]) {
    super('no core with these limits yet');
  }
}

/** A Unit, as it is kept on disk. */
type Kept = Omit<Unit, 'trial' | 'roles'> & { readonly roles: string; readonly trial: number };

/** The searches of these tests; from disk, if neither they nor the core have changed since. */
export async function keptUnitsOf(trials: readonly Trial[]): Promise<readonly Unit[]> {
  const models = fileURLToPath(new URL('..', import.meta.url));
  const hash = createHash('sha256');
  for (const file of coreFiles) hash.update(`\0${file}\0${coreSources.get(file)}`);
  for (const name of readdirSync(models, { recursive: true, encoding: 'utf8' }).sort())
    if (name.endsWith('.ts') && !/(equivalent|exempt|deaths|run|report|campaign)\.ts$/.test(name))
      hash.update(readFileSync(join(models, name)));
  const folder = join(models, '../../build/mutants');
  const file = join(folder, `units-${hash.digest('hex').slice(0, 16)}.json`);
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept[];
    return kept.map((each) => ({ ...each, trial: trials[each.trial] as Trial, roles: Buffer.from(each.roles, 'base64') }));
  }
  const units = await unitsOf(trials);
  const kept = units.map((unit): Kept => {
    return { ...unit, trial: trials.indexOf(unit.trial), roles: Buffer.from(unit.roles).toString('base64') };
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(kept));
  return units;
}

/** The searches of these tests. */
async function unitsOf(trials: readonly Trial[]): Promise<Unit[]> {
  const cores = new Map<string, Core>();
  const units: Unit[] = [];
  for (const trial of trials) units.push(...(await searchesOf(trial, cores)));
  return units;
}

async function searchesOf(trial: Trial, cores: Map<string, Core>): Promise<Unit[]> {
  const found = new Map<string, Unit>();
  const look = (name: string, { mutant = [] }: Core, describe: Describe, options: Options) => {
    const core = cores.get(JSON.stringify(mutant));
    if (!core) throw new Missing(mutant);
    const roles = new Uint8Array(functions.length);
    lookAround(core, describe, options, roles);
    found.set(name, { trial, name, mutant, roles, isPart: false });
    return leaveOut(name);
  };
  for (;;) {
    try {
      await perform(trial, look);
      return [...found.values()];
    } catch (error) {
      // What else it throws are demands on outcomes, which nobody has looked for.
      if (!(error instanceof Missing)) return [...found.values()].map((unit) => ({ ...unit, isPart: true }));
      cores.set(JSON.stringify(error.mutant), await buildFrom(telling(applyMutant(coreSources, error.mutant))));
    }
  }
}

/** The searches called by these names (`lock: two of three`), of which it is known that they run what they must. */
export async function unitsCalled(names: ReadonlySet<string>, trials: readonly Trial[]): Promise<Unit[]> {
  const units: Unit[] = [];
  for (const trial of trials) {
    const found = new Map<string, Unit>();
    const look = (name: string, core: Core, describe: Describe, options: Options) => {
      const { mutant = [] } = core;
      // Some tests learn from a model's description whether there is another one.
      new Model(machineOf(core, options), describe);
      const roles = new Uint8Array(functions.length).fill(Role.LIVING);
      if (names.has(`${trial.file}: ${name}`)) found.set(name, { trial, name, mutant, roles, isPart: false });
      return leaveOut(name);
    };
    let isPart = false;
    try {
      await perform(trial, look);
    } catch {
      isPart = true;
    }
    units.push(...[...found.values()].map((unit) => ({ ...unit, isPart })));
  }
  return units;
}

/** The sources in which each function says that it is entered. */
function telling(sources: Sources): Sources {
  const told = new Map(sources);
  const declared = "@external('planted', 'enters')\nexport declare function enters(number: i32): void;\n";
  told.set('planted.ts', declared);
  for (const file of coreFiles) {
    let text = sources.get(file) as string;
    const first = functions.findIndex((each) => each.file === file);
    for (const [i, { begin }] of [...[...placesIn(file, text)].entries()].reverse())
      text = `${text.slice(0, begin)}  enters(${first + i});\n${text.slice(begin)}`;
    const path = posix.relative(posix.dirname(file), 'planted');
    told.set(file, `import { enters } from '${path.startsWith('.') ? path : `./${path}`}';\n${text}`);
  }
  return told;
}

function lookAround(core: Core, describe: Describe, options: Options, roles: Uint8Array): void {
  let model: Model | undefined;
  const enters = (number: number, who: number) => {
    roles[number] = Math.max(roles[number], roleOf(model, who));
  };
  // Every operation is a scheduling point: nobody has learned yet which words are shared.
  model = new Model(machineOf({ ...core, enters }, { ...options, reduce: false }), describe);
  model.machine.boot();
  walk(model.machine, WALKS, randomNumbers(WALKS));
}

function roleOf(model: Model | undefined, who: number): number {
  if (who === DYING) return Role.MORTAL;
  const workers = model?.machine.workers;
  const worker = who === OBSERVER ? undefined : workers?.[who];
  if (!worker) return Role.SETUP;
  if (worker.isReaper) return Role.REPAIRING;
  const canDie = worker.mayDie && (model as Model).victim < 0 && workers?.some(({ isReaper }) => isReaper);
  return canDie ? Role.MORTAL : Role.LIVING;
}
