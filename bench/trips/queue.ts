/** Two of our queues. */
import { type Handle, Queue } from 'nogil';
import { pingWith, type Trip } from './trip.ts';

const open = (handles: Handle[]) => handles.map((handle) => Queue.from(handle)) as [Queue, Queue];

export const trip: Trip<Handle[]> = {
  open() {
    const queues = [new Queue(), new Queue()];
    const handles = queues.map((queue) => queue.handle());
    return { near: handles, far: handles, close: () => queues.forEach((queue) => void queue.close()) };
  },
  ping(handles, shape) {
    const [there, back] = open(handles);
    return pingWith(
      shape,
      (item) => there.put(item),
      () => back.get(),
    );
  },
  pong(handles) {
    const [there, back] = open(handles);
    return ({ count }) => {
      for (let i = 0; i < count; i++) back.put(there.get());
    };
  },
};
