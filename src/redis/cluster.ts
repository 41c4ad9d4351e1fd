/** Cluster: a connection, which makes objects by their names. */

import type { Timeout } from '../heap/time.ts';
import type { DictInit } from '../manager/dict.ts';
import type { Typecode, ValueOf } from '../sync/typecodes.ts';
import { Barrier } from './barrier.ts';
import {
  type AdoptionToken,
  checkInteger,
  checkNames,
  checkType,
  checkTypecode,
  Queue as LocalQueue,
  RawArray,
  Thread,
  timeoutToMs,
  ValueError,
} from './core.ts';
import { Dict, Namespace } from './dict.ts';
import { Event } from './event.ts';
import { List } from './list.ts';
import { Lock, type LockOptions, RLock } from './lock.ts';
import { planned, RedisObject, RedisTag, registerRedis } from './object.ts';
import { type ConnectOptions, checkName, settingsOf } from './options.ts';
import { Pool } from './pool.ts';
import { PriorityQueue, type PriorityQueueOptions } from './priority-queue.ts';
import { EXPIRIES, type Inspection, type Link, type Request, SLOTS } from './protocol.ts';
import { JoinableQueue, Queue, SimpleQueue } from './queue.ts';
import type { QueueOptions } from './queue-base.ts';
import { BoundedSemaphore, Semaphore } from './semaphore.ts';
import { Value } from './value.ts';

const QUEUE = ['maxsize', 'prefetch', 'maxDeliveries'];
const STREAM = [...QUEUE, 'shards'];

/**
 * A program's connection. It travels to workers of the program as any handle does, and so do the objects that
 * it makes: all are found in Redis by their names, under the same names in every program.
 */
