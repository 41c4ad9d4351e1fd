/** Queue, JoinableQueue and SimpleQueue: first in, first out, between programs. */
import { Empty, ShutDown } from './core.ts';
import { RedisTag, registerRedis } from './object.ts';
import type { Inbox, ScriptCall, StreamOptions } from './protocol.ts';
import { RedisQueue } from './queue-base.ts';
import { fromBytes, toBytes } from './wire.ts';

/** Before an item's value in the inbox: its slot. */
const HEADER = 8;

/**
 * A queue between programs, on a stream of Redis. An item counts as taken when a worker has it: it comes at most
 * once from then on, and is handed out again only if its program dies before. `JoinableQueue` holds on to items
 * until `taskDone`.
 *
 * First in, first out, but for what is handed out again. `maxsize` bounds what was put and is not done.
 */
export class Queue<T = unknown> extends RedisQueue<T> {
  #inbox: Inbox | undefined;

  /** When an item is done. @internal */
  protected get until(): StreamOptions['until'] {
    return 'get';
  }

  #options(): StreamOptions {
    const { options, link } = this.plan;
    return {
      until: this.until,
      prefetch: options.prefetch ?? link.prefetch,
      maxDeliveries: options.maxDeliveries ?? link.maxDeliveries,
    };
  }

  /** @internal */
  protected putCall(items: readonly T[]): ScriptCall {
    return this.script('streamPut', 'qm', this.channel, this.maxsize, ...items.map(toBytes));
  }

  /** Seconds after which the bridge is told again that somebody waits. */
  get #slice(): number {
    return this.plan.link.lease / 6;
  }

  /** @internal */
  protected take(max: number, ms: number): T[] {
    const options = this.#options();
    const { base, line } = this;
    this.#inbox ??= line.call('want', [base, options, false]);
    const inbox = this.#inbox;
    if (inbox.qsize() > 0) {
      const items = this.#takeNow(inbox, max);
      if (items.length > 0) return items;
    }
    if (ms === 0) {
      line.call('want', [base, options, true]);
      const items = this.#takeNow(inbox, max);
      if (items.length > 0) return items;
      throw this.#none(inbox);
    }
    const deadline = performance.now() + ms;
    for (;;) {
      line.post('want', base, options, false);
      const left = (deadline - performance.now()) / 1000;
      try {
        return [this.#taken(inbox.get(true, Math.max(0, Math.min(left, this.#slice)))), ...this.#takeNow(inbox, max - 1)];
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        line.check();
        if (left <= this.#slice) throw this.nothing();
      }
    }
  }

  /** @internal */
  protected async takeAsync(max: number, ms: number, signal: AbortSignal | undefined): Promise<T[]> {
    signal?.throwIfAborted();
    const options = this.#options();
    const { base, line } = this;
    const deadline = performance.now() + ms;
    this.#inbox ??= await line.callAsync('want', [base, options, false], signal);
    const inbox = this.#inbox;
    const items = this.#takeNow(inbox, max);
    if (items.length > 0) return items;
    if (ms === 0) {
      await line.callAsync('want', [base, options, true], signal);
      const now = this.#takeNow(inbox, max);
      if (now.length > 0) return now;
      throw this.#none(inbox);
    }
    for (;;) {
      line.post('want', base, options, false);
      const left = (deadline - performance.now()) / 1000;
      try {
        const first = await inbox.getAsync(Math.max(0, Math.min(left, this.#slice)), { signal });
        return [this.#taken(first), ...this.#takeNow(inbox, max - 1)];
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        line.check();
        if (left <= this.#slice) throw this.nothing();
      }
    }
  }

  /** What has come already. */
  #takeNow(inbox: Inbox, max: number): T[] {
    const items: T[] = [];
    while (items.length < max && inbox.qsize() > 0) {
      let bytes: Uint8Array;
      try {
        bytes = inbox.get(false);
      } catch (error) {
        if (error instanceof Empty || error instanceof ShutDown) break;
        throw error;
      }
      items.push(this.#taken(bytes));
    }
    return items;
  }

  #none(inbox: Inbox): Error {
    return inbox.isShutdown ? new ShutDown('the queue was shut down and is drained') : this.nothing();
  }

  /** An item is this worker's. */
  #taken(bytes: Uint8Array): T {
    const slot = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const { owners } = this.plan.link;
    Atomics.store(owners.view(), slot, this.line.worker);
    this.took(slot);
    return fromBytes(bytes, HEADER) as T;
  }

  /** @internal */
  protected took(slot: number): void {
    this.plan.link.done.put(slot);
  }

  /** @internal */
  protected state(): [number, number, number, number] {
    return this.line.call('sizes', [this.base]);
  }

  /** @internal */
  protected stop(immediate: boolean): void {
    this.run('streamShutdown', 'qm', this.channel, immediate ? 1 : 0);
  }

  override close(): void {
    this.#inbox?.close();
    super.close();
  }
}

/**
 * A `Queue` whose items are their consumer's until `taskDone`: of one that dies (worker, program or machine) they
 * are handed out again, at once or within two leases. So each is done at least once.
 *
 * `taskDone` finishes the item that this worker has had longest.
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  /** @internal */
  protected override get until(): StreamOptions['until'] {
    return 'taskDone';
  }

  /** @internal */
  protected override took(slot: number): void {
    this.line.taken(this.base).push(slot);
  }

  override taskDone(): void {
    const slot = this.line.taken(this.base).shift();
    if (slot !== undefined) this.plan.link.done.put(slot);
    else if (!this.line.call('doneAny', [this.base])) throw this.tooOften();
  }
}

/** A `Queue` without a limit. */
export class SimpleQueue<T = unknown> extends Queue<T> {}

registerRedis(RedisTag.QUEUE, Queue);
registerRedis(RedisTag.JOINABLE_QUEUE, JoinableQueue);
registerRedis(RedisTag.SIMPLE_QUEUE, SimpleQueue);
