import {
  type Barrier,
  BrokenLockError,
  Condition,
  type Event,
  type Lock,
  type Queue,
  type RawValue,
  type RLock,
  type Semaphore,
  sleep,
  sleepAsync,
  task,
  type Value,
} from 'nogil';

type Held = Lock | RLock | Condition;

/** Takes it and never lets go: it is for others to end this worker, or to let it end itself. */
export const hold = task(
  import.meta,
  function hold(lock: Held, held: Semaphore, how: 'sleep' | 'return' | 'throw' | 'exit 0' | 'exit 3' | 'overflow'): number {
    lock.acquire();
    if (how === 'sleep') {
      held.release();
      for (;;) sleep(1000);
    }
    held.release();
    // What it is about to report is no failure of the test.
    process.stderr.write = () => true;
    if (how === 'throw') throw new Error('with the lock in its hands');
    if (how === 'exit 0') process.exit(0);
    if (how === 'exit 3') process.exit(3);
    if (how === 'overflow') {
      const deeper = (): number => deeper() + 1;
      return deeper();
    }
    return 7;
  },
);

/** Holds a lock while its event loop goes on. */
export const holdAsync = task(import.meta, async function holdAsync(lock: Lock, held: Semaphore): Promise<void> {
  await lock.acquireAsync();
  held.release();
  await sleepAsync(1000);
});

/** What comes of acquiring, in the way that is asked for. */
export const attempt = task(
  import.meta,
  async function attempt(lock: Held, way: 'acquire' | 'async' | 'with', waiting?: Semaphore): Promise<string> {
    try {
      if (way === 'async') {
        const got = lock.acquireAsync();
        waiting?.release();
        await got;
      } else if (way === 'with') return lock.with(() => 'got it');
      else lock.acquire();
      lock.release();
      return 'got it';
    } catch (error) {
      return error instanceof BrokenLockError ? `BrokenLockError: ${error.message}` : String(error);
    }
  },
);

/** Is in the middle of changing a value. */
export const changeValue = task(import.meta, function changeValue(value: Value<'i'>, held: Semaphore): void {
  value.update(() => {
    held.release();
    for (;;) sleep(1000);
  });
});

/**
 * Waits for one of these, asleep or in its event loop, and says when it is about to; answers true, an index,
 * or the name of an error.
 */
export const waitIn = task(
  import.meta,
  async function waitIn(
    what: Lock | RLock | Semaphore | Event | Condition | Barrier,
    way: 'asleep' | 'async',
    waiting: Semaphore,
  ): Promise<unknown> {
    const waits = 'wait' in what;
    const held = what instanceof Condition ? what.hold() : undefined;
    try {
      if (way === 'async') {
        const promise: Promise<unknown> = waits ? what.waitAsync() : what.acquireAsync();
        waiting.release();
        return await promise;
      }
      waiting.release();
      return waits ? what.wait() : what.acquire();
    } catch (error) {
      return (error as Error).name;
    } finally {
      held?.[Symbol.dispose]();
      if (!waits) what.release();
    }
  },
);

/** Leads a barrier's round with an action that does not end. */
export const leadForever = task(import.meta, function leadForever(barrier: Barrier, leading: Semaphore): number {
  barrier.action = () => {
    leading.release();
    for (;;) sleep(1000);
  };
  return barrier.wait();
});

/** Takes permits and keeps them. */
export const takePermits = task(import.meta, function takePermits(semaphore: Semaphore, count: number, taken: Semaphore): void {
  for (let i = 0; i < count; i++) semaphore.acquire();
  taken.release();
  for (;;) sleep(1000);
});

/**
 * Counts with the lock held, until it is killed or told to stop. `mine` counts what this worker did; whoever
 * breaks into somebody's critical section is counted in `intrusions`.
 */
export const countUntilKilled = task(
  import.meta,
  async function countUntilKilled(
    lock: Lock | RLock,
    total: RawValue<'i'>,
    mine: RawValue<'i'>,
    inside: RawValue<'i'>,
    intrusions: RawValue<'i'>,
    stop: Event,
    way: 'blocking' | 'timeouts' | 'async',
  ): Promise<void> {
    const me = mine.id;
    while (!stop.isSet()) {
      if (way === 'async') await lock.acquireAsync();
      else if (way === 'timeouts') while (!lock.acquire(true, 0.0005));
      else lock.acquire();
      inside.value = me;
      total.value += 1;
      mine.value += 1;
      if (inside.value !== me) intrusions.value += 1;
      lock.release();
    }
  },
);

/** Takes turns in all primitives there are, until it is killed or told to stop. */
export const useAll = task(
  import.meta,
  function useAll(
    locks: Lock[],
    condition: Condition,
    semaphore: Semaphore,
    queue: Queue<number>,
    signal: Event,
    stop: Event,
  ): void {
    while (!stop.isSet()) {
      for (const lock of locks) lock.acquire();
      for (const lock of locks) lock.release();
      condition.with(() => {
        condition.notify();
        condition.wait(0.0005);
      });
      if (semaphore.acquire(true, 0.0005)) semaphore.release();
      queue.put(1);
      if (!queue.empty()) queue.get(true, 0.0005);
      signal.set();
      signal.wait();
      signal.clear();
    }
  },
);
