/** Our Pipe: send and recv; of byte arrays sendBytes, and recvBytesInto an array that is used again. */
import { Connection, type Handle, Pipe } from 'nogil';
import type { Way } from './way.ts';

export const way: Way<object, Handle> = {
  open() {
    const [near, far] = Pipe(false).reverse() as [Connection, Connection];
    return {
      near: near.handle(),
      far: far.handle(),
      close() {
        near.close();
        far.close();
      },
    };
  },
  producer(handle, { shape }) {
    const end = Connection.from(handle);
    if (shape.length === undefined)
      return (count) => {
        for (let i = 0; i < count; i++) end.send(shape.make(i));
      };
    return (count) => {
      for (let i = 0; i < count; i++) end.sendBytes(shape.make(i) as Uint8Array);
    };
  },
  consumer(handle, { shape }) {
    const end = Connection.from(handle);
    if (shape.length === undefined)
      return (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += shape.number(end.recv());
        return sum;
      };
    const target = new Uint8Array(shape.length);
    return (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        end.recvBytesInto(target);
        sum += shape.number(target);
      }
      return sum;
    };
  },
};
