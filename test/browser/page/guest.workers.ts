/**
 * An attached thread with a family of its own: a process that holds the lock it is posted and never looks up,
 * and a thread that takes an item of the queue and keeps it.
 */
import { Event, type Handle, Lock, Process, Queue, Thread } from 'nogil';
import { forEver, spin } from './tasks.workers.ts';

addEventListener('unhandledrejection', ({ reason }) => reportError(reason));
addEventListener('message', async ({ data }: MessageEvent<{ lock: Handle; spare: Handle; never: Handle }>) => {
  // First of all: what it makes is in the heap that it has entered.
  const never = Queue.from<Queue<number>>(data.never);
  const ready = [new Event(), new Event()] as const;
  new Process({ target: spin, args: [Lock.from(data.lock), ready[0], never] }).start();
  new Thread({ target: forEver, args: [Lock.from(data.spare), ready[1], never], daemon: true }).start();
  for (const each of ready) await each.waitAsync();
  postMessage('all run');
});
