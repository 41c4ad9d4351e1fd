/** Lock and RLock: between programs, under a lease, with a fencing token. */
import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import { acquireTimeout, RuntimeError, threading } from './core.ts';
import { LeaseLostError } from './errors.ts';
import type { Line } from './line.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import { type Lease, sharedNow } from './protocol.ts';

/** What locks and semaphores of a cluster take. */
export interface LockOptions {
  /** Seconds after which it is free if its holder gives no sign of life. Default: the connection's. */
  lease?: number;
}

/** What a lock is held by, for `using`. */
export interface Hold extends Disposable, AsyncDisposable {
  /** Grows with each owner, in all programs: what the lock guards refuses smaller ones than it has seen. */
  readonly token: number;
  /** Whether the lease is over: somebody else may have the lock. */
  readonly lost: boolean;
  /** Is aborted, with a LeaseLostError, when the lease is lost. */
  readonly signal: AbortSignal;
}

function leaseLost(name: string): LeaseLostError {
  return new LeaseLostError(`the lease of lock '${name}' has run out: another program may have had the lock meanwhile`);
}

/** What a worker holds: of a Lock one handle does, of an RLock all of the worker. */
class Holding {
  readonly lease: Lease;
  readonly #line: Line;
  readonly #name: string;
  readonly #expiries: Float64Array;
  /** How often, of an RLock. */
  depth = 1;
  #controller: AbortController | undefined;
  #released = false;

  constructor(lease: Lease, line: Line, name: string, expiries: Float64Array) {
    this.lease = lease;
    this.#line = line;
    this.#name = name;
    this.#expiries = expiries;
  }

  get lost(): boolean {
    const { slot } = this.lease;
    return !this.#released && slot >= 0 && (this.#expiries[slot] as number) < sharedNow();
  }

  released(): void {
    this.#released = true;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      const abort = () => controller.abort(leaseLost(this.#name));
      if (this.lost) abort();
      else
        this.#line.callAsync('ended', [this.lease.owner]).then(
          (lost) => lost && abort(),
          () => {},
        );
    }
    return this.#controller.signal;
  }
}

/** What Lock and RLock have in common. */
export abstract class LeasedLock extends RedisObject<LockOptions> {
  /** @internal */
  protected abstract held: Holding | undefined;
  /** Takes it again, if that is how it is. @internal */
  protected abstract again(): boolean;
  /** Whether it is free after that. @internal */
  protected abstract last(held: Holding): boolean;

