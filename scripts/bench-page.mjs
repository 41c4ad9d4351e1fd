/** The script and the style of the benchmarks' page, each as one text without anything to load. */
import { build } from 'esbuild';

/** @returns {Promise<{ script: string, style: string }>} */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: ['bench/page/app.ts', 'bench/page/style.css'],
    outdir: 'page',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const ending = (suffix) => outputFiles.find(({ path }) => path.endsWith(suffix)).text;
  return { script: ending('.js'), style: ending('.css') };
}
