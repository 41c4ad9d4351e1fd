/**
 * Both ends of a ping-pong over a pipe, and over a MessageChannel. Each of these workers knows one shape of
 * message only.
 */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { Connection, type Handle } from 'nogil';
import { reply, serve } from './agents.ts';
import { ping, type Trips } from './ping-pong.ts';
import { pingPort, pongPort } from './rivals/ports.ts';
import { type Shape, shapes } from './shapes.ts';

export type Job = { do: 'open'; handle: Handle } | { do: 'connect'; port: MessagePort } | Trips;

const shape: Shape<unknown> = shapes[workerData as keyof typeof shapes];
let end: Connection;
let port: MessagePort;

serve<Job>((job) => {
  switch (job.do) {
    case 'open':
      end = Connection.from(job.handle);
      return reply('ready');
    case 'connect':
      port = job.port;
      return reply('ready');
    case 'ping':
      return ping(
        shape,
        job,
        (item) => end.send(item),
        () => end.recv(),
      );
    case 'pong':
      reply('ready');
      for (let i = 0; i < job.count; i++) end.send(end.recv());
      return;
    case 'pingPort':
      return pingPort(port, shape, job.count, job.pause);
    case 'pongPort':
      pongPort(port, job.count);
      return reply('ready');
  }
});
