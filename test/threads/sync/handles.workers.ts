import { Barrier, Condition, Event, Lock, type Queue, RawValue, RLock, Semaphore, task, Value } from 'nogil';

type Nested = { list: [Lock, { deep: Map<string, Semaphore> }]; again: Lock; event: Event };

/** Uses everything it was given, wherever it lies. */
export const useNested = task(import.meta, function useNested(nested: Nested, out: Queue<unknown>): boolean {
  const [lock, { deep }] = nested.list;
  lock.release();
  (deep.get('semaphore') as Semaphore).release();
  nested.event.set();
  out.put({ same: nested.again === lock, back: [lock, deep] });
  return nested.again === lock;
});

/** Makes one of each, and sends them away; they outlive this worker. */
export const makeAll = task(import.meta, function makeAll(out: Queue<unknown>): unknown {
  const lock = new Lock();
  lock.acquire();
  out.put([
    lock,
    new RLock(),
    new Semaphore(3),
    new Condition(lock),
    new Event(),
    new Barrier(2),
    new Value('i', 7),
    new RawValue('d', 0.5),
  ]);
  const result = new Semaphore(5);
  return { result };
});

/** Hands on what it gets. */
export const relay = task(import.meta, function relay(from: Queue<unknown>, to: Queue<unknown>): void {
  for (const item of from) to.put(item);
});

/** Closes its own handle, and says what came of using it. */
export const closeMine = task(import.meta, function closeMine(lock: Lock): string {
  lock.acquire();
  lock.close();
  try {
    lock.release();
    return 'released';
  } catch (error) {
    return (error as Error).name;
  }
});
