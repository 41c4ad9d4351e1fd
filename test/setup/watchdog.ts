/**
 * A hung test blocks its thread, so no timer of the test runner fires. A thread beside it looks after each
 * test's time: when it is up, it prints who holds and who waits, and ends the process.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Event, heap } from 'nogil';
import { afterEach, beforeEach, expect, onTestFailed, vi } from 'vitest';
import { workers } from '../support/workers.ts';

// A model's search takes as long as its states do, with both cores loaded too. Nothing in it can hang.
if (/[\\/]test[\\/]model[\\/]/.test(expect.getState().testPath ?? ''))
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

/** Milliseconds that a test has beyond the runner's own limit, which explains better where it works. */
const MORE_MS = 10_000;

/** Whether a test runs, its number, and its limit in milliseconds. */
const beat = new Int32Array(new SharedArrayBuffer(12));
let watching: Promise<unknown> | undefined;

async function watch(): Promise<void> {
  const handle = new Event();
  const code = `
    import { writeSync } from 'node:fs';
    import { parentPort, workerData } from 'node:worker_threads';
    const { Event, heap } = await import(workerData.nogil);
    globalThis.event = Event.from(workerData.handle); // not to be collected while a test measures the heap
    const { beat } = workerData;
    parentPort.postMessage('watching');
    let seen = 0, since = performance.now();
    setInterval(() => {
      if (beat[0] === 0 || beat[1] !== seen) { seen = beat[1]; since = performance.now(); return; }
      if (performance.now() - since < beat[2]) return;
      writeSync(2, 'HUNG TEST: who holds and who waits\\n' + JSON.stringify(heap.inspect(), null, 1) + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, 500);
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const nogil = new URL('../../dist/index.js', import.meta.url).href;
  const worker = new Worker(url, { workerData: { nogil, handle: handle.handle(), beat } });
  worker.unref();
  kept.push(handle);
  await once(worker, 'message');
  // With an attached thread comes the supervisor. Each worker takes 64 KiB; so does the table of objects.
  while (workers() < 3 || heap.stats().bytesInUse < (workers() + 1) * 65536)
    await new Promise((resolve) => setTimeout(resolve, 1));
}
const kept: Event[] = [];

beforeEach(async ({ task }) => {
  // Only once it is there: it has a place in the heap, which a test that measures the heap must not see come.
  watching ??= watch();
  await watching;
  beat[1] = (beat[1] ?? 0) + 1;
  beat[2] = task.timeout + MORE_MS;
  beat[0] = 1;
  onTestFailed(() => console.error('who holds and who waits:', JSON.stringify(heap.inspect())));
});
afterEach(() => {
  beat[0] = 0;
});
