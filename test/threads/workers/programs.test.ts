import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { launch, programsOf } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const { run, start } = programsOf('threads/workers');

describe('an error that a worker does not catch', () => {
  test('is printed with its name and stack, and the program goes on', async () => {
    const { code, lines, errors } = await run('errors');
    expect(code).toBe(0);
    expect(lines).toEqual(['breaks 1', 'breaksLater 1', 'rejects 1', 'throwsText 1', 'the program goes on']);
    for (const [target, message] of [
      ['breaks', 'ValueError: thrown by the target'],
      ['breaksLater', 'Error: thrown outside of the target'],
      ['rejects', 'Error: caught by nobody'],
      ['throwsText', 'Uncaught only text'],
    ]) {
      expect(errors).toContain(`Exception in thread thread ${target}:\n${message}\n`);
      expect(errors).toContain(`Process process ${target}:\n${message}\n`);
    }
    expect(errors).toMatch(
      /Exception in thread thread breaks:\nValueError: thrown by the target\n {4}at breaks .*errors\.workers\.js:\d+:\d+/,
    );
    expect(errors.match(/^(Exception in thread|Process) /gm)).toHaveLength(8);
  });
});

describe('a module that starts a worker at its top level', () => {
  test('gets Python’s explanation in the worker, and no fork bomb', async () => {
    const { code, lines, errors } = await run('fork-bomb');
    expect(code).toBe(0);
    expect(lines).toEqual(['exit code 1']);
    expect(errors).toContain('Process bomb:\nRuntimeError: An attempt has been made to start a new process before');
    expect(errors).toContain('the current process has finished its bootstrapping phase');
    expect(errors).toContain('main(import.meta, () => {');
    expect(errors.match(/An attempt/g)).toHaveLength(1);
  });
});

describe('a program', () => {
  test.each(['--eval', '--input-type=module --eval'])('given as text (%s) starts workers, too', async (flags) => {
    const target = "() => process.stdout.write('from a worker\\n')";
    const text = `import('nogil').then(({ Thread }) => { const t = new Thread({ target: ${target} }); t.start(); t.join(20); });`;
    const { code, lines, errors } = await launch(text, flags.split(' ')).ending;
    expect({ code, lines, errors }).toEqual({ code: 0, lines: ['from a worker'], errors: '' });
  });

  test.each(['thread', 'process', 'async'])(
    'lives until its last worker that is no daemon has ended (%s), and its daemons end with it',
    async (scene) => {
      const { code, lines } = await run('ending', [scene]);
      expect(code).toBe(0);
      expect(lines.slice(0, 2).toSorted()).toEqual(['daemonic process begins', 'daemonic thread begins']);
      expect(lines.slice(2)).toEqual(['main ends', 'the last one ends']);
    },
  );

  test('with daemons only ends with its main thread', async () => {
    const { code, lines } = await run('ending', ['daemons']);
    expect(code).toBe(0);
    expect(lines.slice(0, 2).toSorted()).toEqual(['daemonic process begins', 'daemonic thread begins']);
    expect(lines.slice(2)).toEqual(['main ends']);
  });

  test('ends with all its workers when its main thread calls process.exit()', async () => {
    const { code, lines } = await run('ending', ['exit']);
    expect(code).toBe(3);
    expect(lines.slice(2)).toEqual(['main ends']);
  });

  test('lives while an async call waits', async () => {
    expect(await run('pending')).toEqual({ code: 0, lines: ['it came'], errors: '' });
  });

  test('may nest processes, and each waits for its children', async () => {
    const { code, lines } = await run('nested');
    expect(code).toBe(0);
    const names = ['Process-1', 'Process-1:1', 'Process-1:1:1'];
    expect(lines).toEqual([
      ...names.map((name) => `${name} begins`),
      ...names.toReversed().map((name) => `${name} ends`),
      'joined true',
    ]);
  });
});

describe('what a worker prints', () => {
  test('appears at once, while the main thread is blocked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nogil-output-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const heard = join(folder, 'heard');
    const program = start('output', [heard]);
    let complaint = '';
    program.child.stderr?.on('data', (text) => {
      complaint += text;
    });
    await until(() => program.lines.length > 0 && complaint !== '');
    expect(program.lines).toEqual(['the worker speaks']);
    expect(complaint).toBe('the worker complains\n');
    await writeFile(heard, '');
    const { code, lines } = await program.ending;
    expect(lines).toEqual(['the worker speaks', 'somebody has heard it', 'joined']);
    expect(code).toBe(0);
  });

  test('comes in whole lines, however long they are and however many print at once', async () => {
    const { code, lines, errors } = await run('lines');
    expect([code, errors]).toEqual([0, '']);
    const lengths = [1, 100, 4095, 4096, 4097, 10_000, 70_000, 200_000];
    expect(lines.pop()).toBe('in pieces, and without an end');
    for (const letter of 'abcd') {
      const own = lines.filter((line) => line[0] === letter).map((line) => line.length);
      expect(own).toEqual(Array.from({ length: 6 }, () => lengths.flatMap((length) => [length, length, 1])).flat());
    }
    expect(lines.filter((line) => line !== line[0]?.repeat(line.length))).toEqual([]);
  });
});
