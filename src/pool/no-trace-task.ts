/** In place of trace-task.ts in browsers, which have no channels to tell anybody by. */
export function taskTracing(): undefined {}

export function traceTask(_tracing: object, _event: object, _nameOf: () => string, begin: () => unknown): unknown {
  return begin();
}
