/**
 * Store: what managed dicts, lists and namespaces have in common.
 */
import { Status } from '../../assembly/abi.ts';
import { RuntimeError } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { heapFull } from '../heap/heap.ts';
import { interruption } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { Shared } from '../heap/shared.ts';
import type { AsyncOptions } from '../heap/time.ts';
import { wouldBlock } from '../sync/blocking.ts';

export abstract class Store extends Shared {
  /** Calls of this object's that have the guard. */
  #guards = 0;
  #closing = false;

  /** The error for what the core answered. @internal */
  protected failed(status: number, method: string): Error {
    switch (status) {
      case Status.WOULD_BLOCK:
        return wouldBlock(method);
      case Status.TIMEOUT:
        return interruption() ?? heapFull();
      case Status.NOT_OWNER:
        return new RuntimeError(
          `${method}() would wait for an updateAsync() of this very worker, for ever: await that first, or use await ${method}Async()`,
        );
      default:
        return heapFull();
    }
  }

  /** @internal */
  protected check(status: number, method: string): void {
    if (status !== Status.OK) throw this.failed(status, method);
  }

  /** What the core made. @throws MemoryError for its 0 @internal */
  protected made(batch: number): number {
    if (batch < 0) throw heapFull();
    return batch;
  }

  /** Runs `fn` while nobody else changes anything. @internal */
  protected guarded<T>(method: string, fn: () => T): T {
    const { core } = this[Member.HEAP];
    const store = this[Member.OPEN];
    this.check(core.updateLockAcquire(store, Number.POSITIVE_INFINITY), method);
    this.#guards++;
    try {
      return fn();
    } finally {
      core.updateLockRelease(store);
      this.#unguarded();
    }
  }

  /**
   * The async twin of `guarded`: `fn` may take its time, but what it does to this object it does within
   * `atOnce`. @internal
   */
  protected async guardedAsync<T>(fn: () => T | Promise<T>, options: AsyncOptions | undefined): Promise<T> {
    const { core } = this[Member.HEAP];
    const store = this[Member.OPEN];
    const attempt = () => {
      if (core.updateLockTry(this[Member.OPEN]) === Status.TIMEOUT) return PENDING;
      this.#guards++;
      return true;
    };
    await AsyncGate.wait<boolean>(
      this[Member.HEAP],
      core.updateLockGate(store),
      attempt,
      Number.POSITIVE_INFINITY,
      options,
      () => true,
    );
    try {
      return await fn();
    } finally {
      core.updateLockRelease(store);
      this.#unguarded();
    }
  }

  /** Within guardedAsync: runs `fn`, which calls blocking methods of this object, at one go. @internal */
  protected atOnce<T>(fn: () => T): T {
    const { core } = this[Member.HEAP];
    const store = this[Member.OPEN];
    core.updateLockResume(store);
    try {
      return fn();
    } finally {
      core.updateLockPause(store);
    }
  }

  /** One call of a blocking method, once nobody else's update is under way. @internal */
  protected later<T>(fn: () => T, options: AsyncOptions | undefined): Promise<T> {
    return this.guardedAsync(() => this.atOnce(fn), options);
  }

  /**
   * The same with values that were encoded when the call was made, into a batch, which is closed. @internal
   */
  protected async laterWith<T>(batch: number, fn: (batch: number) => T, options: AsyncOptions | undefined): Promise<T> {
    try {
      return await this.later(() => fn(batch), options);
    } finally {
      this[Member.HEAP].core.cellBatchClose(batch);
    }
  }

  #unguarded(): void {
    if (--this.#guards === 0 && this.#closing) this.close();
  }

  /** Within `update` it takes effect when that is over. */
  override close(): void {
    if (this.#guards > 0) this.#closing = true;
    else super.close();
  }
}
