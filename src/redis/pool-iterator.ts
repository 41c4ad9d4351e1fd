/** PoolIterator: results of a pool of several programs, one by one. */
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { onAbort, TimeoutError, timeoutToMs } from './core.ts';
import type { Line } from './line.ts';
import { fromBytes } from './wire.ts';

/**
 * The results of `imap` (in order) and `imapUnordered` (as they come): both a sync and an async iterable.
 * What a task throws is thrown in the place of its chunk's results, and later chunks still come. Unlike a
 * local pool's, the iterable that it is made of has been read to its end.
 */
export class PoolIterator<R> implements IterableIterator<R> {
  readonly #line: Line;
  /** Chunks that are not consumed yet, as calls of the bridge. */
  readonly #calls: Set<number>;
  readonly #ordered: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #unlisten: () => void;
  #current: unknown[] = [];
  #position = 0;

  /** @internal */
  constructor(line: Line, calls: readonly number[], ordered: boolean, signal: AbortSignal | undefined) {
    this.#line = line;
    this.#calls = new Set(calls);
    this.#ordered = ordered;
    this.#signal = signal;
    this.#unlisten = onAbort(signal, () => this.#drop());
  }

  /** Those of which one must be there. */
  get #wanted(): ReadonlySet<number> {
    if (!this.#ordered) return this.#calls;
    const [first] = this.#calls;
    return new Set(first === undefined ? [] : [first]);
  }

  #consume(): IteratorResult<R> | undefined {
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (this.#position < this.#current.length) return { value: this.#current[this.#position++] as R, done: false };
    if (this.#calls.size > 0) return undefined;
    this.#unlisten();
    return { value: undefined, done: true };
  }

  #took(call: number): void {
    this.#calls.delete(call);
    this.#current = this.#line.end<'map'>(call).flatMap((bytes) => fromBytes(bytes) as unknown[]);
    this.#position = 0;
  }

  /**
   * The next result, waiting for it. @param timeout seconds; undefined or null: for ever
   * @throws TimeoutError it is not there in time, and will be the next one still; what its task threw
   */
  next(timeout?: Timeout): IteratorResult<R> {
    const deadline = performance.now() + timeoutToMs(timeout);
    for (;;) {
      const result = this.#consume();
      if (result !== undefined) return result;
      const call = this.#line.firstOf(this.#wanted, deadline);
      if (call === undefined) throw late();
      this.#took(call);
    }
  }

  /** The async twin of `next`. */
  async nextAsync(timeout?: Timeout, options?: AsyncOptions): Promise<IteratorResult<R>> {
    const deadline = performance.now() + timeoutToMs(timeout);
    const signals = [this.#signal, options?.signal].filter((each) => each !== undefined);
    for (;;) {
      const result = this.#consume();
      if (result !== undefined) return result;
      const call = await this.#line.firstOfAsync(this.#wanted, deadline, AbortSignal.any(signals));
      if (call === undefined) throw late();
      this.#took(call);
    }
  }

  #drop(): void {
    for (const call of this.#calls) this.#line.drop(call);
    this.#calls.clear();
    this.#current = [];
  }

  /** Ends the iteration: what nobody has begun is not done any more. */
  return(): IteratorResult<R> {
    this.#drop();
    this.#unlisten();
    return { value: undefined, done: true };
  }

  /** Itself: `for (const result of pool.imap(...))` blocks for each result. */
  [Symbol.iterator](): this {
    return this;
  }

  /** The results without blocking: `for await (const result of pool.imap(...))`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<R> {
    const iterator: AsyncIterableIterator<R> = {
      next: () => this.nextAsync(),
      return: async () => this.return(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

function late(): TimeoutError {
  return new TimeoutError('the next result is not there yet');
}
