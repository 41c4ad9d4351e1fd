/** What all queues over Redis have: everything but how an item is put in and taken out. */

import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import type { NumberArray } from '../queue/get-batch.ts';
import {
  checkInteger,
  Empty,
  Full,
  isBlocking,
  itemsOf,
  itemsOfAsync,
  nonNegativeTimeoutToMs,
  readableOf,
  ShutDown,
  ValueError,
  writableOf,
} from './core.ts';
import { RedisObject } from './object.ts';
import type { ScriptCall } from './protocol.ts';
import { fromBytes } from './wire.ts';

/** What `Queue` and `JoinableQueue` of a cluster take. */
export interface QueueOptions {
  /**
   * Items that may be in it, those that were taken and are not done among them; 0: any number. Every program
   * gives the same. Default 0.
   */
  maxsize?: number;
  /** Items that this program fetches ahead. Default: the connection's. */
  prefetch?: number;
  /** How often an item is handed out before it goes to the dead letters. Default: the connection's. */
  maxDeliveries?: number;
  /**
   * Streams over which the queue is spread, 1 to 64: more than one node of a Redis Cluster carries it then,
   * and the order of items is that of their shard only. Each has its part of `maxsize`, and a put may wait
   * for room in one though another one has some. Every program gives the same. Default 1. Not of a
   * `PriorityQueue`.
   */
  shards?: number;
}

export const SHUT_DOWN = -1;
const MOST = 0x7fffffff;

/** Milliseconds to wait. @throws TypeError, ValueError */
export function waitMs(block: Blocking, timeout: Timeout): number {
  return isBlocking('block', block) ? nonNegativeTimeoutToMs(timeout) : 0;
}

/** An item that came too often and was taken out of its queue. */
export interface DeadLetter<T> {
  /** What was put. */
  item: T;
  /** How often it was handed out. */
  deliveries: number;
}

export abstract class RedisQueue<T> extends RedisObject<QueueOptions> {
  /** What its keys begin with; of a queue with shards, those of each. @internal */
  protected get bases(): readonly string[] {
    return [this.base];
  }

  /** The scripts that put items in, with their arguments for these. @internal */
  protected abstract putCalls(items: readonly T[]): ScriptCall[];
  /** Takes out at least one item and at most so many. @internal */
  protected abstract take(max: number, ms: number): T[];
  /** @internal */
  protected abstract takeAsync(max: number, ms: number, signal: AbortSignal | undefined): Promise<T[]>;
  /** [there, in hand, unfinished, shut down] @internal */
  protected abstract state(): [number, number, number, number];
  /** @internal */
  protected abstract stateAsync(): Promise<[number, number, number, number]>;
  /** @internal */
  protected abstract stop(immediate: boolean): void;

  // ── put ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts `item` in, waiting for room. When it returns, Redis has it; if the connection broke in between, it
   * is in once all the same.
   * @param block false: throw Full at once
   * @param timeout seconds; undefined or null: for ever
   * @throws Full; ShutDown; TypeError the item cannot be sent
   */
  put(item: T, block: Blocking = true, timeout?: Timeout): void {
    this.#put([item], waitMs(block, timeout));
  }

  /** `put(item, false)`. */
  putNowait(item: T): void {
    this.put(item, false);
  }

  /** The async twin of `put`. The snapshot is taken now. */
  async putAsync(item: T, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    await this.#putAsync([item], nonNegativeTimeoutToMs(timeout), options);
  }

  /** Puts all items in, in order. @param timeout seconds for all. @throws Full with `put`, how many are in */
  putMany(items: Iterable<T>, timeout?: Timeout): void {
    this.#put(Array.from(items), nonNegativeTimeoutToMs(timeout), true);
  }

  /** The async twin of `putMany`. */
  async putManyAsync(items: Iterable<T>, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    await this.#putAsync(Array.from(items), nonNegativeTimeoutToMs(timeout), options, true);
  }

