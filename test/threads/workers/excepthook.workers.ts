import { currentThread, type ExceptHookArgs, excepthook, type Queue, setExcepthook, sleep, task, ValueError } from 'nogil';

export type Said = { type: string | undefined; value: unknown; traceback: boolean; thread: string; current: boolean };

function tell(queue: Queue<Said>): (args: ExceptHookArgs) => void {
  return ({ excType, excValue, excTraceback, thread }) =>
    queue.put({
      type: excType?.name,
      value: excValue,
      traceback: excTraceback?.includes('excepthook.workers') ?? false,
      thread: thread.name,
      current: thread === currentThread(),
    });
}

export const failHooked = task(
  import.meta,
  async function failHooked(queue: Queue<Said>, how: 'error' | 'text' | 'later' | 'exit'): Promise<void> {
    const before = setExcepthook(tell(queue));
    if (before !== excepthook || setExcepthook(tell(queue)) === excepthook) throw new Error('another hook was expected');
    if (how === 'error') throw new ValueError('hooked');
    if (how === 'text') throw 'only text';
    if (how === 'exit') process.exit(3);
    setTimeout(() => {
      throw new ValueError('from the loop');
    });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
);

/** A program's threads, whose complaints are read from outside. */
export const failUnhooked = task(import.meta, function failUnhooked(): void {
  setExcepthook(() => sleep(0));
  setExcepthook(undefined);
  throw new ValueError('the default');
});

export const failInHook = task(import.meta, function failInHook(): void {
  setExcepthook(() => {
    throw new RangeError('of the hook');
  });
  throw new ValueError('of the target');
});
