/**
 * What a program tells those who observe it: channels of diagnostics_channel, measures, and what a profiler
 * records.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programsOf } from '../../support/programs.ts';

const { run } = programsOf('threads/diagnostics');

async function heardIn(scenario: string, ...flags: string[]): Promise<unknown[]> {
  const { code, lines, errors } = await run('observed', [...flags, scenario]);
  expect([code, errors.replaceAll(/^Process second:[\s\S]*/gm, '')]).toEqual([0, '']);
  return lines.map((line) => JSON.parse(line));
}

test('the start and the end of workers are told where they were started, and nothing waits for that', async () => {
  const first = { worker: 'number', name: 'first', process: false, daemon: false };
  const second = { worker: 'number', name: 'second', process: true, daemon: false };
  expect(await heardIn('workers')).toEqual([
    ['start', first],
    ['end', { ...first, exitcode: 0 }],
    ['start', second],
    ['end', { ...second, exitcode: 1 }],
    ['start', { ...first, name: 'daemon', daemon: true }],
  ]);
});

test('a task is traced in the worker that does it, from its start to its end, its result and its error', async () => {
  const [one, two, three] = [1, 2, 3];
  // The name of a function is known once it was loaded.
  expect(await heardIn('tasks')).toEqual([
    ['start', one, '', true, null, null],
    ['end', one, '', true, null, null],
    ['asyncStart', one, 'double', true, 8, null],
    ['asyncEnd', one, 'double', true, 8, null],
    ['start', two, '', true, null, null],
    ['end', two, '', true, null, null],
    ['asyncStart', two, 'later', true, 6, null],
    ['asyncEnd', two, 'later', true, 6, null],
    ['start', three, '', true, null, null],
    ['end', three, '', true, null, null],
    ['error', three, 'fails', true, null, 'on purpose'],
    ['asyncStart', three, 'fails', true, null, 'on purpose'],
    ['asyncEnd', three, 'fails', true, null, 'on purpose'],
  ]);
});

test('a broken lock and a full queue are told of, before the error is thrown', async () => {
  const found = await heardIn('troubles');
  const [, , lock, thief] = found[1] as [string, boolean, number, number];
  const [, , queue] = found[3] as [string, boolean, number];
  expect(found).toEqual([
    ['broken', { class: 'Lock', id: lock, holder: thief }],
    ['thrown', true, lock, thief],
    ['full', { id: queue, worker: expect.any(Number) }],
    ['thrown', true, queue],
  ]);
});

test('a long wait is told of with its place in the source, and measured; the call comes to what it comes to', async () => {
  const [[wait, result, id, worker]] = (await heardIn('traced')) as [
    [{ where: string; duration: number }, unknown, number, number],
  ];
  expect(wait).toMatchObject({ call: 'queueGet', id, worker, text: 'z'.repeat(1000) });
  expect(wait.where).toMatch(/^getsOne .*observed\.workers\.js:\d+:\d+$/);
  expect(wait.duration).toBeGreaterThan(0);
  expect(result).toEqual({ got: 'the item', measures: [[`nogil: queueGet ${id}`, 'nogil']] });
});

test('a CPU profile has waits under the calls in which they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nogil-'));
  try {
    const [[item]] = (await heardIn('profiled', '--cpu-prof', `--cpu-prof-dir=${folder}`)) as [[string]];
    expect(item).toBe('late');
    const nodes = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).nodes);
    const functions = nodes.map(({ callFrame }) => callFrame.functionName);
    expect(functions).toEqual(expect.arrayContaining(['profiled', 'queueGet', 'putsLate', 'sleep']));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
