/** A worker that waits for messages, and has nothing else. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => {});
parentPort?.postMessage('ready');
