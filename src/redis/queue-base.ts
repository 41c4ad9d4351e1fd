/** What all queues over Redis have: everything but how an item is put in and taken out. */

import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import type { NumberArray } from '../queue/get-batch.ts';
import { checkInteger, Empty, Full, isBlocking, nonNegativeTimeoutToMs, ShutDown, ValueError } from './core.ts';
import { RedisObject } from './object.ts';
import type { ScriptCall } from './protocol.ts';
import { fromBytes } from './wire.ts';

export interface QueueOptions {
  /**
   * Items that may be in it, those that were taken and are not done among them; 0: any number. Every program
   * gives the same. Default 0.
   */
  maxsize?: number;
  /** Items that this program fetches ahead. Default: the connection's. */
  prefetch?: number;
  /** Default: the connection's. */
  maxDeliveries?: number;
}

export const SHUT_DOWN = -1;
const MOST = 0x7fffffff;

/** Milliseconds to wait. @throws TypeError, ValueError */
export function waitMs(block: Blocking, timeout: Timeout): number {
  return isBlocking('block', block) ? nonNegativeTimeoutToMs(timeout) : 0;
}

/** An item that came too often and was taken out of its queue. */
export interface DeadLetter<T> {
  item: T;
  /** How often it was handed out. */
  deliveries: number;
}

export abstract class RedisQueue<T> extends RedisObject<QueueOptions> {
  /** The script that puts items in, with its arguments for these. @internal */
  protected abstract putCall(items: readonly T[]): ScriptCall;
  /** Takes out at least one item and at most so many. @internal */
  protected abstract take(max: number, ms: number): T[];
  /** @internal */
  protected abstract takeAsync(max: number, ms: number, signal: AbortSignal | undefined): Promise<T[]>;
  /** [there, in hand, unfinished, shut down] @internal */
  protected abstract state(): [number, number, number, number];
  /** @internal */
  protected abstract stop(immediate: boolean): void;

  // ── put ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts `item` in, waiting for room. When it returns, Redis has it; if the connection broke in between, it is
   * in once all the same.
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

  async putManyAsync(items: Iterable<T>, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    await this.#putAsync(Array.from(items), nonNegativeTimeoutToMs(timeout), options, true);
  }

  #put(items: readonly T[], ms: number, many = false): void {
    if (items.length > 0) this.#placed(this.line.call('put', [this.putCall(items), ms]), items.length, many);
  }

  async #putAsync(items: readonly T[], ms: number, options: AsyncOptions | undefined, many = false): Promise<void> {
    if (items.length === 0) return;
    this.#placed(await this.line.callAsync('put', [this.putCall(items), ms], options?.signal), items.length, many);
  }

  #placed(placed: number, wanted: number, many: boolean): void {
    if (placed === wanted) return;
    if (placed === SHUT_DOWN) throw new ShutDown('the queue was shut down');
    if (placed < 0) throw this.refused();
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

  getNowait(): T {
    return this.get(false);
  }

  async getAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    return (await this.takeAsync(1, nonNegativeTimeoutToMs(timeout), options?.signal))[0] as T;
  }

  /** Takes out as many items as have come, waiting for the first. @throws as `get` */
  getMany(max: number = MOST, timeout?: Timeout): T[] {
    return this.take(checkInteger('max', Math.min(max, MOST), 1), nonNegativeTimeoutToMs(timeout));
  }

  async getManyAsync(max: number = MOST, timeout?: Timeout, options?: AsyncOptions): Promise<T[]> {
    return this.takeAsync(checkInteger('max', Math.min(max, MOST), 1), nonNegativeTimeoutToMs(timeout), options?.signal);
  }

  /**
   * `getMany` of numbers, into a typed array: how many.
   * @throws TypeError an item is no number; it and those behind it have been taken out, unlike with a local queue
   */
  getManyInto(target: NumberArray, timeout?: Timeout): number {
    return target.length === 0 ? 0 : this.#into(target, this.getMany(target.length, timeout));
  }

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

  /** Items that nobody has taken, as far as is known here: another program may hold some that it fetched ahead. */
  qsize(): number {
    return this.state()[0];
  }

  empty(): boolean {
    return this.qsize() === 0;
  }

  /** Items that may be in it; 0: any number. */
  get maxsize(): number {
    return this.plan.options.maxsize ?? 0;
  }

  full(): boolean {
    if (this.maxsize === 0) return false;
    const [there, inHand] = this.state();
    return there + inHand >= this.maxsize;
  }

  /** Items that were put and not yet counted off by `taskDone`. */
  get unfinishedTasks(): number {
    return this.state()[2];
  }

  get isShutdown(): boolean {
    return this.state()[3] === 1;
  }

  /** Counts one item off. @throws ValueError called more often than items were put */
  taskDone(): void {
    if (this.run('taskDone', 'm', this.channel) === 0) throw this.tooOften();
  }

  /** @internal */
  protected tooOften(): ValueError {
    return new ValueError('taskDone() called too many times');
  }

  /** Waits until every item that was put is counted off. @param timeout seconds @returns false: the time was up */
  join(timeout?: Timeout): boolean {
    const ms = nonNegativeTimeoutToMs(timeout);
    return this.line.call('wait', [this.script('joined', 'm'), ms, false]) !== null;
  }

  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const ms = nonNegativeTimeoutToMs(timeout);
    return (await this.line.callAsync('wait', [this.script('joined', 'm'), ms, false], options?.signal)) !== null;
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
    const reply = this.run('deadLetters', 'x', checkInteger('max', max, 1)) as (Uint8Array | number)[];
    return Array.from({ length: reply.length / 3 }, (_, i) => ({
      item: fromBytes(reply[3 * i] as Uint8Array) as T,
      deliveries: Number(reply[3 * i + 2]),
    }));
  }

  /** Nothing is buffered here: a put is in Redis when it returns. */
  joinThread(): void {}

  cancelJoinThread(): void {}

  /** Items until the queue is shut down and drained. */
  *[Symbol.iterator](): Iterator<T> {
    for (;;) {
      let item: T;
      try {
        item = this.get();
      } catch (error) {
        if (error instanceof ShutDown) return;
        throw error;
      }
      yield item;
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = await this.getAsync();
      } catch (error) {
        if (error instanceof ShutDown) return;
        throw error;
      }
      yield item;
    }
  }
}
