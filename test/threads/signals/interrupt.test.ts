/**
 * Signals that the program listens for, while its main thread is blocked: the listener runs, and the wait throws.
 */
import { expect, test } from 'vitest';
import { type Ending, type Program, programsOf } from '../../support/programs.ts';

const { start } = programsOf('threads/signals');

/** Sends the signal whenever the program says that it is ready; how it ended, without that. */
async function signalled(program: Program, signal: NodeJS.Signals): Promise<Ending> {
  program.child.stdout?.on('data', (text: string) => {
    for (const line of text.split('\n')) if (line === 'ready') program.child.kill(signal);
  });
  const ending = await program.ending;
  return { ...ending, lines: ending.lines.filter((line) => line !== 'ready') };
}

interface Outcome {
  wait: string;
}

test.each([
  ['worker', 'SIGINT', 'KeyboardInterrupt'],
  ['worker', 'SIGTERM', 'InterruptedError'],
  ['spawn', 'SIGINT', 'KeyboardInterrupt'],
  ['spawn', 'SIGHUP', 'InterruptedError'],
] as const)('start method %s: every wait is interrupted by %s, and what it waited for is whole', async (...args) => {
  const [method, signal, error] = args;
  const { code, lines, errors } = await signalled(start('waits', [method, signal]), signal);
  expect(errors).toBe('');
  const outcomes = JSON.parse(lines.join('\n')) as Outcome[];
  expect(outcomes.length).toBeGreaterThan(30);
  // A party that leaves breaks the barrier, and the signal is what its own wait says.
  expect(outcomes).toEqual(outcomes.map(({ wait }) => ({ wait, error, signal, heard: 1, works: true })));
  expect(code).toBe(0);
});

test('without a listener the signal ends the program', async () => {
  for (const way of ['none', 'removed']) {
    const program = start('listeners', [way]);
    const { code, lines } = await signalled(program, 'SIGINT');
    expect([way, code, program.child.signalCode, lines]).toEqual([way, null, 'SIGINT', []]);
  }
});

test('a listener that was there before, and is there again, is heard', async () => {
  const { code, lines, errors } = await signalled(start('listeners', ['again']), 'SIGINT');
  expect([code, lines]).toEqual([1, ['heard']]);
  expect(errors).toContain('KeyboardInterrupt: the wait was interrupted by SIGINT');
});

test('a listener may end the program', async () => {
  expect(await signalled(start('listeners', ['exits']), 'SIGINT')).toEqual({ code: 9, lines: [], errors: '' });
});

test('what a listener throws is what the wait throws', async () => {
  const ending = await signalled(start('listeners', ['throws']), 'SIGINT');
  expect(ending).toEqual({ code: 0, lines: ['TypeError: of the listener'], errors: '' });
});

test('while the loop turns it runs the listener, and a wait of that is not interrupted', async () => {
  const ending = await signalled(start('listeners', ['idle']), 'SIGINT');
  expect(ending).toEqual({ code: 0, lines: ['["SIGINT",2]', 'Empty'], errors: '' });
});

test('a signal that comes while the main thread computes ends its next wait', async () => {
  const ending = await signalled(start('listeners', ['computing']), 'SIGINT');
  expect(ending).toEqual({ code: 0, lines: ['heard', 'KeyboardInterrupt'], errors: '' });
});

test('each listener hears of each signal once', async () => {
  const ending = await signalled(start('listeners', ['two']), 'SIGINT');
  expect(ending).toEqual({ code: 0, lines: ['once', 'KeyboardInterrupt 1', 'KeyboardInterrupt 2', '2'], errors: '' });
});

test('terminate() reaches the listener of a child that is blocked', async () => {
  expect(await start('listeners', ['child']).ending).toEqual({ code: 0, lines: ['43'], errors: '' });
});
