/** Pages that were bundled, by each of the usual bundlers, with and without a plugin. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import esbuildPlugin from 'nogil/esbuild';
import rollupPlugin from 'nogil/rollup';
import vitePlugin from 'nogil/vite';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import webpack from 'webpack';
import { type Driven, start } from './drivers.ts';
import { serve } from './server.ts';

const LIMIT = 120_000;
const root = join(import.meta.dirname, '../..');

/** Bundles `source/NAME` into the folder `out`; its entry is `page.js`. */
type Bundle = (source: string, out: string) => Promise<unknown>;

const byEsbuild =
  (entry: string, options: esbuild.BuildOptions): Bundle =>
  (source, outdir) =>
    esbuild.build({
      entryPoints: { page: join(source, entry) },
      outdir,
      bundle: true,
      format: 'esm',
      minify: true,
      splitting: true,
      // It says that import.meta is used, where it is the address of the workers' script.
      logLevel: 'error',
      ...options,
    });

const byRollup: Bundle = async (source, dir) => {
  const bundle = await rollup({ input: join(source, 'page.js'), plugins: [nodeResolve({ browser: true }), rollupPlugin()] });
  await bundle.write({ dir, format: 'es', chunkFileNames: 'chunks/[name]-[hash].js' });
};

const byVite: Bundle = (source, outDir) => {
  const rollupOptions = { input: join(source, 'page.js'), output: { entryFileNames: 'page.js' } };
  const build = { outDir, emptyOutDir: true, rollupOptions, modulePreload: false };
  return vite.build({ root: source, base: './', configFile: false, logLevel: 'error', plugins: [vitePlugin()], build });
};

const byWebpack =
  (mode: 'production' | 'development'): Bundle =>
  (source, path) =>
    new Promise<void>((resolve, reject) => {
      const output = { path, filename: 'page.js', chunkFilename: '[name].js' };
      webpack({ mode, target: 'web', devtool: false, entry: join(source, 'own.js'), output }, (error, stats) => {
        if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
        else resolve();
      });
    });

const BUNDLES: Record<string, Bundle> = {
  'esbuild, with its plugin': byEsbuild('page.js', { plugins: [esbuildPlugin()] }),
  'esbuild, with an address for the script': async (source, out) => {
    await byEsbuild('named.js', {})(source, out);
    mkdirSync(join(out, 'assets'));
    copyFileSync(join(root, 'dist/browser/worker.js'), join(out, 'assets/workers.js'));
  },
  'Rollup, with its plugin': byRollup,
  'Vite, with its plugin': byVite,
  'webpack 5, with a script of its own': byWebpack('production'),
  'webpack 5, in development': byWebpack('development'),
};

let browser: Driven;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nogil-pages-'));
  cpSync(join(root, 'test/fixtures/page'), join(folder, 'source'), { recursive: true });
  for (const file of ['package.json', 'dist'])
    cpSync(join(root, file), join(folder, 'source/node_modules/nogil', file), { recursive: true });
  browser = await start('Chromium');
}, LIMIT);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
}, LIMIT);

/** The title that the page gives itself, or what has failed in it. */
async function titleOf(out: string): Promise<string> {
  writeFileSync(
    join(out, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>',
  );
  const site = await serve(out);
  const page = await browser.newPage();
  await page.goto(site.origin);
  let title = '';
  const failed = () => page.log.find((line) => /^pageerror/.test(line));
  for (let i = 0; i < 600 && !title && !failed(); i++) {
    title = await page.evaluate('new Promise((resolve) => setTimeout(() => resolve(document.title), 100))');
  }
  await page.close();
  site.close();
  return title || page.log.join('\n');
}

test.each(Object.entries(BUNDLES))(
  'a page bundled by %s finds its workers and their targets',
  async (name, bundle) => {
    const out = join(folder, name.replaceAll(/\W+/g, '-'));
    mkdirSync(out);
    await bundle(join(folder, 'source'), out);
    expect(await titleOf(out)).toBe(JSON.stringify([42, [true, 2], [2, 4], [2, 3]]));
  },
  LIMIT,
);

test(
  "a page without the workers' script says how it is found",
  async () => {
    const out = join(folder, 'missing');
    await byEsbuild('page.js', {})(join(folder, 'source'), out);
    expect(await titleOf(out)).toMatch(/script could not be loaded from http.*nogil\/esbuild.*configure\(\{ workerUrl/s);
  },
  LIMIT,
);
