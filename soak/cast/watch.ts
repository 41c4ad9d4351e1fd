/**
 * The watch: a thread of its own, since a driver that is blocked cannot say so. When the driver has given no
 * sign of life for long, it prints who holds and who waits, and ends the process.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Event, heap } from 'nogil';

const BEAT_MS = 200;
/** What is printed of a heap at most, in characters. */
const SHOWN = 20_000;

/** Who holds and who waits. */
export function whoHoldsWhat(): string {
  const objects = heap.inspect().filter(({ holder, waiters }) => (holder ?? 0) !== 0 || waiters.length > 0);
  return JSON.stringify({ deadlocks: heap.deadlocks(), objects }, null, 1).slice(0, SHOWN);
}

interface Watched {
  beat: Int32Array;
  seconds: number;
  handle: ReturnType<Event['handle']>;
}

/** Starts it. @returns what ends it */
export async function watch(seconds: number): Promise<() => void> {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const event = new Event();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { beat, seconds, handle: event.handle() } satisfies Watched,
  });
  worker.unref();
  await once(worker, 'message');
  const timer = setInterval(() => Atomics.add(beat, 0, 1), BEAT_MS);
  return () => {
    clearInterval(timer);
    void worker.terminate();
  };
}

if (!isMainThread && (workerData as Watched | undefined)?.beat instanceof Int32Array) {
  const { beat, seconds, handle } = workerData as Watched;
  const { parentPort } = await import('node:worker_threads');
  // It enters the heap by that, and must stay there.
  const event = Event.from(handle);
  parentPort?.postMessage('watching');
  let seen = 0;
  let since = performance.now();
  setInterval(() => {
    const now = Atomics.load(beat, 0);
    if (now !== seen) {
      seen = now;
      since = performance.now();
    }
    if (performance.now() - since < seconds * 1000) return;
    writeSync(2, `HANG: the driver is blocked; ${event.id} is the watch's\n${whoHoldsWhat()}\n`);
    process.kill(process.pid, 'SIGKILL');
  }, BEAT_MS);
}
