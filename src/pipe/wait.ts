/**
 * wait: for several connections and processes at once.
 */
import { onAbort } from '../heap/abort.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { ended } from '../workers/sentinel.ts';
import { sleepAsync } from '../workers/sleep.ts';
import { Connection } from './connection.ts';
import { multiWait, type WaitSource } from './multi-wait.ts';

/**
 * A connection is ready when its `recv` would not have to wait, a process's `sentinel` when the process has
 * ended.
 */
export type Waitable = Connection | number;

function sourceOf(heap: Heap, object: Waitable): WaitSource & { release(): void } {
  if (object instanceof Connection) return { ...Connection.readiness(object), release() {} };
  if (typeof object === 'number') return ended(heap, object);
  throw new TypeError(`wait() takes connections and the sentinels of processes, got ${object === null ? 'null' : typeof object}`);
}

/** What the objects are watched by, and which of them are ready. */
function prepare(objects: Iterable<Waitable>) {
  const heap = theHeap();
  const all = Array.from(objects);
  const things: (WaitSource & { release(): void })[] = [];
  const release = () => {
    for (const thing of things) thing.release();
  };
  try {
    for (const object of all) things.push(sourceOf(heap, object));
  } catch (error) {
    release();
    throw error;
  }
  return { heap, things, release, ready: () => all.filter((_, i) => things[i]?.isReady()) };
}

/**
 * Waits until at least one of them is ready; answers all that are, in the order in which they were given.
 * @param timeout seconds; undefined or null: for ever; 0 or less: one look
 * @param objects connections, and sentinels of processes
 * @returns none when the time is up. @throws OSError a connection is closed or cannot receive; ValueError no
 * such process
 * @example
 * ```ts
 * import { main, Pipe, Process, wait } from 'nogil';
 *
 * export function nothing() {}
 *
 * main(import.meta, () => {
 *   const [ours, theirs] = Pipe();
 *   const process = new Process({ target: nothing });
 *   process.start();
 *   theirs.send('a message');
 *   console.log(wait([ours]).length); // prints 1
 *   console.log(wait([process.sentinel]).length); // prints 1
 * });
 * ```
 */
export function wait<T extends Waitable>(objects: Iterable<T>, timeout?: Timeout): T[] {
  const ms = timeoutToMs(timeout);
  const { heap, things, release, ready } = prepare(objects);
  try {
    let now = ready();
    if (now.length > 0 || ms === 0) return now as T[];
    multiWait(heap, things, ms, 'wait', () => {
      now = ready();
      return now.length > 0;
    });
    return now as T[];
  } finally {
    release();
  }
}

/** The async twin of `wait`. */
export async function waitAsync<T extends Waitable>(
  objects: Iterable<T>,
  timeout?: Timeout,
  options?: AsyncOptions,
): Promise<T[]> {
  const ms = timeoutToMs(timeout);
  const { heap, things, release, ready } = prepare(objects);
  const over = new AbortController();
  const { signal } = over;
  // AbortSignal.any is newer than Node 20.0.
  const abort = () => over.abort(options?.signal?.reason);
  const waits: Promise<Waitable[]>[] = [];
  let stopListening: (() => void) | undefined;
  try {
    options?.signal?.throwIfAborted();
    stopListening = onAbort(options?.signal, abort);
    const now = ready();
    if (now.length > 0 || ms === 0) return now as T[];
    const attempt = () => {
      const found = ready();
      return found.length > 0 ? found : PENDING;
    };
    for (const { gate } of things) waits.push(AsyncGate.wait<Waitable[]>(heap, gate, attempt, ms, { signal }, () => []));
    // Nothing to wait for but the time.
    if (waits.length === 0) waits.push(sleepAsync(ms / 1000, { signal }).then(() => []));
    return (await Promise.race(waits)) as T[];
  } finally {
    stopListening?.();
    over.abort();
    await Promise.allSettled(waits);
    release();
  }
}
