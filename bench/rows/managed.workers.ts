/** The other end of the Map behind messages, and who fights over one dict. */
import { workerData } from 'node:worker_threads';
import { Dict, type Handle } from 'nogil';
import { clock, reply, type Span, serve } from '../harness/agents.ts';

export interface Work {
  count: number;
}

if (workerData === 'map') {
  const map = new Map<string, unknown>();
  serve<{ key: string; value?: unknown }>(({ key, value }) => {
    if (value !== undefined) map.set(key, value);
    reply(map.get(key));
  });
} else {
  const dict = Dict.from(workerData as Handle) as Dict<string, number>;
  serve<Work>(({ count }) => {
    const begin = clock();
    for (let i = 0; i < count; i++) dict.update('n', (n = 0) => n + 1);
    reply({ begin, end: clock() } satisfies Span);
  });
}
reply('ready');
