import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch } from '../../support/programs.ts';

const PROGRAM = `
  import { main, Manager, Pool, Process, task, Thread, Timer } from 'nogil';
  const factor = Number(process.argv[2]);
  export function times(x) { return factor * x; }
  export const add = task(import.meta, 'add', (a, b) => a + b + factor);
  export class Own extends Thread { n = 5; run() { return this.n * factor; } }
  export class Counter { n = 0; up() { return ++this.n; } }
  main(import.meta, () => {
    const told = (worker) => { worker.start(); return worker.result(20); };
    const report = [told(new Process({ target: times, args: [4] })), told(new Thread({ target: add, args: [1, 2] })), told(new Own())];
    const pool = new Pool(2);
    report.push(pool.map(times, [1, 2, 3]), pool.apply((x) => x * x, [9]));
    pool.terminate();
    const manager = Manager();
    manager.register('Counter', Counter);
    const counter = manager.Counter();
    report.push(counter.up(), counter.up());
    manager.shutdown();
    report.push(told(new Timer(0, times, [5])));
    console.log(JSON.stringify(report));
  });`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(process.cwd(), 'build/bundles-'));
  await writeFile(join(folder, 'program.mjs'), PROGRAM);
  // Of somebody else: it must not be taken for the package's.
  for (const name of ['worker.js', 'supervisor.js']) await writeFile(join(folder, name), 'setInterval(() => {}, 1000);');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a program that was bundled', () => {
  test.each([false, true])('starts its workers, whose files are not beside it (minified: %s)', async (minify) => {
    const outfile = join(folder, `bundle-${minify}.mjs`);
    const entryPoints = [join(folder, 'program.mjs')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', minify, logLevel: 'error' });
    const { code, lines, errors } = await launch(outfile, ['3']).ending;
    expect([code, errors]).toEqual([0, '']);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual([12, 6, 15, [3, 6, 9], 81, 1, 2, 15]);
  });

  test('as CommonJS says what to do, before anything blocks', async () => {
    const outfile = join(folder, 'bundle.cjs');
    const entryPoints = [join(folder, 'program.mjs')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' });
    const { code, errors } = await launch(outfile, ['3']).ending;
    expect(code).toBe(1);
    expect(errors).toContain('A bundler that makes CommonJS leaves import.meta empty: let it make ES modules');
  });
});
