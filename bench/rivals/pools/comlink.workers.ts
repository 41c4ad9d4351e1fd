/** A worker of comlink. */
import { parentPort } from 'node:worker_threads';
import { load } from '../load.ts';

interface Module {
  expose(fn: (x: number) => number, endpoint: unknown): void;
}

const { expose } = await load<Module>('comlink');
const { default: nodeEndpoint } = await load<{ default: (port: unknown) => unknown }>('comlink/dist/esm/node-adapter.mjs');
expose((x) => x + 1, nodeEndpoint(parentPort));
