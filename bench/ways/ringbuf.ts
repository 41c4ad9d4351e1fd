/**
 * ringbuf.js: words, bytes (all of one length, so that they need no header), and objects by msgpackr behind a
 * header. It cannot sleep: both ends spin.
 */
import { load } from '../rivals/load.ts';
import { LONGEST, packer } from './packed.ts';
import { batchOf, type Shape } from './shapes.ts';
import type { Way } from './way.ts';

type Elements = Uint8Array | Uint32Array;

interface RingBuffer {
  /** As many of `length` elements as there is room for, from `offset` on: how many. */
  push(elements: Elements, length?: number, offset?: number): number;
  pop(elements: Elements, length?: number, offset?: number): number;
}

interface Module {
  RingBuffer: {
    new (memory: SharedArrayBuffer, type: typeof Uint8Array | typeof Uint32Array): RingBuffer;
    getStorageForCapacity(capacity: number, type: typeof Uint8Array | typeof Uint32Array): SharedArrayBuffer;
  };
}

const LEAST = 1 << 20;

function typeOf(shape: Shape<unknown>): typeof Uint8Array | typeof Uint32Array {
  return typeof shape.make(0) === 'number' ? Uint32Array : Uint8Array;
}

function pushAll(ring: RingBuffer, elements: Elements, length = elements.length): void {
  for (let done = ring.push(elements, length); done < length; ) done += ring.push(elements, length - done, done);
}

function popAll(ring: RingBuffer, elements: Elements, length = elements.length): void {
  for (let done = ring.pop(elements, length); done < length; ) done += ring.pop(elements, length - done, done);
}

export const way: Way<object, SharedArrayBuffer> = {
  async open(_, shape) {
    const { RingBuffer } = await load<Module>('ringbuf.js');
    const memory = RingBuffer.getStorageForCapacity(Math.max(LEAST, (shape.length ?? 0) * 4), typeOf(shape));
    return { near: memory, far: memory };
  },
  async producer(memory, { shape, batch }) {
    const { RingBuffer } = await load<Module>('ringbuf.js');
    const ring = new RingBuffer(memory, typeOf(shape));
    if (shape.length !== undefined)
      return (count) => {
        for (let i = 0; i < count; i++) pushAll(ring, shape.make(i) as Uint8Array);
      };
    if (typeOf(shape) === Uint32Array) {
      const words = new Uint32Array(batch);
      return (count) => {
        for (let i = 0; i < count; i += batch) {
          const length = Math.min(batch, count - i);
          for (let k = 0; k < length; k++) words[k] = shape.make(i + k) as number;
          pushAll(ring, words, length);
        }
      };
    }
    const packr = await packer();
    const header = new Uint32Array(1);
    const headerBytes = new Uint8Array(header.buffer);
    const post = (message: unknown) => {
      const packed = packr.pack(message);
      header[0] = packed.length;
      pushAll(ring, headerBytes);
      pushAll(ring, packed);
    };
    if (batch === 1)
      return (count) => {
        for (let i = 0; i < count; i++) post(shape.make(i));
      };
    return (count) => {
      for (let i = 0; i < count; i += batch) post(batchOf(shape, i, Math.min(batch, count - i)));
    };
  },
  async consumer(memory, { shape, batch }) {
    const { RingBuffer } = await load<Module>('ringbuf.js');
    const ring = new RingBuffer(memory, typeOf(shape));
    if (shape.length !== undefined) {
      const target = new Uint8Array(shape.length);
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          popAll(ring, target);
          sum += shape.number(target);
        }
        return sum;
      };
    }
    if (typeOf(shape) === Uint32Array) {
      const words = new Uint32Array(batch);
      return (count) => {
        let sum = 0;
        for (let left = count; left > 0; ) {
          const got = ring.pop(words, Math.min(left, batch));
          for (let k = 0; k < got; k++) sum += shape.number(words[k]);
          left -= got;
        }
        return sum;
      };
    }
    const packr = await packer();
    const header = new Uint32Array(1);
    const headerBytes = new Uint8Array(header.buffer);
    const target = new Uint8Array(LONGEST);
    const next = (): unknown => {
      popAll(ring, headerBytes);
      const length = header[0] as number;
      popAll(ring, target, length);
      return packr.unpack(target, length);
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
