/** A kill campaign in small: `npm run soak` finds nothing wrong, and would say so if there were. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { State } from '../../soak/report/state.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nogil-soak-'));
const LIMIT = 300_000;
const KILLS = 200;

/** Not spawnSync: the runner must hear from its worker meanwhile. */
function soak(...args: string[]): Promise<{ output: string; status: number | null }> {
  return new Promise((resolve, reject) => {
    const env: NodeJS.ProcessEnv = { ...process.env, SOAK_FOLDER: 'build/soak-test' };
    // Whichever mode this file runs in, the campaign has its own.
    delete env.NOGIL_TEST_MODE;
    const child = spawn(process.execPath, ['scripts/soak.mjs', '--out', folder, ...args], { cwd: root, env, timeout: LIMIT });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    child.on('error', reject);
    child.on('close', (status) => resolve({ output, status }));
  });
}

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const stateIn = (file: string) => JSON.parse(read(file)) as State;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(`a campaign of ${KILLS} deaths`, () => {
  let run: Awaited<ReturnType<typeof soak>>;
  let state: State;

  beforeAll(async () => {
    run = await soak('--kills', String(KILLS), '--seed', '7', '--continue', join(folder, 'sums.json'));
    state = stateIn('soak.json');
  }, LIMIT);

  test('finds nothing lost, doubled or torn, and nobody who waits for ever', () => {
    expect(state.complaints, run.output).toEqual([]);
    const { hangs, lost, doubled, torn, errors, leakedPlaces, leakedObjects } = state.total;
    expect({ hangs, lost, doubled, torn, errors, leakedPlaces, leakedObjects }).toEqual({
      hangs: 0,
      lost: 0,
      doubled: 0,
      torn: 0,
      errors: 0,
      leakedPlaces: 0,
      leakedObjects: 0,
    });
    expect(run.status).toBe(0);
  });

  test('has as many deaths, of all kinds, in all kinds of objects', () => {
    expect(state.total.kills).toBe(KILLS);
    expect(Object.values(state.ways).reduce((sum, { kills }) => sum + kills, 0)).toBe(KILLS);
    expect(Object.keys(state.ways)).toEqual(
      expect.arrayContaining(['worker: terminate', 'worker: exit', 'worker: throw', 'process: kill', 'guest: SIGKILL']),
    );
    expect(Object.keys(state.scenes)).toEqual(
      expect.arrayContaining(['Queue', 'PriorityQueue', 'Pipe', 'Dict', 'Barrier', 'Condition', 'Pool', 'Value, Array']),
    );
    expect(state.total.items).toBeGreaterThan(KILLS);
  });

  test('prints a table, draws a picture, and adds to the sums', () => {
    expect(run.output).toContain('nothing is wrong');
    expect(read('soak.svg')).toMatch(/^<svg [\s\S]*<path [\s\S]*<\/svg>$/);
    expect(stateIn('sums.json').total).toEqual(state.total);
  });
});

test(
  'a campaign without patience finds who hangs, says who waits, and fails',
  async () => {
    const { output, status } = await soak('--kills', '1', '--seed', '7', '--patience', '0', '--only', 'threads');
    expect(output).toMatch(/HANG: .*(gets no further|does not end|do not settle)/);
    expect(output).toContain('"deadlocks"');
    expect(stateIn('soak.json').total.hangs).toBe(1);
    expect(status).toBe(1);
  },
  LIMIT,
);
