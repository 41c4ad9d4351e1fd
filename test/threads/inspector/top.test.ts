/**
 * `npx nogil top`, and the table on SIGUSR2: what a person sees of a program that stands still.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Snapshot } from 'nogil/inspector';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, type Program, programsOf } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const { start } = programsOf('threads/inspector');
const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** Where sockets are: a folder of the test's own, since a program that is killed leaves its own. */
let runtime: string;
beforeAll(() => {
  runtime = mkdtempSync(join(tmpdir(), 'nogil-'));
  process.env.XDG_RUNTIME_DIR = runtime;
});
afterAll(() => {
  delete process.env.XDG_RUNTIME_DIR;
  rmSync(runtime, { recursive: true });
});

const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

interface Ids {
  queue: number;
  event: number;
  first: number;
  second: number;
}

async function standing(...args: string[]): Promise<Program & { pid: number; ids: Ids }> {
  const program = start('standing', args);
  running.push(program.child);
  await until(
    () => program.lines.length > 0 || program.child.exitCode !== null,
    () => 'the program stands',
  );
  return { ...program, pid: program.child.pid as number, ids: JSON.parse(program.lines[0] as string) };
}

function nogil(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { timeout: 60_000 }, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

const top = (...args: string[]) => nogil('top', ...args);

const socketOf = (pid: number) => join(runtime, 'nogil', `.inspect-${pid}`);

test('a heap between processes shows from outside, in a program that knows nothing of it', async () => {
  const { pid, ids } = await standing('processes');
  const { code, output, errors } = await top(String(pid), '--json');
  expect([code, errors]).toEqual([0, '']);
  const found = JSON.parse(output) as Snapshot;
  const named = new Map(found.workers.map(({ tid, name }) => [tid, name]));
  const worker = (name: string) => found.workers.find((each) => each.name === name);
  expect(found.workers.map(({ role }) => role).sort()).toEqual(['main', 'process', 'supervisor', 'thread', 'thread', 'thread']);
  // The cycle, from whichever end.
  expect(found.deadlocks.length).toBe(1);
  const links = found.deadlocks[0]?.map((link) => [named.get(link.worker), link.class, link.id]);
  expect(links?.toSorted()).toEqual([
    ['left', 'Lock', ids.second],
    ['right', 'Lock', ids.first],
  ]);
  expect(worker('left')?.holds).toEqual([{ class: 'Lock', id: ids.first }]);
  expect(worker('left')?.waits).toEqual({ class: 'Lock', id: ids.second, call: 'acquire', holder: worker('right')?.tid });
  expect(worker('producer')?.waits).toEqual({ class: 'Queue', id: ids.queue, call: 'put' });
  expect(worker('main')?.waits).toMatchObject({ class: 'Worker', call: 'join', holder: worker('left')?.tid });
  expect(found.queues.find(({ id }) => id === ids.queue)).toMatchObject({
    size: 3,
    maxsize: 3,
    put: 3,
    got: 0,
    putters: [worker('producer')?.tid],
    getters: [],
  });
  expect(found.pools).toMatchObject([{ state: 'open', size: 1, queued: 0, done: 0, workers: [{ task: 1 }] }]);
  expect(found.traced).toBe(false);
  // It listens nowhere.
  expect(existsSync(socketOf(pid))).toBe(false);
});

test('a heap of threads shows too, with where each waits and the deadlock in words', async () => {
  const { pid, ids } = await standing('trace', 'inspect');
  await until(() => existsSync(socketOf(pid)));
  const { code, output, errors } = await top(String(pid), '--once');
  expect([code, errors]).toEqual([0, '']);
  expect(output).toMatch(
    new RegExp(
      `DEADLOCK: (left|right) \\(\\d+\\) waits for Lock (${ids.first}|${ids.second}), which (left|right) \\(\\d+\\) holds;\n`,
    ),
  );
  const line = (name: string) => output.split('\n').find((each) => each.includes(` ${name} `) && / thread | process /.test(each));
  expect(line('left')).toMatch(
    /waiting +acquire Lock \d+, held by right \(\d+\) +[\d.]+ m?s +Lock \d+ +crossed .*standing\.workers\.js:\d+:\d+$/,
  );
  expect(line('producer')).toMatch(new RegExp(`put Queue ${ids.queue} .* produce .*standing\\.workers\\.js`));
  expect(output).toMatch(new RegExp(`Queue ${ids.queue} +3 of 3 `));
  expect(output).toMatch(/Pool \d+ +1 of 1 +0 +0 .*task 1 in \S+ \(\d+\) for > /);
  expect(output).toMatch(/in use of/);
});

test('a program that was started to be inspected answers at a socket of its user alone, and prints a table on SIGUSR2', async () => {
  const { pid, child, ending } = await standing('inspect');
  await until(() => existsSync(socketOf(pid)));
  expect(statSync(join(runtime, 'nogil')).mode & 0o777).toBe(0o700);
  await until(() => (statSync(socketOf(pid)).mode & 0o777) === 0o600);
  // Its main thread is blocked, and so is everybody else.
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  child.kill('SIGUSR2');
  await until(
    () => errors.includes('DEADLOCK') && errors.includes('in use of'),
    () => `the table: ${errors}`,
  );
  expect(errors).toMatch(/Workers\n +id +name +what +state +waits for/);
  child.kill('SIGTERM');
  expect((await ending).code).toBe(null);
  // What a killed program has left is taken away by the next one.
  const next = await standing('inspect');
  await until(() => existsSync(socketOf(next.pid)));
  await until(() => !existsSync(socketOf(pid)));
});

test('a program that does not ask for it handles no signal, listens nowhere and has no file', async () => {
  const { pid, child, ending } = await standing();
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1]}`);
  expect(caught & (1n << BigInt(constants.signals.SIGUSR2 - 1))).toBe(0n);
  const folder = join(runtime, 'nogil');
  expect(existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(`-${pid}`)) : []).toEqual([]);
  child.kill('SIGUSR2');
  await ending;
  expect(child.signalCode).toBe('SIGUSR2');
});

test('what cannot be seen is said', async () => {
  const idle = launch('-e', ['setInterval(() => {}, 1000); console.log(1)']);
  running.push(idle.child);
  await until(() => idle.lines.length > 0);
  const pid = idle.child.pid as number;
  expect(await top(String(pid))).toMatchObject({
    code: 1,
    output: '',
    errors: expect.stringMatching(/has no heap of this version/),
  });
  idle.child.kill('SIGKILL');
  await idle.ending;
  expect(await top(String(pid))).toMatchObject({ code: 1, errors: `nogil top: there is no process ${pid}\n` });
  expect(await top('x')).toMatchObject({ code: 2, errors: expect.stringMatching(/^expected: nogil top PID\n\nusage:/) });
});

test('the command line says which commands there are', async () => {
  const commands = expect.stringMatching(/nogil top PID.*nogil serve MODULE/s);
  expect(await nogil('--help')).toEqual({ code: 0, output: commands, errors: '' });
  expect(await nogil('tip')).toMatchObject({ code: 2, output: '', errors: commands });
});
