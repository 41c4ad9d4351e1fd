/**
 * A hung test blocks its thread, so no timer of the test runner fires. A thread beside it looks after each
 * test's time: when it is up, it prints who holds and who waits, and ends the process.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Event, heap } from 'nogil';
import { afterEach, beforeEach, expect, onTestFailed, vi } from 'vitest';
import { mode } from '../support/mode.ts';
import { workers } from '../support/workers.ts';

// A model's search takes as long as its states do, with both cores loaded too. It has no heap to look into.
const isModel = /[\\/]test[\\/]model[\\/]/.test(expect.getState().testPath ?? '');
if (isModel) vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

/** Characters of that, of a failed test: some have tens of thousands of objects. */
const SHOWN = 20_000;

/** Milliseconds that a test has beyond the runner's own limit, which explains better where it works. */
const MORE_MS = 10_000;

/** Whether a test runs, its number, and its limit in milliseconds. */
const beat = new Int32Array(new SharedArrayBuffer(12));
let watching: Promise<Worker> | undefined;

async function watch(): Promise<Worker> {
  const handle = isModel ? undefined : new Event();
  const code = `
    import { writeSync } from 'node:fs';
    import { parentPort, workerData } from 'node:worker_threads';
    const { beat, handle } = workerData;
    const { Event, heap } = handle ? await import(workerData.nogil) : {};
    globalThis.event = handle && Event.from(handle); // not to be collected while a test measures the heap
    let test = '';
    parentPort.on('message', (name) => { test = name; });
    parentPort.postMessage('watching');
    let seen = 0, since = performance.now();
    setInterval(() => {
      if (beat[0] === 0 || beat[1] !== seen) { seen = beat[1]; since = performance.now(); return; }
      if (performance.now() - since < beat[2]) return;
      writeSync(2, 'HUNG TEST: ' + test + ': who holds and who waits\\n' + (heap ? JSON.stringify(heap.inspect(), null, 1) : '') + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, 500);
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const nogil = new URL('../../dist/index.js', import.meta.url).href;
  const worker = new Worker(url, { workerData: { nogil, handle: handle?.handle(), beat } });
  worker.unref();
  await once(worker, 'message');
  if (handle === undefined) return worker;
  kept.push(handle);
  // With an attached thread comes the supervisor. Each worker takes 64 KiB; so does the table of objects.
  while (workers() < 3 || heap.stats().bytesInUse < (workers() + 1) * 65536)
    await new Promise((resolve) => setTimeout(resolve, 1));
  return worker;
}
const kept: Event[] = [];

beforeEach(async ({ task }) => {
  // Only once it is there: it has a place in the heap, which a test that measures the heap must not see come.
  watching ??= watch();
  (await watching).postMessage(`${mode}: ${task.file.name} > ${task.name}`);
  beat[1] = (beat[1] ?? 0) + 1;
  beat[2] = task.timeout + MORE_MS;
  beat[0] = 1;
  if (!isModel) onTestFailed(() => console.error('who holds and who waits:', JSON.stringify(heap.inspect()).slice(0, SHOWN)));
});
afterEach(() => {
  beat[0] = 0;
});
