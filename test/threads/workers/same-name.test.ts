import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, programsOf } from '../../support/programs.ts';

const { run } = programsOf('threads/workers');
const REFUSED = 'RuntimeError';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(process.cwd(), 'build/programs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function told(name: string, text: string, ...args: string[]): Promise<unknown> {
  const file = join(folder, name);
  await writeFile(file, text);
  const { code, lines, errors } = await launch(file, args).ending;
  if (code !== 0) throw new Error(errors);
  return lines.map((line) => JSON.parse(line));
}

describe('of functions with one name and one source', () => {
  test('the one that was given runs, or none', async () => {
    const { code, lines } = await run('same-name');
    expect(code).toBe(0);
    const outcomes = [20, 30, 50, 110, REFUSED, REFUSED, 10, 170, 100];
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ pool: outcomes, process: outcomes, classes: [13, REFUSED] });
  });

  const common = (exporting: string, exportingLate: string) => `
    import('nogil').then(({ main, Pool }) => {
      const scaler = (k) => function scale(x) { return k * x; };
      const offset = 100;
      const scale = scaler(2);
      function plus(x) { return x + offset; }
      ${exporting}
      main(module, () => {
        const pool = new Pool(1);
        const tried = (fn) => { try { return pool.apply(fn, [10]); } catch (error) { return error.name; } };
        console.log(JSON.stringify([plus, scaler(3), (x) => x * x].map(tried)));
        pool.terminate();
      });
      ${exportingLate}
    });`;

  // A module of CommonJS whose exports are made later has none when a worker imports it: this tests what may
  // be decided before.
  test('none is taken for another in CommonJS', async () => {
    const exports = 'module.exports = { plus, scale };';
    for (const [at, text] of [common(exports, ''), common('', exports)].entries())
      expect(await told(`common-${at}.cjs`, text)).toEqual([[REFUSED, REFUSED, 100]]);
  });
});

describe('a program that was given as text', () => {
  const text = `
    import { main, Pool } from 'nogil';
    export const double = (x) => 2 * x;
    export function outer(x) { return double(x); }
    main(import.meta, () => {
      const pool = new Pool(1);
      console.log(pool.apply(double, [4]));
      try { pool.apply(outer, [4]); } catch (error) { console.log(error.message); }
      pool.terminate();
    });`;

  test.each(['--eval', 'standard input'])('sends its functions as source (%s)', async (way) => {
    const program = launch(
      way === '--eval' ? text : '-',
      way === '--eval' ? ['--input-type=module', '--eval'] : ['--input-type=module'],
    );
    if (way !== '--eval') program.child.stdin?.end(text);
    const { code, lines } = await program.ending;
    expect([code, lines[0]]).toEqual([0, '8']);
    expect(lines[1]).toContain('double is not defined: outer was sent as source');
  });
});
