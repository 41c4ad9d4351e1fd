/**
 * `nogil/vite`: the plugin for Vite.
 *
 * It sends the two headers that shared memory needs, in development and in preview. In a build it gives each
 * module that holds targets a chunk of its own, with its exports: workers import it by its URL, and Vite
 * would put it into the page's chunk, which touches the document.
 * @module nogil/vite
 */

import { withChunks } from './rollup.ts';

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

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

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
      return building ? withChunks(this, code, id) : undefined;
    },
  };
}
