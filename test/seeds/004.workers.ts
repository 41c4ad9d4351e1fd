/**
 * What the threads and processes of document 004 run; its lights and its shops are in files of their own.
 */
import {
  type Barrier,
  currentProcess,
  currentThread,
  type Event,
  getpid,
  Local,
  type Lock,
  Process,
  type RLock,
  type Semaphore,
  scheduler,
  sleep,
  Thread,
  task,
  type Value,
} from 'nogil';
import { Empty, type Queue } from 'nogil/queue';
import { SECOND } from './clock.workers.js';

/** Far more than anything takes: so that a test fails instead of hanging. */
const LIMIT = 60;

// ── P1, P2: threading.local ──────────────────────────────────────────────────────────────────────────

export const local = new Local() as Local & { x: number; resource: string };

export const countAlone = task(import.meta, function work(log: Queue<[thread: string, x: number]>): void {
  local.x = 0;
  for (let i = 0; i < 100; i++) {
    sleep(0.0001);
    local.x += 1;
  }
  log.put([currentThread().getName(), local.x]);
});

type Said = [thread: string, line: string];

export const processThread = task(
  import.meta,
  'process_thread',
  function processThread(res: string, log: Queue<Said>, bothAreSet: Barrier): void {
    local.resource = res;
    bothAreSet.wait(LIMIT);
    resourceLines(log);
  },
);

/** The tutorial's `process`: it is given nothing, and finds what its own thread has set. */
function resourceLines(log: Queue<Said>): void {
  let rep = local.resource;
  const print = (line: string) => log.put([currentThread().getName(), line]);
  print(local.resource);
  print(`***> ${rep}`);
  rep += '111';
  print(rep);
}

// ── P4: sched ────────────────────────────────────────────────────────────────────────────────────────

export const threadAction = task(import.meta, function threadAction(log: Queue<string>, ...add: string[]): number {
  const sche = scheduler();
  const started = performance.now();
  let i = 3;
  for (const a of add) {
    sche.enter(1 * SECOND, i, (arg: string) => log.put(arg), [a]);
    i -= 1;
  }
  sche.run();
  return (performance.now() - started) / 1000;
});

/** What the tutorial meant: the same time for all, so that the priority decides. */
export const threadActionAtOnce = task(import.meta, function threadActionAtOnce(log: Queue<string>, ...add: string[]): boolean {
  const sche = scheduler();
  const time = performance.now() / 1000 + 1 * SECOND;
  let i = 3;
  for (const a of add) {
    sche.enterabs(time, i, (arg: string) => log.put(arg), [a]);
    i -= 1;
  }
  sche.run();
  return sche.empty();
});

// ── P5: a1 b2 c3 ─────────────────────────────────────────────────────────────────────────────────────

export const printLetter = task(
  import.meta,
  function printLetter(letterEvent: Event, numberEvent: Event, print: Queue<string>): void {
    for (const item of ['a', 'b', 'c', 'd', 'e', 'f']) {
      letterEvent.wait();
      print.put(item);
      letterEvent.clear();
      numberEvent.set();
    }
  },
);

export const printNumber = task(
  import.meta,
  function printNumber(numberEvent: Event, letterEvent: Event, print: Queue<string>): void {
    for (const item of [1, 2, 3, 4, 5, 6]) {
      numberEvent.wait();
      print.put(`${item} `);
      numberEvent.clear();
      letterEvent.set();
    }
  },
);

// ── P8: producer and consumer with an Event ──────────────────────────────────────────────────────────

/**
 * The tutorial's global `x`, and the two events. It has only the first, and sleeps a second in the hope that
 * the consumer is done by then.
 */
export interface Counter {
  x: Value<'i'>;
  event: Event;
  eaten: Event;
}

export class Coumter extends Thread {
  constructor(
    readonly counter: Counter,
    readonly log: Queue<number>,
  ) {
    super();
  }

  override run(): void {
    const { event, eaten, x } = this.counter;
    let count = 10;
    while (count > 0) {
      event.wait();
      event.clear();
      this.log.put(x.value);
      count -= 1;
      eaten.set();
    }
  }
}
task(import.meta, Coumter);

/**
 * It has the consumer's event, not the consumer: the methods of a thread's subclass stay where it was made
 * and where it runs.
 */
export class SquareProduct extends Thread {
  constructor(readonly counter: Counter) {
    super();
  }

  override run(): void {
    const { event, eaten, x } = this.counter;
    for (let i = 0; i < 10; i++) {
      x.value = i ** 2;
      event.set();
      eaten.wait();
      eaten.clear();
    }
  }
}
task(import.meta, SquareProduct);

// ── P9: the three ways to hold a lock; P12, P13: what ends by itself ─────────────────────────────────

const holdings: Record<string, (lock: RLock | Lock, body: () => void) => void> = {
  finally(lock, body) {
    lock.acquire();
    try {
      body();
    } finally {
      lock.release();
    }
  },
  with(lock, body) {
    lock.with(body);
  },
  using(lock, body) {
    using _held = lock.hold();
    body();
  },
};
export const waysToHold = Object.keys(holdings);

