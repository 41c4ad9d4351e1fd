/** Both ends of a ping-pong over a pipe, and over a MessageChannel. Each of these workers knows one shape of message only. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { Connection, type Handle } from 'nogil';
import { clock, reply, serve } from './agents.ts';
import { pingPort, pongPort, rest } from './rivals/ports.ts';
import { type Shape, shapes } from './shapes.ts';

export type Job =
  | { do: 'open'; handle: Handle }
  | { do: 'connect'; port: MessagePort }
  /** The first answers with each trip's time. `pause`: milliseconds of sleep before each, in which the other end falls asleep. */
  | { do: 'ping' | 'pong' | 'pingPort' | 'pongPort'; count: number; pause: number };

const shape: Shape<unknown> = shapes[workerData as keyof typeof shapes];
let end: Connection;
let port: MessagePort;

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
      return pingPort(port, shape, job.count, job.pause);
    case 'pongPort':
      pongPort(port, job.count);
      return reply('ready');
  }
});
