/**
 * Acquirable: Python's `with` statement for everything that is acquired and released.
 */

import '../symbols.ts';
import { Member } from '../heap/members.ts';
import { Shared } from '../heap/shared.ts';
import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import { type Flavour, threading } from './flavour.ts';

export abstract class Acquirable extends Shared {
  /** @internal */
  protected get [Member.FLAVOUR](): Flavour {
    return threading;
  }

  /** What is really taken: this, or the lock behind it. @internal */
  get [Member.MUTEX](): Acquirable {
    return this;
  }

  /** Takes it. @param timeout seconds; undefined or null: for ever @returns whether it was taken */
  abstract acquire(blocking?: Blocking, timeout?: Timeout): boolean;
  /** The async twin of `acquire`: never blocks. */
  abstract acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean>;
  /** Gives it back. */
  abstract release(): void;

  /**
   * Takes it, waiting for it, until the end of a block: `using held = lock.hold()` is Python's `with lock:`.
   * @throws as `acquire`
   * @example
   * ```ts
   * import { Lock } from 'nogil';
   *
   * const lock = new Lock();
   * {
   *   using held = lock.hold();
   *   console.log(lock.locked()); // prints true
   * }
   * console.log(lock.locked()); // prints false
   * ```
   */
  hold(): Disposable {
    this.acquire();
    return { [Symbol.dispose]: () => this.release() };
  }

  /** The async twin of `hold`: `await using held = await lock.holdAsync()`. */
  async holdAsync(options?: AsyncOptions): Promise<AsyncDisposable> {
    await this.acquireAsync(undefined, options);
    return { [Symbol.asyncDispose]: async () => this.release() };
  }

  /** Runs `fn` between acquire and release; returns what it returns, and releases also when it throws. */
  with<T>(fn: () => T): T {
    this.acquire();
    try {
      return fn();
    } finally {
      this.release();
    }
  }

  /**
   * The same without blocking, for functions that may be async.
   * @example
   * ```ts
   * import { Lock } from 'nogil';
   *
   * const lock = new Lock();
   * const log: string[] = [];
   * const task = (name: string) =>
   *   lock.withAsync(async () => {
   *     log.push(`${name} begins`);
   *     await new Promise((resolve) => setTimeout(resolve, 5));
   *     log.push(`${name} ends`);
   *   });
   * await Promise.all([task('a'), task('b')]);
   * console.log(log.join()); // prints a begins,a ends,b begins,b ends
   * ```
   */
  async withAsync<T>(fn: () => T | PromiseLike<T>, options?: AsyncOptions): Promise<T> {
    await this.acquireAsync(undefined, options);
    try {
      return await fn();
    } finally {
      this.release();
    }
  }
}