export class Cluster extends RedisObject {
  #made<T>(ctor: new (existing: AdoptionToken) => T, kind: string, name: string, options: object = {}): T {
    const { link } = this.plan;
    return new ctor(planned({ link, kind, name: checkName(name), options }));
  }

  #queueOptions(options: QueueOptions, names = STREAM): QueueOptions {
    checkNames('a queue', options, names);
    if (options.maxsize !== undefined) checkInteger('maxsize', options.maxsize, 0);
    if (options.shards !== undefined) checkInteger('shards', options.shards, 1, 64);
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

  #leased(options: LockOptions): LockOptions {
    checkNames('a lock', options, ['lease']);
    checkLease(options.lease);
    return options;
  }

  /** A lock under a lease, with a fencing token. */
  Lock(name: string, options: LockOptions = {}): Lock {
    return this.#made(Lock, 'lock', name, this.#leased(options));
  }

  /** A lock that its worker may take again. */
  RLock(name: string, options: LockOptions = {}): RLock {
    return this.#made(RLock, 'rlock', name, this.#leased(options));
  }

  /** A counter of permits. @param value permits at the start: the first program that takes one decides */
  Semaphore(name: string, value = 1, options: LockOptions = {}): Semaphore {
    const plan = { value: checkInteger('value', value, 0), ...this.#leased(options) };
    return this.#made(Semaphore, 'semaphore', name, plan);
  }

  /** A semaphore of which only what was taken can be released. @param value as for `Semaphore` */
  BoundedSemaphore(name: string, value = 1, options: LockOptions = {}): BoundedSemaphore {
    const plan = { value: checkInteger('value', value, 0), ...this.#leased(options) };
    return this.#made(BoundedSemaphore, 'semaphore', name, plan);
  }

  /** A flag to wait for. */
  Event(name: string): Event {
    return this.#made(Event, 'event', name);
  }

  /**
   * A place where so many parties wait for each other.
   * @param action run by the last party to arrive, if it is this handle's
   * @param timeout seconds, the default for `wait`; undefined or null: for ever
   */
  Barrier(name: string, parties: number, action?: () => void, timeout?: Timeout): Barrier {
    if (action !== undefined && typeof action !== 'function') throw new TypeError('action must be a function');
    timeoutToMs(timeout);
    const plan = { parties: checkInteger('parties', parties, 1, 65_535), timeout: timeout ?? undefined };
    const barrier = this.#made(Barrier, 'barrier', name, plan);
    barrier.action = action;
    return barrier;
  }

  /** A number. @param init what it is until somebody has written it */
  Value<C extends Typecode>(name: string, typecode: C, init?: ValueOf<C>): Value<C> {
    checkTypecode(typecode);
    if (init !== undefined) checkType(typecode, init);
    return this.#made(Value<C>, 'value', name, { typecode, init: String(init ?? 0) });
  }

  /** A managed dict. @param init what is added where it is not in there yet */
  dict<K = unknown, V = unknown>(name: string, init?: DictInit<K, V>): Dict<K, V> {
    const dict = this.#made(Dict<K, V>, 'dict', name);
    if (init)
      for (const [key, value] of Symbol.iterator in init ? init : Object.entries(init)) dict.setdefault(key as K, value as V);
    return dict;
  }

  /** A managed list. */
  list<T = unknown>(name: string): List<T> {
    return this.#made(List<T>, 'list', name);
  }

  /** A managed object with attributes. */
  // biome-ignore lint/suspicious/noExplicitAny: its attributes
  Namespace(name: string): Namespace & Record<string, any> {
    return this.#made(Namespace, 'namespace', name);
  }

  /** Workers of all programs that serve this name. */
  Pool(name: string): Pool {
    if (name.includes(':')) throw new ValueError(`the name of a pool has no colon, got '${name}'`);
    return this.#made(Pool, 'pool', name);
  }

  // ── what there is not ──────────────────────────────────────────────────────────────────────────────────

  /**
   * There is none between machines: wait for an Event, or for the items of a Queue. @throws TypeError always
   */
  Condition(): never {
    throw unavailable('Condition', 'wait for an Event, or for the items of a Queue');
  }

  /** There is none between machines: use two Queues. @throws TypeError always */
  Pipe(): never {
    throw unavailable('Pipe', 'use two Queues');
  }

  /** There is none between machines: use a list, or a Value for each number. @throws TypeError always */
  Array(): never {
    throw unavailable('Array', 'use a list, or a Value for each number');
  }

  /** There is none between machines: send bytes through a Queue. @throws TypeError always */
  SharedMemory(): never {
    throw unavailable('SharedMemory', 'send bytes through a Queue, or keep them in a dict');
  }

  /** What all programs with this prefix have in Redis. */
  inspect(): Inspection {
    return this.line.call('inspect', []);
  }

  /** The async twin of `inspect`. */
  inspectAsync(): Promise<Inspection> {
    return this.line.callAsync('inspect', []);
  }

  /**
   * Ends the program's connection, for all of its workers: what they held is given back, what they wait for
   * fails.
   */
  disconnect(): void {
    if (!this.line.bridge.isAlive()) return;
    this.line.call('close', []);
    this.line.bridge.join();
  }

  /** The async twin of `disconnect`. */
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

  /** `await using cluster = await connect(…)`: ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnectAsync();
    this.close();
  }
}

registerRedis(RedisTag.CLUSTER, Cluster);

function unavailable(name: string, instead: string): TypeError {
  return new TypeError(`a ${name} needs memory that all its users share, which machines do not: ${instead}`);
}

function checkLease(lease: unknown): void {
  if (lease !== undefined && !(typeof lease === 'number' && lease >= 0.1 && lease <= 86_400))
    throw new ValueError(`lease must be from 0.1 to 86400 seconds, got ${String(lease)}`);
}

/**
 * Connects this program to a Redis (or Valkey) of version 6.2 or later, `redis://user:password@host:port/db`,
 * or `rediss://` for TLS. One thread owns all connections, of which there are four at most, however many
 * workers use them.
 * @throws ConnectionError it is not there, or refuses; ValueError, TypeError
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Cluster> {
  const settings = settingsOf(url, options);
  const requests = new LocalQueue<Request>();
  const finished = new RawArray('i', SLOTS + 1);
  const bell = new LocalQueue<number>();
  const owners = new RawArray('i', SLOTS);
  const expiries = new RawArray('d', EXPIRIES);
  const ready = new LocalQueue<unknown>();
  const bridge = new Thread({
    target: new URL('./redis-bridge.js#runBridge', import.meta.url),
    args: [settings, { requests, finished, bell, owners, expiries }, ready],
    daemon: true,
    name: 'nogil-redis',
  });
  bridge.start();
  const failure = await Promise.race([ready.getAsync(), bridge.joinAsync().then(() => bridge.exception ?? ready.getAsync())]);
  ready.close();
  if (failure !== undefined) throw failure;
  const { prefix, lease, prefetch, maxDeliveries } = settings;
  const link: Link = { requests, finished, bell, owners, expiries, bridge, prefix, lease, prefetch, maxDeliveries };
  return new Cluster(planned({ link, kind: 'cluster', name: 'cluster', options: {} }));
}
