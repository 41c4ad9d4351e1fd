/**
 * postMessage, and receiveMessageOnPort by a consumer that never returns to its loop. How many were sent
 * stands in a shared word, on which the consumer sleeps. `transfer`: as in messages.ts.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads';
import { batchOf } from './shapes.ts';
import type { Way } from './way.ts';

interface End {
  port: MessagePort;
  /** How many messages were sent; whether the consumer sleeps. */
  words: Int32Array;
}

interface Options {
  transfer?: boolean;
}

const SENT = 0;
const ASLEEP = 16;
const SPIN = 1000;

export const way: Way<Options, End> = {
  open() {
    const { port1, port2 } = new MessageChannel();
    const words = new Int32Array(new SharedArrayBuffer(128));
    return { near: { port: port1, words }, far: { port: port2, words }, transfer: [[port1], [port2]] };
  },
  producer({ port, words }, { shape, batch, options }) {
    const post = (message: unknown, transfer?: TransferListItem[]) => {
      port.postMessage(message, transfer);
      Atomics.add(words, SENT, 1);
      if (Atomics.load(words, ASLEEP) === 1) Atomics.notify(words, SENT);
    };
    if (options.transfer)
      return (count) => {
        for (let i = 0; i < count; i++) {
          const item = new Uint8Array(shape.make(i) as Uint8Array);
          post(item, [item.buffer]);
        }
      };
    if (batch === 1)
      return (count) => {
        for (let i = 0; i < count; i++) post(shape.make(i));
      };
    return (count) => {
      for (let i = 0; i < count; i += batch) post(batchOf(shape, i, Math.min(batch, count - i)));
    };
  },
  consumer({ port, words }, { shape, batch }) {
    let received = 0;
    const next = (): unknown => {
      for (let polls = 0; Atomics.load(words, SENT) === received; polls++) {
        if (polls < SPIN) continue;
        Atomics.store(words, ASLEEP, 1);
        Atomics.wait(words, SENT, received);
        Atomics.store(words, ASLEEP, 0);
      }
      received = (received + 1) | 0;
      return (receiveMessageOnPort(port) as { message: unknown }).message;
    };
    if (batch === 1)
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += shape.number(next());
        return sum;
      };
    return (count) => {
      let sum = 0;
      for (let left = count; left > 0; ) {
        const items = next() as unknown[];
        for (const item of items) sum += shape.number(item);
        left -= items.length;
      }
      return sum;
    };
  },
};
