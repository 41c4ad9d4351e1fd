import {
  type BoundedSemaphore,
  type Condition,
  type Lock,
  type Queue,
  type RawValue,
  type RLock,
  type Semaphore,
  sleep,
  task,
} from 'nogil';

type Exclusive = Lock | RLock | Semaphore | BoundedSemaphore | Condition;
export type Way = 'acquire' | 'try' | 'timeout' | 'using' | 'with' | 'async' | 'with async' | 'mixed';

/** One step that is wrong if anybody else makes one at the same time. */
function step(counter: RawValue<'i'>): void {
  counter.value += 1;
}

function one(way: Way, lock: Exclusive, counter: RawValue<'i'>): unknown {
  switch (way) {
    case 'try':
      while (!lock.acquire(false)) sleep(0);
      break;
    case 'timeout':
      while (!lock.acquire(true, 0.0002));
      break;
    case 'using': {
      using _held = lock.hold();
      return step(counter);
    }
    case 'with':
      return lock.with(() => step(counter));
    case 'async':
      return lock.acquireAsync().then(() => {
        step(counter);
        lock.release();
      });
    case 'with async':
      return lock.withAsync(() => step(counter));
    default:
      lock.acquire();
  }
  step(counter);
  return lock.release();
}

/** Counts to `rounds`, each time with the lock held; `ways` in turn. */
export const count = task(
  import.meta,
  async function count(index: number, lock: Exclusive, counter: RawValue<'i'>, rounds: number, ways: Way[]): Promise<number> {
    for (let i = 0; i < rounds; i++) {
      const done = one(ways[(i + index) % ways.length] as Way, lock, counter);
      if (done !== undefined) await done;
    }
    return index;
  },
);

/** Takes the lock when it is asked to, says what came of it, and lets somebody else release it. */
export const take = task(import.meta, function take(_index: number, lock: Lock, taken: Queue<boolean>, timeout?: number): void {
  taken.put(lock.acquire(true, timeout));
});

/** Releases what another worker holds, as often as it is told to. */
export const giveBack = task(import.meta, function giveBack(lock: Lock, orders: Queue<string>): string {
  for (const order of orders) {
    if (order === 'stop') break;
    lock.release();
  }
  try {
    lock.release();
    return 'released';
  } catch (error) {
    return (error as Error).name;
  }
});

/** What one worker can do with an RLock that it may not hold. */
export const meddle = task(import.meta, function meddle(lock: RLock): unknown[] {
  const name = (call: () => unknown) => {
    try {
      return call();
    } catch (error) {
      return (error as Error).name;
    }
  };
  return [lock.locked(), name(() => lock.acquire(false)), name(() => lock.acquire(true, 0.01)), name(() => lock.release())];
});

/** Nests to a depth that changes with each round, and counts on each level. */
export const nest = task(import.meta, function nest(index: number, lock: RLock, counter: RawValue<'i'>, rounds: number): number {
  let levels = 0;
  const enter = (depth: number): void => {
    lock.acquire();
    counter.value += 1;
    levels++;
    if (depth > 0) enter(depth - 1);
    lock.release();
  };
  for (let i = 0; i < rounds; i++) enter((i + index) % 5);
  return levels;
});
