/**
 * postMessage, and receiveMessageOnPort by a consumer that never returns to its loop. How many were sent
 * stands in a shared word, on which the consumer sleeps.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { batchOf } from './shapes.ts';
import type { Way } from './way.ts';

interface End {
  port: MessagePort;
  /** How many messages were sent; whether the consumer sleeps. */
  words: Int32Array;
}

const SENT = 0;
const ASLEEP = 16;
const SPIN = 1000;

export const way: Way<object, End> = {
  open() {
    const { port1, port2 } = new MessageChannel();
    const words = new Int32Array(new SharedArrayBuffer(128));
    return { near: { port: port1, words }, far: { port: port2, words }, transfer: [[port1], [port2]] };
  },
  producer({ port, words }, { shape, batch }) {
    const post = (message: unknown) => {
      port.postMessage(message);
      Atomics.add(words, SENT, 1);
      if (Atomics.load(words, ASLEEP) === 1) Atomics.notify(words, SENT);
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
