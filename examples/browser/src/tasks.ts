/**
 * What the lanes do. Straight-line code that blocks: each runs in a worker of its own.
 */
import { type Event, type Queue, type RawValue, sleep, task } from 'nogil';

export interface Item {
  producer: number;
  number: number;
}

export interface Controls {
  /** Set while the lanes may run. */
  running: Event;
  /** Seconds between two items. */
  pace: RawValue<'d'>;
}

export const produce = task(
  import.meta,
  function produce(producer: number, queue: Queue<Item>, made: RawValue<'I'>, { running, pace }: Controls): void {
    for (let number = 1; ; number++) {
      running.wait();
      queue.put({ producer, number });
      made.value = number;
      if (pace.value > 0) sleep(pace.value * (0.5 + Math.random()));
    }
  },
);

/** `last` tells the page whose item it was. */
export const consume = task(
  import.meta,
  function consume(queue: Queue<Item>, eaten: RawValue<'I'>, last: RawValue<'I'>, { running, pace }: Controls): void {
    for (const { producer } of queue) {
      last.value = producer;
      eaten.value++;
      if (pace.value > 0) sleep(pace.value * (0.5 + Math.random()));
      running.wait();
    }
  },
);
