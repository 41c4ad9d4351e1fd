import { type Barrier, type Event, getpid, Lock, main, mainThread, Process, Queue, ShutDown, sleep, Thread, task } from 'nogil';

export const double = task(import.meta, function double(x: number): number {
  return 2 * x;
});

export const echo = task(
  import.meta,
  function echo(there: Queue<number>, back: Queue<number>, event: Event, lock: Lock, barrier: Barrier): number {
    lock.acquire();
    let count = 0;
    for (const item of there) {
      back.put(item);
      count++;
    }
    back.shutdown();
    event.set();
    sleep(0.01);
    lock.release();
    barrier.wait();
    return count;
  },
);

class Closed extends ShutDown {}

export const identities = task(import.meta, function identities(queue: Queue<number>, { locks }: { locks: Lock[] }) {
  let error: unknown;
  try {
    queue.get();
  } catch (caught) {
    error = caught;
  }
  return {
    queue: queue instanceof Queue,
    lock: locks[0] instanceof Lock,
    shutDown: error instanceof ShutDown,
    notEmpty: !(error instanceof RangeError),
    subclass: error instanceof Closed,
    inMain: main(import.meta, () => 'main ran in a worker'),
    isProcess: mainThread().ident === getpid(),
  };
});

export const Greeter = task(
  import.meta,
  'Greeter',
  class Greeter extends Thread<() => string> {
    readonly whom: string;
    constructor(whom: string) {
      super({ name: whom });
      this.whom = whom;
    }
    override run(): string {
      return `hello ${this.whom}, from ${this.name}: ${this.isAlive() && !(this instanceof Process)}`;
    }
  },
);

export const forEver = task(import.meta, function forEver(lock: Lock, ready: Event, never: Queue<number>): void {
  lock.acquire();
  ready.set();
  never.get();
});

export const asleep = task(import.meta, function asleep(lock: Lock, ready: Event, _: Queue<number>): void {
  lock.acquire();
  ready.set();
  sleep(1000);
});

export const spin = task(import.meta, function spin(lock: Lock, ready: Event, _: Queue<number>): void {
  lock.acquire();
  ready.set();
  for (;;);
});

export const crossed = task(import.meta, function crossed(mine: Lock, other: Lock, both: Barrier): void {
  mine.acquire();
  both.wait();
  other.acquire();
});

export const awaiting = task(import.meta, async function awaiting(lock: Lock, ready: Event, never: Queue<number>): Promise<void> {
  await lock.acquireAsync();
  ready.set();
  await never.getAsync();
});

/**
 * The core of this thread's heap: one of the package's own locks is wanted, which no public call can be made
 * to hold for long.
 */
function core(): { lockInternal(lock: number): number; unlock(lock: number): void; outputLock(): number } {
  return (globalThis as never as Record<symbol, { heap: { core: never } }>)[Symbol.for('nogil.heap')]?.heap.core as never;
}

export const holdOutputLock = task(import.meta, function holdOutputLock(ready: Event): void {
  core().lockInternal(core().outputLock());
  ready.set();
  for (;;);
});

/** Takes the lock and gives it back; 1 if its holder had died. */
export function takeOutputLock(): number {
  const died = core().lockInternal(core().outputLock());
  core().unlock(core().outputLock());
  return died;
}
