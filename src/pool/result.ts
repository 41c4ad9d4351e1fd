/**
 * AsyncResult: what a call of a pool comes to, some time.
 */
import { SEND } from '../codec/index.ts';
import { NotImplementedError, TimeoutError, ValueError, WorkerDied } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { type State as Shown, STATE, showable } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { bindContext } from '../platform/index.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Described } from './functions.ts';
import type { LimitOptions } from './limit.ts';
import { TaskMessages } from './messages.ts';
import { Reply } from './protocol.ts';
import type { Replies } from './replies.ts';
import { type Cancellation, cancellationOf } from './signal.ts';
import { untilReady } from './waiting.ts';

/** What every call with a result takes: who is told, and what cancels it. */
export interface ResultOptions<T> extends LimitOptions {
  /**
   * Called with the result, once, in the thread that made the pool: on its event loop, or by a blocking call
   * of the pool that takes the result in.
   * What it throws is printed and harms nobody.
   */
  callback?: ((result: T) => void) | undefined;
  /** The same with the error, if there is one. */
  errorCallback?: ((error: unknown) => void) | undefined;
  /** The same with each message of a task that runs: see `progress`. Beyond Python. */
  onMessage?: ((message: unknown) => void) | undefined;
  /**
   * Cancels the call: it rejects with the signal's reason at once. Tasks that have not begun are not begun;
   * one that runs sees `taskSignal()` aborted, and if it ignores that, what comes of it is dropped.
   */
  signal?: AbortSignal | undefined;
}

/** Callbacks run in the async context of the call. */
function inContext<T>(options: ResultOptions<T>): ResultOptions<T> {
  const { callback, errorCallback, onMessage } = options;
  if (callback === undefined && errorCallback === undefined && onMessage === undefined) return options;
  for (const [name, each] of Object.entries({ callback, errorCallback, onMessage }))
    if (each && typeof each !== 'function') throw new TypeError(`${name} must be a function, got ${typeof each}`);
  return {
    ...options,
    callback: callback && bindContext(callback),
    errorCallback: errorCallback && bindContext(errorCallback),
    onMessage: onMessage && bindContext(onMessage),
  };
}

const enum State {
  PENDING = 0,
  FULFILLED = 1,
  REJECTED = 2,
}

/**
 * The result of a call, to wait for or to await. It belongs to the thread that made the pool.
 *
 * Beyond Python's: it is awaitable, `wait` says whether the result is there, and a task that has died or
 * whose pool was terminated has a result, too: `WorkerDied`.
 * @example
 * ```ts
 * import { main, Pool } from 'nogil';
 *
 * export function half(x: number) {
 *   if (x % 2 === 1) throw new RangeError('odd');
 *   return x / 2;
 * }
 *
 * main(import.meta, async () => {
 *   using pool = new Pool(1);
 *   const callback = (value: number) => console.log('callback', value); // prints callback 4
 *   const result = pool.applyAsync(half, [8], { callback });
 *   console.log(await result, result.successful()); // prints 4 true
 *   const failed = pool.applyAsync(half, [3]);
 *   failed.wait();
 *   console.log(failed.successful()); // prints false
 * });
 * ```
 */
export class AsyncResult<T = unknown> implements PromiseLike<T> {
  /** @internal */
  readonly fn: Described;
  /** @internal */
  id = 0;
  /** @internal */
  place = 0;
  /** @internal */
  readonly owner = undefined;
  /** @internal */
  gone: (() => void) | undefined = undefined;
  /** It was withdrawn before it began. @internal */
  isDropped = false;
  /** @internal */
  protected readonly dispatcher: Dispatcher;
  readonly #options: ResultOptions<T> | undefined;
  #state = State.PENDING;
  #value: unknown;
  #listeners: (() => void)[] | undefined;
  #promise: Promise<T> | undefined;
  #messages: TaskMessages | undefined;
  /** Of those who may give up. */
  #waits: Set<() => void> | undefined;
  /** @internal */
  readonly cancellation: Cancellation | undefined;

  /** @internal */
  constructor(dispatcher: Dispatcher, fn: Described, options: ResultOptions<T> | undefined) {
    this.dispatcher = dispatcher;
    this.fn = fn;
    this.#options = options && inContext(options);
    const signal = options?.signal;
    this.cancellation = signal && cancellationOf(signal, this);
  }

  /** Whether it is there: a result, or an error. Never waits. */
  ready(): boolean {
    if (this.#state === State.PENDING) this.dispatcher.replies.look();
    return this.#state !== State.PENDING;
  }

  /** Whether it is there and no error. @throws ValueError it is not there yet */
  successful(): boolean {
    if (!this.ready()) throw new ValueError('the result is not ready');
    return this.#state === State.FULFILLED;
  }

  /**
   * Waits until it is there. @param timeout seconds; undefined or null: for ever @returns whether it is
   * (Python's returns None)
   */
  wait(timeout?: Timeout): boolean {
    return this.#waitFor('wait', timeout);
  }

  #waitFor(method: string, timeout: Timeout): boolean {
    return this.dispatcher.replies.waitUntil(method, () => this.#state !== State.PENDING, timeoutToMs(timeout));
  }

  /** The async twin of `wait`. */
  waitAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return untilReady(
      () => this.ready(),
      (listener) => this.#listen(listener),
      timeout,
      options,
    );
  }

