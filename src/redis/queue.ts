/** Queue, JoinableQueue and SimpleQueue: first in, first out, between programs. */
import { type AdoptionToken, Empty, ShutDown } from './core.ts';
import { Finished } from './finished.ts';
import { HEADER, isSuspect, slotOf } from './inbox-item.ts';
import { RedisTag, registerRedis } from './object.ts';
import type { Inbox, ScriptCall, StreamOptions } from './protocol.ts';
import { RedisQueue } from './queue-base.ts';
import { fromBytes, toBytes } from './wire.ts';

/**
 * A queue between programs, on a stream of Redis. An item counts as taken when a worker has it: it comes at
 * most once from then on, and is handed out again only if its program dies before. `JoinableQueue` holds on
 * to items until `taskDone`.
 *
 * First in, first out, but for what is handed out again. `maxsize` bounds what was put and is not done. With
 * `shards` it is several streams, and nothing is said of the order of items of different shards.
 */
export class Queue<T = unknown> extends RedisQueue<T> {
  readonly #bases: readonly string[];
  readonly #finished: Finished;
  readonly #owners: Int32Array;
  #inbox: Inbox | undefined;
  /** When the bridge was told last that somebody here wants items. */
  #wantedAt = Number.NEGATIVE_INFINITY;
  /** So many are left when more are asked for. */
  readonly #half: number;
  /** Where the next item goes. */
  #turn = 0;

  /** @internal */
  constructor(existing: AdoptionToken) {
    super(existing);
    const { link, name, kind, options } = this.plan;
    const { shards = 1 } = options;
    // Each with a hash tag of its own: they lie on several nodes of a Redis Cluster.
    this.#bases = shards === 1 ? [this.base] : Array.from({ length: shards }, (_, i) => `${link.prefix}:{${name}/${i}}:${kind}:`);
    if (shards > 1) this.#turn = Math.floor(Math.random() * shards);
    this.#finished = new Finished(link.finished, link.bell);
    this.#owners = link.owners.view();
    this.#half = (options.prefetch ?? link.prefetch) >> 1;
  }

  /** When an item is done. @internal */
  protected get until(): StreamOptions['until'] {
    return 'get';
  }

  /** @internal */
  protected override get bases(): readonly string[] {
    return this.#bases;
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
  protected putCalls(items: readonly T[]): ScriptCall[] {
    const shards = this.#bases.length;
    const count = Math.min(shards, items.length);
    const first = this.#turn;
    this.#turn = (first + count) % shards;
    return Array.from({ length: count }, (_, i) => {
      const base = this.#bases[(first + i) % shards] as string;
      const some = items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count));
      return { base, script: 'streamPut', keys: 'qm', args: [`${base}c`, this.#share, ...some.map(toBytes)] };
    });
  }

  /** Of `maxsize`, a shard's. */
  get #share(): number {
    return Math.ceil(this.maxsize / this.#bases.length);
  }

  /** Seconds after which the bridge is told again that somebody waits. */
  get #slice(): number {
    return this.plan.link.lease / 6;
  }

  /** Says that somebody here wants items, for some time to come. */
  #want(): void {
    this.#wantedAt = performance.now();
    this.line.post('want', this.#bases, this.#options(), false, 0);
  }

  /** What has come before somebody asked; more is fetched meanwhile. */
  #ahead(inbox: Inbox, max: number): Uint8Array[] {
    const there = inbox.qsize();
    if (there === 0) return [];
    const items = this.#takeNow(inbox, max);
    const isHalf = there > this.#half && there - items.length <= this.#half;
    if (isHalf || performance.now() - this.#wantedAt > this.#slice * 1000) this.#want();
    return items;
  }

