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

/** Nanoseconds from the first beginning to the last end. */
export function timeOver(spans: readonly Span[]): number {
  return Math.max(...spans.map(({ end }) => end)) - Math.min(...spans.map(({ begin }) => begin));
}

interface Failure {
  failed: string;
}

function isFailure(message: unknown): message is Failure {
  return typeof message === 'object' && message !== null && 'failed' in message;
}

export class Agent {
  readonly #worker: Worker;
  readonly #answers: unknown[] = [];
  readonly #waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  #failure: Error | undefined;

  /** @param module whose top level calls `serve`, relative to build/bench/ */
  constructor(module: string, data?: unknown, transfer: TransferListItem[] = []) {
    this.#worker = new Worker(new URL(`../${module}`, import.meta.url), { workerData: data, transferList: transfer });
    this.#worker.on('message', (message) => {
      if (isFailure(message)) this.#fail(new Error(message.failed));
      else if (this.#waiting.length > 0) this.#waiting.shift()?.resolve(message);
      else this.#answers.push(message);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the worker has ended')));
  }

  /** It answers nothing any more: whoever waits, and whoever asks later, hears why. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const each of this.#waiting.splice(0)) each.reject(this.#failure);
  }

  /** Sends a job; each of its `answer`s comes in turn. */
  send(job: unknown): void {
    this.#worker.postMessage(job);
  }

  answer<T>(): Promise<T> {
    if (this.#answers.length > 0) return Promise.resolve(this.#answers.shift() as T);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<unknown>((resolve, reject) => this.#waiting.push({ resolve, reject })) as Promise<T>;
  }

  ask<T>(job: unknown): Promise<T> {
    const answer = this.answer<T>();
    this.send(job);
    return answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

export async function closeAll(agents: readonly Agent[]): Promise<void> {
  await Promise.all(agents.map((agent) => agent.close()));
}

/** In the worker: does each job that comes, and tells what one throws. */
export function serve<J>(work: (job: J) => unknown): void {
  parentPort?.on('message', async (job) => {
    try {
      await work(job);
    } catch (error) {
      reply({ failed: error instanceof Error ? error.message : String(error) } satisfies Failure);
    }
  });
}

export function reply(message: unknown): void {
  parentPort?.postMessage(message);
}
