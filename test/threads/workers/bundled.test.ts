/**
 * Programs that were bundled: into one file, by each of the usual bundlers, which then runs where there is
 * neither its source nor this package.
 */
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { inFull } from '../../support/mode.ts';
import { launch } from '../../support/programs.ts';

/** Bundles `source` into the file `out`. */
type Bundle = (source: string, out: string) => Promise<unknown>;

const byEsbuild =
  (format: 'esm' | 'cjs', minify: boolean, external: string[] = []): Bundle =>
  (source, outfile) =>
    esbuild.build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      minify,
      external,
      // It warns that import.meta is empty in CommonJS.
      logLevel: 'error',
    });

const byRollup =
  (format: 'es' | 'cjs'): Bundle =>
  async (input, file) => {
    const onwarn = ({ message }: { message: string }) => {
      throw new Error(message);
    };
    const bundle = await rollup({ input, plugins: [nodeResolve()], onwarn });
    await bundle.write({ file, format });
  };

const byWebpack =
  (mode: 'production' | 'development', output: object, externals: RegExp[] = []): Bundle =>
  (entry, file) =>
    new Promise<void>((resolve, reject) => {
      const experiments = { outputModule: 'module' in output };
      const to = { path: join(file, '..'), filename: file.slice(file.lastIndexOf('/') + 1), ...output };
      webpack({ mode, target: 'node20', entry, experiments, externals, output: to }, (error, stats) => {
        if (error || stats?.hasErrors() || stats?.hasWarnings()) reject(error ?? new Error(stats?.toString()));
        else resolve();
      });
    });

const byVite: Bundle = (source, file) => {
  const [root, outDir] = [join(source, '..'), join(file, '..')];
  const rollupOptions = { output: { entryFileNames: file.slice(outDir.length + 1) } };
  const build = { ssr: source, outDir, emptyOutDir: false, rollupOptions };
  return vite.build({ root, configFile: false, logLevel: 'error', build, ssr: { noExternal: true } });
};

const BUNDLES: Record<string, Bundle> = {
  'esbuild.mjs': byEsbuild('esm', false),
  'esbuild-minified.cjs': byEsbuild('cjs', true),
  'rollup.mjs': byRollup('es'),
  // What is exported cannot be reached from outside.
  'webpack.cjs': byWebpack('production', {}),
  'webpack-development.cjs': byWebpack('development', {}),
  'vite.mjs': byVite,
  // With node_modules beside it.
  'external/webpack.mjs': byWebpack('production', { module: true, library: { type: 'module' } }, [/^nogil/]),
};

/** The same bundlers once more: what only a run in full has the time for. */
const MORE: Record<string, Bundle> = {
  'esbuild-minified.mjs': byEsbuild('esm', true),
  'esbuild.cjs': byEsbuild('cjs', false),
  'rollup.cjs': byRollup('cjs'),
  'webpack-library.cjs': byWebpack('production', { library: { type: 'commonjs2' } }),
  'webpack.mjs': byWebpack('production', { module: true, library: { type: 'module' } }),
  'external/esbuild.cjs': byEsbuild('cjs', true, ['nogil', 'nogil/*']),
  'external/webpack-development.mjs': byWebpack('development', { module: true, library: { type: 'module' } }, [/^nogil/]),
};
if (inFull) Object.assign(BUNDLES, MORE);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nogil-bundles-'));
  const [source, root] = [join(folder, 'source'), join(import.meta.dirname, '../../..')];
  await cp(join(root, 'test/fixtures/bundled'), source, { recursive: true });
  const home = join(source, 'node_modules/nogil');
  for (const file of ['package.json', ...(await readdir(join(root, 'dist'))).map((name) => `dist/${name}`)])
    if (/\.(cjs|js|json)$/.test(file)) await cp(join(root, file), join(home, file));
  for (const [name, bundle] of Object.entries(BUNDLES)) await bundle(join(source, 'program.mjs'), join(folder, name));
  await cp(join(source, 'node_modules'), join(folder, 'external/node_modules'), { recursive: true });
  await rm(source, { recursive: true });
  // Of somebody else: it must not be taken for the package's.
  for (const name of ['worker.js', 'supervisor.cjs']) await writeFile(join(folder, name), 'setInterval(() => {}, 1000);');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const EXPECTED = [
  'Process-1',
  '<Queue n: size=0>',
  12,
  6,
  15,
  [3, 6, 9],
  81,
  -5,
  'RuntimeError',
  1,
  2,
  15,
  [0, 3, 6],
  true,
  true,
];

describe('a program that was bundled', () => {
  test.each(Object.keys(BUNDLES))('into %s runs, with all its workers', async (name) => {
    const { code, lines, errors } = await launch(join(folder, name), ['3']).ending;
    expect([code, errors]).toEqual([0, '']);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual(EXPECTED);
  });

  test.each(['esbuild.mjs', 'webpack.cjs'])('into %s runs with frozen intrinsics, too', async (name) => {
    const { code, lines } = await launch(join(folder, name), ['--frozen-intrinsics', '3']).ending;
    expect(code).toBe(0);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual(EXPECTED);
  });
});
