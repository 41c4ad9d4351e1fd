/**
 * What the processes and threads of document 002 run.
 */
import {
  type Barrier,
  currentThread,
  type Dict,
  type Event,
  getpid,
  type Lock,
  type Queue,
  sleep,
  task as target,
  type Value,
} from 'nogil';
import { randint, SECOND } from './clock.workers.js';

/** Far more than anything takes: so that a test fails instead of hanging. */
const LIMIT = 60;

/** 002-P1. Without a mutex: `together` makes sure that all have read before one writes. */
export const work = target(import.meta, function work(dic: Dict, mutex: Lock | null, together?: Barrier): void {
  mutex?.acquire();
  const temp = dic.num;
  sleep(0.1 * SECOND);
  together?.wait(LIMIT);
  dic.num = temp - 1;
  mutex?.release();
});

/** 002-P4. What it ate goes into a second queue, in place of the terminal. */
export const consumer = target(
  import.meta,
  function consumer(name: string, q: Queue<string>, log: Queue<[guest: string, item: string]>): void {
    for (;;) {
      const res = q.get();
      sleep(randint(1, 3) * SECOND);
      log.put([name, res]);
    }
  },
);

export const producer = target(import.meta, function producer(q: Queue<string>, food: string): void {
  for (let i = 0; i < 5; i++) {
    sleep(randint(1, 2) * SECOND);
    q.put(`${food}${i}`);
  }
});

/** 002-P7. */
export const pids = target(import.meta, function pids(): { getpid: number; system: number } {
  return { getpid: getpid(), system: process.pid };
});

/** 002-P8, as it stands there: each worker has its own. */
let x = 1000;

export const getX = () => x;

export const setGlobal = target(import.meta, function setGlobal(): number {
  x = 0;
  return x;
});

/** 002-P8, as it is written here. */
export const setShared = target(import.meta, function setShared(shared: Value<'i'>): void {
  shared.value = 0;
});

/** 002-P9. It stays until it is told to go, not for three seconds: the test looks at the living. */
export const stay = target(import.meta, 'task', function task(names: Queue<string>, leave: Event): void {
  names.put(`${currentThread().name} is running`);
  leave.wait(LIMIT);
});

/** 002-P12, `times` times. */
export const takeOff = target(import.meta, function takeOff(mutex: Lock, shared: Value<'i'>, times: number): void {
  for (let i = 0; i < times; i++) {
    mutex.acquire();
    const temp = shared.value;
    sleep(0.1 * SECOND);
    shared.value = temp - 1;
    mutex.release();
  }
});