  #put(items: readonly T[], ms: number, many = false): void {
    if (items.length === 0) return;
    const begun = this.putCalls(items).map((call) => this.line.begin('put', [call, ms]));
    this.#placed(
      begun.map((id) => this.line.end<'put'>(id)),
      items.length,
      many,
    );
  }

  async #putAsync(items: readonly T[], ms: number, options: AsyncOptions | undefined, many = false): Promise<void> {
    if (items.length === 0) return;
    const calls = this.putCalls(items).map((call) => this.line.callAsync('put', [call, ms], options?.signal));
    this.#placed(await Promise.all(calls), items.length, many);
  }

  #placed(all: readonly number[], wanted: number, many: boolean): void {
    const failure = all.find((each) => each < 0);
    if (failure === SHUT_DOWN) throw new ShutDown('the queue was shut down');
    if (failure !== undefined) throw this.refused();
    const placed = all.reduce((sum, each) => sum + each, 0);
    if (placed === wanted) return;
    const full = new Full('the queue is full');
    if (many) full.put = placed;
    throw full;
  }

  /** @internal */
  protected refused(): Error {
    return new TypeError('cannot order the item among those in the queue, whose priorities are of another type');
  }

  // ── get ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Takes the next item out, waiting for one.
   * @param block false: throw Empty at once. @param timeout seconds; undefined or null: for ever
   * @throws Empty nothing came in time; ShutDown it was shut down and is drained
   */
  get(block: Blocking = true, timeout?: Timeout): T {
    return this.take(1, waitMs(block, timeout))[0] as T;
  }

  /** `get(false)`. @throws Empty */
  getNowait(): T {
    return this.get(false);
  }

  /** The async twin of `get`. */
  async getAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    return (await this.takeAsync(1, nonNegativeTimeoutToMs(timeout), options?.signal))[0] as T;
  }

  /**
   * Takes out as many items as have come, waiting for the first. @param max at most so many; default: all
   * @param timeout seconds for the first; undefined or null: for ever @throws as `get`
   */
  getMany(max: number = MOST, timeout?: Timeout): T[] {
    return this.take(checkInteger('max', Math.min(max, MOST), 1), nonNegativeTimeoutToMs(timeout));
  }

  /** The async twin of `getMany`. */
  async getManyAsync(max: number = MOST, timeout?: Timeout, options?: AsyncOptions): Promise<T[]> {
    return this.takeAsync(checkInteger('max', Math.min(max, MOST), 1), nonNegativeTimeoutToMs(timeout), options?.signal);
  }

  /**
   * `getMany` of numbers, into a typed array: how many. @param timeout seconds for the first; undefined or
   * null: for ever
   * @throws TypeError an item is no number; it and those behind it have been taken out, unlike with a local
   * queue
   */
  getManyInto(target: NumberArray, timeout?: Timeout): number {
    return target.length === 0 ? 0 : this.#into(target, this.getMany(target.length, timeout));
  }

  /** The async twin of `getManyInto`. */
  async getManyIntoAsync(target: NumberArray, timeout?: Timeout, options?: AsyncOptions): Promise<number> {
    return target.length === 0 ? 0 : this.#into(target, await this.getManyAsync(target.length, timeout, options));
  }

  #into(target: NumberArray, items: readonly T[]): number {
    const other = items.find((item) => typeof item !== 'number');
    if (other !== undefined) throw new TypeError(`expected numbers, got ${typeof other}`);
    target.set(items as unknown as number[]);
    return items.length;
  }

  /** @internal */
  protected nothing(): Empty {
    return new Empty('the queue is empty');
  }

  // ── the rest ───────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Items that nobody has taken, as far as is known here: another program may hold some that it fetched
   * ahead.
   */
  qsize(): number {
    return this.state()[0];
  }

  /** Whether `qsize()` is 0. Another program may change that before this one acts on it. */
  empty(): boolean {
    return this.qsize() === 0;
  }

  /** Items that may be in it; 0: any number. */
  get maxsize(): number {
    return this.plan.options.maxsize ?? 0;
  }

  /** Whether a put would have to wait; without a `maxsize` never. */
  full(): boolean {
    if (this.maxsize === 0) return false;
    const [there, inHand] = this.state();
    return there + inHand >= this.maxsize;
  }

  /** Items that were put and not yet counted off by `taskDone`. */
  get unfinishedTasks(): number {
    return this.state()[2];
  }

  /** Whether it was shut down, in whichever program. */
  get isShutdown(): boolean {
    return this.state()[3] === 1;
  }

  /** Counts one item off. @throws ValueError called more often than items were put */
  taskDone(): void {
    const counted = (base: string) => this.line.call('run', [{ base, script: 'taskDone', keys: 'm', args: [`${base}c`] }]) === 1;
    if (!this.bases.some(counted)) throw this.tooOften();
  }

  /** @internal */
  protected tooOften(): ValueError {
    return new ValueError('taskDone() called too many times');
  }

  /**
   * Waits until every item that was put is counted off. @param timeout seconds @returns false: the time was
   * up
   */
  join(timeout?: Timeout): boolean {
    const deadline = performance.now() + nonNegativeTimeoutToMs(timeout);
    for (;;) {
      for (const call of this.#joined)
        if (this.line.call('wait', [call, Math.max(0, deadline - performance.now()), false]) === null) return false;
      // While the last shard was waited for there may have come something into the first.
      if (this.bases.length === 1 || this.unfinishedTasks === 0) return true;
    }
  }

  /** The async twin of `join`. */
  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const deadline = performance.now() + nonNegativeTimeoutToMs(timeout);
    const { signal } = options ?? {};
    for (;;) {
      for (const call of this.#joined)
        if ((await this.line.callAsync('wait', [call, Math.max(0, deadline - performance.now()), false], signal)) === null)
          return false;
      if (this.bases.length === 1 || (await this.stateAsync())[2] === 0) return true;
    }
  }

  get #joined(): ScriptCall[] {
    return this.bases.map((base) => ({ base, script: 'joined', keys: 'm', args: [] }));
  }

  /**
   * From now on `put` throws `ShutDown` in every program, `get` when nothing is left that it could be given.
   * @param immediate drop what nobody has taken, and count it off
   */
  shutdown(immediate = false): void {
    this.stop(immediate);
  }

  /**
   * Takes out up to `max` of the items that were handed out `maxDeliveries` times and never finished: poison,
   * or what it met. They were counted off.
   */
  deadLetters(max = 100): DeadLetter<T>[] {
    const letters: DeadLetter<T>[] = [];
    checkInteger('max', max, 1);
    for (const base of this.bases) {
      if (letters.length >= max) break;
      letters.push(...this.#deadLettersOf(base, max - letters.length));
    }
    return letters;
  }

  #deadLettersOf(base: string, max: number): DeadLetter<T>[] {
    const call: ScriptCall = { base, script: 'deadLetters', keys: 'x', args: [max] };
    const reply = this.line.call('run', [call]) as (Uint8Array | number)[];
    return Array.from({ length: reply.length / 3 }, (_, i) => ({
      item: fromBytes(reply[3 * i] as Uint8Array) as T,
      deliveries: Number(reply[3 * i + 2]),
    }));
  }

  /** Nothing is buffered here: a put is in Redis when it returns. */
  joinThread(): void {}

  /** Nothing is buffered here, either. */
  cancelJoinThread(): void {}

  /** Items until the queue is shut down and drained. */
  [Symbol.iterator](): Iterator<T> {
    return itemsOf(this);
  }

  /** `for await (const item of queue)`: items until the queue is shut down and drained. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return itemsOfAsync(this);
  }

  /** The items as a web stream, which ends when the queue is shut down and drained. */
  readable(): ReadableStream<T> {
    return readableOf(this);
  }

  /** A web stream whose chunks are put. `close` shuts the queue down, `abort` at once, with what is in. */
  writable(): WritableStream<T> {
    return writableOf(this);
  }
}
