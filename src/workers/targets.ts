/**
 * Targets: functions that run elsewhere, and how they are found there.
 *
 * Code does not travel, except as source. A target is, in this order: (1) marked with `task`, (2) exported by
 * the main module, (3) a URL, (4) shipped by its source.
 */
import { RuntimeError, ValueError } from '../errors.ts';
import {
  commonExports,
  isImportable,
  nameBeside,
  topLevelNames,
  urlOfFile,
  urlOfModule,
  valueAround,
} from '../platform/index.ts';

/** A function of any kind: what can be a target. */
// biome-ignore lint/suspicious/noExplicitAny: any function can be a target; its arguments are checked where it is given.
export type AnyFunction = (...args: any[]) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: likewise any class.
export type AnyClass = abstract new (...args: any[]) => object;

/** What travels in place of a function or class. */
export interface TargetSpec {
  /** Where it is marked or exported. */
  module?: string;
  name?: string;
  /** Which of the marks of its module: a minifier may take a function's name, or give it to others. */
  nth?: number;
  source?: string;
  /** The main module, which may export it. */
  main?: string;
  /**
   * The names that this very function has at its top level: it is none of a function's that only looks like
   * it. undefined: that is not known.
   */
  as?: string[];
  /** Its name in a scope that a bundler has put around the function that was given to `main`. */
  around?: string;
  /** The main module, of which it is known that this is not one of its functions. */
  notOf?: string;
}

const KEY = Symbol.for('nogil.tasks');
interface Mark {
  name: string;
  target: AnyFunction | AnyClass;
}
interface Marked {
  /** In the order of the calls of `task`, which is the same in every thread. */
  byModule: Map<string, Mark[]>;
  byTarget: WeakMap<object, { module: string; name: string; nth: number }>;
  main: string | undefined;
  /** What was given to `main`: a function of the main module. */
  mainCode?: object;
  /** The main module's exports, once they are known. */
  mainExports?: Record<string, unknown>;
  /** Functions that were taken for exports of the main module by their looks, until its exports are known. */
  unsure: AnyFunction[];
}
const global = globalThis as { [KEY]?: Marked };
// Two copies of the package in one thread share their marks, as they share the heap.
global[KEY] ??= { byModule: new Map(), byTarget: new WeakMap(), main: undefined, unsure: [] };
const marked = global[KEY];

/** The main module's URL, as `main` recorded it, here or in the thread that started this worker. */
export function mainModule(): string | undefined {
  return marked.main;
}

export function setMainModule(url: string | undefined, code?: object): void {
  marked.main = url;
  if (code) marked.mainCode = code;
}

/** What tells which module speaks: `import.meta`, or `module` in CommonJS. */
export type Meta = ImportMeta | { readonly filename: string };

/** What stands before a name that was given in place of a module: it is nothing to be imported. */
const GIVEN = 'nogil-id:';
const ADDRESS = /^(\w+:|[/\\]|$)/;

/** @param callee what was given `meta`, by its name `caller` */
export function urlOf(meta: Meta, caller: string, callee: AnyFunction): string {
  const { url: given, filename } = (meta ?? {}) as { url?: unknown; filename?: unknown };
  const url = typeof given === 'string' ? given : typeof filename === 'string' ? urlOfFile(filename) : undefined;
  const known = typeof meta === 'object' && meta !== null ? urlOfModule(url, callee) : undefined;
  if (known !== undefined) return known;
  throw new TypeError(
    `the first argument of ${caller}() must be import.meta (in CommonJS: module). A bundler that makes CommonJS leaves import.meta empty: let it make ES modules`,
  );
}

/**
 * Looks at what the main module exports, once it has run. A page's often exports nothing, above all when it
 * was bundled, and cannot be imported by a worker either: then no worker should try.
 */
export async function lookAtMainModule(url: string): Promise<void> {
  const module: Record<string, unknown> = await import(/* @vite-ignore */ /* webpackIgnore: true */ url);
  marked.mainExports = module;
  for (const target of marked.unsure.splice(0)) {
    const taken = exported(module, target.name);
    if (taken === undefined || taken === target || String(taken) !== String(target)) continue;
    console.error(
      `nogil: a worker was given a function '${target.name}' that looks like the export '${target.name}' of ${url}, and is another: the worker has run the export. ` +
        'Mark the function with task(import.meta, fn), give it a name of its own, or pass what it needs as arguments',
    );
  }
}

