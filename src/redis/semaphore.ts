/** Semaphore and BoundedSemaphore: permits between programs, each under a lease. */
import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import { acquireTimeout, checkInteger, threading, timeoutToMs, ValueError } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import type { Arg, Lease } from './protocol.ts';

/** @internal */
export interface SemaphorePlan {
  value: number;
  lease?: number;
}

/**
 * A counter of permits. Unlike a local one's, a permit is its worker's, under a lease: that of a worker or a
 * program that dies goes back. `release` gives back a permit that this program holds; if it holds none, there
 * is one more than before.
 */
export class Semaphore extends RedisObject<SemaphorePlan> {
  get #args(): Arg[] {
    return [this.channel, this.plan.options.value];
  }

  /** Takes a permit. @param timeout seconds; undefined or null: for ever @returns whether it got one */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    const ms = acquireTimeout(threading, blocking, timeout, timeoutToMs);
    const { line, base } = this;
    const giveBack = (lease: Lease | null) => lease && line.post('release', 'permit', base, lease.owner);
    return line.call('acquire', ['permit', this.address, ms, this.#args], giveBack) !== null;
  }

  /** The async twin of `acquire`. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const { line, base } = this;
    const giveBack = (lease: Lease | null) => lease && line.post('release', 'permit', base, lease.owner);
    const args = ['permit', this.address, timeoutToMs(timeout), this.#args] as const;
    return (await line.callAsync('acquire', [...args], options?.signal, giveBack)) !== null;
  }

  /** Gives `n` permits back. @throws ValueError for n below 1 */
  release(n = 1): void {
    for (let left = checkInteger('n', n, 1); left > 0; left--) {
      if (this.line.call('release', ['permit', this.base, undefined]) !== 'none') continue;
      this.more(left);
      return;
    }
  }

  /** Permits beyond those that this program holds. @internal */
  protected more(n: number): void {
    this.run('permitsAdd', 'sm', n, this.channel, this.plan.options.value);
  }

  /** Permits there are now. */
  getValue(): number {
    return this.run('permitsLeft', 'sm', this.plan.options.value) as number;
  }

  /** Whether an acquire would have to wait. */
  locked(): boolean {
    return this.getValue() <= 0;
  }

  /** `using held = semaphore.hold()`. */
  hold(): Disposable {
    this.acquire();
    return { [Symbol.dispose]: () => this.release() };
  }

  /** `await using held = await semaphore.holdAsync()`. */
  async holdAsync(options?: AsyncOptions): Promise<AsyncDisposable> {
    await this.acquireAsync(undefined, options);
    return { [Symbol.asyncDispose]: async () => this.release() };
  }

  /** Runs `fn` between acquire and release. */
  with<T>(fn: () => T): T {
    using _ = this.hold();
    return fn();
  }

  /** The same without blocking, for functions that may be async. */
  async withAsync<T>(fn: () => T | PromiseLike<T>, options?: AsyncOptions): Promise<T> {
    await using _ = await this.holdAsync(options);
    return await fn();
  }
}

/** A semaphore of which only what this program has taken can be released. */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  protected override more(): void {
    throw new ValueError('Semaphore released too many times: this program holds no permit of it');
  }
}

registerRedis(RedisTag.SEMAPHORE, Semaphore);
registerRedis(RedisTag.BOUNDED_SEMAPHORE, BoundedSemaphore);
