import { type Event, type Queue, task } from 'nogil';

export interface Order {
  [key: string]: unknown;
}

/** Shapes with these names: each is brought to the table by whoever has sent it some times. */
export function order(shape: number, i: number): Order {
  return { id: i, [`field ${shape}`]: `text of ${shape}`, [`other ${shape % 7}`]: { [`inner ${shape}`]: [i, null] } };
}

/** Sends objects of many shapes, until somebody kills it. */
export const sendShapes = task(import.meta, function sendShapes(queue: Queue<Order>, from: number, begun: Event): void {
  for (let i = 0; ; i++) {
    const shape = (from + (i >> 5)) % 300;
    queue.put(order(shape, i));
    if (i === 0) begun.set();
  }
});