/**
 * Marks a function (or a subclass of Thread or Process, or a class that a manager registers) as a target, to
 * be found again in any worker by its module and name. Call it at the top level of the module. Python needs
 * no marks: its pickle names functions by their modules.
 * @param meta `import.meta`, `module` in CommonJS; or a text that names the module, the same in each worker, for
 * bundlers that make several copies of it: a worker then finds the target if its script, or the main module,
 * imports that module
 * @param target what is marked. Its name is the function's own, which a minifier may change
 * @returns the function itself
 * @example
 * ```ts
 * import { main, Pool, task } from 'nogil';
 *
 * const double = task(import.meta, function double(x: number) {
 *   return 2 * x;
 * });
 *
 * main(import.meta, () => {
 *   using pool = new Pool(2);
 *   console.log(pool.map(double, [1, 2, 3])); // prints [ 2, 4, 6 ]
 * });
 * ```
 */
export function task<T extends AnyFunction | AnyClass>(meta: Meta | string, target: T): T;
/**
 * The same, under a name that messages use and that no minifier changes.
 * @param meta as above
 * @param name a URL finds the target by it, too: `module#name`
 * @param target what is marked
 * @returns the function itself
 * @throws ValueError the module has marked another function under that name
 */
export function task<T extends AnyFunction | AnyClass>(meta: Meta | string, name: string, target: T): T;
export function task<T extends AnyFunction | AnyClass>(meta: Meta | string, nameOrTarget: string | T, given?: T): T {
  const target = given ?? nameOrTarget;
  // An address is meant for import.meta.url: only what it stands for is one in each worker.
  const url = typeof meta === 'string' && !ADDRESS.test(meta) ? GIVEN + meta : urlOf(meta as Meta, 'task', task as AnyFunction);
  if (typeof target !== 'function') throw new TypeError(`task() needs a function, got ${typeof target}`);
  const name = typeof nameOrTarget === 'string' ? nameOrTarget : nameOrTarget.name;
  const marks = marked.byModule.get(url) ?? [];
  marked.byModule.set(url, marks);
  const before = marks.find((mark) => mark.name === name)?.target;
  if (before === target) return target;
  if (before !== undefined && isOurs(url)) {
    // Of another copy of the package in this thread, which does the same.
    marked.byTarget.set(target, { module: url, name, nth: marks.findIndex((mark) => mark.name === name) });
    return target;
  }
  if (given !== undefined && before !== undefined && String(before) !== String(target))
    throw new ValueError(`${url} has marked another function as '${name}': give one of them another name`);
  marked.byTarget.set(target, { module: url, name, nth: marks.push({ name, target }) - 1 });
  return target;
}

/** Where a target is marked, if it is. */
export function markOf(target: AnyFunction): { module: string; name: string } | undefined {
  return marked.byTarget.get(target);
}

/** All marks of this thread that a user has made. */
export function allMarks(): { module: string; name: string }[] {
  return [...marked.byModule]
    .filter(([module]) => !isOurs(module))
    .flatMap(([module, marks]) => marks.map(({ name }) => ({ module, name })));
}

/** What a target is called: by its mark, which no bundler renames. */
export function nameOfTarget(target: AnyFunction | AnyClass | URL | undefined): string {
  return typeof target === 'function' ? (marked.byTarget.get(target)?.name ?? target.name) : '';
}

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;

/** What to send in place of `target`. @throws TypeError it is no function, or one that has no source */
export function describeTarget(target: AnyFunction | AnyClass | URL): TargetSpec {
  if (target instanceof URL) {
    const at = target.href.indexOf('#');
    return at < 0
      ? { module: target.href, name: 'default' }
      : { module: target.href.slice(0, at), name: decodeURIComponent(target.href.slice(at + 1)) };
  }
  if (typeof target !== 'function')
    throw new TypeError(`target must be a function or a URL, got ${target === null ? 'null' : typeof target}`);
  const mark = marked.byTarget.get(target);
  if (mark?.module.startsWith(GIVEN)) return marked.main ? { ...mark, main: marked.main } : mark;
  if (mark && isImportable(mark.module)) return mark;
  const source = String(target);
  if (NATIVE.test(source))
    throw new TypeError(
      `${target.name || 'the target'} is a bound or built-in function, which has no source to send: wrap it, or mark it with task(import.meta, 'name', fn)`,
    );
  const spec: TargetSpec = { source };
  if (target.name) spec.name = target.name;
  // A bundler's address, which no worker can import; its script may have the module all the same.
  if (mark) return { ...spec, ...mark };
  if (marked.main && target.name) Object.assign(spec, standing(target as AnyFunction, marked.main));
  return spec;
}

type Standing = Pick<TargetSpec, 'main' | 'as' | 'around' | 'notOf'>;
const standings = new WeakMap<object, Standing>();

