/**
 * Future: what a call of an executor comes to.
 */
import { SEND } from '../codec/index.ts';
import { NotImplementedError, RuntimeError, TimeoutError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import type { AsyncResult } from '../pool/result.ts';
import { untilReady } from '../pool/waiting.ts';
import { CancelledError, InvalidStateError } from './errors.ts';

/** What a task that has begun cannot be called back from; the names are Python's. */
type FutureState = 'PENDING' | 'RUNNING' | 'CANCELLED' | 'CANCELLED_AND_NOTIFIED' | 'FINISHED';

// biome-ignore lint/suspicious/noExplicitAny: of any type.
type AnyResult = AsyncResult<any>;

/** What `submit` gives a future that is to be settled by a pool. @internal */
export const BIND: unique symbol = Symbol('bind');
/** The call behind a future; undefined: it is settled by hand. @internal */
export const CALL: unique symbol = Symbol('call');
/** Whether it is done, as far as is known: who listens is called while outcomes are taken in. @internal */
export const IS_DONE: unique symbol = Symbol('isDone');
/** Whether it has failed, and was not cancelled. @internal */
export const HAS_FAILED: unique symbol = Symbol('hasFailed');
/** Has a function called whenever the future may be done. @internal */
export const LISTEN: unique symbol = Symbol('listen');

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return (value as object).constructor?.name ?? typeof value;
}

/**
 * The outcome of a call, some time. It belongs to the thread that has made it, which takes the outcome in
 * when it asks or waits, or on its event loop.
 *
 * Beyond Python's: it can be awaited, and `result` and `exception` have async twins.
 */
export class Future<T = unknown> implements PromiseLike<T> {
  #state: FutureState = 'PENDING';
  #value: unknown;
  #hasFailed = false;
  #call: AnyResult | undefined;
  readonly #callbacks: ((future: Future<T>) => unknown)[] = [];
  readonly #listeners = new Set<() => void>();
  #promise: Promise<T> | undefined;

  /** @internal */
  [BIND](call: AnyResult): void {
    this.#call = call;
  }

  /** @internal */
  get [CALL](): AnyResult | undefined {
    return this.#call;
  }

  /** @internal */
  get [IS_DONE](): boolean {
    return this.#isDone;
  }

  /** @internal */
  get [HAS_FAILED](): boolean {
    return this.#hasFailed;
  }

  /** Takes in what has come. */
  #look(): FutureState {
    if (this.#state === 'PENDING') this.#call?.[Member.REPLIES].look();
    return this.#state;
  }

