import { type Barrier, type Condition, HeapCorruptError, type Lock, type Queue, type RLock, type Semaphore, task } from 'nogil';

type Waitable = Lock | RLock | Semaphore | Condition | Barrier | Queue<string>;

/** Waits, for ever if need be: what came of it. */
export const waitAt = task(import.meta, async function waitAt(what: Waitable, way: 'asleep' | 'async'): Promise<string> {
  try {
    if ('getAsync' in what) return way === 'async' ? await what.getAsync() : what.get();
    if ('notify' in what) {
      what.acquire();
      return String(way === 'async' ? await what.waitAsync() : what.wait());
    }
    if ('wait' in what) return String(way === 'async' ? await what.waitAsync() : what.wait());
    return String(way === 'async' ? await what.acquireAsync() : what.acquire());
  } catch (error) {
    return error instanceof HeapCorruptError ? `${error.name} ${error.class} ${error.id}` : String(error);
  }
});
