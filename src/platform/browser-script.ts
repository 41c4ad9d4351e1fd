/**
 * Browsers: which script workers run. It is the package's own, unless `configure` has named another: a copy
 * of it elsewhere, or a script of the program's that imports `nogil/worker` and the modules of its targets.
 */
import type { WorkerScript } from './platform.ts';

let given: WorkerScript = {};

export function setWorkerScript(script: WorkerScript): void {
  given = { ...given, ...script };
}

/** Where a worker's script is. */
export function scriptUrl(): string {
  // Once more: Turbopack's stand-in for a URL has no origin, nor an absolute address.
  const { href } = new URL(given.workerUrl ?? new URL('../worker.js', import.meta.url).href, location.href);
  // A worker's script must be of the page's origin, which what it imports need not be (a CDN).
  return new URL(href).origin === location.origin || href.startsWith('blob:')
    ? href
    : URL.createObjectURL(new Blob([`import '${href}'`], { type: 'text/javascript' }));
}

/** A worker in a thread that is none itself. */
export function makeWorker(name: string): Worker {
  return given.worker ? (given.worker() as Worker) : new Worker(scriptUrl(), { type: 'module', name });
}
