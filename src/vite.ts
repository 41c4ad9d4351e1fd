/**
 * `nogil/vite`: the plugin for Vite.
 *
 * It sends the two headers that shared memory needs, in development and in preview. In a build it gives each
 * module that holds targets a chunk of its own, with its exports: workers import it by its URL, and Vite
 * would put it into the page's chunk, which touches the document.
 * @module nogil/vite
 */

/** What it takes from Vite's `Plugin`, so that Vite is no dependency. */
export interface VitePlugin {
  /** `'nogil'`, as Vite's messages call it. */
  name: string;
  /** It sees modules before other plugins do. */
  enforce: 'pre';
  /** The two headers, for development and preview. */
  config(): { server: { headers: Record<string, string> }; preview: { headers: Record<string, string> } };
  /** Learns whether this is a build. */
  configResolved(config: { command: string }): void;
  /** In a build: gives modules that hold targets chunks of their own. */
  transform(this: unknown, code: string, id: string): Promise<{ code: string; map: null } | undefined>;
}

/** Rollup's plugin context, as far as it is used. */
interface Context {
  emitFile(file: { type: 'chunk'; id: string; preserveSignature: 'strict' }): string;
  resolve(source: string, importer: string): Promise<{ id: string } | null>;
}

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const IMPORTS_US = /\bfrom\s*['"]nogil(\/\w+)?['"]/;
const MARKS = /\btask\s*\(\s*import\.meta\b/;
/** Of a module, and not the argument of `new Worker`, which Vite bundles itself. */
const MODULE_URL =
  /(?<!Worker\s*\(\s*)\bnew\s+URL\(\s*(['"])(\.{1,2}\/[^'"#?]+\.[cm]?[jt]sx?)(#[^'"]*)?\1\s*,\s*import\.meta\.url\s*\)/g;

/**
 * Makes the plugin: `plugins: [nogil()]` in `vite.config.ts`. It has no options.
 * @example
 * ```ts not run: it is Vite that reads it
 * import nogil from 'nogil/vite';
 *
 * export default { plugins: [nogil()] };
 * ```
 */
export default function nogil(): VitePlugin {
  let building = false;
  return {
    name: 'nogil',
    enforce: 'pre',
    config: () => ({ server: { headers }, preview: { headers } }),
    configResolved({ command }) {
      building = command === 'build';
    },
    async transform(code, id) {
      if (!building || !IMPORTS_US.test(code) || /[?\0]|\/node_modules\//.test(id)) return undefined;
      const { emitFile, resolve } = this as Context;
      const chunk = (id: string) => emitFile.call(this, { type: 'chunk', id, preserveSignature: 'strict' });
      if (MARKS.test(code)) chunk(id);
      let changed = code;
      for (const [all, , module, name = ''] of code.matchAll(MODULE_URL)) {
        const found = await resolve.call(this, module as string, id);
        if (!found) continue;
        changed = changed.replace(
          all,
          () => `new URL(import.meta.ROLLUP_FILE_URL_${chunk(found.id)} + ${JSON.stringify(name)}, import.meta.url)`,
        );
      }
      return changed === code ? undefined : { code: changed, map: null };
    },
  };
}
