/**
 * Builds a core for the model: the sources as they are, `atomics.ts` and whatever else lies directly in
 * test/model/assembly/ in place of the files of the same name, made suspendable by Binaryen's Asyncify.
 *
 *     npx tsx test/model/build.ts [sourceDir [outFile]]
 *
 * Nothing is copied to disk: the compiler reads from a map of sources, and a mutant (a planted bug) is an
 * edit of that map.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeSuspendable } from './suspendable.ts';

/** A planted bug: `find` must occur exactly once in `file` (its path below the source directory). */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface BuildOptions {
  /** The core's sources. Default: assembly/ of this package. */
  readonly source?: string;
  /** The module whose exports the models call. Default: index.ts. */
  readonly entry?: string;
  readonly mutant?: readonly Edit[];
  /**
   * Directories whose .ts files (not those of subdirectories) replace the source's, later ones first.
   * Default: test/model/assembly/.
   */
  readonly overlays?: readonly string[];
  /** Also writes the module here; it is kept in build/model/ in any case. */
  readonly out?: string;
}

/** A compiled core. */
export interface Core {
  readonly module: WebAssembly.Module;
  readonly file: string;
  /** Which of the bugs that are planted in it is there (see planted.ts). Default: none. */
  readonly planted?: number;
  /** What it was built with in place of the sources as they are: limits of a model's own, say. */
  readonly mutant?: readonly Edit[];
  /**
   * Hears of each call of a function that says so (see mutants/coverage.ts): its number, and which worker
   * made the call, or OBSERVER in the setup, or DYING there in a call that ends in a death.
   */
  readonly enters?: (number: number, who: number) => void;
}

/** Texts by path. */
export type Sources = ReadonlyMap<string, string>;

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const cache = join(root, 'build/model');
const script = new URL('../../scripts/unchecked.mjs', import.meta.url).href;
export const { unchecked: withoutChecks } = (await import(/* @vite-ignore */ script)) as {
  unchecked: (source: string) => string;
};

export async function buildCore(options: BuildOptions = {}): Promise<Core> {
  const built = await buildFrom(applyMutant(sourcesOf(options), options.mutant ?? []), options.entry);
  const core = options.mutant ? { ...built, mutant: options.mutant } : built;
  if (options.out === undefined) return core;
  const file = resolve(options.out);
  write(file, readFileSync(core.file));
  return { ...core, file };
}

/** What is compiled, without a mutant. */
export function sourcesOf({ source, overlays }: BuildOptions = {}): Sources {
  return gather(resolve(source ?? join(root, 'assembly')), overlays ?? [join(here, 'assembly')]);
}

/** Without the checks: many a planted bug would be found by one before it does harm. */
export function unchecked(sources: Sources): Sources {
  return new Map([...sources].map(([file, text]) => [file, withoutChecks(text)]));
}

export async function buildFrom(sources: Sources, entry = 'index.ts'): Promise<Core> {
  const file = join(cache, `${keyOf(sources, entry)}.wasm`);
  if (!existsSync(file)) write(file, await makeSuspendable(await compile(sources, entry, []), importsThatSuspend));
  return { module: new WebAssembly.Module(readFileSync(file)), file };
}

/** Compiles the AssemblyScript module `file` by itself. */
export async function buildHelper(file: string, flags: readonly string[]): Promise<WebAssembly.Module> {
  const sources = gather(dirname(file), []);
  const kept = join(cache, `${keyOf(sources, flags.join())}.wasm`);
  if (!existsSync(kept)) write(kept, await compile(sources, 'index.ts', flags));
  return new WebAssembly.Module(readFileSync(kept));
}

/** The imports of test/model/assembly/atomics.ts at which a worker may be suspended. */
const importsThatSuspend = [
  ...['load', 'store', 'cas', 'xchg', 'add', 'loadWide', 'storeWide', 'casWide'],
  ...['loadPlain', 'storePlain', 'loadPlainWide', 'storePlainWide', 'copy', 'fill', 'sleep', 'notify', 'notifyHere', 'pause'],
].map((name) => `atomics.${name}`);

function gather(source: string, overlays: readonly string[]): Sources {
  const sources = new Map<string, string>();
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) sources.set(name.split(sep).join('/'), readFileSync(join(source, name), 'utf8'));
  }
  for (const overlay of overlays) {
    for (const name of readdirSync(overlay))
      if (name.endsWith('.ts')) sources.set(name, readFileSync(join(overlay, name), 'utf8'));
  }
  return sources;
}

/** The sources with a planted bug. */
export function applyMutant(sources: Sources, edits: readonly Edit[]): Sources {
  const changed = new Map(sources);
  for (const edit of edits) {
    const text = changed.get(edit.file);
    if (text === undefined) throw new Error(`mutant: there is no ${edit.file}`);
    changed.set(edit.file, edited(text, edit));
  }
  return changed;
}

/** @throws unless there is exactly one place for the edit */
export function edited(text: string, { file, find, replace }: Edit): string {
  const occurrences = text.split(find).length - 1;
  if (occurrences !== 1) throw new Error(`mutant: ${JSON.stringify(find)} occurs ${occurrences} times in ${file}, expected once`);
  return text.replace(find, () => replace);
}

function keyOf(sources: Sources, extra: string): string {
  const hash = createHash('sha256').update(extra);
  for (const name of ['build.ts', 'suspendable.ts']) hash.update(readFileSync(join(here, name)));
  for (const name of [...sources.keys()].sort()) hash.update(`\0${name}\0${sources.get(name)}`);
  return hash.digest('hex').slice(0, 20);
}

async function compile(sources: Sources, entry: string, flags: readonly string[]): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const common = [
    '--outFile',
    'out.wasm',
    '-O2',
    '--debug',
    '--runtime',
    'stub',
    '--importMemory',
    '--noAssert',
    '--use',
    'abort=',
  ];
  const { error, stderr } = await asc.main([entry, ...common, '--enable', 'threads', '--enable', 'bulk-memory', ...flags], {
    readFile: (name) => sources.get(name.split('\\').join('/').replace(/^\.\//, '')) ?? null,
    writeFile: (name, contents) => {
      if (name === 'out.wasm') binary = contents as Uint8Array;
    },
    listFiles: () => null,
  });
  if (error || !binary) throw new Error(`asc: ${error?.message ?? 'wrote nothing'}\n${stderr.toString()}`);
  return binary;
}

/** Vitest runs files side by side: whoever writes last renames last, and both wrote the same. */
function write(file: string, binary: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${randomUUID()}`;
  writeFileSync(part, binary);
  renameSync(part, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, out = join(cache, 'core.wasm')] = process.argv.slice(2);
  const core = await buildCore({ ...(source && { source }), out });
  console.log(`${relative(process.cwd(), core.file)}: ${WebAssembly.Module.exports(core.module).length} exports`);
}
