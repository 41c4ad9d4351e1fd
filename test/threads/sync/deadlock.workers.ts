import { type Barrier, DeadlockError, type Event, type Lock, type RLock, task, type Value } from 'nogil';

type AnyLock = Lock | RLock;

/** Holds the first, says so, and takes the second once it is told to. What came of it. */
export const holdAndWant = task(
  import.meta,
  function holdAndWant(first: AnyLock, second: AnyLock, holds: Event, go: Event | null, timeout?: number): string | boolean {
    first.acquire();
    try {
      holds.set();
      go?.wait(20);
      if (!second.acquire(true, timeout)) return false;
      second.release();
      return true;
    } catch (error) {
      if (!(error instanceof DeadlockError)) throw error;
      return error.message;
    } finally {
      first.release();
    }
  },
);

/** The same without a way out; the first is for somebody else to release. */
export const holdAndStay = task(import.meta, function holdAndStay(first: Lock, second: Lock, holds: Event, go: Event): void {
  first.acquire();
  holds.set();
  go.wait(20);
  second.acquire();
  second.release();
});

/**
 * One of a ring, in which each holds a lock and then, all at once, wants that of the next; so many times. Who
 * is told of the deadlock gives way. For each round whether that was this one.
 */
export const crossOver = task(
  import.meta,
  function crossOver(own: AnyLock, next: AnyLock, all: Barrier, rounds: number): boolean[] {
    const gaveWay: boolean[] = [];
    for (let round = 0; round < rounds; round++) {
      own.acquire();
      all.wait(20);
      try {
        next.with(() => gaveWay.push(false));
      } catch (error) {
        if (!(error instanceof DeadlockError)) throw error;
        gaveWay.push(true);
      } finally {
        own.release();
      }
      all.wait(20);
    }
    return gaveWay;
  },
);

/** Takes two of the locks so many times, in the order of their ids: nobody ever has to give way. */
export const inOrder = task(
  import.meta,
  function inOrder(seed: number, locks: AnyLock[], total: Value<'i'>, rounds: number): number {
    const sorted = locks.toSorted((a, b) => a.id - b.id);
    for (let round = 0; round < rounds; round++) {
      const skip = (seed + round) % sorted.length;
      const [a, b] = sorted.filter((_, i) => i !== skip) as [AnyLock, AnyLock];
      a.with(() => b.with(() => total.add(1)));
    }
    return 0;
  },
);