/**
 * Whether a function is one of the main module's own: only the very same one, which has another one's source
 * perhaps, may be run in its place. It is looked up once, since it costs a millisecond.
 */
function standing(target: AnyFunction, main: string): Standing {
  if (!isImportable(main)) return {};
  const known = standings.get(target);
  if (known) return known;
  const names = namesInMain(target, main);
  const isMains = names !== undefined && names.length > 0;
  const around = isMains || !marked.mainCode ? undefined : nameBeside(target, marked.mainCode);
  if (names || around) {
    const found = isMains ? { main, as: names } : around ? { main, around } : { notOf: main };
    standings.set(target, found);
    return found;
  }
  if (!marked.unsure.includes(target)) marked.unsure.push(target);
  return { main };
}

/** undefined: nobody knows yet. */
function namesInMain(target: AnyFunction, main: string): string[] | undefined {
  const common = marked.mainExports === undefined ? commonExports(main) : undefined;
  const module = marked.mainExports ?? common?.exports;
  if (typeof module === 'object' && module !== null) {
    const names = Object.entries(module).filter(([, each]) => each === target);
    if (names.length > 0) return names.map(([name]) => name);
    if (marked.mainExports || common?.isComplete) return [];
    // Whatever it is going to export: this is not what it exports now.
    if (Object.values(module).some((each) => typeof each === 'function' && String(each) === String(target))) return [];
  }
  if (typeof module === 'function' && module === target) return [target.name];
  return marked.mainCode === undefined ? undefined : topLevelNames(target, marked.mainCode);
}

/**
 * What to import before a task is decoded: its handles become objects of the classes that these modules know.
 */
export function modulesOf(...specs: (TargetSpec | undefined)[]): string[] {
  const modules = specs.flatMap((spec) =>
    [(spec?.source === undefined && spec?.module) || [], (spec?.name && spec.main) || []].flat(),
  );
  return modules.filter((url) => !isOurs(url) && !url.startsWith(GIVEN));
}

/** Modules that this worker has imported for their targets: one that has failed may have marked some before. */
const imports = new Set<string>();

/** Whether a module need not be imported: somebody else has, and it has marked its targets. */
export function isHere(url: string): boolean {
  return marked.byModule.has(url) && !imports.has(url);
}

/** Imports modules for their targets. An error shows when a target is looked for. */
export async function importModules(
  urls: readonly string[],
  load: (url: string) => Promise<Record<string, unknown>>,
): Promise<void> {
  const missing = urls.filter((url) => !isHere(url));
  for (const url of missing) imports.add(url);
  await Promise.allSettled(missing.map(load));
}

/** Finds the function (or class) again, in the worker. */
export async function resolveTarget(
  spec: TargetSpec,
  load: (url: string) => Promise<Record<string, unknown>>,
): Promise<AnyFunction | AnyClass> {
  if (spec.module !== undefined) {
    // Of a script that imports the targets itself, where a bundler's addresses lead nowhere.
    const here = isHere(spec.module) ? markedAs(spec) : undefined;
    if (here) return here;
    const url = spec.module.startsWith(GIVEN) ? spec.main : spec.module;
    if (spec.source === undefined) return inModule(spec, url === undefined ? {} : await imported(url, load));
  }
  if (spec.main !== undefined && spec.name) {
    const module = await imported(spec.main, load);
    const { as, around } = spec;
    const found = around ? besideMain(around) : as ? exportedAs(module, as, spec.source) : exported(module, spec.name);
    if (found !== undefined && String(found) === spec.source) return found;
  }
  return fromSource(spec);
}

/**
 * What only a page's main thread has: a bundler may have put the page's code into the module of the target.
 */
const PAGE_ONLY = /^(document|window|HTML\w*Element|localStorage|alert)$/;

/** The name in a ReferenceError, as V8 and Firefox put it, and as WebKit does. */
function missingName({ message }: ReferenceError): string | undefined {
  const [, theirs, webkits] = /^(.+) is not defined$|^Can't find variable: (.+)$/.exec(message) ?? [];
  return theirs ?? webkits;
}

/**
 * In place of `import.meta`, for the package's own targets: a bundler puts its code into chunks of the page,
 * and every worker has them anyway.
 */
export const OURS = { url: 'nogil:' } as ImportMeta;

function isOurs(url: string): boolean {
  return url.startsWith('nogil:');
}

