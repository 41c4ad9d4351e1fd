/**
 * Producer and consumer, and both ends of a ping-pong: over our queues, and over a MessageChannel. Each of
 * these workers knows one shape of item only.
 */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';
import { clock, reply, serve } from './agents.ts';
import { ping, type Trips } from './ping-pong.ts';
import { pingPort, pongPort } from './rivals/ports.ts';
import { type Shape, shapes } from './shapes.ts';

export type Job =
  | { do: 'open'; handles: Handle[] }
  | { do: 'connect'; port: MessagePort }
  /** Each answers with the time; a consumer first says that it is ready. `batch` 1: one by one. */
  | { do: 'put' | 'get' | 'post' | 'receive'; count: number; batch: number }
  | Trips;

const shape: Shape<unknown> = shapes[workerData as keyof typeof shapes];
let queues: Queue<unknown>[] = [];
let port: MessagePort;
let queue: Queue<unknown>;

// ── one way ──────────────────────────────────────────────────────────────────────────────────────────

function batchOf(from: number, count: number): unknown[] {
  const items = new Array<unknown>(count);
  for (let i = 0; i < count; i++) items[i] = shape.make(from + i);
  return items;
}

function put(count: number, batch: number): void {
  if (batch === 1) for (let i = 0; i < count; i++) queue.put(shape.make(i));
  else for (let i = 0; i < count; i += batch) queue.putMany(batchOf(i, Math.min(batch, count - i)));
}

function post(count: number, batch: number): void {
  if (batch === 1) for (let i = 0; i < count; i++) port.postMessage(shape.make(i));
  else for (let i = 0; i < count; i += batch) port.postMessage(batchOf(i, Math.min(batch, count - i)));
}

/** A light look at what arrives: every item came, none twice. */
function check(sum: number, count: number): void {
  if (sum !== (count * (count - 1)) / 2) throw new Error(`the numbers of ${count} items add up to ${sum}`);
}

function get(count: number, batch: number): void {
  let sum = 0;
  if (batch === 1) for (let i = 0; i < count; i++) sum += shape.number(queue.get());
  else
    for (let left = count; left > 0; ) {
      const items = queue.getMany(left);
      for (const item of items) sum += shape.number(item);
      left -= items.length;
    }
  check(sum, count);
}

function receive(count: number, batch: number): void {
  let sum = 0;
  let received = 0;
  const end = () => {
    port.removeAllListeners('message');
    check(sum, count);
    reply(clock());
  };
  if (batch === 1)
    port.on('message', (item) => {
      sum += shape.number(item);
      if (++received === count) end();
    });
  else
    port.on('message', (items: unknown[]) => {
      for (const item of items) sum += shape.number(item);
      received += items.length;
      if (received === count) end();
    });
}

serve<Job>((job) => {
  switch (job.do) {
    case 'open':
      queues = job.handles.map((handle) => Queue.from(handle) as Queue<unknown>);
      queue = queues[0] as Queue<unknown>;
      return reply('ready');
    case 'connect':
      port = job.port;
      return reply('ready');
    case 'put':
    case 'post': {
      const begin = clock();
      (job.do === 'put' ? put : post)(job.count, job.batch);
      return reply(begin);
    }
    case 'get':
      reply('ready');
      get(job.count, job.batch);
      return reply(clock());
    case 'receive':
      receive(job.count, job.batch);
      return reply('ready');
    case 'ping':
      return ping(
        shape,
        job,
        (item) => queues[0]?.put(item),
        () => queues[1]?.get(),
      );
    case 'pong':
      reply('ready');
      for (let i = 0; i < job.count; i++) queues[1]?.put(queues[0]?.get());
      return;
    case 'pingPort':
      return pingPort(port, shape, job.count, job.pause);
    case 'pongPort':
      pongPort(port, job.count);
      return reply('ready');
  }
});
