/** A worker that the package did not start: it gets handles as messages. */
import { parentPort } from 'node:worker_threads';
import { Barrier, Condition, Event, type Handle, Lock, Queue, RawValue, Semaphore } from 'nogil';

type Order =
  | { what: 'count'; lock: Handle; counter: Handle; rounds: number }
  | { what: 'await'; event: Handle; condition: Handle; semaphore: Handle }
  | { what: 'meet'; barrier: Handle }
  | { what: 'echo'; from: Handle; to: Handle }
  | { what: 'wrong'; lock: Handle };

async function obey(order: Order): Promise<unknown> {
  switch (order.what) {
    case 'count': {
      const lock = Lock.from(order.lock);
      const counter = RawValue.from(order.counter) as RawValue<'i'>;
      for (let i = 0; i < order.rounds; i++) {
        if (i % 8) lock.with(() => counter.value++);
        else await lock.withAsync(() => counter.value++);
      }
      return counter.id;
    }
    case 'await': {
      const event = Event.from(order.event);
      const condition = Condition.from(order.condition);
      const semaphore = Semaphore.from(order.semaphore);
      event.set();
      condition.acquire();
      semaphore.release();
      const notified = condition.wait(20);
      condition.release();
      return notified;
    }
    case 'meet':
      return Barrier.from(order.barrier).wait(20);
    case 'echo': {
      const to = Queue.from(order.to) as Queue<unknown>;
      for (const item of Queue.from(order.from) as Queue<unknown>) to.put(item);
      return 'shut down';
    }
    case 'wrong':
      try {
        return Semaphore.from(order.lock).id;
      } catch (error) {
        return (error as Error).name;
      }
  }
}

parentPort?.on('message', async (order: Order) => {
  try {
    parentPort?.postMessage({ answer: await obey(order) });
  } catch (error) {
    parentPort?.postMessage({ answer: String(error) });
  }
});
