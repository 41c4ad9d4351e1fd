import { parentPort, Worker } from 'node:worker_threads';
import { Process, type Queue, sleep, Thread, task } from 'nogil';

/** Starts a child, as far as it gets that dies before it has told the supervisor. */
export const startHalf = task(import.meta, function startHalf(children: Queue<Thread | Process>, kind: 'thread' | 'process') {
  const child = kind === 'thread' ? new Thread({ target: nothing }) : new Process({ target: nothing });
  const keepBack = () => children.put(child);
  if (parentPort) parentPort.postMessage = keepBack;
  // A process of the operating system has a supervisor of its own.
  else Worker.prototype.postMessage = keepBack;
  child.start();
  sleep(1000);
});

export const nothing = task(import.meta, function nothing() {});
