/** Cluster: a connection, which makes objects by their names. */
import { type AdoptionToken, checkInteger, checkNames, Queue as LocalQueue, RawArray, Thread, ValueError } from './core.ts';
import { planned, RedisObject, RedisTag, registerRedis } from './object.ts';
import { type ConnectOptions, checkName, settingsOf } from './options.ts';
import { PriorityQueue, type PriorityQueueOptions } from './priority-queue.ts';
import { EXPIRIES, type Inspection, type Link, type Request, SLOTS } from './protocol.ts';
import { JoinableQueue, Queue, SimpleQueue } from './queue.ts';
import type { QueueOptions } from './queue-base.ts';

const QUEUE = ['maxsize', 'prefetch', 'maxDeliveries', 'shards'];

/**
 * A program's connection. It travels to workers of the program as any handle does, and so do the objects that
 * it makes: all are found in Redis by their names, under the same names in every program.
 */
export class Cluster extends RedisObject {
  #made<T>(ctor: new (existing: AdoptionToken) => T, kind: string, name: string, options: object = {}): T {
    const { link } = this.plan;
    return new ctor(planned({ link, kind, name: checkName(name), options }));
  }

  #queueOptions(options: QueueOptions, names = QUEUE): QueueOptions {
    checkNames('a queue', options, names);
    if (options.maxsize !== undefined) checkInteger('maxsize', options.maxsize, 0);
    for (const name of ['prefetch', 'maxDeliveries'] as const)
      if (options[name] !== undefined) checkInteger(name, options[name], 1);
    return options;
  }

  /** A queue whose items come at most once from when a worker has them. */
  Queue<T = unknown>(name: string, options: QueueOptions = {}): Queue<T> {
    return this.#made(Queue<T>, 'queue', name, this.#queueOptions(options));
  }

  /** A queue whose items come at least once, until `taskDone`. */
  JoinableQueue<T = unknown>(name: string, options: QueueOptions = {}): JoinableQueue<T> {
    return this.#made(JoinableQueue<T>, 'queue', name, this.#queueOptions(options));
  }

  /** A queue without a limit. */
  SimpleQueue<T = unknown>(name: string): SimpleQueue<T> {
    return this.#made(SimpleQueue<T>, 'queue', name);
  }

  /** A queue that gives the smallest item first. */
  PriorityQueue<T = unknown>(name: string, options: PriorityQueueOptions = {}): PriorityQueue<T> {
    const { until = 'get' } = options;
    if (until !== 'get' && until !== 'taskDone') throw new ValueError(`until must be 'get' or 'taskDone', got ${String(until)}`);
    return this.#made(PriorityQueue<T>, 'priority', name, this.#queueOptions(options, [...QUEUE, 'until']));
  }

  /** What all programs with this prefix have in Redis. */
  inspect(): Inspection {
    return this.line.call('inspect', []);
  }

  inspectAsync(): Promise<Inspection> {
    return this.line.callAsync('inspect', []);
  }

  /** Ends the program's connection, for all of its workers: what they held is given back, what they wait for fails. */
  disconnect(): void {
    if (!this.line.bridge.isAlive()) return;
    this.line.call('close', []);
    this.line.bridge.join();
  }

  async disconnectAsync(): Promise<void> {
    if (!this.line.bridge.isAlive()) return;
    await this.line.callAsync('close', []);
    await this.line.bridge.joinAsync();
  }

  /** `using cluster = await connect(…)`: ends the connection. */
  override [Symbol.dispose](): void {
    this.disconnect();
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnectAsync();
    this.close();
  }
}

registerRedis(RedisTag.CLUSTER, Cluster);

/**
 * Connects this program to a Redis (or Valkey) of version 6.2 or later, `redis://user:password@host:port/db`, or
 * `rediss://` for TLS. One thread owns all connections, of which there are four at most, however many workers
 * use them.
 * @throws ConnectionError it is not there, or refuses; ValueError, TypeError
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Cluster> {
  const settings = settingsOf(url, options);
  const requests = new LocalQueue<Request>();
  const done = new LocalQueue<number>();
  const owners = new RawArray('i', SLOTS);
  const expiries = new RawArray('d', EXPIRIES);
  const ready = new LocalQueue<unknown>();
  const bridge = new Thread({
    target: new URL('./redis-bridge.js#runBridge', import.meta.url),
    args: [settings, { requests, done, owners, expiries }, ready],
    daemon: true,
    name: 'nogil-redis',
  });
  bridge.start();
  const failure = await Promise.race([ready.getAsync(), bridge.joinAsync().then(() => bridge.exception ?? ready.getAsync())]);
  ready.close();
  if (failure !== undefined) throw failure;
  const { prefix, lease, prefetch, maxDeliveries } = settings;
  const link: Link = { requests, done, owners, expiries, bridge, prefix, lease, prefetch, maxDeliveries };
  return new Cluster(planned({ link, kind: 'cluster', name: 'cluster', options: {} }));
}
