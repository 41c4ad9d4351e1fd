/** Our Queue: put and get, or putMany and getMany. */
import { type Handle, Queue } from 'nogil';
import { batchOf } from './shapes.ts';
import type { Way } from './way.ts';

/** `maxsize` 0, the default: no limit, as with postMessage. */
export const way: Way<{ maxsize?: number }, Handle> = {
  open({ maxsize = 0 }) {
    const queue = new Queue(maxsize);
    const handle = queue.handle();
    return { near: handle, far: handle, close: () => queue.close() };
  },
  producer(handle, { shape, batch }) {
    const queue = Queue.from(handle) as Queue<unknown>;
    if (batch === 1)
      return (count) => {
        for (let i = 0; i < count; i++) queue.put(shape.make(i));
      };
    return (count) => {
      for (let i = 0; i < count; i += batch) queue.putMany(batchOf(shape, i, Math.min(batch, count - i)));
    };
  },
  consumer(handle, { shape, batch }) {
    const queue = Queue.from(handle) as Queue<unknown>;
    if (batch === 1)
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += shape.number(queue.get());
        return sum;
      };
    return (count) => {
      let sum = 0;
      for (let left = count; left > 0; ) {
        const items = queue.getMany(Math.min(left, batch));
        for (const item of items) sum += shape.number(item);
        left -= items.length;
      }
      return sum;
    };
  },
};
