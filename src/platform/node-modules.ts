/**
 * Node: modules, how they are found and loaded. Also in a program that was bundled: then this file is a part
 * of the bundle, and what `import.meta` says may be empty, or what was true where the bundle was made.
 */
import { existsSync, readFileSync } from 'node:fs';
// As a namespace: webpack replaces calls of the function itself by what they give where it runs.
import * as modules from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as workerThreads from 'node:worker_threads';
import { OWN_NAME } from './node-name.ts';

let load: NodeJS.Require | undefined;

/** A module of Node's own, for what few programs want. */
export function builtIn<M>(name: string): M {
  load ??= modules.createRequire(process.execPath);
  return load(name) as M;
}

// ── where code is ────────────────────────────────────────────────────────────────────────────────────

/** In what an engine says of where code comes from: the file of an eval(), innermost first. */
const FILE_OF_EVAL = /\((file:[^()]*|\/[^()]*|[A-Za-z]:\\[^()]*):\d+:\d+\)/;
const FILE_IN_STACK = /^ +at (?:.* \()?(.*):\d+:\d+\)?$/gm;

/** The files of the calls under way, from the one of `callee` on, as no source map has changed them. */
function filesOnStack(callee: ((...args: never[]) => unknown) | undefined): string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  try {
    Error.prepareStackTrace = (_, sites) => sites;
    Error.stackTraceLimit = 10;
    Error.captureStackTrace(holder, callee);
    return (
      holder.stack?.flatMap((site) => [site.getFileName() ?? '', FILE_OF_EVAL.exec(site.getEvalOrigin() ?? '')?.[1] ?? '']) ?? []
    );
  } catch {
    // Intrinsics are frozen: then there is only the text.
    Error.captureStackTrace(holder, callee);
    return Array.from(String(holder.stack).matchAll(FILE_IN_STACK), ([, file]) => file as string);
  } finally {
    if (!Object.isFrozen(Error)) Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

function urlOfScript(name: string): string | undefined {
  if (name.startsWith('file:')) return name;
  return isAbsolute(name) ? pathToFileURL(name).href : undefined;
}

/** Whether that is this code, where it is not part of a bundle. */
export function isOwnFile(url: string): boolean {
  return url.startsWith('file:') && url.endsWith(`/${OWN_NAME}`);
}

/** The file of the code that has called `callee`, or of this code. */
function fileOfCaller(callee?: (...args: never[]) => unknown): string | undefined {
  const caller = filesOnStack(callee).map(urlOfScript).find(Boolean);
  if (caller !== undefined || callee === undefined) return caller;
  // A bundler may have put the callee's code in the place of the call.
  return filesOnStack(undefined)
    .map(urlOfScript)
    .find((url) => url && !isOwnFile(url));
}

/** What the URLs that modules were given are, where a bundler (webpack) has written them out. */
const actual = new Map<string, string>();

/**
 * The URL of the module that `caller` is the file of: `given`, which was its import.meta.url, unless that was
 * written out where the bundle was made. Another file than the caller's it may well be: of one who has passed
 * on what he was given.
 */
function trueUrl(given: string, caller: string | undefined): string {
  if (caller === undefined || caller === given || !given.startsWith('file:')) return given;
  let url = actual.get(given);
  if (url === undefined) {
    url = textOf(given) !== undefined && !textOf(caller)?.includes(given) ? given : caller;
    actual.set(given, url);
  }
  return url;
}

function textOf(url: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(url), 'utf8');
  } catch {
    return undefined;
  }
}

/** Where this code is; undefined if it is part of a bundle that cannot tell. */
export function ownUrl(): string | undefined {
  const here: string | undefined = import.meta.url;
  return here === undefined || trueUrl(here, fileOfCaller()) !== here ? undefined : here;
}

/**
 * One of the package's other files, which workers and processes begin with. A program that was bundled has
 * none: the bundle's own folder may well hold a `worker.js`, but that is somebody else's, so only what lies
 * beside this package's own file is one.
 */
export function fileBeside(name: string): string | undefined {
  const here = ownUrl();
  if (here === undefined || !isOwnFile(here)) return undefined;
  // Not new URL(..., here): bundlers take that for files to be found when they run, all that it may mean.
  const file = fileURLToPath(here.slice(0, here.lastIndexOf('/') + 1) + name);
  return existsSync(file) ? file : undefined;
}

let bundled = false;

/** Whether a module has called that is part of a bundle, by what it was given. */
export function isInBundle(): boolean {
  return bundled;
}

export function urlOfModule(given: string | undefined, callee: (...args: never[]) => unknown): string | undefined {
  const caller = fileOfCaller(callee);
  const url = given === undefined ? caller : trueUrl(given, caller);
  bundled ||= url !== given;
  return url;
}

// ── loading ──────────────────────────────────────────────────────────────────────────────────────────

export function importModule(url: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ url);
}

/** ES modules too, from Node 22.12 on. */
export function loadNow(url: string): void {
  modules.createRequire(url)(fileURLToPath(url));
}

/** tsx on Node 20 sets up its hooks in the main thread only, and there no worker inherits them. */
export async function inheritLoader(): Promise<void> {
  if ('isInternalThread' in workerThreads) return;
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS?.split(' ') ?? [])];
  const loader = flags.map((flag) => flag.replace(/^--import=/, '')).find((flag) => /(^|[\\/])tsx([\\/]|$)/.test(flag));
  if (loader === undefined) return;
  const base = pathToFileURL(`${process.cwd()}/`);
  const path = loader.startsWith('file:') ? fileURLToPath(loader) : modules.createRequire(base).resolve(loader);
  // A name that no bundler finds: it would look for it when it runs.
  const api = ['tsx', 'esm', 'api'].join('/');
  const { resolve } = modules.createRequire(path);
  // `require` resolves to the CommonJS half of the pair; its module half lies beside it.
  const file = resolve(api).replace(/\.cjs$/, '.mjs');
  const { register } = (await importModule(pathToFileURL(file).href)) as unknown as { register(): void };
  register();
}

export function commonExports(url: string): { exports: unknown; isComplete: boolean } | undefined {
  if (!url.startsWith('file:')) return undefined;
  const module = modules.createRequire(url).cache[fileURLToPath(url)];
  // One that was imported as an ES module may stand there, too.
  return module === undefined || module.exports?.[Symbol.toStringTag] === 'Module'
    ? undefined
    : { exports: module.exports, isComplete: module.loaded };
}

export function urlOfFile(path: string): string {
  return pathToFileURL(path).href;
}

export function isImportable(url: string): boolean {
  return !/\/\[(eval\d*|stdin)\]$/.test(decodeURI(url));
}