async function imported(url: string, load: (url: string) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  if (isOurs(url)) return {};
  imports.add(url);
  try {
    return await load(url);
  } catch (error) {
    // WebKit does not say which.
    if (error instanceof TypeError && error.message === 'Importing a module script failed.')
      throw new TypeError(`${error.message.slice(0, -1)}: ${url}`, { cause: error });
    if (!(error instanceof ReferenceError && PAGE_ONLY.test(missingName(error) ?? ''))) throw error;
    throw new RuntimeError(
      `${error.message}: a worker imports ${url} to find its target there, and that module, or the chunk into which a bundler put it, is also ` +
        "the page's. Keep the page's code in main(import.meta, () => ...), or let the bundler leave targets in a chunk of their own (in Vite: the plugin of nogil/vite)",
      { cause: error },
    );
  }
}

/** The export whose name at the top level of the main module is one of `names`. */
function exportedAs(
  module: Record<string, unknown>,
  names: readonly string[],
  source: string | undefined,
): AnyFunction | undefined {
  for (const name of names) {
    const found = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
    if (typeof found === 'function' && String(found) === source) return found as AnyFunction;
  }
  // Exported under another name: `export { a as b }`, the default, and all that a minifier has renamed.
  const { mainCode } = marked;
  if (mainCode === undefined) return undefined;
  return Object.values(module).find(
    (each): each is AnyFunction =>
      typeof each === 'function' &&
      String(each) === source &&
      topLevelNames(each, mainCode)?.some((name) => names.includes(name)) === true,
  );
}

/** What has a name beside what was given to `main`: its counterpart here. */
function besideMain(name: string): AnyFunction | undefined {
  return marked.mainCode && (valueAround(name, marked.mainCode) as AnyFunction | undefined);
}

function exported(module: Record<string, unknown>, name: string): AnyFunction | undefined {
  const main = module.default;
  const direct =
    module[name] ?? (typeof main === 'object' && main !== null ? (main as Record<string, unknown>)[name] : undefined);
  if (typeof direct === 'function') return direct as AnyFunction;
  return typeof main === 'function' && main.name === name ? (main as AnyFunction) : undefined;
}

function markedAs({ module: url, name, nth }: TargetSpec): AnyFunction | AnyClass | undefined {
  const marks = marked.byModule.get(url as string) ?? [];
  const mark = nth !== undefined && marks[nth]?.name === name ? marks[nth] : marks.find((each) => each.name === name);
  return mark?.target;
}

function inModule(spec: TargetSpec, module: Record<string, unknown>): AnyFunction | AnyClass {
  const { module: url = '', name } = spec;
  const found = markedAs(spec) ?? exported(module, name as string);
  if (found) return found;
  if (url.startsWith(GIVEN))
    throw new RuntimeError(
      `no module that this worker has imported marks '${name}' with task('${url.slice(GIVEN.length)}', ...): import it in the main module, or in the script of configure({ worker })`,
    );
  throw new RuntimeError(
    `${url} was imported, and it neither marks '${name}' with task(import.meta, ...) at its top level nor exports a function of that name`,
  );
}

function fromSource(spec: TargetSpec): AnyFunction | AnyClass {
  const source = spec.source as string;
  // A method's source is not an expression by itself. `__name` is what esbuild's keepNames leaves in a
  // function's source.
  for (const code of [`(${source})`, `Object.values({ ${source} })[0]`]) {
    try {
      return new Function('__name', `'use strict'; return ${code}`)((fn: unknown) => fn);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  throw new RuntimeError(`the target's source is not a function by itself; ${advice(spec)}`);
}

function advice(spec: TargetSpec): string {
  const name = spec.name ?? 'the target';
  if (spec.module)
    return (
      `${name} was sent as source, because the address of its module, ${spec.module}, is one that a worker cannot import (webpack and Turbopack write such). ` +
      'Give the workers a script of your own, which imports nogil/worker and that module: configure({ worker: () => new Worker(new URL("./workers.js", import.meta.url)) })'
    );
  const inMain =
    (spec.main ?? spec.notOf)
      ? `is not what the main module (${spec.main ?? spec.notOf}) exports under that name`
      : 'is not exported by a main module (none was recorded: call main(import.meta, fn))';
  return (
    `${name} was sent as source, because it is not marked with task(import.meta, ...), ${inMain}, and is not a URL. A function sent as source must not use names from ` +
    'outside itself: mark it with task(import.meta, fn) at the top level of its module, export it from the main module, or pass what it needs as arguments'
  );
}

/** An error of a target that was sent as source and used an outer name becomes one that says so. */
export function explainTargetError(spec: TargetSpec | undefined, error: unknown): unknown {
  if (!(error instanceof ReferenceError) || spec?.source === undefined) return error;
  const missing = missingName(error);
  if (missing === undefined || !spec.source.includes(missing)) return error;
  return new RuntimeError(`${error.message}: ${advice(spec)}`, { cause: error });
}
