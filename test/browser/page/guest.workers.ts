/**
 * An attached thread with a family of its own: a process that holds the lock it is posted and never looks up, and a thread
 * that takes an item of the queue and keeps it.
 */
import { Event, type Handle, Lock, Process, Queue, Thread } from 'nogil';
import { forEver, spin } from './tasks.workers.ts';

addEventListener('message', async ({ data }: MessageEvent<{ lock: Handle; spare: Handle; never: Handle }>) => {
  const ready = [new Event(), new Event()] as const;
  const never = Queue.from<Queue<number>>(data.never);
  new Process({ target: spin, args: [Lock.from(data.lock), ready[0], never] }).start();
  new Thread({ target: forEver, args: [Lock.from(data.spare), ready[1], never], daemon: true }).start();
  for (const each of ready) await each.waitAsync();
  postMessage('all run');
});
