/** Sleeping on a word of the memory and waking who sleeps, across processes; and ends in a sleep. */
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { Memory, native, run, start, Word } from './processes.ts';

const [NOT_EQUAL, TIMED_OUT] = [1, 2];
/** Milliseconds within which a thread that was terminated has ended: what processes promise. */
const SOON = 1000;

describe('in one thread', () => {
  test('a word that is not what was expected keeps nobody', () => {
    using memory = new Memory();
    memory.tell(Word.NEVER, 5);
    expect(native.wait(Word.NEVER * 4, 4, Number.POSITIVE_INFINITY)).toBe(NOT_EQUAL);
    memory.tell(Word.NEVER, -1);
    expect(native.wait(Word.NEVER * 4, 0, 10)).toBe(NOT_EQUAL);
    expect(native.wait(Word.NEVER * 4, -1, 0)).toBe(TIMED_OUT);
  });

  test.each([0, -1, 0.001, 1, 20])('a wait of %d ms times out, and not before that', (ms) => {
    using _memory = new Memory();
    const from = performance.now();
    expect(native.wait(Word.NEVER * 4, 0, ms)).toBe(TIMED_OUT);
    expect(performance.now() - from).toBeGreaterThanOrEqual(Math.max(ms, 0));
  });

  test('a long wait comes back for nothing before its time is up', () => {
    using _memory = new Memory();
    expect(native.wait(Word.NEVER * 4, 0, 3_600_000)).toBe(NOT_EQUAL);
    expect(native.wait(Word.NEVER * 4, 0, Number.POSITIVE_INFINITY)).toBe(NOT_EQUAL);
  });

  test('nobody to be woken', () => {
    using _memory = new Memory();
    expect(native.notify(Word.NEVER * 4, -1)).toBe(0);
    expect(native.notify(Word.NEVER * 4, 1)).toBe(0);
  });

  test('the last word of the memory is one', () => {
    using memory = new Memory();
    expect(native.wait((memory.words.length - 1) * 4, 0, 1)).toBe(TIMED_OUT);
  });
});

test('a process wakes one of another process, and is told how many it woke', async () => {
  using memory = new Memory();
  const { ending } = start('sleep', [-1], { fd: memory.fd });
  await until(() => native.notify(Word.NEVER * 4, -1) === 1);
  await until(() => native.notify(Word.NEVER * 4, 1) === 1);
  memory.tell(Word.NEVER, 1);
  expect(await ending).toMatchObject({ code: 0, output: 'awake', errors: '' });
});

test('two processes pass a word to and fro', async () => {
  using memory = new Memory();
  const times = 5000;
  const { ending } = start('answer', [times], { fd: memory.fd });
  for (let i = 1; i <= times; i++) {
    memory.tell(Word.COUNT, i);
    expect(memory.changed(Word.REPLY, i - 1)).toBe(i);
  }
  expect(await ending).toMatchObject({ code: 0, errors: '' });
});

test('a wait in another process times out', async () => {
  using memory = new Memory();
  expect(await run('sleep', [30], { fd: memory.fd })).toMatchObject({ code: 0, output: String(TIMED_OUT) });
});

test('threads that are terminated in their sleep end soon, also when nobody has told the native part', async () => {
  const { code, output, errors } = await run('terminates', [10, 0]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(Number(output)).toBeLessThan(SOON);
});

test('threads that are stopped and terminated in their sleep end soon', async () => {
  const { code, output, errors } = await run('terminates', [10, 1]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(Number(output)).toBeLessThan(SOON);
});

test('a thread that was stopped does not sleep again', async () => {
  expect(await run('stops', [25])).toMatchObject({ code: 0, output: 'stopped', errors: '' });
});

test.each([
  ['process.exit', 0, 7, ''],
  ['process.exit, having closed', 1, 7, ''],
  ['an error', 2, 1, 'Error: thrown'],
  ['the end of its code', 3, 0, ''],
])('a program ends by %s while threads sleep', async (_how, how, code, errors) => {
  for (let i = 0; i < 3; i++) {
    const ending = await run('ends', [how]);
    expect(ending).toMatchObject({ code, output: '', errors: expect.stringContaining(errors) });
  }
});

test('a process that is killed in its sleep leaves the others their words', async () => {
  using memory = new Memory();
  const killed = start('sleep', [-1], { fd: memory.fd });
  memory.changed(Word.READY, 0);
  killed.child.kill('SIGKILL');
  expect(await killed.ending).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(native.notify(Word.NEVER * 4, -1)).toBe(0);
  const { ending } = start('answer', [10], { fd: memory.fd });
  for (let i = 1; i <= 10; i++) {
    memory.tell(Word.COUNT, i);
    expect(memory.changed(Word.REPLY, i - 1)).toBe(i);
  }
  expect(await ending).toMatchObject({ code: 0 });
});

test('a process that is asleep uses next to no time of the processor', async () => {
  using memory = new Memory();
  const sleeping = start('sleeps', [20], { fd: memory.fd });
  await until(() => memory.load(Word.READY) === 1);
  const { code, output } = await sleeping.ending;
  expect(code).toBe(0);
  const { wakeUps, cpuMs } = JSON.parse(output);
  // Twenty slices are five seconds: 1 % of that.
  expect(wakeUps).toBe(20);
  expect(cpuMs).toBeLessThan(50);
});
