/**
 * Targets: functions that run elsewhere, and how they are found there.
 *
 * Code does not travel, except as source. A target is, in this order: (1) marked with `task`, (2) exported by the main module, (3) a URL, (4) shipped by its source.
 */
import { RuntimeError, ValueError } from '../errors.ts';

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
  /** Whether the main module exports functions at all, once that is known. */
  mainExports?: boolean;
}
const global = globalThis as { [KEY]?: Marked };
// Two copies of the package in one thread share their marks, as they share the heap.
global[KEY] ??= { byModule: new Map(), byTarget: new WeakMap(), main: undefined };
const marked = global[KEY];

/** The main module's URL, as `main` recorded it, here or in the thread that started this worker. */
export function mainModule(): string | undefined {
  return marked.main;
}

export function setMainModule(url: string | undefined): void {
  marked.main = url;
}

/**
 * Looks at what the main module exports, once it has run. A page's often exports nothing, above all when it was bundled, and cannot be imported by a worker either:
 * then no worker should try.
 */
export async function lookAtMainModule(url: string): Promise<void> {
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ url);
  marked.mainExports = Object.values(module).some((each) => typeof each === 'function');
}

/**
 * Marks a function (or a subclass of Thread or Process) as a target, to be found again in any worker by its module and name.
 * Call it at the top level of the module: `export const double = task(import.meta, function double(x: number) { return 2 * x; })`.
 * @param name how messages call it, and a URL finds it: `module#name`. Default: the function's own, which a minifier may change
 * @returns the function itself
 * @throws ValueError the module has marked another function under the name that is given
 */
export function task<T extends AnyFunction | AnyClass>(meta: ImportMeta, target: T): T;
export function task<T extends AnyFunction | AnyClass>(meta: ImportMeta, name: string, target: T): T;
export function task<T extends AnyFunction | AnyClass>(meta: ImportMeta, nameOrTarget: string | T, given?: T): T {
  const target = given ?? nameOrTarget;
  if (typeof meta?.url !== 'string') throw new TypeError('the first argument of task() must be import.meta');
  if (typeof target !== 'function') throw new TypeError(`task() needs a function, got ${typeof target}`);
  const name = typeof nameOrTarget === 'string' ? nameOrTarget : nameOrTarget.name;
  const marks = marked.byModule.get(meta.url) ?? [];
  marked.byModule.set(meta.url, marks);
  const before = marks.find((mark) => mark.name === name)?.target;
  if (before === target) return target;
  if (before !== undefined && isOurs(meta.url)) {
    // Of another copy of the package in this thread, which does the same.
    marked.byTarget.set(target, { module: meta.url, name, nth: marks.findIndex((mark) => mark.name === name) });
    return target;
  }
  if (given !== undefined && before !== undefined && String(before) !== String(target))
    throw new ValueError(`${meta.url} has marked another function as '${name}': give one of them another name`);
  marked.byTarget.set(target, { module: meta.url, name, nth: marks.push({ name, target }) - 1 });
  return target;
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
  if (mark) return mark;
  const source = String(target);
  if (NATIVE.test(source))
    throw new TypeError(
      `${target.name || 'the target'} is a bound or built-in function, which has no source to send: wrap it, or mark it with task(import.meta, 'name', fn)`,
    );
  const spec: TargetSpec = { source };
  if (target.name) spec.name = target.name;
  if (marked.main && marked.mainExports !== false) spec.main = marked.main;
  return spec;
}

/** What to import before a task is decoded: its handles become objects of the classes that these modules know. */
export function modulesOf(...specs: (TargetSpec | undefined)[]): string[] {
  const modules = specs.flatMap((spec) => spec?.module ?? (spec?.name ? spec.main : undefined) ?? []);
  return modules.filter((url) => !isOurs(url));
}

/** Finds the function (or class) again, in the worker. */
export async function resolveTarget(
  spec: TargetSpec,
  load: (url: string) => Promise<Record<string, unknown>>,
): Promise<AnyFunction | AnyClass> {
  if (spec.module !== undefined) return inModule(spec, await imported(spec.module, load));
  if (spec.main !== undefined && spec.name) {
    const found = exported(await imported(spec.main, load), spec.name);
    if (found !== undefined && String(found) === spec.source) return found;
  }
  return fromSource(spec);
}

/** What only a page's main thread has: a bundler may have put the page's code into the module of the target. */
const PAGE_ONLY = /^(document|window|HTML\w*Element|localStorage|alert) is not defined$/;

/** In place of `import.meta`, for the package's own targets: a bundler puts its code into chunks of the page, and every worker has them anyway. */
export const OURS = { url: 'nogil:' } as ImportMeta;

function isOurs(url: string): boolean {
  return url.startsWith('nogil:');
}

async function imported(url: string, load: (url: string) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  if (isOurs(url)) return {};
  try {
    return await load(url);
  } catch (error) {
    if (!(error instanceof ReferenceError && PAGE_ONLY.test(error.message))) throw error;
    throw new RuntimeError(
      `${error.message}: a worker imports ${url} to find its target there, and that module, or the chunk into which a bundler put it, is also ` +
        "the page's. Keep the page's code in main(import.meta, () => ...), or let the bundler leave targets in a chunk of their own (in Vite: the plugin of nogil/vite)",
      { cause: error },
    );
  }
}

function exported(module: Record<string, unknown>, name: string): AnyFunction | undefined {
  const direct = module[name];
  if (typeof direct === 'function') return direct as AnyFunction;
  const main = module.default;
  return typeof main === 'function' && main.name === name ? (main as AnyFunction) : undefined;
}

function inModule({ module: url, name, nth }: TargetSpec, module: Record<string, unknown>): AnyFunction | AnyClass {
  const marks = marked.byModule.get(url as string) ?? [];
  const mark = nth !== undefined && marks[nth]?.name === name ? marks[nth] : marks.find((each) => each.name === name);
  const found = mark?.target ?? exported(module, name as string);
  if (found) return found;
  throw new RuntimeError(
    `${url} was imported, and it neither marks '${name}' with task(import.meta, ...) at its top level nor exports a function of that name`,
  );
}

function fromSource(spec: TargetSpec): AnyFunction | AnyClass {
  const source = spec.source as string;
  // A method's source is not an expression by itself. `__name` is what esbuild's keepNames leaves in a function's source.
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
  const inMain = spec.main
    ? `is not what the main module (${spec.main}) exports under that name`
    : 'is not exported by a main module (none was recorded: call main(import.meta, fn))';
  return (
    `${name} was sent as source, because it is not marked with task(import.meta, ...), ${inMain}, and is not a URL. A function sent as source must not use names from ` +
    'outside itself: mark it with task(import.meta, fn) at the top level of its module, export it from the main module, or pass what it needs as arguments'
  );
}

/** An error of a target that was sent as source and used an outer name becomes one that says so. */
export function explainTargetError(spec: TargetSpec | undefined, error: unknown): unknown {
  if (!(error instanceof ReferenceError) || spec?.source === undefined || spec.module !== undefined) return error;
  const missing = /^(.+) is not defined$/.exec(error.message)?.[1];
  if (missing === undefined || !spec.source.includes(missing)) return error;
  return new RuntimeError(`${error.message}: ${advice(spec)}`, { cause: error });
}
