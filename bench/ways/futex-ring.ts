/** The ring by hand (rivals/futex-ring.ts): words, bytes, and objects by msgpackr. */
import { FutexRing } from '../rivals/futex-ring.ts';
import { LONGEST, packer } from './packed.ts';
import { batchOf } from './shapes.ts';
import type { Way } from './way.ts';

const LEAST = 1 << 20;

export const way: Way<object, SharedArrayBuffer> = {
  open(_, { length = 0 }) {
    let capacity = LEAST;
    while (capacity < length * 4) capacity *= 2;
    const memory = FutexRing.memory(capacity);
    return { near: memory, far: memory };
  },
  async producer(memory, { shape, batch }) {
    const ring = new FutexRing(memory);
    if (shape.length !== undefined)
      return (count) => {
        for (let i = 0; i < count; i++) ring.write(shape.make(i) as Uint8Array);
      };
    if (typeof shape.make(0) === 'number')
      return (count) => {
        for (let i = 0; i < count; i++) ring.writeWord(shape.make(i) as number);
      };
    const packr = await packer();
    if (batch === 1)
      return (count) => {
        for (let i = 0; i < count; i++) ring.write(packr.pack(shape.make(i)));
      };
    return (count) => {
      for (let i = 0; i < count; i += batch) ring.write(packr.pack(batchOf(shape, i, Math.min(batch, count - i))));
    };
  },
  async consumer(memory, { shape, batch }) {
    const ring = new FutexRing(memory);
    if (shape.length !== undefined) {
      const target = new Uint8Array(shape.length);
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          ring.read(target);
          sum += shape.number(target);
        }
        return sum;
      };
    }
    if (typeof shape.make(0) === 'number')
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += shape.number(ring.readWord());
        return sum;
      };
    const packr = await packer();
    const target = new Uint8Array(LONGEST);
    if (batch === 1)
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += shape.number(packr.unpack(target, ring.read(target)));
        return sum;
      };
    return (count) => {
      let sum = 0;
      for (let left = count; left > 0; ) {
        const items = packr.unpack(target, ring.read(target)) as unknown[];
        for (const item of items) sum += shape.number(item);
        left -= items.length;
      }
      return sum;
    };
  },
};
