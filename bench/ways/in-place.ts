/** Our Queue, for bytes: put, or written into a slot; copied into an array that is used again, or leased. */
import { type Handle, Queue } from 'nogil';
import type { Way } from './way.ts';

interface Options {
  in: 'put' | 'reserve';
  out: 'getInto' | 'lease';
  maxsize?: number;
}

export const way: Way<Options, Handle> = {
  open({ maxsize = 0 }) {
    const queue = new Queue(maxsize);
    const handle = queue.handle();
    return { near: handle, far: handle, close: () => queue.close() };
  },
  producer(handle, { shape, options }) {
    const queue = Queue.from(handle) as Queue<Uint8Array>;
    const { length = 0 } = shape;
    if (options.in === 'put')
      return (count) => {
        for (let i = 0; i < count; i++) queue.put(shape.make(i) as Uint8Array);
      };
    return (count) => {
      for (let i = 0; i < count; i++) {
        const slot = queue.reserve(length);
        slot.write(shape.make(i) as Uint8Array);
        slot.commit();
      }
    };
  },
  consumer(handle, { shape, options }) {
    const queue = Queue.from(handle) as Queue<Uint8Array>;
    const target = new Uint8Array(shape.length ?? 0);
    if (options.out === 'getInto')
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          queue.getInto(target);
          sum += shape.number(target);
        }
        return sum;
      };
    return (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const lease = queue.lease();
        sum += shape.number(lease.bytes);
        lease.release();
      }
      return sum;
    };
  },
};
