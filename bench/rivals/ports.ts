/** A ping-pong over a MessageChannel: what one has without shared memory. */
import type { MessagePort } from 'node:worker_threads';
import { clock, reply } from '../agents.ts';
import type { Shape } from '../shapes.ts';

const never = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps, so that the other end falls asleep. */
export function rest(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

/** Replies with the nanoseconds of each round trip. */
export function pingPort(port: MessagePort, shape: Shape<unknown>, count: number, pause: number): void {
  const trips = new Float64Array(count);
  let trip = 0;
  let begin: number;
  const leave = () => {
    rest(pause);
    begin = clock();
    port.postMessage(shape.make(trip));
  };
  port.on('message', (item) => {
    trips[trip] = clock() - begin;
    if (shape.number(item) !== trip) throw new Error(`trip ${trip} brought another item back`);
    if (++trip < count) return leave();
    port.removeAllListeners('message');
    reply(trips);
  });
  leave();
}

export function pongPort(port: MessagePort, count: number): void {
  let trips = 0;
  port.on('message', (item) => {
    port.postMessage(item);
    if (++trips === count) port.removeAllListeners('message');
  });
}
