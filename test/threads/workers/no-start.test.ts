import { describe, expect, test } from 'vitest';
import { inFull } from '../../support/mode.ts';
import { programsOf } from '../../support/programs.ts';

const { run } = programsOf('threads/workers');

describe('a worker that is started when the heap is nearly full', () => {
  // A program each, one after the other.
  const kibibytes = inFull ? [0, 64, 128, 160, 192, 224, 320] : [0, 128, 192, 320];
  test.each(['thread', 'process', 'pool', 'manager'])(
    'does its work, or is refused; later it works (%s)',
    { timeout: 120_000 },
    async (way) => {
      const firsts: string[] = [];
      for (const each of kibibytes) {
        const { code, lines } = await run('nearly-full', [way, String(each * 1024)]);
        expect([each, code, lines[1]]).toEqual([each, 0, 'done']);
        firsts.push(lines[0] ?? '');
      }
      expect(firsts.filter((first) => first !== 'done' && first !== 'refused')).toEqual([]);
      expect([firsts[0], firsts.at(-1)]).toEqual(['refused', 'done']);
    },
  );
});

// Also when not even the supervisor finds memory for what it has to say.
test.each(['thread', 'process', 'pool'])(
  'a worker that is started while another one takes all memory does its work, or is refused (%s)',
  { timeout: 120_000 },
  async (way) => {
    const { code, lines } = await run('hogged', [way, inFull ? '1' : '2']);
    expect([code, lines.length]).toEqual([0, 1]);
    const outcomes: string[] = JSON.parse(lines[0] ?? '');
    expect(outcomes.filter((each) => !['2', 'MemoryError', 'WorkerDied'].includes(each))).toEqual([]);
    expect(outcomes).toContain('MemoryError');
  },
);

test('a pool for which the supervisor finds no memory has ended, for whoever waits for it', { timeout: 120_000 }, async () => {
  const { code, lines } = await run('squeezed');
  expect([code, lines]).toEqual([0, ['["ended","2"]']]);
});

test('a process whose parent is no more can still ask after it', async () => {
  const { code, lines, errors } = await run('orphan');
  expect([code, errors]).toEqual([0, '']);
  expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
    ['the middle one', true, false, true, true, true],
    ['MainProcess', true, false, false, 'AssertionError: cannot join current process'],
  ]);
  expect(lines[2]).toBe('AssertionError: can only join a child process');
});

test('a worker that the platform refuses to start ends, and those who wait for it hear why', async () => {
  const { code, lines, errors } = await run('refused');
  expect(code).toBe(0);
  const [first, thread, process, exitcode, pool, last] = JSON.parse(lines.at(-1) ?? '');
  expect([first, exitcode, last]).toEqual([2, 1, 2]);
  for (const error of [thread, process]) expect(error).toMatch(/^Error: Initiated Worker with invalid/);
  expect(pool).toMatch(/^WorkerDied: /);
  expect(errors).toContain('could not be started');
});
