/** Both ends of a ping-pong over a pipe, and over a MessageChannel. Each of these workers knows one shape of message only. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { Connection, type Handle } from 'nogil';
import { clock, reply, serve } from './agents.ts';
import { type Shape, shapes } from './shapes.ts';

export type Job =
  | { do: 'open'; handle: Handle }
  | { do: 'connect'; port: MessagePort }
  /** The first answers with each trip's time. `pause`: milliseconds of sleep before each, in which the other end falls asleep. */
  | { do: 'ping' | 'pong' | 'pingPort' | 'pongPort'; count: number; pause: number };

const shape: Shape<unknown> = shapes[workerData as keyof typeof shapes];
let end: Connection;
let port: MessagePort;

const never = new Int32Array(new SharedArrayBuffer(4));

function rest(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

function ping(count: number, pause: number): void {
  const trips = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    rest(pause);
    const begin = clock();
    end.send(shape.make(i));
    if (shape.number(end.recv()) !== i) throw new Error(`trip ${i} brought another message back`);
    trips[i] = clock() - begin;
  }
  reply(trips);
}

function pong(count: number): void {
  for (let i = 0; i < count; i++) end.send(end.recv());
}

function pingPort(count: number, pause: number): void {
  const trips = new Float64Array(count);
  let trip = 0;
  let begin: number;
  const leave = () => {
    rest(pause);
    begin = clock();
    port.postMessage(shape.make(trip));
  };
  port.on('message', (message) => {
    trips[trip] = clock() - begin;
    if (shape.number(message) !== trip) throw new Error(`trip ${trip} brought another message back`);
    if (++trip < count) return leave();
    port.removeAllListeners('message');
    reply(trips);
  });
  leave();
}

function pongPort(count: number): void {
  let trips = 0;
  port.on('message', (message) => {
    port.postMessage(message);
    if (++trips === count) port.removeAllListeners('message');
  });
}

serve<Job>((job) => {
  switch (job.do) {
    case 'open':
      end = Connection.from(job.handle);
      return reply('ready');
    case 'connect':
      port = job.port;
      return reply('ready');
    case 'ping':
      return ping(job.count, job.pause);
    case 'pong':
      reply('ready');
      return pong(job.count);
    case 'pingPort':
      return pingPort(job.count, job.pause);
    case 'pongPort':
      pongPort(job.count);
      return reply('ready');
  }
});
