/** Joins a heap, and is killed so many milliseconds after it began to. */
import { Worker } from 'node:worker_threads';
import { heap, type Queue } from 'nogil';

const [name = '', ms = ''] = process.argv.slice(2);
const words = new Int32Array(new SharedArrayBuffer(4));
const killer = `
  const { words, ms } = require('node:worker_threads').workerData;
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  Atomics.wait(words, 0, 1);
  Atomics.wait(words, 0, 2, ms);
  process.kill(process.pid, 'SIGKILL');
`;
new Worker(killer, { eval: true, workerData: { words, ms: Number(ms) } });
Atomics.wait(words, 0, 0);
Atomics.store(words, 0, 2);
Atomics.notify(words, 0);
heap.join(name);
const queue = heap.lookup<Queue<number>>('items');
for (let i = 0; ; i++) {
  queue.put(i);
  queue.get();
}
