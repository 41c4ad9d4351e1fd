/** Our Pipe. */
import { Connection, type Handle, Pipe } from 'nogil';
import { pingWith, type Trip } from './trip.ts';

export const trip: Trip<Handle> = {
  open() {
    const [near, far] = Pipe();
    return {
      near: near.handle(),
      far: far.handle(),
      close() {
        near.close();
        far.close();
      },
    };
  },
  ping(handle, shape) {
    const end = Connection.from(handle);
    return pingWith(
      shape,
      (item) => end.send(item),
      () => end.recv(),
    );
  },
  pong(handle) {
    const end = Connection.from(handle);
    return ({ count }) => {
      for (let i = 0; i < count; i++) end.send(end.recv());
    };
  },
};
