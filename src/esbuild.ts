/**
 * `nogil/esbuild`: the plugin for esbuild, for programs that run in pages. It puts the workers' script beside
 * the bundle.
 * @module nogil/esbuild
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Loaded {
  contents: string | Uint8Array;
  loader: 'js' | 'file';
  resolveDir?: string;
}

/** What it takes from esbuild's `Plugin`, so that esbuild is no dependency. */
export interface EsbuildPlugin {
  /** `'nogil'`, as esbuild's messages call it. */
  name: string;
  /** Emits the workers' script. */
  setup(build: {
    onResolve(
      options: { filter: RegExp },
      callback: (args: { path: string; resolveDir: string }) => { path: string; namespace: string },
    ): void;
    onLoad(options: { filter: RegExp; namespace?: string }, callback: (args: { path: string }) => Loaded | undefined): void;
  }): void;
}

const OWN_URL = /new URL\("\.\.\/worker\.js", import\.meta\.url\)/;
const SCRIPT = 'nogil-worker-script';

/**
 * Makes the plugin: `plugins: [nogil()]` of esbuild's `build`. It has no options.
 * @example
 * ```ts not run: it is of esbuild's
 * import { build } from 'esbuild';
 * import nogil from 'nogil/esbuild';
 *
 * await build({ entryPoints: ['page.ts'], bundle: true, splitting: true, format: 'esm', outdir: 'dist', plugins: [nogil()] });
 * ```
 */
export default function nogil(): EsbuildPlugin {
  return {
    name: 'nogil',
    setup({ onResolve, onLoad }) {
      onLoad({ filter: /[\\/]dist[\\/]browser[\\/]platform[\\/]browser-script\.js$/ }, ({ path }) => {
        const code = readFileSync(path, 'utf8');
        if (!OWN_URL.test(code)) return undefined;
        const contents = `import script from ${JSON.stringify(SCRIPT)};\n${code.replace(OWN_URL, 'new URL(script, import.meta.url)')}`;
        return { contents, loader: 'js', resolveDir: dirname(path) };
      });
      onResolve({ filter: new RegExp(`^${SCRIPT}$`) }, ({ resolveDir }) => ({
        path: join(resolveDir, '../worker.js'),
        namespace: SCRIPT,
      }));
      onLoad({ filter: /.*/, namespace: SCRIPT }, ({ path }) => ({ contents: readFileSync(path), loader: 'file' }));
    },
  };
}
