/** What processes of the operating system are told of Node's own options. */
import type { Queue } from 'nogil';
import { Pool, Process, setStartMethod } from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { thrownBy } from '../support/thrown-by.ts';
import { LONG } from '../support/until.ts';
import { depth, fill, print, printAround, told } from '../threads/workers/launch-options.workers.ts';

setStartMethod('spawn');

const decode = (chunks: Iterable<Uint8Array>) => [...chunks].map((each) => Buffer.from(each).toString()).join('');

test('its environment and its flags, V8’s among them', () => {
  const child = new Process({ target: told, env: { A: '1' }, execArgv: ['--no-warnings', '--max-semi-space-size=8'] });
  child.start();
  expect(child.result(LONG)).toEqual({ flags: ['--no-warnings', '--max-semi-space-size=8'], env: { A: '1' } });
});

test('what it prints, with its threads and children', () => {
  const child = new Process({ target: printAround, stdout: true, stderr: true });
  child.start();
  expect(decode(child.stdout as Queue<Uint8Array>)).toBe('thread\nno endchild\nno end');
  expect(decode(child.stderr as Queue<Uint8Array>)).toBe('on the other\non the other\n');
  expect(child.join(LONG)).toBe(true);
});

test('its limits, where a process has such', () => {
  const limited = (resourceLimits: object) => new Process({ target: depth, resourceLimits });
  expect(() => limited({ codeRangeSizeMb: 8 }).start()).toThrow(/codeRangeSizeMb is for worker threads/);
  expect(() => limited({ stackSizeMb: 64 }).start()).toThrow(/at most 7/);
  const [small, large] = [0.5, 4].map((stackSizeMb) => {
    const child = limited({ stackSizeMb });
    child.start();
    return child.result(LONG) as number;
  });
  expect(large).toBeGreaterThan(2 * (small as number));
  const child = new Process({ target: fill, resourceLimits: { maxOldGenerationSizeMb: 32 }, stderr: true });
  child.start();
  expect(thrownBy(() => child.result(LONG))).toMatchObject({ name: 'WorkerDied' });
  expect(child.exitcode).not.toBe(0);
});

test('a pool passes them on', () => {
  const pool = new Pool(1, { env: { A: '1' }, stdout: true });
  expect(pool.apply(told)).toMatchObject({ env: { A: '1' } });
  pool.apply(print, ['x']);
  pool.close();
  expect(decode(pool.stdout as Queue<Uint8Array>)).toBe('x\nno end');
  expect(pool.join(LONG)).toBe(true);
});
