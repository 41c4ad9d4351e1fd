/** Our Queue, for numbers in typed arrays: putMany of one, getManyInto another, both used again and again. */
import { type Handle, Queue } from 'nogil';
import type { Way } from './way.ts';

export const way: Way<object, Handle> = {
  open() {
    const queue = new Queue();
    const handle = queue.handle();
    return { near: handle, far: handle, close: () => queue.close() };
  },
  producer(handle, { batch }) {
    const queue = Queue.from(handle) as Queue<number>;
    const numbers = new Float64Array(batch);
    return (count) => {
      for (let i = 0; i < count; i += batch) {
        const size = Math.min(batch, count - i);
        for (let k = 0; k < size; k++) numbers[k] = i + k;
        queue.putMany(size === batch ? numbers : numbers.subarray(0, size));
      }
    };
  },
  consumer(handle, { batch }) {
    const queue = Queue.from(handle) as Queue<number>;
    const numbers = new Float64Array(batch);
    return (count) => {
      let sum = 0;
      for (let left = count; left > 0; ) {
        const got = queue.getManyInto(left < batch ? numbers.subarray(0, left) : numbers);
        for (let i = 0; i < got; i++) sum += numbers[i] as number;
        left -= got;
      }
      return sum;
    };
  },
};
