/** A run of the benchmarks, where there is neither a Python nor a compiler. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../bench/report/model.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nogil-bench-'));
const LIMIT = 60_000;

/** Not spawnSync: the runner must hear from its worker meanwhile. */
function bench(...args: string[]): Promise<{ output: string; status: number | null }> {
  return new Promise((resolve, reject) => {
    // An empty PATH: no python3, no cc, and no npm that could install the rivals.
    const env = { ...process.env, PATH: folder, BENCH_FOLDER: 'build/bench-test' };
    const child = spawn(process.execPath, ['scripts/bench.mjs', ...args], { cwd: root, env, timeout: LIMIT });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    child.on('error', reject);
    child.on('close', (status) => resolve({ output, status }));
  });
}

let report: Report;
let output: string;

beforeAll(async () => {
  const run = await bench('--quick', '--out', folder, 'locks.uncontended', 'memory.left', 'numbers.single');
  output = run.output;
  expect(run).toMatchObject({ status: 0 });
  report = JSON.parse(readFileSync(join(folder, 'bench-report.json'), 'utf8')) as Report;
}, LIMIT);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const figuresOf = (id: string) => {
  const row = report.groups.flatMap(({ rows }) => rows).find((each) => each.id === id);
  return new Map(row?.contenders.map(({ name, points, failed }) => [name, failed ?? points[0]?.samples.length]));
};

describe('a quick run', () => {
  test('measures what there is', () => {
    expect(report.groups.flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual([
      'numbers.single',
      'locks.uncontended',
      'memory.left',
    ]);
    for (const [id, name] of [
      ['numbers.single', 'put / get'],
      ['numbers.single', 'postMessage'],
      ['numbers.single', 'futex ring'],
      ['locks.uncontended', 'Lock'],
      ['locks.uncontended', 'futex mutex'],
      ['memory.left', 'left by locks, made and closed'],
    ] as const)
      expect(figuresOf(id).get(name)).toBeGreaterThan(0);
  });

  test('shows who is not there, and goes on', () => {
    expect(figuresOf('locks.uncontended').get('Python: threading.Lock')).toBe('no python3 here');
    expect(figuresOf('numbers.single').get('C: ring')).toMatch(/^no C compiler here/);
    const missing = report.parties.filter((party) => party.missing !== undefined).map(({ id }) => id);
    expect(missing).toEqual(expect.arrayContaining(['python', 'c']));
    expect(output).toContain('without Python: no python3 here');
  });

  test('says where the page is, which holds what the JSON does', () => {
    expect(output).toContain(join(folder, 'bench-report.html'));
    const html = readFileSync(join(folder, 'bench-report.html'), 'utf8');
    expect(html).toContain('"numbers.single"');
  });

  test('refuses words that mean no row', async () => {
    const { output, status } = await bench('nonsense');
    expect(status).not.toBe(0);
    expect(output).toContain('no row\'s id holds "nonsense"');
  });
});
