/**
 * Attached threads: workers that the package did not start, which have entered the heap by a handle. Each is
 * told one thing to do.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Handle, Lock, Pool, Process, Queue, sleep, Thread, task } from 'nogil';

export type Order =
  | { what: 'put'; queue: Handle }
  | { what: 'hold'; lock: Handle; next: 'stay' | 'end' | 'throw' | 'exit' }
  | { what: 'wait'; queue: Handle }
  | { what: 'take'; queue: Handle }
  | { what: 'family'; queue: Handle; lock: Handle };

export const take = task(import.meta, function take(lock: Lock, started: Queue<string>): void {
  lock.acquire();
  started.put('has it');
  sleep(1000);
});

export const twice = task(import.meta, function twice(x: number): number {
  return 2 * x;
});

const say = (what: unknown) => parentPort?.postMessage(what);

async function obey(order: Order): Promise<void> {
  switch (order.what) {
    case 'put':
      (Queue.from(order.queue) as Queue<number>).put(1);
      return;
    case 'hold':
      Lock.from(order.lock).acquire();
      say('holds');
      if (order.next === 'throw') throw new Error('an attached thread that throws');
      if (order.next === 'exit') process.exit(0);
      if (order.next === 'stay') await new Promise((resolve) => setTimeout(resolve, 1e6));
      return;
    case 'wait': {
      const queue = Queue.from(order.queue) as Queue<number>;
      say('waits');
      for (;;) queue.get();
    }
    case 'take': {
      // What it has taken is its own alone.
      const taken = (Queue.from(order.queue) as Queue<unknown>).get();
      say('has it');
      await new Promise((resolve) => setTimeout(resolve, 1e6));
      throw taken;
    }
    case 'family': {
      const started = Queue.from(order.queue) as Queue<string>;
      const lock = Lock.from(order.lock);
      const pool = new Pool(1);
      if ((await pool.applyAsync(twice, [2])) !== 4) throw new Error('its pool does not work');
      new Process({ target: take, args: [lock, started] }).start();
      new Thread({ target: take, args: [lock, started], daemon: true }).start();
      await new Promise((resolve) => setTimeout(resolve, 1e6));
    }
  }
}

// Nothing is awaited at the top level: Node 20 may abort when a worker is terminated while it begins to
// evaluate such a module.
if (workerData !== null) void obey(workerData as Order);
