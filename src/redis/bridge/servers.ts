/**
 * Servers: a program's workers that do tasks of a pool, whoever asks for them. BullMQ has the jobs; what they
 * compute runs in a local pool, so this loop is free to renew the jobs' locks meanwhile. A job whose program
 * dies is somebody else's when its lock has run out.
 */
import { availableParallelism } from 'node:os';
import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { Pool, RuntimeError } from '../core.ts';
import type { Settings } from '../options.ts';
import type { PoolAddress } from '../protocol.ts';
import { fromBytes, toBytes } from '../wire.ts';
import { bullPrefix, bytesOf, type JobData, loadBullMQ, textOf } from './bullmq.ts';
import { type Client, gather } from './connections.ts';

/** The longest result that is told, and need not be fetched. */
const TOLD = 65_536;

/** Milliseconds: of jobs that are shorter the next ones are fetched before a worker is free for them. */
const SHORT = 5;

interface Server {
  worker: Worker<JobData, string>;
  pool: Pool;
  over: Promise<void>;
  end(): void;
}

export class Servers {
  readonly #settings: Settings;
  readonly #client: Client;
  readonly #servers = new Map<string, Server>();

  constructor(settings: Settings, client: Client) {
    this.#settings = settings;
    this.#client = client;
  }

  /** Those that wait for jobs. */
  get connections(): number {
    return this.#servers.size;
  }

  async serve({ base, name }: PoolAddress, tasks: Record<string, string>, processes: number | undefined): Promise<void> {
    if (this.#servers.has(base)) throw new RuntimeError(`this program serves the pool '${name}' already`);
    const { Worker } = await loadBullMQ();
    const count = processes ?? availableParallelism();
    const pool = new Pool(count);
    const lease = Math.round(this.#settings.lease * 1000);
    let typical = 0;
    const perform = async (job: Job<JobData, string>): Promise<string> => {
      const began = performance.now();
      try {
        return await this.#perform(pool, tasks, job);
      } finally {
        const took = performance.now() - began;
        typical = Math.max(took, typical + (took - typical) / 8);
        worker.concurrency = typical < SHORT ? 2 * count : count;
      }
    };
    const worker = new Worker<JobData, string>(name, perform, {
      connection: this.#client as Redis,
      prefix: bullPrefix(this.#settings),
      concurrency: count,
      lockDuration: lease,
      stalledInterval: Math.round(lease / 3),
      maxStalledCount: this.#settings.maxDeliveries,
    });
    worker.on('error', () => {});
    const tell = (message: string) => {
      gather(this.#client);
      this.#client.publish(`${base}c`, message).catch(() => {});
    };
    worker.on('completed', ({ id }, result) => tell(result.length <= TOLD ? `r${id} ${result}` : `j${id}`));
    worker.on('failed', (job) => job && tell(`j${job.id}`));
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#servers.set(base, { worker, pool, over, end });
    return over;
  }

  async #perform(pool: Pool, tasks: Record<string, string>, job: Job<JobData, string>): Promise<string> {
    const { task, star, items } = job.data;
    try {
      const where = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
      if (where === undefined) throw new RuntimeError(`no task '${task}' is served here: mark it with task(import.meta, fn)`);
      const args = fromBytes(bytesOf(items)) as unknown[];
      const target = new URL(where);
      const options = { chunksize: Math.max(1, args.length) };
      const results = await (star ? pool.starmapAsync(target, args as never, options) : pool.mapAsync(target, args, options));
      return textOf(toBytes(results));
    } catch (error) {
      await job.updateData({ ...job.data, error: textOf(toBytes(error)) });
      throw error;
    }
  }

  /** What was begun is finished. */
  async stop(base: string): Promise<void> {
    const server = this.#servers.get(base);
    if (server === undefined) return;
    this.#servers.delete(base);
    await server.worker.close();
    server.pool.terminate();
    server.end();
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#servers.keys()].map((base) => this.stop(base)));
  }
}
