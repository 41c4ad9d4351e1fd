/** The two ends of a queue, in plain workers: each answers with the time at which it began, or ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';

const { end, handle, shape, count, batch } = workerData as {
  end: 'put' | 'get';
  handle: Handle;
  shape: string;
  count: number;
  batch: number;
};
const queue = Queue.from(handle) as Queue<unknown>;

const lengths: Record<string, number> = { '64 B': 64, '1 KiB': 1024, '64 KiB': 65536 };
const bytes = new Uint8Array(lengths[shape] ?? 0);

function make(i: number): unknown {
  if (shape === 'number') return i;
  if (shape === 'object') return { id: i, name: 'name 7', text: '0123456789 and so many more letters'.slice(0, 32) };
  return bytes;
}

function put(): void {
  if (batch === 1) for (let i = 0; i < count; i++) queue.put(make(i));
  else for (let i = 0; i < count; i += batch) queue.putMany(Array.from({ length: batch }, (_, k) => make(i + k)));
}

function get(): void {
  if (batch === 1) for (let i = 0; i < count; i++) queue.get();
  else for (let left = count; left > 0; ) left -= queue.getMany(left).length;
}

const now = (): number => Number(process.hrtime.bigint());

parentPort?.on('message', () => {
  const begin = now();
  if (end === 'put') put();
  else get();
  parentPort?.postMessage(end === 'put' ? begin : now());
});
