import { describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { programsOf } from '../../support/programs.ts';

const { run, start } = programsOf('threads/workers');

describe('a worker', () => {
  test('sees the arguments, environment, folder and flags of its starter as they are when it is started', async () => {
    process.env.NOGIL_TEST = 'at first';
    const { code, lines, errors } = await run('surroundings', ['--no-deprecation', 'one', 'two']);
    delete process.env.NOGIL_TEST;
    expect([code, errors]).toEqual([0, '']);
    const { thread, process: changed, nested, own, pool, replaced } = JSON.parse(lines.at(-1) ?? '');
    const [title] = thread.slice(4);
    const execArgv = ['--no-deprecation'];
    expect(thread).toEqual(['one', ['one', 'two'], 'at first', process.cwd(), title, execArgv]);
    const later = ['one', ['one', 'two', 'pushed'], 'changed', '/', 'a title', execArgv];
    expect(own).toEqual(later);
    // The system calls a process by its program.
    const theirs = spawns ? process.execPath : 'a title';
    const inProcess = ['one', ['one', 'two', 'pushed'], 'changed', '/', theirs, execArgv];
    expect(changed).toEqual(inProcess);
    expect(pool).toEqual(inProcess);
    expect(replaced).toEqual(inProcess);
    expect(nested).toEqual(['one', ['one', 'two', 'pushed', 'of the worker'], 'of the worker', '/', theirs, execArgv]);
  });

  test('hears of its uncaught errors itself, if it wants to', async () => {
    const { code, lines } = await run('own-errors');
    expect(code).toBe(0);
    const of = [['uncaughtException: thrown', 'unhandledRejection: rejected'], ['Error: rejected'], 'Error: nobody listens'];
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual([...of, ...of]);
  });
});

describe('a program whose worker prints what nobody reads any more', () => {
  test.each(['thread', 'process', 'free'])('ends (%s)', async (scene) => {
    const program = start('broken-pipe', [scene]);
    program.child.stdout?.once('data', () => program.child.stdout?.destroy());
    const { code, errors } = await program.ending;
    // Node's own exit code, or what shells say of SIGTERM where the main thread was blocked.
    expect(program.child.signalCode).toBe(scene === 'free' ? null : 'SIGTERM');
    expect(code).toBe(scene === 'free' ? 1 : null);
    if (scene === 'free') expect(errors).toContain('write EPIPE');
  });

  test('goes on if the worker listens', async () => {
    const program = start('broken-pipe', ['listens']);
    program.child.stdout?.once('data', () => program.child.stdout?.destroy());
    const { code, errors } = await program.ending;
    expect([code, errors]).toEqual([0, 'the worker heard: write EPIPE\n']);
  });
});
