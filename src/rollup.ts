/**
 * `nogil/rollup`: the plugin for Rollup, for programs that run in pages.
 *
 * It puts the workers' script beside the chunks, and gives each module that holds targets a chunk of its own,
 * with its exports: workers import it by its URL, and Rollup would put it into the page's chunk, which touches
 * the document.
 * @module nogil/rollup
 */
import { readFileSync } from 'node:fs';

/** What it takes from Rollup's `Plugin`, so that Rollup is no dependency. */
export interface RollupPlugin {
  /** `'nogil'`, as Rollup's messages call it. */
  name: string;
  /** Gives modules that hold targets chunks of their own, and emits the workers' script. */
  transform(this: unknown, code: string, id: string): Promise<{ code: string; map: null } | undefined>;
}

/** Rollup's plugin context, as far as it is used. */
interface Context {
  emitFile(
    file: { type: 'chunk'; id: string; preserveSignature: 'strict' } | { type: 'asset'; name: string; source: string },
  ): string;
  resolve(source: string, importer: string): Promise<{ id: string } | null>;
}

const IMPORTS_US = /\bfrom\s*['"]nogil(\/\w+)?['"]/;
const MARKS = /\btask\s*\(\s*import\.meta\b/;
/** Of a module, and not the argument of `new Worker`, which Vite bundles itself. */
const MODULE_URL =
  /(?<!Worker\s*\(\s*)\bnew\s+URL\(\s*(['"])(\.{1,2}\/[^'"#?]+\.[cm]?[jt]sx?)(#[^'"]*)?\1\s*,\s*import\.meta\.url\s*\)/g;
const OWN = /[\\/]dist[\\/]browser[\\/]platform[\\/]browser-script\.js$/;
const OWN_URL = /new URL\("\.\.\/worker\.js", import\.meta\.url\)/;

/** Gives modules of targets chunks of their own. */
export async function withChunks(context: unknown, code: string, id: string): Promise<{ code: string; map: null } | undefined> {
  if (!IMPORTS_US.test(code) || /[?\0]|\/node_modules\//.test(id)) return undefined;
  const { emitFile, resolve } = context as Context;
  const chunk = (id: string) => emitFile.call(context, { type: 'chunk', id, preserveSignature: 'strict' });
  if (MARKS.test(code)) chunk(id);
  let changed = code;
  for (const [all, , module, name = ''] of code.matchAll(MODULE_URL)) {
    const found = await resolve.call(context, module as string, id);
    if (!found) continue;
    changed = changed.replace(
      all,
      () => `new URL(import.meta.ROLLUP_FILE_URL_${chunk(found.id)} + ${JSON.stringify(name)}, import.meta.url)`,
    );
  }
  return changed === code ? undefined : { code: changed, map: null };
}

/**
 * Makes the plugin: `plugins: [nogil()]` in `rollup.config.js`. It has no options.
 * @example
 * ```ts not run: it is Rollup that reads it
 * import nogil from 'nogil/rollup';
 *
 * export default { input: 'page.js', output: { dir: 'dist' }, plugins: [nogil()] };
 * ```
 */
export default function nogil(): RollupPlugin {
  return {
    name: 'nogil',
    async transform(code, id) {
      if (!OWN.test(id) || !OWN_URL.test(code)) return withChunks(this, code, id);
      const source = readFileSync(id.replace(OWN, '/dist/browser/worker.js'), 'utf8');
      const file = (this as Context).emitFile({ type: 'asset', name: 'nogil-worker.js', source });
      return { code: code.replace(OWN_URL, `new URL(import.meta.ROLLUP_FILE_URL_${file})`), map: null };
    },
  };
}
