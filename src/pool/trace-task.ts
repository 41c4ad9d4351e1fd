/**
 * Tasks for whoever observes the worker that does them: the channels `tracing:nogil:task:*`, with the events
 * and the context that Node's TracingChannel has.
 */
import { diagnostics } from '../platform/index.ts';
import type { Tracing } from '../platform/platform.ts';
import type { Performed } from './perform.ts';
import { Reply } from './protocol.ts';

/** What subscribers are given: the same object for all events of a task. */
export interface TaskEvent {
  /** The task's number in its pool. */
  id: number;
  /** The worker that does it. */
  worker: number;
  /** What its function is called, once that is known. */
  name: string;
  /** What it returned, or threw. */
  result?: unknown;
  error?: unknown;
}

/** The channels, if anybody listens. */
export function taskTracing(): Tracing | undefined {
  const task = diagnostics?.task;
  if (task === undefined) return undefined;
  const { start, end, asyncStart, asyncEnd, error } = task;
  const isHeard =
    start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers;
  return isHeard ? task : undefined;
}

/**
 * Does a task and tells of it. @param nameOf what its function is called, which may have to be loaded first
 */
export function traceTask(
  { start, end, asyncStart, asyncEnd, error }: Tracing,
  event: TaskEvent,
  nameOf: () => string,
  begin: () => Performed | Promise<Performed>,
): Performed | Promise<Performed> {
  const settle = ({ reply, value }: Performed) => {
    event.name = nameOf();
    if (reply === Reply.ERROR) {
      event.error = value;
      error.publish(event);
    } else event.result = value;
  };
  return start.runStores(event, () => {
    const done = begin();
    if (!(done instanceof Promise)) {
      settle(done);
      end.publish(event);
      return done;
    }
    end.publish(event);
    return done.then((performed) => {
      settle(performed);
      asyncStart.publish(event);
      asyncEnd.publish(event);
      return performed;
    });
  });
}
