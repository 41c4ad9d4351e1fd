/**
 * PoolIterator: results that come one by one while their items are still being read.
 *
 * Back-pressure: so many chunks are read ahead of those that were consumed, and no more, so that an endless
 * iterable is as good as a short one. Items are read when the iterator is made and when results are consumed,
 * always in the thread that made the pool.
 */
import { SEND } from '../codec/index.ts';
import { NotImplementedError, TimeoutError } from '../errors.ts';
import { STATE, type State, showable } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { Chunk } from './chunk.ts';
import { slice } from './chunks.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Described } from './functions.ts';
import { TaskMessages } from './messages.ts';
import type { ProgressMeter } from './progress.ts';
import { Call, Reply } from './protocol.ts';
import { type Cancellation, cancellationOf } from './signal.ts';
import { untilReady } from './waiting.ts';

/** The outcomes of a chunk: values, and which of them are errors. */
interface Outcomes {
  values: ArrayLike<unknown>;
  failed: ArrayLike<boolean> | undefined;
}

export interface IteratorSettings {
  ordered: boolean;
  chunksize: number;
  /** Chunks that are read ahead of those that were consumed. */
  ahead: number;
  signal: AbortSignal | undefined;
  /** As it travels with each chunk. */
  limit: number;
  /** What is cancelled is ended with its worker. */
  kill: boolean;
  meter: ProgressMeter | undefined;
}

/**
 * The results of `imap` (in order) and `imapUnordered` (as they come). Both a sync and an async iterable; an
 * error is one item, and later items still come. It belongs to the thread that made the pool.
 * @example
 * ```ts
 * import { main, Pool } from 'nogil';
 *
 * export function half(x: number) {
 *   if (x % 2 === 1) throw new RangeError(`${x} is odd`);
 *   return x / 2;
 * }
 *
 * main(import.meta, () => {
 *   using pool = new Pool(1);
 *   const results = pool.imap(half, [2, 3, 4]);
 *   console.log(results.next()); // prints { value: 1, done: false }
 *   try {
 *     results.next(10);
 *   } catch (error) {
 *     console.log((error as Error).message); // prints 3 is odd
 *   }
 *   console.log([...results]); // prints [ 2 ]
 * });
 * ```
 */
export class PoolIterator<R> implements IterableIterator<R> {
  /** @internal */
  readonly fn: Described;
  readonly #dispatcher: Dispatcher;
  readonly #settings: IteratorSettings;
  readonly #cancellation: Cancellation | undefined;
  #source: Iterator<unknown> | undefined;
  #ahead: number;
  /** Chunks that were read and not yet consumed. */
  #out = 0;
  #read = 0;
  #arrived = 0;
  /** By the number of their first items. */
  readonly #waiting = new Map<number, Outcomes>();
  /** The first item of the chunk that is next in order. */
  #next = 0;
  #current: Outcomes | undefined;
  #position = 0;
  /**
   * What the iterable threw: it comes behind the results of all that it gave, in whatever order those come.
   */
  #sourceError: { error: unknown } | undefined;
  readonly #listeners = new Set<() => void>();
  #isFinished = false;
  #messages: TaskMessages | undefined;

  /** @internal */
  constructor(dispatcher: Dispatcher, fn: Described, iterable: Iterable<unknown>, settings: IteratorSettings) {
    this.#dispatcher = dispatcher;
    this.fn = fn;
    this.#settings = settings;
    this.#ahead = settings.ahead;
    this.#cancellation = settings.signal && cancellationOf(settings.signal, this);
    this.#source = iterable[Symbol.iterator]();
    dispatcher.addSource(this);
    this.#fill();
  }

  // ── items ──────────────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  [STATE](): State {
    const fields = { read: this.#read, arrived: this.#arrived, finished: this.#isFinished };
    return { text: `${fields.arrived} of ${fields.read} read`, fields };
  }

