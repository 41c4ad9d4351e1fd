/**
 * Browsers: which script workers run. It is the package's own, unless `configure` has named another: a copy
 * of it elsewhere, or a script of the program's that imports `nogil/worker` and the modules of its targets.
 *
 * And who makes the workers that the supervisor wants: itself, but in Firefox the page. There `new Worker()` in
 * a worker waits for the page, and may never return while a debugger is told of workers
 * (docs/decisions/079-the-page-makes-workers.md).
 */
import type { WorkerScript } from './platform.ts';

/** A worker, as who starts it uses it. */
export interface MadeWorker {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { message: string; preventDefault(): void }) => void): void;
}

let given: WorkerScript = {};

export function setWorkerScript(script: WorkerScript): void {
  given = { ...given, ...script };
}

/** For scripts of another origin: each one's stand-in, which lasts as long as the page. */
const blobs: Record<string, string> = {};

/** Where a worker's script is. */
export function scriptUrl(): string {
  // Once more: Turbopack's stand-in for a URL has no origin, nor an absolute address.
  const { href, origin } = new URL(given.workerUrl ?? new URL('../worker.js', import.meta.url).href, location.href);
  // A worker's script must be of the page's origin, which what it imports need not be (a CDN).
  if (origin === location.origin || href.startsWith('blob:')) return href;
  blobs[href] ??= URL.createObjectURL(new Blob([`import '${href}'`], { type: 'text/javascript' }));
  return blobs[href];
}

/** A worker in a thread that is none itself. */
export function makeWorker(name: string): Worker {
  return given.worker ? (given.worker() as Worker) : new Worker(scriptUrl(), { type: 'module', name });
}

/**
 * The port for the supervisor by which it asks this page for workers, if it is to. A message there is the
 * worker's name, and has two ports: the worker's line to who wants it, and one that is told what has failed in
 * the worker, and ends it with any message.
 */
export function makeForWorkers(): MessagePort[] {
  // Firefox, and not in a worker.
  if (!('mozInnerScreenX' in globalThis)) return [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data, ports }) => {
    const [line, control] = ports as [MessagePort, MessagePort];
    try {
      const worker = makeWorker(data);
      worker.postMessage(line, [line]);
      worker.onerror = ({ message }) => {
        control.postMessage(message);
        return false;
      };
      control.onmessage = () => {
        worker.terminate();
        control.close();
      };
    } catch (error) {
      // The program's own function, or what the page forbids: whoever waits for the worker is told.
      control.postMessage(String(error));
    }
  };
  return [port2];
}

export function makeByPage(_port: MessagePort | undefined): void {}
