/** A worker with nothing but postMessage: the least that calls elsewhere can cost without a library. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ id, x }: { id: number; x: number }) => parentPort?.postMessage({ id, result: x + 1 }));
