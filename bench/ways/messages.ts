/**
 * postMessage on a MessageChannel, counted as the messages come. Nothing makes the producer wait. `transfer`:
 * bytes in an array of their own, which goes over instead of a copy.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { batchOf } from './shapes.ts';
import type { Way } from './way.ts';

interface Options {
  transfer?: boolean;
}

export const way: Way<Options, MessagePort> = {
  open() {
    const { port1: near, port2: far } = new MessageChannel();
    return { near, far, transfer: [[near], [far]] };
  },
  producer(port, { shape, batch, options }) {
    if (options.transfer)
      return (count) => {
        for (let i = 0; i < count; i++) {
          const item = new Uint8Array(shape.make(i) as Uint8Array);
          port.postMessage(item, [item.buffer]);
        }
      };
    if (batch === 1)
      return (count) => {
        for (let i = 0; i < count; i++) port.postMessage(shape.make(i));
      };
    return (count) => {
      for (let i = 0; i < count; i += batch) port.postMessage(batchOf(shape, i, Math.min(batch, count - i)));
    };
  },
  consumer(port, { shape, batch }) {
    return (count) =>
      new Promise((resolve) => {
        let sum = 0;
        let received = 0;
        const end = () => {
          port.removeAllListeners('message');
          resolve(sum);
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
      });
  },
};
