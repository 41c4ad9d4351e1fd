/** Bytes of JavaScript for one of many: printed. Node must have been given --expose-gc. */
import { MessageChannel } from 'node:worker_threads';
import { Mutex } from '../rivals/mutex.ts';

const MANY = 5000;

const makers: Record<string, () => Promise<() => unknown>> = {
  async lock() {
    const { Lock } = await import('nogil');
    return () => new Lock();
  },
  async queue() {
    const { Queue } = await import('nogil');
    return () => new Queue();
  },
  async dict() {
    const { Dict } = await import('nogil');
    return () => new Dict();
  },
  mutex: async () => () => new Mutex(),
  channel: async () => () => new MessageChannel(),
};

const { gc } = globalThis as unknown as { gc(): void };

function used(): number {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const maker = makers[process.argv[2] as string];
if (!maker) throw new Error(`no such thing: ${process.argv[2]}`);
const make = await maker();
// What the first ones bring along is no one's.
const kept: unknown[] = Array.from({ length: 100 }, make);
const before = used();
for (let i = 0; i < MANY; i++) kept.push(make());
const bytes = (used() - before) / MANY;
if (kept.length !== MANY + 100) throw new Error('some are gone');
console.log(JSON.stringify(bytes));
process.exit(0);
