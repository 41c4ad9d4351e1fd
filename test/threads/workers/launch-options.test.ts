/** What workers, and those of a pool, are told of Node's own options. */
import { Pool, Process, Queue, Thread, ValueError, WorkerDied } from 'nogil';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { depth, fill, print, printAndDie, printAround, told } from './launch-options.workers.ts';

const kinds = [
  ['Thread', Thread],
  ['Process', Process],
] as const;

const decode = (chunks: Iterable<Uint8Array>) => [...chunks].map((each) => Buffer.from(each).toString()).join('');

describe.each(kinds)('%s', (_, Kind) => {
  test('has the environment and the flags that it was given, and nothing else', () => {
    const worker = new Kind({ target: told, env: { A: '1', B: undefined }, execArgv: ['--no-warnings'] });
    worker.start();
    expect(worker.result(LONG)).toEqual({ flags: ['--no-warnings'], env: { A: '1' } });
  });

  test('prints into queues, which end with it', () => {
    const worker = new Kind({ target: print, args: ['one', 'two'], stdout: true, stderr: true });
    worker.start();
    const { stdout, stderr } = worker;
    expect([stdout instanceof Queue, stderr instanceof Queue]).toEqual([true, true]);
    expect(decode(stdout as Queue<Uint8Array>)).toBe('one\ntwo\nno end');
    expect(decode(stderr as Queue<Uint8Array>)).toBe('on the other\n');
    expect(worker.result(LONG)).toBe(2);
    stdout?.close();
    stderr?.close();
  });

  test('has no such queues otherwise', () => {
    const worker = new Kind({ target: told, stdout: false });
    expect([worker.stdout, worker.stderr]).toEqual([undefined, undefined]);
  });

  test('may keep something of its own by these names', () => {
    class Own extends (Kind as typeof Thread) {
      constructor() {
        super();
        Object.assign(this, { stdout: 'mine', stderr: 'too' });
      }
    }
    expect({ ...new Own() }).toEqual({ stdout: 'mine', stderr: 'too' });
  });

  test('refuses what cannot be', () => {
    const make = (options: object) => () => new Kind({ target: told, ...options });
    expect(make({ resourceLimits: { stackSizeMb: 0 } })).toThrow(ValueError);
    expect(make({ resourceLimits: { stackSize: 1 } })).toThrow(/did you mean 'stackSizeMb'/);
    expect(make({ resourceLimits: { stackSizeMb: '1' } })).toThrow(TypeError);
    expect(make({ execArgv: '--no-warnings' })).toThrow(TypeError);
    expect(make({ env: ['A=1'] })).toThrow(TypeError);
    expect(make({ env: Symbol('share') })).toThrow(TypeError);
    expect(make({ stdout: 'pipe' })).toThrow(/stdout must be a boolean/);
  });
});

describe('a worker', () => {
  test('whose output was asked for has its threads and children print there', () => {
    const worker = new Process({ target: printAround, stdout: true, stderr: true });
    worker.start();
    const lines = decode(worker.stdout as Queue<Uint8Array>);
    expect(worker.join(LONG)).toBe(true);
    expect(lines).toBe('thread\nno endchild\nno end');
  });

  test('that dies leaves what it has printed, and the queue ends', async () => {
    const worker = new Process({ target: printAndDie, stdout: true });
    worker.start();
    const parts: string[] = [];
    for await (const each of worker.stdout as Queue<Uint8Array>) parts.push(Buffer.from(each).toString());
    expect(parts).toEqual(['last words\n']);
    expect(worker.join(LONG)).toBe(true);
    expect(worker.exitcode).toBe(3);
  });

  test('goes on when nobody reads what it prints', () => {
    const worker = new Process({ target: print, args: ['lost'], stdout: true, stderr: true });
    worker.stdout?.shutdown(true);
    worker.start();
    expect(worker.result(LONG)).toBe(1);
  });

  test('with flags that no thread can have never begins, and says why', () => {
    const worker = new Process({ target: told, execArgv: ['--max-old-space-size=10'], stdout: true });
    worker.start();
    expect([...(worker.stdout as Queue<Uint8Array>)]).toEqual([]);
    expect(thrownBy(() => worker.result(LONG))).toMatchObject({ code: 'ERR_WORKER_INVALID_EXEC_ARGV' });
  });

  test('has the stack and the memory that it was given', () => {
    const [small, large] = [1, 8].map((stackSizeMb) => {
      const worker = new Process({ target: depth, resourceLimits: { stackSizeMb } });
      worker.start();
      return worker.result(LONG) as number;
    });
    expect(large).toBeGreaterThan(2 * (small as number));
    const worker = new Process({ target: fill, resourceLimits: { maxOldGenerationSizeMb: 16 } });
    worker.start();
    expect(thrownBy(() => worker.result(LONG))).toBeInstanceOf(WorkerDied);
  });
});

describe('a pool', () => {
  test('passes all of it on, to those, too, that take the place of others', () => {
    const pool = new Pool(2, { env: { A: '1' }, execArgv: ['--no-warnings'], stdout: true, maxtasksperchild: 1 });
    const expected = { flags: ['--no-warnings'], env: { A: '1' } };
    for (let i = 0; i < 4; i++) expect(pool.apply(told)).toEqual(expected);
    pool.map(print, ['a', 'b', 'c'], 1);
    pool.close();
    // Its end, which the creator does not see as long as it reads, ends what is read.
    expect(
      decode(pool.stdout as Queue<Uint8Array>)
        .match(/[abc]\n/g)
        ?.sort(),
    ).toEqual(['a\n', 'b\n', 'c\n']);
    expect(pool.join(LONG)).toBe(true);
    expect(pool.stderr).toBe(undefined);
  });

  test('whose worker needs more than it may replaces it', () => {
    const pool = new Pool(1, { resourceLimits: { maxOldGenerationSizeMb: 32 } });
    expect(thrownBy(() => pool.apply(fill))).toBeInstanceOf(WorkerDied);
    expect(pool.apply(told)).toBeTruthy();
    pool.terminate();
    expect(pool.join(LONG)).toBe(true);
  });

  test('with flags that no thread can have says why it has no workers', () => {
    const pool = new Pool(1, { execArgv: ['--max-old-space-size=10'] });
    const error = thrownBy(() => pool.apply(told)) as Error;
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error.cause).toMatchObject({ code: 'ERR_WORKER_INVALID_EXEC_ARGV' });
    expect(pool.join(LONG)).toBe(true);
  });
});