  #fill(): void {
    while (this.#source !== undefined && this.#out < this.#ahead) {
      const from = this.#read;
      const items: unknown[] = [];
      let isLast = false;
      try {
        while (items.length < this.#settings.chunksize) {
          const { value, done } = this.#source.next();
          if (done) {
            isLast = true;
            break;
          }
          items.push(value);
        }
      } catch (error) {
        this.#put(from, items);
        this.#sourceError = { error };
        this.#exhausted();
        return;
      }
      this.#put(from, items);
      // Only now: where nothing is out, exhausted means finished.
      if (isLast) this.#exhausted();
    }
  }

  #put(from: number, items: unknown[]): void {
    const { length } = items;
    if (length === 0) return;
    this.#read += length;
    this.#out++;
    const chunk = new Chunk(this, from, length);
    try {
      this.#dispatcher.submit(
        Call.EACH,
        this.fn,
        slice(items, 0, length),
        chunk,
        this.#cancellation,
        undefined,
        this.#settings.limit,
      );
    } catch (error) {
      chunk.arrive(error, Reply.ERROR);
    }
  }

  #exhausted(): void {
    this.#source = undefined;
    this.#dispatcher.removeSource(this);
    if (this.#out === 0) this.#finish();
  }

  /** @internal */
  flush(): void {
    this.#ahead = Number.POSITIVE_INFINITY;
    this.#fill();
  }

  /**
   * What its tasks send while they run, with `progress(message)` or `taskChannel()`. It ends once all items
   * have been done, for which results have to be taken: see `buffersize`.
   */
  get messages(): TaskMessages {
    this.#messages ??= new TaskMessages(this.#dispatcher, () => this.#isDone);
    return this.#messages;
  }

  get #isDone(): boolean {
    return this.#isFinished || (this.#source === undefined && this.#arrived >= this.#read);
  }

  /** @internal */
  hear(message: unknown): void {
    if (!this.#isFinished) this.messages.add(message);
  }

  /** The pool is no more. @internal */
  abandon(error: Error): void {
    if (this.#source === undefined) return;
    this.#out++;
    this.#keep(this.#read++, { values: [error], failed: [true] });
    this.#source = undefined;
  }

  // ── results ────────────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  arriveChunk({ from, length }: Chunk, value: unknown, reply: Reply): void {
    // What was on its way when the iteration ended is dropped: it would take the place of a signal's reason.
    if (this.#isFinished) return;
    let outcomes: Outcomes;
    if (reply === Reply.RESULT) outcomes = { values: value as ArrayLike<unknown>, failed: undefined };
    else if (reply === Reply.MIXED) {
      const [values, failed] = value as [unknown[], boolean[]];
      outcomes = { values, failed };
    } else outcomes = { values: new Array(length).fill(value), failed: new Array(length).fill(true) };
    this.#keep(from, outcomes);
  }

  #keep(from: number, outcomes: Outcomes): void {
    this.#arrived += outcomes.values.length;
    const arrived = this.#arrived;
    const { meter } = this.#settings;
    if (meter) this.#dispatcher.replies.later(() => meter.report(arrived));
    this.#waiting.set(from, outcomes);
    for (const each of [...this.#listeners]) each();
    this.#messages?.changed();
  }

  /** Whether `next` has something to say. */
  #isReady = (): boolean => {
    if (this.#current !== undefined) return true;
    if (this.#waiting.size > 0) {
      const first = this.#settings.ordered ? this.#next : this.#waiting.keys().next().value;
      const outcomes = this.#waiting.get(first as number);
      if (outcomes !== undefined) {
        this.#waiting.delete(first as number);
        this.#next += outcomes.values.length;
        this.#current = outcomes;
        this.#position = 0;
        return true;
      }
    }
    return this.#source === undefined && this.#out === 0;
  };

  #consume(): IteratorResult<R> {
    const outcomes = this.#current;
    if (outcomes === undefined) {
      const last = this.#sourceError;
      this.#sourceError = undefined;
      if (last !== undefined) throw last.error;
      return { value: undefined, done: true };
    }
    const { values, failed } = outcomes;
    const at = this.#position++;
    if (this.#position === values.length) {
      this.#current = undefined;
      this.#out--;
      this.#fill();
      if (this.#source === undefined && this.#out === 0) this.#finish();
    }
    if (failed?.[at]) throw values[at];
    return { value: values[at] as R, done: false };
  }

  /**
   * The next result, waiting for it. Python's has a timeout only for a `chunksize` of 1.
   * @param timeout seconds; undefined or null: for ever
   * @throws TimeoutError it is not there in time, and will be the next one still; what its task threw;
   * WorkerDied
   */
  next(timeout?: Timeout): IteratorResult<R> {
    if (!this.#isReady() && !this.#dispatcher.replies.waitUntil('next', this.#isReady, timeoutToMs(timeout)) && !this.#isReady())
      throw this.#late();
    return this.#consume();
  }

  /** The async twin of `next`. */
  async nextAsync(timeout?: Timeout, options?: AsyncOptions): Promise<IteratorResult<R>> {
    const listen = (listener: () => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    const deadline = timeout === undefined || timeout === null ? undefined : performance.now() + timeout * 1000;
    for (;;) {
      if (this.#isReady()) return this.#consume();
      const left = deadline === undefined ? undefined : (deadline - performance.now()) / 1000;
      if (!(await untilReady(this.#isReady, listen, left, options))) throw this.#late();
    }
  }

  #late(): Error {
    return new TimeoutError('the next result is not there yet');
  }

  /** Ends the iteration: no further items are read. What has been read is still done, and dropped. */
  return(): IteratorResult<R> {
    const source = this.#source;
    this.#source = undefined;
    this.#current = undefined;
    this.#sourceError = undefined;
    this.#waiting.clear();
    this.#out = 0;
    this.#dispatcher.removeSource(this);
    this.#finish();
    source?.return?.();
    return { value: undefined, done: true };
  }

  /** `return`, and ends what has been read with its workers, which are replaced. Beyond Python. */
  terminate(): void {
    this.return();
    this.#dispatcher.endTasks(this);
  }

  /** @internal */
  cancel(reason: unknown): void {
    if (this.#settings.kill) this.terminate();
    else this.return();
    this.#out = 1;
    this.#keep(this.#next, { values: [reason], failed: [true] });
    this.#dispatcher.replies.look();
  }

  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#messages?.changed();
    this.#cancellation?.remove(this);
    const { meter } = this.#settings;
    if (meter === undefined) return;
    this.#dispatcher.replies.later(() => meter.end());
    this.#dispatcher.replies.look();
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

  /** @internal */
  [SEND](): never {
    throw new NotImplementedError('iterators of a pool cannot be sent to other workers');
  }
}

showable(PoolIterator);