  get #isDone(): boolean {
    return this.#state !== 'PENDING' && this.#state !== 'RUNNING';
  }

  /** Whether it was cancelled. */
  cancelled(): boolean {
    return this.#look().startsWith('CANCELLED');
  }

  /** Whether it runs: it cannot be cancelled any more. */
  running(): boolean {
    const state = this.#look();
    return state === 'RUNNING' || (state === 'PENDING' && this.#call?.[Member.IS_RUNNING] === true);
  }

  /** Whether it was cancelled or has ended. */
  done(): boolean {
    this.#look();
    return this.#isDone;
  }

  /** Cancels the call, if it has not begun. @returns whether it is cancelled */
  cancel(): boolean {
    const state = this.#look();
    if (state.startsWith('CANCELLED')) return true;
    if (state !== 'PENDING' || (this.#call && !this.#call[Member.WITHDRAW]())) return false;
    this.#settle('CANCELLED');
    return true;
  }

  /**
   * What the call returned, waiting for it.
   * @param timeout seconds; undefined or null: for ever
   * @throws what the call threw; TimeoutError; CancelledError
   */
  result(timeout?: Timeout): T {
    this.#wait('result', timeout);
    return this.#outcome();
  }

  /** The async twin of `result`. `await future` is the same without a timeout. */
  async resultAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    await this.#waitAsync(timeout, options);
    return this.#outcome();
  }

  /**
   * What the call threw, waiting for its end; undefined: it has returned.
   * @param timeout seconds; undefined or null: for ever
   * @throws TimeoutError; CancelledError
   */
  exception(timeout?: Timeout): unknown {
    this.#wait('exception', timeout);
    return this.#exception();
  }

  /** The async twin of `exception`. */
  async exceptionAsync(timeout?: Timeout, options?: AsyncOptions): Promise<unknown> {
    await this.#waitAsync(timeout, options);
    return this.#exception();
  }

  #wait(method: string, timeout: Timeout): void {
    const ms = timeoutToMs(timeout);
    if (this.#isDone) return;
    const isDone = () => this.#isDone;
    if (this.#call) {
      if (!this.#call[Member.REPLIES].waitUntil(method, isDone, ms) && !this.#isDone) throw new TimeoutError();
    } else if (ms === Number.POSITIVE_INFINITY)
      throw new RuntimeError(`nobody could settle this future while its thread waits: use await future.${method}Async()`);
    else throw new TimeoutError();
  }

  async #waitAsync(timeout: Timeout, options: AsyncOptions | undefined): Promise<void> {
    const isDone = () => this.#isDone;
    this.#look();
    if (!(await untilReady(isDone, (listener) => this[LISTEN](listener), timeout, options))) throw new TimeoutError();
  }

  #outcome(): T {
    if (this.cancelled()) throw new CancelledError();
    if (this.#hasFailed) throw this.#value;
    return this.#value as T;
  }

  #exception(): unknown {
    if (this.cancelled()) throw new CancelledError();
    return this.#hasFailed ? this.#value : undefined;
  }

  /** @internal */
  [LISTEN](listener: () => void): () => void {
    this.#listeners.add(listener);
    // As long as somebody waits, its event loop takes replies in.
    const stop = this.#call?.[Member.REPLIES].listen(listener);
    return () => {
      this.#listeners.delete(listener);
      stop?.();
    };
  }

  /**
   * Calls `fn(future)` when the future is cancelled or done, at once if it is, in the thread of the future.
   * What it throws is printed and harms nobody.
   */
  addDoneCallback(fn: (future: Future<T>) => unknown): void {
    if (typeof fn !== 'function') throw new TypeError(`a callback must be a function, got ${typeof fn}`);
    if (this.done()) this.#callBack(fn);
    else this.#callbacks.push(fn);
  }

  #callBack(fn: (future: Future<T>) => unknown): void {
    try {
      fn(this);
    } catch (error) {
      console.error(`exception calling callback for ${this}\n`, error);
    }
  }

  #settle(state: FutureState): void {
    this.#state = state;
    const callbacks = this.#callbacks.splice(0);
    for (const each of [...this.#listeners]) each();
    for (const each of callbacks) this.#callBack(each);
  }

  // ── for executors ──────────────────────────────────────────────────────────────────────────────────

  /**
   * Says that the call begins. @returns false: it was cancelled, and is not to begin @throws RuntimeError it
   * has begun
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === 'CANCELLED') {
      this.#state = 'CANCELLED_AND_NOTIFIED';
      return false;
    }
    if (this.#state !== 'PENDING') throw new RuntimeError('Future in unexpected state');
    this.#state = 'RUNNING';
    return true;
  }

  /** Ends it with a result: for who has made it without an executor. @throws InvalidStateError it is done */
  setResult(result: T): void {
    this.#checkOpen();
    this.#value = result;
    this.#settle('FINISHED');
  }

  /** Ends it as failed: for who has made it without an executor. @throws InvalidStateError it is done */
  setException(exception: unknown): void {
    this.#checkOpen();
    this.#value = exception;
    this.#hasFailed = true;
    this.#settle('FINISHED');
  }

  #checkOpen(): void {
    if (this.#isDone) throw new InvalidStateError(`${this.#state}: ${this}`);
  }

  // ── as a promise ───────────────────────────────────────────────────────────────────────────────────

  /**
   * As a promise's: it settles when the call has ended.
   * @param onFulfilled called with the result
   * @param onRejected called with what the call threw, or a CancelledError
   */
  // biome-ignore lint/suspicious/noThenProperty: it is a thenable.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#promise ??= this.resultAsync();
    return this.#promise.then(onFulfilled, onRejected);
  }

  /** As a promise's. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /** As a promise's. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally);
  }

  /** @internal */
  [SEND](): never {
    throw new NotImplementedError('futures cannot be sent to other workers: send what result() returns');
  }

  toString(): string {
    const state = this.running() ? 'running' : this.#state.toLowerCase().replace('_and_notified', '');
    if (this.#state !== 'FINISHED') return `<Future state=${state}>`;
    return `<Future state=finished ${this.#hasFailed ? 'raised' : 'returned'} ${nameOf(this.#value)}>`;
  }
}
