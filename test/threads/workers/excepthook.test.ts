import { excepthook, Queue, setExcepthook, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { programsOf } from '../../support/programs.ts';
import { LONG } from '../../support/until.ts';
import { failHooked, type Said } from './excepthook.workers.ts';

const { run } = programsOf('threads/workers');

function hear(how: 'error' | 'text' | 'later' | 'exit'): [Thread, Queue<Said>] {
  const queue = new Queue<Said>();
  const thread = new Thread({ target: failHooked, args: [queue, how] });
  thread.start();
  if (!thread.join(LONG)) throw new Error('it has not ended');
  return [thread, queue];
}

describe('an excepthook', () => {
  test('is told of the error that a thread does not catch, in its worker, and the error is kept all the same', () => {
    const [thread, queue] = hear('error');
    const said = queue.getNowait();
    expect(said).toMatchObject({ type: 'ValueError', traceback: true, thread: thread.name, current: true });
    expect(said.value).toMatchObject({ name: 'ValueError', message: 'hooked' });
    expect(thread.exception).toMatchObject({ name: 'ValueError', message: 'hooked' });
    expect(queue.empty()).toBe(true);
  });

  test('is told of what is no error', () => {
    const [thread, queue] = hear('text');
    expect(queue.getNowait()).toEqual({
      type: undefined,
      value: 'only text',
      traceback: false,
      thread: thread.name,
      current: true,
    });
  });

  test('is told of an error from the event loop of the worker', () => {
    const [thread, queue] = hear('later');
    expect(queue.getNowait()).toMatchObject({ type: 'ValueError', thread: thread.name });
  });

  test('is not told of a thread that exits: Python’s SystemExit is silent, too', () => {
    const [, queue] = hear('exit');
    expect(queue.empty()).toBe(true);
  });

  test('prints by default; one that fails is printed beside the error; a process has none', async () => {
    const { code, lines, errors } = await run('excepthook');
    expect([code, lines]).toEqual([0, ['true', 'true', 'true', 'true']]);
    expect(errors).toMatch(/^Exception in thread failUnhooked:\nValueError: the default\n {4}at failUnhooked/);
    expect(errors).toMatch(
      /\nException in excepthook:\nRangeError: of the hook\n[\s\S]*\nException in thread failInHook:\nValueError: of the target\n/,
    );
    expect(errors).toMatch(/\nProcess P:\nError: of a process\n/);
    expect(errors).not.toContain('exits');
  });

  test('is each worker’s own, and set to a function or back', () => {
    const mine = () => {};
    expect(setExcepthook(mine)).toBe(excepthook);
    expect(setExcepthook(undefined)).toBe(mine);
    expect(setExcepthook(undefined)).toBe(excepthook);
    expect(() => setExcepthook('print' as never)).toThrow(TypeError);
  });
});
