/** The two ends of a queue, in plain workers: each answers with the time at which it began, or ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';

const { end, handle, shape, count, batch, inPlace } = workerData as {
  end: 'put' | 'get';
  handle: Handle;
  shape: string;
  count: number;
  batch: number;
  /** Without a copy that need not be, if this revision knows how. */
  inPlace?: boolean;
};
const queue = Queue.from(handle) as Queue<unknown>;

const lengths: Record<string, number> = { '64 B': 64, '1 KiB': 1024, '64 KiB': 65536 };
const bytes = new Uint8Array(lengths[shape] ?? 0);

function make(i: number): unknown {
  if (shape === 'number') return i;
  if (shape === 'object') return { id: i, name: 'name 7', text: '0123456789 and so many more letters'.slice(0, 32) };
  return bytes;
}

const into = new Uint8Array(bytes.length);

const knowsHow = typeof queue.reserve === 'function';

function write(): void {
  for (let i = 0; i < count; i++) {
    const slot = queue.reserve(bytes.length);
    slot.write(bytes);
    slot.commit();
  }
}

function read(): void {
  if (bytes.length < 4096) for (let i = 0; i < count; i++) queue.getInto(into);
  else for (let i = 0; i < count; i++) queue.lease().release();
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
  const [send, receive] = inPlace && knowsHow ? [write, read] : [put, get];
  if (end === 'put') send();
  else receive();
  parentPort?.postMessage(end === 'put' ? begin : now());
});
