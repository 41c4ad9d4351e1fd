/** comlink: it has no pool, so two workers take turns. */
import { Worker } from 'node:worker_threads';
import { load } from '../load.ts';
import { here, type OpenPool } from './pool.ts';

interface Module {
  wrap(endpoint: unknown): (x: number) => Promise<number>;
}

export const openComlink: OpenPool = async (count) => {
  const { wrap } = await load<Module>('comlink');
  const { default: nodeEndpoint } = await load<{ default: (worker: unknown) => unknown }>('comlink/dist/esm/node-adapter.mjs');
  const workers = Array.from({ length: count }, () => new Worker(here('./comlink.workers.js')));
  const calls = workers.map((worker) => wrap(nodeEndpoint(worker)));
  let turn = 0;
  return {
    run: (x) => (calls[turn++ % count] as (x: number) => Promise<number>)(x),
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
};
