/** A MessageChannel: what one has without shared memory. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { clock } from '../harness/agents.ts';
import { checkTrip, rest, type Trip } from './trip.ts';

export const trip: Trip<MessagePort> = {
  open() {
    const { port1: near, port2: far } = new MessageChannel();
    return { near, far, transfer: [[near], [far]] };
  },
  ping(port, shape) {
    return ({ count, pause }) =>
      new Promise((resolve, reject) => {
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
          try {
            checkTrip(shape, item, trip);
          } catch (error) {
            reject(error as Error);
          }
          if (++trip < count) return leave();
          port.removeAllListeners('message');
          resolve(trips);
        });
        leave();
      });
  },
  pong(port) {
    return ({ count }) =>
      new Promise((resolve) => {
        let trips = 0;
        port.on('message', (item) => {
          port.postMessage(item);
          if (++trips < count) return;
          port.removeAllListeners('message');
          resolve();
        });
      });
  },
};
