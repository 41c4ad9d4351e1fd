import { describe, expect, test } from 'vitest';
import { programsOf } from '../../support/programs.ts';

const { run } = programsOf('threads/workers');

describe('the main thread', () => {
  test('is a thread like others, that can be joined by those', async () => {
    const { code, lines, errors } = await run('main-thread');
    expect([code, errors]).toEqual([0, '']);
    expect(lines).toEqual([
      'RuntimeError: cannot join current thread',
      'RuntimeError: cannot set daemon status of an active thread',
      'RuntimeError: threads can only be started once',
      'Thread-N Process-1',
      'process, async: true',
      'process: false true',
      'the code of the process is over',
      'RuntimeError: cannot join current thread',
      'the code of the program is over',
      'main: false true',
    ]);
  });
});

describe('configure() at the top of the main module', () => {
  test('does nothing in a worker, if it asks for the same', async () => {
    const { code, lines, errors } = await run('configured');
    expect([code, lines, errors]).toEqual([0, ['[true,true]'], '']);
  });

  test('says so, if it asks for something else', async () => {
    const { code, lines } = await run('configured', ['other']);
    expect(code).toBe(0);
    for (const error of JSON.parse(lines.at(-1) ?? '')) expect(error).toContain('asks for another heap than the program has');
  });
});

test('a pool at the top level of a module is told of main()', async () => {
  const { code, errors } = await run('configured', ['pool']);
  expect(code).toBe(1);
  expect(errors).not.toContain('daemonic processes');
});
