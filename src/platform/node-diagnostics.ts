/**
 * Node: what a program tells those who observe it, by Node's own means: channels of diagnostics_channel, and
 * measures of perf_hooks. Nobody pays for what nobody subscribes to.
 */
import * as channels from 'node:diagnostics_channel';
import type { Diagnostics, WaitEvent } from './platform.ts';

/** As Chrome's panel for performance reads it. */
function measure({ call, id, start, duration, where, worker }: WaitEvent): void {
  const properties = [
    ['worker', String(worker)],
    ['where', where],
  ];
  const devtools = { dataType: 'track-entry', track: 'nogil', trackGroup: 'waits', color: 'warning', properties };
  const detail = { id, worker, where, devtools };
  performance.measure(`nogil: ${call}${id === 0 ? '' : ` ${id}`}`, { start, duration, detail });
}

const { channel } = channels;

export const diagnostics: Diagnostics | undefined = {
  workerStart: channel('nogil:worker:start'),
  workerEnd: channel('nogil:worker:end'),
  blocked: channel('nogil:blocked'),
  lockBroken: channel('nogil:lock:broken'),
  queueFull: channel('nogil:queue:full'),
  /** Of a task in the worker that does it. */
  task: channels.tracingChannel?.('nogil:task'),
  measure,
};