  /**
   * Waits for the result.
   * @param timeout seconds; undefined or null: for ever
   * @throws TimeoutError it was not there in time; what the task threw, each time, with its worker's stack as
   * the cause; WorkerDied; MaybeEncodingError
   */
  get(timeout?: Timeout): T {
    if (!this.#waitFor('get', timeout)) throw this.#late();
    return this.#outcome();
  }

  /** The async twin of `get`. `await result` is the same without a timeout. */
  async getAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    if (!(await this.waitAsync(timeout, options))) throw this.#late();
    return this.#outcome();
  }

  #late(): Error {
    return new TimeoutError('the result is not there yet');
  }

  #outcome(): T {
    if (this.#state === State.REJECTED) throw this.#value;
    return this.#value as T;
  }

  #listen(listener: () => void): () => void {
    this.#waits ??= new Set();
    this.#waits.add(listener);
    return () => this.#waits?.delete(listener);
  }

  #enlist(listener: () => void): void {
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  /**
   * So that it can be awaited: as a promise's `then`.
   * @param onFulfilled called with the result
   * @param onRejected called with the error
   */
  // biome-ignore lint/suspicious/noThenProperty: it is a thenable.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onFulfilled, onRejected);
  }

  /**
   * The engine's own: a handler runs in the async context (AsyncLocalStorage) of whoever gave it, as `await`
   * does.
   */
  #asPromise(): Promise<T> {
    this.#promise ??= new Promise<T>((resolve, reject) => {
      const settle = () => {
        if (this.#state === State.FULFILLED) resolve(this.#value as T);
        else reject(this.#value);
      };
      if (this.#state === State.PENDING) this.#enlist(settle);
      else settle();
    });
    return this.#promise;
  }

  /**
   * As a promise's `catch`. Here and in `then` the handler runs on the event loop of the thread that made the
   * pool.
   */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /** As a promise's `finally`. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally);
  }

  /**
   * Ends the call: it rejects with WorkerDied at once. What has not begun does not begin. A worker that runs
   * a task of it is ended wherever it is, and replaced; nobody else's task is lost. Beyond Python.
   */
  terminate(): void {
    if (this.#state !== State.PENDING) return;
    this.settle(true, new WorkerDied('the task was terminated'));
    this.dispatcher.endTasks(this);
    this.dispatcher.replies.look();
  }

  /**
   * What its tasks send while they run, with `progress(message)` or `taskChannel()`. With `onMessage` there
   * is nothing here. Beyond Python.
   */
  get messages(): TaskMessages {
    this.#messages ??= new TaskMessages(this.dispatcher, () => this.#state !== State.PENDING);
    return this.#messages;
  }

  /** @internal */
  hear(message: unknown): void {
    if (this.#state !== State.PENDING) return;
    const onMessage = this.#options?.onMessage;
    if (onMessage) this.dispatcher.replies.later(() => onMessage(message));
    else this.messages.add(message);
  }

  /** Whether it will certainly not begin; if so, it never settles. @internal */
  [Member.WITHDRAW](): boolean {
    return this.#state === State.PENDING && this.dispatcher.withdraw(this);
  }

  /** @internal */
  get [Member.REPLIES](): Replies {
    return this.dispatcher.replies;
  }

  /** Whether a worker has it. @internal */
  get [Member.IS_RUNNING](): boolean {
    return this.#state === State.PENDING && this.dispatcher.isRunning(this);
  }

  /** Whether no worker of its pool can be started. @internal */
  get [Member.IS_BROKEN](): boolean {
    return this.dispatcher.isBroken;
  }

  /** @internal */
  arrive(value: unknown, reply: Reply): void {
    if (reply === Reply.CANCELLED) this.isDropped = true;
    this.settle(reply !== Reply.RESULT, value);
  }

  /** @internal */
  cancel(reason: unknown): void {
    this.settle(true, reason);
    if (this.#options?.kill) this.dispatcher.endTasks(this);
    this.dispatcher.replies.look();
  }

  /** The first time counts. @internal */
  settle(failed: boolean, value: unknown): void {
    if (this.#state !== State.PENDING) return;
    this.#state = failed ? State.REJECTED : State.FULFILLED;
    this.#value = value;
    this.cancellation?.remove(this);
    const callback = failed ? this.#options?.errorCallback : this.#options?.callback;
    if (callback) this.dispatcher.replies.later(() => callback(value as T));
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const each of listeners ?? []) each();
    for (const each of this.#waits ?? []) each();
    this.#messages?.changed();
  }

  /** @internal */
  [STATE](): Shown {
    const state = ['pending', 'fulfilled', 'rejected'][this.#state] as string;
    return { text: state, fields: { state } };
  }

  /** @internal */
  [SEND](): never {
    throw new NotImplementedError('results of a pool cannot be sent to other workers: send what get() returns');
  }
}

showable(AsyncResult);
