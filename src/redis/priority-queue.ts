/** PriorityQueue: the smallest first, between programs. */
import { keyOf, ShutDown } from './core.ts';
import { RedisTag, registerRedis } from './object.ts';
import type { Reply, ScriptCall } from './protocol.ts';
import { type QueueOptions, RedisQueue, SHUT_DOWN } from './queue-base.ts';
import { fromBytes, toBytes } from './wire.ts';

/** What `PriorityQueue` of a cluster takes. */
export interface PriorityQueueOptions extends QueueOptions {
  /**
   * Until when an item is its consumer's: `'get'` (default), at most once from when a worker has it; or
   * `'taskDone'`, at least once.
   */
  until?: 'get' | 'taskDone';
}

/**
 * `get` takes the item with the smallest priority, of equal ones the first that came: priorities as of a
 * local `PriorityQueue`. Each get asks Redis, since what was fetched ahead would be out of order.
 */
export class PriorityQueue<T = unknown> extends RedisQueue<T> {
  get #holds(): boolean {
    return (this.plan.options as PriorityQueueOptions).until === 'taskDone';
  }

  /** @internal */
  protected putCalls(items: readonly T[]): ScriptCall[] {
    const args = items.flatMap((item) => {
      const { ordering, key } = keyOf(item);
      return [ordering, key, toBytes(item)];
    });
    return [this.script('priorityPut', 'zhlm', this.channel, this.maxsize, ...args)];
  }

  #pop(max: number): [ScriptCall, number] {
    const { options, link } = this.plan;
    const lease = this.#holds ? Math.round(link.lease * 1000) : 0;
    const most = Math.min(max, options.prefetch ?? link.prefetch);
    const deliveries = options.maxDeliveries ?? link.maxDeliveries;
    return [this.script('priorityPop', 'zhlmx', this.channel, most, lease, deliveries), lease];
  }

  /** @internal */
  protected take(max: number, ms: number): T[] {
    const [call, lease] = this.#pop(max);
    return this.#taken(this.line.call('pop', [call, ms, lease]));
  }

  /** @internal */
  protected async takeAsync(max: number, ms: number, signal: AbortSignal | undefined): Promise<T[]> {
    const [call, lease] = this.#pop(max);
    return this.#taken(await this.line.callAsync('pop', [call, ms, lease], signal));
  }

  #taken(reply: Reply): T[] {
    if (reply === null) throw this.nothing();
    if (reply === SHUT_DOWN) throw new ShutDown('the queue was shut down and is drained');
    const flat = reply as Uint8Array[];
    return Array.from({ length: flat.length / 2 }, (_, i) => fromBytes(flat[2 * i + 1] as Uint8Array) as T);
  }

  /**
   * Counts one item off; with `until: 'taskDone'` the one that this worker has had longest. @throws
   * ValueError
   */
  override taskDone(): void {
    if (!this.#holds) super.taskDone();
    else if (!this.line.call('doneAny', [this.bases])) throw this.tooOften();
  }

  /** @internal */
  protected state(): [number, number, number, number] {
    return this.run('priorityState', 'zhlm') as [number, number, number, number];
  }

  /** @internal */
  protected async stateAsync(): Promise<[number, number, number, number]> {
    return (await this.runAsync('priorityState', 'zhlm', [])) as [number, number, number, number];
  }

  /** @internal */
  protected stop(immediate: boolean): void {
    this.run('priorityShutdown', 'zhlm', this.channel, immediate ? 1 : 0);
  }
}

registerRedis(RedisTag.PRIORITY_QUEUE, PriorityQueue);
