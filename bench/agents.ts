/**
 * Plain worker_threads workers that do one job after another, as asked by the main thread, which otherwise
 * sleeps.
 */
import { parentPort, type TransferListItem, Worker } from 'node:worker_threads';

/** Nanoseconds of a clock that all threads of the process share. */
export function clock(): number {
  return Number(process.hrtime.bigint());
}

/** When a worker began and ended what it was asked, by `clock`. */
export interface Span {
  begin: number;
  end: number;
}

/** Operations a second, from the first beginning to the last end. */
export function rateOver(spans: readonly Span[], operations: number): number {
  const ns = Math.max(...spans.map(({ end }) => end)) - Math.min(...spans.map(({ begin }) => begin));
  return (operations * 1e9) / ns;
}

export class Agent {
  readonly #worker: Worker;

  /** @param module of build/bench/, whose top level calls `serve` */
  constructor(module: string, data?: unknown) {
    this.#worker = new Worker(new URL(module, import.meta.url), { workerData: data });
    this.#worker.on('error', (error) => {
      throw error;
    });
  }

  /** Sends a job; each of its `answer`s comes in turn. */
  send(job: unknown, transfer: TransferListItem[] = []): void {
    this.#worker.postMessage(job, transfer);
  }

  answer<T>(): Promise<T> {
    return new Promise((resolve) => this.#worker.once('message', resolve));
  }

  ask<T>(job: unknown, transfer?: TransferListItem[]): Promise<T> {
    const answer = this.answer<T>();
    this.send(job, transfer);
    return answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** In the worker: does each job that comes. */
export function serve<J>(work: (job: J) => void): void {
  parentPort?.on('message', work);
}

export function reply(message: unknown): void {
  parentPort?.postMessage(message);
}
