/**
 * TaskMessages: what a call's tasks send while they run, in the order in which it came.
 */
import { TimeoutError } from '../errors.ts';
import { Line } from '../heap/line.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import type { Dispatcher } from './dispatcher.ts';
import { untilReady } from './waiting.ts';

/**
 * The messages of a call, to be taken as they come, in the thread that made the pool: both a sync and an
 * async iterable, which ends with the call, however that ends. What nobody takes is kept as long as the
 * result is.
 */
export class TaskMessages<M = unknown> implements IterableIterator<M> {
  readonly #dispatcher: Dispatcher;
  /** It takes nothing in: who listens is called while that happens. */
  readonly #isOver: () => boolean;
  readonly #waiting = new Line<M>();
  readonly #listeners = new Set<() => void>();

  /** @internal */
  constructor(dispatcher: Dispatcher, isOver: () => boolean) {
    this.#dispatcher = dispatcher;
    this.#isOver = isOver;
  }

  /** @internal */
  add(message: M): void {
    this.#waiting.push(message);
    this.changed();
  }

  /** One more has come, or the call has ended. @internal */
  changed(): void {
    for (const each of [...this.#listeners]) each();
  }

  #isReady = (): boolean => this.#waiting.length > 0 || this.#isOver();

  /**
   * The next message, waiting for it. @param timeout seconds; undefined or null: for ever @throws
   * TimeoutError
   */
  next(timeout?: Timeout): IteratorResult<M> {
    const { replies } = this.#dispatcher;
    if (!this.#isReady() && !replies.waitUntil('next', this.#isReady, timeoutToMs(timeout)) && !this.#isReady())
      throw this.#late();
    return this.#take();
  }

  /** The async twin of `next`. */
  async nextAsync(timeout?: Timeout, options?: AsyncOptions): Promise<IteratorResult<M>> {
    const listen = (listener: () => void) => {
      this.#listeners.add(listener);
      const stop = this.#dispatcher.replies.listen(listener);
      return () => {
        stop();
        this.#listeners.delete(listener);
      };
    };
    this.#dispatcher.replies.look();
    if (!(await untilReady(this.#isReady, listen, timeout, options))) throw this.#late();
    return this.#take();
  }

  #take(): IteratorResult<M> {
    if (this.#waiting.length === 0) return { value: undefined, done: true };
    return { value: this.#waiting.shift() as M, done: false };
  }

  #late(): Error {
    return new TimeoutError('the next message is not there yet');
  }

  /** Blocks for each, until the call has ended. */
  [Symbol.iterator](): this {
    return this;
  }

  /** Awaits each, until the call has ended. */
  [Symbol.asyncIterator](): AsyncIterableIterator<M> {
    const iterator: AsyncIterableIterator<M> = {
      next: () => this.nextAsync(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}