  /**
   * Takes the lock; with `blocking` false only if that is possible at once. Its lease is renewed for as long
   * as this worker and its program live. @param timeout seconds; undefined or null: for ever
   * @returns whether it was taken
   */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    const ms = acquireTimeout(threading, blocking, timeout, threading.lockTimeout);
    if (this.again()) return true;
    const { line, base } = this;
    const giveBack = (lease: Lease | null) => lease && line.post('release', 'lock', base, lease.owner);
    return this.#took(line.call('acquire', ['lock', this.address, ms, []], giveBack));
  }

  /** The async twin of `acquire`. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const ms = threading.lockTimeout(timeout);
    options?.signal?.throwIfAborted();
    if (this.again()) return true;
    const { line, base } = this;
    const giveBack = (lease: Lease | null) => lease && line.post('release', 'lock', base, lease.owner);
    return this.#took(await line.callAsync('acquire', ['lock', this.address, ms, []], options?.signal, giveBack));
  }

  #took(lease: Lease | null): boolean {
    if (lease === null) return false;
    this.held = new Holding(lease, this.line, this.name, this.plan.link.expiries.view());
    return true;
  }

  /**
   * Gives it up. A `Lock` any worker of the program that holds it may release.
   * @throws LeaseLostError its lease had run out; RuntimeError it is not held
   */
  release(): void {
    const held = this.held;
    if (held !== undefined && !this.last(held)) return;
    this.#gone(held, this.line.call('release', ['lock', this.base, this.#owner(held)]));
  }

  /** The async twin of `release`. */
  async releaseAsync(): Promise<void> {
    const held = this.held;
    if (held !== undefined && !this.last(held)) return;
    this.#gone(held, await this.line.callAsync('release', ['lock', this.base, this.#owner(held)]));
  }

  #owner(held: Holding | undefined): string | undefined {
    if (held === undefined) return this.stranger();
    this.held = undefined;
    return held.lease.owner;
  }

  /** Whose lock is released by a handle that has not taken it. @throws RuntimeError nobody's @internal */
  protected stranger(): string | undefined {
    return undefined;
  }

  #gone(held: Holding | undefined, how: 'released' | 'lost' | 'none'): void {
    held?.released();
    if (how === 'lost') throw leaseLost(this.name);
    if (how === 'none') throw this.notHeld();
  }

  /** @internal */
  protected notHeld(): RuntimeError {
    return new RuntimeError(`cannot release ${this.constructor.name} '${this.name}': this program does not hold it`);
  }

  /** The fencing token of this hold; undefined while this handle holds nothing. */
  get token(): number | undefined {
    return this.held?.lease.token;
  }

  /** Whether the lease is over though it was not released. */
  get lost(): boolean {
    return this.held?.lost ?? false;
  }

  /** Whether anybody holds it, in any program. */
  locked(): boolean {
    return (this.run('lockState', 'kf') as number[])[0] === 1;
  }

  #hold(): Hold {
    const held = this.held as Holding;
    return {
      token: held.lease.token,
      get lost() {
        return held.lost;
      },
      get signal() {
        return held.signal;
      },
      [Symbol.dispose]: () => this.release(),
      [Symbol.asyncDispose]: () => this.releaseAsync(),
    };
  }

  /** `using held = lock.hold(); write(held.token)`: Python's `with lock:`. */
  hold(): Hold {
    this.acquire();
    return this.#hold();
  }

  /** `await using held = await lock.holdAsync()`. */
  async holdAsync(options?: AsyncOptions): Promise<Hold> {
    await this.acquireAsync(undefined, options);
    return this.#hold();
  }

  /** Runs `fn` between acquire and release, with the fencing token. @throws LeaseLostError at the end */
  with<T>(fn: (token: number) => T): T {
    using held = this.hold();
    return fn(held.token);
  }

  /** The same without blocking, for functions that may be async. */
  async withAsync<T>(fn: (token: number, signal: AbortSignal) => T | PromiseLike<T>, options?: AsyncOptions): Promise<T> {
    await using held = await this.holdAsync(options);
    return await fn(held.token, held.signal);
  }
}

/**
 * A lock that one worker of all programs holds at a time, for as long as its lease lasts: it is renewed each
 * third of it. Who dies loses it: at once, if only the worker dies, or else when the lease is over. A program
 * that stops for longer than its lease (the machine sleeps, the network is away) loses it without noticing in
 * time: hence the token.
 */
export class Lock extends LeasedLock {
  /** @internal */
  protected held: Holding | undefined;

  /** @internal */
  protected again(): boolean {
    return false;
  }

  /** @internal */
  protected last(): boolean {
    return true;
  }
}

/** What this worker holds of all reentrant locks. */
const reentrant = new WeakMap<Line, Map<string, Holding>>();

/** A `Lock` that its worker may take again. Two async tasks of one worker are the same holder. */
export class RLock extends LeasedLock {
  get #all(): Map<string, Holding> {
    let all = reentrant.get(this.line);
    if (all === undefined) {
      all = new Map();
      reentrant.set(this.line, all);
    }
    return all;
  }

  /** @internal */
  protected get held(): Holding | undefined {
    return this.#all.get(this.base);
  }

  /** @internal */
  protected set held(held: Holding | undefined) {
    if (held === undefined) this.#all.delete(this.base);
    else this.#all.set(this.base, held);
  }

  /** @throws LeaseLostError what this worker held is lost @internal */
  protected again(): boolean {
    const { held } = this;
    if (held === undefined) return false;
    if (held.lost) throw leaseLost(this.name);
    held.depth++;
    return true;
  }

  /** @internal */
  protected last(held: Holding): boolean {
    return --held.depth === 0;
  }

  /** @internal */
  protected override stranger(): never {
    throw this.notHeld();
  }

  /** @internal */
  protected override notHeld(): RuntimeError {
    return new RuntimeError(`cannot release RLock '${this.name}': it is not this worker's`);
  }
}

registerRedis(RedisTag.LOCK, Lock);
registerRedis(RedisTag.RLOCK, RLock);