export const holdAndLeave = task(import.meta, function holdAndLeave(lock: RLock | Lock, way: string, fail: boolean): boolean {
  let heldInside = false;
  const body = () => {
    heldInside = lock.locked();
    if (fail) throw new RangeError('inside');
  };
  try {
    holdings[way]?.(lock, body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return heldInside;
  }
  return heldInside && !fail;
});

class Sample implements Disposable {
  constructor(readonly log: Queue<string>) {
    log.put('enter resource');
  }
  [Symbol.dispose](): void {
    this.log.put('exit');
  }
  doSomething(fail: boolean): number {
    if (fail) throw new RangeError('division by zero');
    return 1 / 1;
  }
}

export const useSample = task(import.meta, function useSample(log: Queue<string>, fail: boolean): number | string {
  try {
    using sample = new Sample(log);
    log.put('do something');
    return sample.doSomething(fail);
  } catch (error) {
    return (error as Error).message;
  }
});

function timethis(lable: string, log: Queue<[lable: string, seconds: number]>): Disposable {
  const start = performance.now();
  return { [Symbol.dispose]: () => log.put([lable, (performance.now() - start) / 1000]) };
}

export const timed = task(import.meta, function timed(log: Queue<[lable: string, seconds: number]>, fail: boolean): string {
  try {
    using _timer = timethis('timer', log);
    sleep(1 * SECOND);
    if (fail) throw new RangeError('timed');
    return 'ended';
  } catch (error) {
    return (error as Error).message;
  }
});

// ── P15: never two locks ─────────────────────────────────────────────────────────────────────────────

/** Both threads of the tutorial: it takes the two locks in turn, so many times. */
export const crossing = task(
  import.meta,
  function crossing(
    thread: number,
    first: [name: string, lock: Lock],
    second: [name: string, lock: Lock],
    rounds: number,
  ): string[] {
    const lines: string[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [name, lock] of [first, second]) {
        lock.acquire();
        lines.push(`线程${thread}获得${name}`);
        lock.release();
        sleep(0.05 * SECOND);
      }
    }
    return lines;
  },
);

// ── P16: queue.Queue ─────────────────────────────────────────────────────────────────────────────────

export class QueueProduct extends Thread {
  constructor(readonly q: Queue<number>) {
    super();
  }

  override run(): number {
    let count = 0;
    while (count < 100) {
      if (this.q.empty()) {
        for (let i = 0; i < 100; i++) {
          this.q.put(count);
          count += 1;
        }
      }
    }
    return count;
  }
}
task(import.meta, QueueProduct);

export class QueueConsumer extends Thread {
  constructor(
    readonly q: Queue<number>,
    readonly timeout: number,
  ) {
    super();
  }

  /** What it has got, and how long it waited in vain. */
  override run(): { got: number[]; waited: number } {
    const got: number[] = [];
    for (;;) {
      const asked = performance.now();
      try {
        got.push(this.q.get(true, this.timeout));
        sleep(0.1 * SECOND);
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        return { got, waited: (performance.now() - asked) / 1000 };
      }
    }
  }
}
task(import.meta, QueueConsumer);

// ── P17: Semaphore(5) ────────────────────────────────────────────────────────────────────────────────

/** With `five`: inside, it waits until five are inside. */
export const withPermit = task(
  import.meta,
  function withPermit(sem: Semaphore, inside: Value<'i'>, five: Barrier | null): number {
    sem.acquire();
    const now = inside.add(1);
    five?.wait(LIMIT);
    sleep(0.5 * SECOND);
    inside.add(-1);
    sem.release();
    return now;
  },
);

// ── P18, P19: processes ──────────────────────────────────────────────────────────────────────────────

export const sayWho = task(import.meta, function sayWho(log: Queue<[who: string, i: number]>): void {
  for (let i = 0; i < 10; i++) {
    log.put([`当前进程是${currentProcess()}--->`, i]);
    sleep(0.1 * SECOND);
  }
});

export class MyProcess extends Process {
  constructor(readonly log: Queue<[who: string, i: number]>) {
    super();
  }

  override run(): void {
    for (let i = 0; i < 10; i++) {
      this.log.put([`当前进程为${getpid()}--->`, i]);
      sleep(0.1 * SECOND);
    }
  }
}
task(import.meta, MyProcess);

// ── P24: a queue between processes ───────────────────────────────────────────────────────────────────

export const putNumbers = task(import.meta, function putNumbers(queue: Queue<number>): void {
  for (let i = 0; i < 10; i++) {
    queue.put(i);
    sleep(0.1 * SECOND);
  }
});

/** @returns what came, in order */
export const takeNumbers = task(import.meta, function takeNumbers(queue: Queue<number>): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(queue.get(true, 3));
    } catch (error) {
      if (error instanceof Empty) return taken;
      throw error;
    }
  }
});
