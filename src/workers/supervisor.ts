/**
 * This thread's way to the supervisor, the worker whose loop is never blocked: it starts all others, sees each death, and repairs.
 */
import { theHeap } from '../heap/heap.ts';
import { parent, type SpawnedWorker, spawn } from '../platform/node.ts';
import { whereWeAre } from './here.ts';
import type { FromSupervisor, SupervisorData, ToSupervisor } from './protocol.ts';

let supervisor: SpawnedWorker | undefined;
/** Workers that this root has asked for: an answer that counts fewer is out of date. */
let asked = 0;

function connect(): SpawnedWorker {
  if (supervisor) return supervisor;
  const heap = theHeap();
  const data: SupervisorData = { link: heap.link, tid: heap.core.slotTake() };
  supervisor = spawn(new URL('./supervisor.js', import.meta.url), data, 'nogil-supervisor');
  supervisor.on({
    message(message) {
      const { busy, seen } = message as FromSupervisor;
      if (busy) supervisor?.ref();
      else if (seen === asked) supervisor?.unref();
    },
    failed(error) {
      throw new Error('the supervisor of nogil failed', { cause: error });
    },
  });
  supervisor.unref();
  return supervisor;
}

/** Asks the supervisor for something; it acts also while this thread is blocked. */
export function tellSupervisor(message: ToSupervisor): void {
  if (whereWeAre()) {
    parent.post(message);
    return;
  }
  const worker = connect();
  if (message.type === 'start') {
    asked++;
    // A worker that is not a daemon keeps the program alive; the supervisor says when the last one has ended.
    if (!message.daemon) worker.ref();
    worker.post({ ...message, fromRoot: true });
  } else worker.post(message);
}
