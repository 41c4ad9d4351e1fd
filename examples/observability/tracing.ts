/**
 * OpenTelemetry: a span for each task that this thread does, and for each long wait, out of nogil's channels.
 * In each thread that is to be traced, before it does anything.
 */
import { subscribe } from 'node:diagnostics_channel';
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';

interface TaskEvent {
  id: number;
  worker: number;
  name: string;
  result?: unknown;
  error?: unknown;
}

interface WaitEvent {
  call: string;
  id: number;
  worker: number;
  start: number;
  duration: number;
  where: string;
}

export function traceTasks(tracer: Tracer): void {
  const spans = new WeakMap<object, Span>();
  const finish = (message: unknown) => {
    const event = message as TaskEvent;
    const span = spans.get(event);
    if (span === undefined) return;
    spans.delete(event);
    span.updateName(`task ${event.name}`);
    if (event.error !== undefined) {
      span.recordException(event.error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(event.error) });
    }
    span.end();
  };
  subscribe('tracing:nogil:task:start', (message) => {
    const { id, worker } = message as TaskEvent;
    spans.set(message as object, tracer.startSpan('task', { attributes: { 'nogil.task': id, 'nogil.worker': worker } }));
  });
  // A task that is done at once has come to something by its end; another one goes on.
  subscribe('tracing:nogil:task:end', (message) => {
    if ('result' in (message as TaskEvent) || 'error' in (message as TaskEvent)) finish(message);
  });
  subscribe('tracing:nogil:task:asyncEnd', finish);
}

export function traceWaits(tracer: Tracer): void {
  subscribe('nogil:blocked', (message) => {
    const { call, id, worker, start, duration, where } = message as WaitEvent;
    const from = performance.timeOrigin + start;
    const attributes = { 'nogil.object': id, 'nogil.worker': worker, 'code.location': where };
    tracer.startSpan(`wait ${call}`, { startTime: from, attributes }).end(from + duration);
  });
}
