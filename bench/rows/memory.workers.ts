/** One that waits, for whatever it is told to. */
import { workerData } from 'node:worker_threads';
import { Barrier, Condition, Event, type Handle, Lock, Queue, Semaphore } from 'nogil';
import { reply } from '../harness/agents.ts';

export interface Asleep {
  what: 'queue' | 'lock' | 'event' | 'condition' | 'semaphore' | 'barrier';
  handle: Handle;
}

const { what, handle } = workerData as Asleep;

const waits: Record<Asleep['what'], () => void> = {
  queue() {
    const queue = Queue.from(handle);
    reply('ready');
    queue.get();
  },
  lock() {
    const lock = Lock.from(handle);
    reply('ready');
    lock.acquire();
    lock.release();
  },
  event() {
    const event = Event.from(handle);
    reply('ready');
    event.wait();
  },
  condition() {
    const condition = Condition.from(handle);
    condition.acquire();
    reply('ready');
    condition.wait();
    condition.release();
  },
  semaphore() {
    const semaphore = Semaphore.from(handle);
    reply('ready');
    semaphore.acquire();
  },
  barrier() {
    const barrier = Barrier.from(handle);
    reply('ready');
    barrier.wait();
  },
};
waits[what]();
reply('through');
