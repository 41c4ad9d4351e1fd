/**
 * Two workers and postMessage, in turn: what one writes without a library. No errors, no deaths, no limits.
 */
import { Worker } from 'node:worker_threads';

export class BarePool {
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, (result: number) => void>();
  #calls = 0;

  constructor(size: number) {
    this.#workers = Array.from({ length: size }, () => {
      const worker = new Worker(new URL('../pool.workers.js', import.meta.url));
      worker.on('message', ({ id, result }: { id: number; result: number }) => {
        this.#waiting.get(id)?.(result);
        this.#waiting.delete(id);
      });
      return worker;
    });
  }

  run(x: number): Promise<number> {
    return new Promise((resolve) => {
      const id = this.#calls++;
      this.#waiting.set(id, resolve);
      this.#workers[id % this.#workers.length]?.postMessage({ id, x });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
