/**
 * Pools: those who ask for tasks. A server says on the pool's channel that a job is finished, and what came
 * of it if that is short; who missed it finds it when he looks by himself.
 */
import { randomUUID } from 'node:crypto';
import type { Queue as JobQueue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RuntimeError } from '../core.ts';
import type { Settings } from '../options.ts';
import type { PoolAddress, PoolReport } from '../protocol.ts';
import { fromBytes } from '../wire.ts';
import { bullPrefix, bytesOf, type JobData, loadBullMQ, textOf } from './bullmq.ts';
import { type Client, literally, nodesOf } from './connections.ts';
import type { WakeUps } from './wake-ups.ts';

/** Seconds for which a finished job can still be looked at. */
const KEPT = 3600;

interface Waiting {
  resolve(result: Uint8Array): void;
  reject(error: unknown): void;
}

class Jobs {
  readonly queue: JobQueue<JobData, string>;
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  readonly #look: number;

  constructor(queue: JobQueue<JobData, string>, look: number) {
    this.queue = queue;
    this.#look = look;
  }

  readonly heard = (message: string): void => {
    if (message.startsWith('r')) {
      const at = message.indexOf(' ');
      this.#done(message.slice(1, at), message.slice(at + 1));
    } else if (message.startsWith('j')) void this.#fetch(message.slice(1)).catch(() => {});
    // The connection was broken: nobody knows what was missed.
    else this.#fetchAll();
  };

  async run(data: Omit<JobData, 'error'>[]): Promise<{ ids: string[]; results: Promise<Uint8Array>[] }> {
    const ids = data.map(() => randomUUID());
    const results = ids.map((id) => new Promise<Uint8Array>((resolve, reject) => this.#waiting.set(id, { resolve, reject })));
    for (const result of results) result.catch(() => {});
    this.#timer ??= setInterval(() => this.#fetchAll(), this.#look);
    const keep = { age: KEPT };
    await this.queue.addBulk(
      data.map((each, i) => ({
        name: each.task,
        data: each,
        opts: { jobId: ids[i] as string, attempts: 1, removeOnComplete: keep, removeOnFail: keep },
      })),
    );
    return { ids, results };
  }

  #fetchAll(): void {
    for (const id of this.#waiting.keys()) void this.#fetch(id).catch(() => {});
  }

  async #fetch(id: string): Promise<void> {
    if (!this.#waiting.has(id)) return;
    const job = await this.queue.getJob(id);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || (job !== undefined && job.finishedOn === undefined)) return;
    if (job === undefined) {
      // It may not have been added yet.
      if ((this.#missed.get(id) ?? 0) < 2) {
        this.#missed.set(id, (this.#missed.get(id) ?? 0) + 1);
        return;
      }
      waiting.reject(new RuntimeError('Redis does not know the task any more: it has lost its data'));
    } else if (job.failedReason) {
      const { error } = job.data;
      waiting.reject(
        error === undefined ? new RuntimeError(`the task has failed: ${job.failedReason}`) : fromBytes(bytesOf(error)),
      );
    } else waiting.resolve(bytesOf(job.returnvalue));
    this.forget([id]);
  }

  #done(id: string, result: string): void {
    this.#waiting.get(id)?.resolve(bytesOf(result));
    this.forget([id]);
  }
  readonly #missed = new Map<string, number>();

  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#waiting.delete(id);
      this.#missed.delete(id);
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Those that nobody has begun are not wanted any more. */
  async drop(ids: readonly string[]): Promise<void> {
    this.forget(ids);
    await Promise.allSettled(ids.map((id) => this.queue.remove(id)));
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.queue.close();
  }
}

export class Pools {
  readonly #settings: Settings;
  readonly #client: Client;
  readonly #wakeUps: WakeUps;
  readonly #jobs = new Map<string, Promise<Jobs>>();

  constructor(settings: Settings, client: Client, wakeUps: WakeUps) {
    this.#settings = settings;
    this.#client = client;
    this.#wakeUps = wakeUps;
  }

  #of({ base, name }: PoolAddress): Promise<Jobs> {
    let jobs = this.#jobs.get(name);
    if (jobs === undefined) {
      jobs = this.#open(base, name);
      this.#jobs.set(name, jobs);
    }
    return jobs;
  }

  async #open(base: string, name: string): Promise<Jobs> {
    const jobs = new Jobs(await this.#queue(name), (this.#settings.lease * 1000) / 3);
    await this.#wakeUps.on(`${base}c`, jobs.heard);
    return jobs;
  }

  async #queue(name: string): Promise<JobQueue<JobData, string>> {
    const { Queue } = await loadBullMQ();
    const queue = new Queue<JobData, string>(name, { connection: this.#client as Redis, prefix: bullPrefix(this.#settings) });
    queue.on('error', () => {});
    return queue as never;
  }

  async map(pool: PoolAddress, task: string, chunks: Uint8Array[], star: boolean, signal: AbortSignal): Promise<Uint8Array[]> {
    const jobs = await this.#of(pool);
    const { ids, results } = await jobs.run(chunks.map((items) => ({ task, star, items: textOf(items) })));
    const drop = () => void jobs.drop(ids);
    signal.addEventListener('abort', drop, { once: true });
    try {
      return await Promise.all(results);
    } catch (error) {
      drop();
      throw error;
    } finally {
      signal.removeEventListener('abort', drop);
    }
  }

  async names(): Promise<string[]> {
    const prefix = bullPrefix(this.#settings);
    const names = new Set<string>();
    for (const node of nodesOf(this.#client)) {
      for await (const keys of node.scanStream({ match: `${literally(prefix)}:*:meta`, count: 500 }))
        for (const key of keys as string[]) names.add(key.slice(prefix.length + 1, -':meta'.length));
    }
    return [...names].sort();
  }

  async report(name: string): Promise<PoolReport> {
    const known = await this.#jobs.get(name);
    const queue = known?.queue ?? (await this.#queue(name));
    try {
      const { waiting = 0, active = 0, failed = 0 } = await queue.getJobCounts('waiting', 'active', 'failed');
      return { workers: await queue.getWorkersCount(), waiting, active, failed };
    } finally {
      if (known === undefined) await queue.close();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#jobs.values()].map(async (jobs) => (await jobs).close()));
  }
}
