/**
 * Workers and postMessage, in turn: what one writes without a library. No errors, no deaths, no limits, no
 * functions by name.
 */
import { Worker } from 'node:worker_threads';
import { here, type OpenPool } from './pool.ts';

export const openBare: OpenPool = async (count) => {
  const waiting = new Map<number, (result: number) => void>();
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(here('./bare.workers.js'));
    worker.on('message', ({ id, result }: { id: number; result: number }) => {
      waiting.get(id)?.(result);
      waiting.delete(id);
    });
    return worker;
  });
  let calls = 0;
  return {
    run: (x) =>
      new Promise((resolve) => {
        const id = calls++;
        waiting.set(id, resolve);
        workers[id % count]?.postMessage({ id, x });
      }),
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
};
