/**
 * Workers for whoever observes the thread that starts them: the channels `nogil:worker:start` and
 * `nogil:worker:end`.
 */
import { WorkerState } from '../../assembly/abi.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import type { Heap } from '../heap/heap.ts';
import { diagnostics, keepAlive } from '../platform/index.ts';
import type { WorkerRecord } from './record.ts';

/** What subscribers are given. */
export interface WorkerEvent {
  /** The worker's `ident`. */
  worker: number;
  name: string;
  process: boolean;
  daemon: boolean;
  /** At its end. */
  exitcode?: number;
}

/** Tells of a worker that was just started, and of its end, which this thread's loop does not wait for. */
export function tellOfWorker(heap: Heap, recordOf: () => WorkerRecord): void {
  if (!diagnostics?.workerStart.hasSubscribers && !diagnostics?.workerEnd.hasSubscribers) return;
  const { tid, name, isProcess, daemon, gate } = recordOf();
  const event: WorkerEvent = { worker: tid, name, process: isProcess, daemon };
  diagnostics.workerStart.publish(event);
  if (!diagnostics.workerEnd.hasSubscribers) return;
  let isOver = false;
  let waits = false;
  let exitcode = 0;
  const attempt = () => {
    try {
      const record = recordOf();
      if (record.state !== WorkerState.ENDED) return PENDING;
      ({ exitCode: exitcode } = record);
    } catch (error) {
      // Its handle was closed: nobody sees its end.
      leave();
      throw error;
    }
    leave();
    return true;
  };
  // A wait keeps the loop alive until it is over: this one is not to.
  const leave = () => {
    isOver = true;
    if (waits) keepAlive(1);
  };
  const ended = AsyncGate.wait<boolean>(heap, gate, attempt, Number.POSITIVE_INFINITY, undefined, () => false);
  if (!isOver) {
    waits = true;
    keepAlive(-1);
  }
  ended.then(
    () => diagnostics?.workerEnd.publish({ ...event, exitcode }),
    () => {},
  );
}
