/**
 * `nogil/vite`: the plugin for Vite.
 *
 * It sends the two headers that shared memory needs, in development and in preview. In a build it gives each
 * module that holds targets a chunk of its own, with its exports: workers import it by its URL, and Vite
 * would put it into the page's chunk, which touches the document.
 */

import { withChunks } from './rollup.ts';

/** What it takes from Vite's `Plugin`, so that Vite is no dependency. */
export interface VitePlugin {
  name: string;
  enforce: 'pre';
  config(): { server: { headers: Record<string, string> }; preview: { headers: Record<string, string> } };
  configResolved(config: { command: string }): void;
  transform(this: unknown, code: string, id: string): Promise<{ code: string; map: null } | undefined>;
}

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

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