  /** @internal */
  protected take(max: number, ms: number): T[] {
    const { line } = this;
    const deadline = performance.now() + ms;
    this.#inbox ??= line.call('want', [this.#bases, this.#options(), false, ms]);
    const inbox = this.#inbox;
    const items = this.#open(this.#ahead(inbox, max));
    if (items.length > 0) return items;
    if (ms === 0) {
      line.call('want', [this.#bases, this.#options(), true, 0]);
      return this.#someOf(this.#open(this.#takeNow(inbox, max)), inbox);
    }
    for (;;) {
      this.#want();
      const left = (deadline - performance.now()) / 1000;
      try {
        const first = this.#mine(inbox.get(true, Math.max(0, Math.min(left, this.#slice))));
        const items = this.#open([first, ...this.#takeNow(inbox, max - 1)]);
        if (items.length > 0) return items;
      } catch (error) {
        this.#checkWait(error, left);
      }
    }
  }

  /** @internal */
  protected async takeAsync(max: number, ms: number, signal: AbortSignal | undefined): Promise<T[]> {
    signal?.throwIfAborted();
    const { line } = this;
    const deadline = performance.now() + ms;
    this.#inbox ??= await line.callAsync('want', [this.#bases, this.#options(), false, ms], signal);
    const inbox = this.#inbox;
    const items = await this.#openAsync(this.#ahead(inbox, max));
    if (items.length > 0) return items;
    if (ms === 0) {
      await line.callAsync('want', [this.#bases, this.#options(), true, 0], signal);
      return this.#someOf(await this.#openAsync(this.#takeNow(inbox, max)), inbox);
    }
    for (;;) {
      this.#want();
      const left = (deadline - performance.now()) / 1000;
      try {
        const first = this.#mine(await inbox.getAsync(Math.max(0, Math.min(left, this.#slice)), { signal }));
        const items = await this.#openAsync([first, ...this.#takeNow(inbox, max - 1)]);
        if (items.length > 0) return items;
      } catch (error) {
        this.#checkWait(error, left);
      }
    }
  }

  /** Whether to wait on. @throws Empty the time is up; RuntimeError the connection was closed */
  #checkWait(error: unknown, left: number): void {
    if (!(error instanceof Empty)) throw error;
    this.line.check();
    if (left <= this.#slice) throw this.nothing();
  }

  /** What has come already. */
  #takeNow(inbox: Inbox, max: number): Uint8Array[] {
    const items: Uint8Array[] = [];
    while (items.length < max && inbox.qsize() > 0) {
      let bytes: Uint8Array;
      try {
        bytes = inbox.get(false);
      } catch (error) {
        if (error instanceof Empty || error instanceof ShutDown) break;
        throw error;
      }
      items.push(this.#mine(bytes));
    }
    return items;
  }

  #someOf(items: T[], inbox: Inbox): T[] {
    if (items.length > 0) return items;
    throw inbox.isShutdown ? new ShutDown('the queue was shut down and is drained') : this.nothing();
  }

  /** An item is this worker's. */
  #mine(bytes: Uint8Array): Uint8Array {
    Atomics.store(this.#owners, slotOf(bytes), this.line.worker);
    return bytes;
  }

  /** What items hold, without those that are somebody else's by now. */
  #open(items: readonly Uint8Array[]): T[] {
    const mine: Uint8Array[] = [];
    for (const [i, bytes] of items.entries()) {
      try {
        if (!this.#counts(bytes) || this.line.call('opening', [slotOf(bytes)])) mine.push(bytes);
      } catch (error) {
        throw this.#letGo([...mine, ...items.slice(i)], error);
      }
    }
    return mine.map((each) => this.#opened(each));
  }

  /** The async twin of `#open`. */
  async #openAsync(items: readonly Uint8Array[]): Promise<T[]> {
    const mine: Uint8Array[] = [];
    for (const [i, bytes] of items.entries()) {
      try {
        if (!this.#counts(bytes) || (await this.line.callAsync('opening', [slotOf(bytes)]))) mine.push(bytes);
      } catch (error) {
        throw this.#letGo([...mine, ...items.slice(i)], error);
      }
    }
    return mine.map((each) => this.#opened(each));
  }

  /** Whether Redis is to know who looks at it before he does: it may be what has ended other programs. */
  #counts(bytes: Uint8Array): boolean {
    return this.until === 'taskDone' && isSuspect(bytes);
  }

  /** They are nobody's: the bridge gives back what is so for some time. */
  #letGo(items: readonly Uint8Array[], error: unknown): unknown {
    for (const bytes of items) Atomics.store(this.#owners, slotOf(bytes), 0);
    return error;
  }

  #opened(bytes: Uint8Array): T {
    this.took(slotOf(bytes));
    return fromBytes(bytes, HEADER) as T;
  }

  /** @internal */
  protected took(slot: number): void {
    this.finish(slot);
  }

  /** @internal */
  protected finish(slot: number): void {
    this.#finished.push(slot);
  }

  /** @internal */
  protected state(): [number, number, number, number] {
    return this.line.call('sizes', [this.#bases]);
  }

  /** @internal */
  protected stateAsync(): Promise<[number, number, number, number]> {
    return this.line.callAsync('sizes', [this.#bases]);
  }

  /** @internal */
  protected stop(immediate: boolean): void {
    for (const base of this.#bases)
      this.line.call('run', [{ base, script: 'streamShutdown', keys: 'qm', args: [`${base}c`, immediate ? 1 : 0] }]);
  }

  /** Closes this handle. What is in the queue stays. */
  override close(): void {
    this.#inbox?.close();
    super.close();
  }
}

/**
 * A `Queue` whose items are their consumer's until `taskDone`: of one that dies (worker, program or machine)
 * they are handed out again, at once or within two leases. So each is done at least once.
 *
 * `taskDone` finishes the item that this worker has had longest.
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  /** @internal */
  protected override get until(): StreamOptions['until'] {
    return 'taskDone';
  }

  #mine: number[] | undefined;

  /** Slots of items that this worker has, of whichever handle. */
  get #taken(): number[] {
    this.#mine ??= this.line.taken(this.base);
    return this.#mine;
  }

  /** @internal */
  protected override took(slot: number): void {
    this.#taken.push(slot);
  }

  /**
   * The item that this worker has had longest is finished, and does not come again. If it has none, one is
   * that another worker of this program has. @throws ValueError this program has none
   */
  override taskDone(): void {
    const slot = this.#taken.shift();
    if (slot !== undefined) this.finish(slot);
    else if (!this.line.call('doneAny', [this.bases])) throw this.tooOften();
  }
}

/** A `Queue` without a limit. */
export class SimpleQueue<T = unknown> extends Queue<T> {}

registerRedis(RedisTag.QUEUE, Queue);
registerRedis(RedisTag.JOINABLE_QUEUE, JoinableQueue);
registerRedis(RedisTag.SIMPLE_QUEUE, SimpleQueue);
