/** The ear: an event loop hears of a word's change, whoever has changed it. */
import { expect, test } from 'vitest';
import { Memory, run, start, Word } from './processes.ts';

test('a loop hears what another process has changed, every last time', async () => {
  using memory = new Memory();
  const rounds = 2000;
  const { ending } = start('hears', [rounds], { fd: memory.fd });
  memory.changed(Word.READY, 0);
  for (let i = 1; i <= rounds; i++) {
    memory.tell(Word.BELL, i);
    for (let seen = i - 1; seen !== i; ) seen = memory.changed(Word.REPLY, seen);
  }
  expect(await ending).toMatchObject({ code: 0, output: String(rounds), errors: '' });
});

test('changes that come together are heard once or more, and the last one is heard', async () => {
  using memory = new Memory();
  const last = 50_000;
  const { ending } = start('hears', [last], { fd: memory.fd });
  memory.changed(Word.READY, 0);
  for (let i = 1; i <= last; i++) memory.tell(Word.BELL, i);
  const { code, output, errors } = await ending;
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(Number(output)).toBeGreaterThan(0);
  expect(Number(output)).toBeLessThanOrEqual(last);
});

test('listening does not keep a program alive', async () => {
  expect(await run('listens')).toMatchObject({ code: 0, output: 'listening', errors: '' });
});

test('threads that listen can be terminated while somebody rings', async () => {
  expect(await run('rings', [20])).toMatchObject({ code: 0, output: 'rung', errors: '' });
});

test('what the callback throws is an uncaught exception', async () => {
  expect(await run('throws')).toMatchObject({ code: 0, output: 'uncaught: from the ear', errors: '' });
});
