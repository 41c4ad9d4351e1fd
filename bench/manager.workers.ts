/** The other end of the bench's Map behind messages, and who fights over one dict. */
import { parentPort, workerData } from 'node:worker_threads';
import { Dict, type Handle } from 'nogil';

export interface Work {
  handle: Handle;
  count: number;
}

if (workerData === 'map') {
  const map = new Map<string, unknown>();
  parentPort?.on('message', ({ key, value }: { key: string; value?: unknown }) => {
    if (value !== undefined) map.set(key, value);
    parentPort?.postMessage(map.get(key));
  });
} else {
  parentPort?.on('message', ({ handle, count }: Work) => {
    const dict = Dict.from(handle) as Dict<string, number>;
    const begin = process.hrtime.bigint();
    for (let i = 0; i < count; i++) dict.update('n', (n = 0) => n + 1);
    const end = process.hrtime.bigint();
    dict.close();
    parentPort?.postMessage({ begin: Number(begin), end: Number(end) });
  });
}
