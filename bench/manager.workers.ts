/** The other end of the bench's Map behind messages, and who fights over one dict. */
import { workerData } from 'node:worker_threads';
import { Dict, type Handle } from 'nogil';
import { clock, reply, type Span, serve } from './agents.ts';

export interface Work {
  handle: Handle;
  count: number;
}

if (workerData === 'map') {
  const map = new Map<string, unknown>();
  serve<{ key: string; value?: unknown }>(({ key, value }) => {
    if (value !== undefined) map.set(key, value);
    reply(map.get(key));
  });
} else {
  serve<Work>(({ handle, count }) => {
    const dict = Dict.from(handle) as Dict<string, number>;
    const begin = clock();
    for (let i = 0; i < count; i++) dict.update('n', (n = 0) => n + 1);
    const end = clock();
    dict.close();
    reply({ begin, end } satisfies Span);
  });
}
