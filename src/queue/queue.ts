/**
 * Queue: first in, first out, between any number of workers. The other disciplines (lifo-queue.ts,
 * priority-queue.ts) differ in what comes out next.
 */
import { ClassTag, Encoding, Kind, QueueField, Status } from '../../assembly/abi.ts';
import { Empty, ShutDown, ValueError } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, heapFull, theHeap } from '../heap/heap.ts';
import { interruption, throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { decodeRecord, RECORD } from '../heap/records.ts';
import { AdoptionToken, created, registerShared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Blocking, isBlocking, leftUntil, type Timeout } from '../heap/time.ts';
import { wouldBlock } from '../sync/blocking.ts';
import { checkInteger, type Flavour, threading } from '../sync/flavour.ts';
import { fullError } from './full.ts';
import { decodeMany, type NumberArray, notNumber, readNumbers, roomIn } from './get-batch.ts';
import { itemsOf, itemsOfAsync } from './items.ts';
import { Lender } from './lender.ts';
import { PutBatch } from './put-batch.ts';
import { isShortBytes, plainRecords, putEncoded, type RecordForm, stageBytes } from './records.ts';
import { readableOf, writableOf } from './streams.ts';

const FOREVER = Number.POSITIVE_INFINITY;

/**
 * A queue of values. `put` is complete when it returns: the item is in, `qsize` and `empty` are exact, and
 * the producer may end at once.
 *
 * Items are snapshots taken by `put`. Whoever dies inside a call loses at most the item that it was moving.
 * Unlike Python's: every queue is joinable, can be shut down, awaited and iterated; there is no feeder thread
 * and so nothing to flush.
 * @example
 * ```ts
 * import { main, Process, Queue } from 'nogil';
 *
 * export function producer(queue: Queue<number>) {
 *   for (let i = 1; i <= 100; i++) queue.put(i);
 *   queue.shutdown();
 * }
 *
 * main(import.meta, () => {
 *   const queue = new Queue<number>(16); // a put waits while 16 items are in
 *   new Process({ target: producer, args: [queue] }).start();
 *   let sum = 0;
 *   for (const item of queue) sum += item; // until it is shut down and drained
 *   console.log(sum); // prints 5050
 * });
 * ```
 */
export class Queue<T = unknown> extends Lender {
  readonly #maxsize: number;

  /**
   * Makes a queue. @param maxsize items that fit; 0, the default, or less: as many as the heap holds @throws
   * TypeError it is no integer; MemoryError
   */
  constructor(maxsize?: number);
  /** @internal */
  constructor(maxsize?: number | AdoptionToken);
  constructor(maxsize: number | AdoptionToken = 0) {
    if (maxsize instanceof AdoptionToken) {
      super(maxsize.heap, maxsize.ref);
      this.#maxsize = this[Member.HEAP].loadWord(this[Member.PTR] + QueueField.MAXSIZE);
    } else {
      const heap = theHeap();
      const items = Math.max(0, checkInteger('maxsize', maxsize, -0x7fffffff));
      super(heap, created(new.target[Member.MAKE](heap, items)));
      this.#maxsize = items;
    }
  }

  /** Makes the object behind it: its Ref, or 0. @internal */
  protected static [Member.MAKE](heap: Heap, maxsize: number): number {
    return heap.core.queueCreate(maxsize);
  }

  /** @internal */
  protected get [Member.FORM](): RecordForm {
    return plainRecords;
  }

  /** @internal */
  protected get [Member.FLAVOUR](): Flavour {
    return threading;
  }

  /** @internal */
  get [Member.WRITES_TO](): number {
    return this[Member.OPEN];
  }

  /** @internal */
  get [Member.READS_FROM](): number {
    return this[Member.OPEN];
  }

  /** @internal */
  [Member.COMMIT](queue: number, slot: number, length: number, ms: number): number {
    return this[Member.HEAP].core.queueCommit(queue, slot, length, ms);
  }

  /** @internal */
  [Member.TO_MS](timeout: Timeout): number {
    return this[Member.FLAVOUR].queueTimeout(timeout);
  }

  #timeout(block: Blocking, timeout: Timeout): number {
    if (block === true && (timeout === undefined || timeout === null)) return FOREVER;
    return isBlocking('block', block) ? this[Member.FLAVOUR].queueTimeout(timeout) : 0;
  }

  // ── put ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts `item` in, waiting for room.
   * @param block false: throw Full at once
   * @param timeout seconds to wait for room; undefined or null: for ever
   * @throws Full no room in time; ShutDown; TypeError the item cannot be sent (the message names the part);
   * MemoryError. Then nothing has changed
   * @example
   * ```ts
   * import { Full, Queue } from 'nogil';
   *
   * const queue = new Queue<string>(1);
   * queue.put('first');
   * try {
   *   queue.put('second', true, 0.01);
   * } catch (error) {
   *   console.log(error instanceof Full); // prints true
   * }
   * ```
   */
  put(item: T, block: Blocking = true, timeout?: Timeout): void {
    const ms = block === true && timeout === undefined ? FOREVER : this.#timeout(block, timeout);
    const status =
      typeof item === 'number'
        ? this[Member.HEAP].core.queuePutNumber(this[Member.OPEN], item, ms)
        : this[Member.PUT_ITEM](item, ms);
    if (status !== Status.OK) throw this[Member.PUT_ERROR](status);
  }

  /** Puts `item` in, if there is room: `put(item, false)`. @throws Full at once; otherwise as `put` */
  putNowait(item: T): void {
    this.put(item, false);
  }

  /** Puts an item that is no number: a status. @internal */
  protected [Member.PUT_ITEM](item: T, ms: number): number {
    const { [Member.HEAP]: heap } = this;
    if (isShortBytes(heap, item)) {
      const { length } = item;
      const place = stageBytes(heap, item);
      // Only now: an array may have accessors of its own.
      const queue = this[Member.OPEN];
      return place === 0
        ? heap.core.queuePut(queue, length, Encoding.BYTES, ms)
        : heap.core.queuePutFrom(queue, place, length, ms);
    }
    const encoding = heap.codec.encode(item, RECORD);
    // Only now: a getter of the item may have closed the queue.
    return putEncoded(heap, this[Member.OPEN], encoding, ms);
  }

  /** @internal */
  [Member.PUT_ERROR](status: number, method = 'put'): Error {
    switch (status) {
      case Status.TIMEOUT:
        return interruption() ?? fullError(this);
      case Status.SHUTDOWN:
        return new ShutDown('the queue was shut down');
      case Status.WOULD_BLOCK:
        return wouldBlock(method);
      default:
        return heapFull();
    }
  }

  /** The async twin of `put`. The snapshot is taken now. */
  putAsync(item: T, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    try {
      const ms = this[Member.FLAVOUR].queueTimeout(timeout);
      options?.signal?.throwIfAborted();
      const batch = new PutBatch(this[Member.HEAP], [item], this[Member.FORM]);
      const gate = this[Member.HEAP].core.queueNotFullGate(this[Member.OPEN]);
      const done = AsyncGate.wait<void>(
        this[Member.HEAP],
        gate,
        () => this.#tryFlush(batch),
        ms,
        options,
        () => this.#full(batch, false),
      );
      return batch.isEmpty ? done : batch.dropUnlessSent(done);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #tryFlush(batch: PutBatch): typeof PENDING | undefined {
    const status = batch.flush(this[Member.OPEN], 0);
    if (status === Status.TIMEOUT) return PENDING;
    if (status < 0) throw this[Member.PUT_ERROR](status);
    return undefined;
  }

  #full(batch: PutBatch, many: boolean): never {
    const full = fullError(this);
    if (many) full.put = batch.sent;
    throw full;
  }

  /**
   * Puts all items in, in order and in as few steps as there is room for; other producers' items may come
   * between them.
   * @param timeout seconds for all of them. @throws Full with `put`, how many are in; otherwise as `put`
   * @example
   * ```ts
   * import { Queue } from 'nogil';
   *
   * const queue = new Queue<number>();
   * queue.putMany([1, 2, 3]);
   * queue.putMany(new Float64Array([4, 5])); // a batch of numbers
   * console.log(queue.getMany()); // prints [ 1, 2, 3, 4, 5 ]
   * ```
   */
  putMany(items: Iterable<T>, timeout?: Timeout): void {
    const deadline = performance.now() + this[Member.FLAVOUR].queueTimeout(timeout);
    const queue = this[Member.OPEN];
    const batch = new PutBatch(this[Member.HEAP], items, this[Member.FORM]);
    try {
      while (!batch.isEmpty) {
        const status = batch.flush(queue, timeout === undefined ? FOREVER : leftUntil(deadline));
        if (status === Status.TIMEOUT) {
          throwIfInterrupted();
          this.#full(batch, true);
        }
        if (status < 0) throw this[Member.PUT_ERROR](status);
      }
    } finally {
      batch.drop();
    }
  }

  /** The async twin of `putMany`. */
  putManyAsync(items: Iterable<T>, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    try {
      const ms = this[Member.FLAVOUR].queueTimeout(timeout);
      options?.signal?.throwIfAborted();
      const batch = new PutBatch(this[Member.HEAP], items, this[Member.FORM]);
      const gate = this[Member.HEAP].core.queueNotFullGate(this[Member.OPEN]);
      const attempt = () => {
        while (!batch.isEmpty) if (this.#tryFlush(batch) === PENDING) return PENDING;
        return undefined;
      };
      return batch.dropUnlessSent(
        AsyncGate.wait<void>(this[Member.HEAP], gate, attempt, ms, options, () => this.#full(batch, true)),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // ── get ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Takes the oldest item out, waiting for one.
   * @param block false: throw Empty at once
   * @param timeout seconds to wait; undefined or null: for ever
   * @throws Empty nothing came in time; ShutDown it was shut down and is drained
   */
  get(block: Blocking = true, timeout?: Timeout): T {
    const ms = block === true && timeout === undefined ? FOREVER : this.#timeout(block, timeout);
    const meta = this[Member.HEAP].core.queueGet(this[Member.OPEN], ms);
    if (meta === Encoding.NUMBER) return this[Member.HEAP].scratchF64[1] as T;
    if (meta < 0) throw this[Member.GET_ERROR](meta);
    return decodeRecord(this[Member.HEAP], RECORD, this[Member.HEAP].scratchI32[0] as number, meta) as T;
  }

  /** Takes the oldest item out, if there is one: `get(false)`. @throws Empty at once; otherwise as `get` */
  getNowait(): T {
    return this.get(false);
  }

  /** @internal */
  [Member.GET_ERROR](status: number, method = 'get'): Error {
    switch (status) {
      case Status.TIMEOUT:
        return interruption() ?? new Empty('the queue is empty');
      case Status.SHUTDOWN:
        return new ShutDown('the queue was shut down and is drained');
      default:
        return wouldBlock(method);
    }
  }

  /**
   * The async twin of `get`: never blocks. @param timeout seconds; undefined or null: for ever @throws as
   * `get`; the signal's reason
   * @example
   * ```ts
   * import { main, Process, Queue } from 'nogil';
   *
   * export function answer(queue: Queue<string>) {
   *   queue.put('done');
   * }
   *
   * main(import.meta, async () => {
   *   const queue = new Queue<string>();
   *   new Process({ target: answer, args: [queue] }).start();
   *   console.log(await queue.getAsync(10, { signal: AbortSignal.timeout(10_000) })); // prints done
   * });
   * ```
   */
  getAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T> {
    return this[Member.AWAIT_ITEM](() => this.#tryGet(), timeout, options);
  }

  #tryGet(): T | typeof PENDING {
    const meta = this[Member.HEAP].core.queueGet(this[Member.OPEN], 0);
    if (meta === Status.TIMEOUT) return PENDING;
    if (meta < 0) throw this[Member.GET_ERROR](meta);
    return decodeRecord(this[Member.HEAP], RECORD, this[Member.HEAP].scratchI32[0] as number, meta) as T;
  }

  /**
   * Takes out as many items as are there, waiting for the first: at least one, at most `max` (and as many as
   * the worker's staging area holds, 64 KiB, and lie in one piece of the queue's memory).
   * @param timeout seconds. @throws as `get`
   */
  getMany(max: number = 0x7fffffff, timeout?: Timeout): T[] {
    const most = checkInteger('max', Math.min(max, 0x7fffffff), 1);
    const ms = timeout === undefined ? FOREVER : this[Member.FLAVOUR].queueTimeout(timeout);
    const count = this[Member.HEAP].core.queueGetMany(this[Member.OPEN], most, ms);
    if (count < 0) throw this[Member.GET_ERROR](count);
    return decodeMany<T>(this[Member.HEAP], count);
  }

  /** The async twin of `getMany`. */
  async getManyAsync(max: number = 0x7fffffff, timeout?: Timeout, options?: AsyncOptions): Promise<T[]> {
    const most = checkInteger('max', Math.min(max, 0x7fffffff), 1);
    const attempt = () => {
      const count = this[Member.HEAP].core.queueGetMany(this[Member.OPEN], most, 0);
      if (count === Status.TIMEOUT) return PENDING;
      if (count < 0) throw this[Member.GET_ERROR](count);
      return decodeMany<T>(this[Member.HEAP], count);
    };
    return this[Member.AWAIT_ITEM](attempt, timeout, options);
  }

  /**
   * `getMany` of numbers, into a typed array: at most as many as it has room for, and up to the first item
   * that is no number. Nothing is allocated.
   * @param timeout seconds to wait for the first; undefined or null: for ever
   * @returns how many; the rest of `target` is as it was
   * @throws TypeError the first item is no number, and stays; Empty; ShutDown
   * @example
   * ```ts
   * import { Queue } from 'nogil';
   *
   * const queue = new Queue<number>();
   * queue.putMany([1, 2, 3]);
   * const buffer = new Float64Array(1024); // made once
   * const count = queue.getManyInto(buffer);
   * console.log(buffer.subarray(0, count).join()); // prints 1,2,3
   * ```
   */
  getManyInto(target: NumberArray, timeout?: Timeout): number {
    const most = roomIn(target);
    if (most === 0) return 0;
    const ms = timeout === undefined ? FOREVER : this[Member.FLAVOUR].queueTimeout(timeout);
    return this.#numbersInto(target, this[Member.HEAP].core.queueGetNumbers(this[Member.OPEN], most, ms));
  }

  /** The async twin of `getManyInto`. */
  async getManyIntoAsync(target: NumberArray, timeout?: Timeout, options?: AsyncOptions): Promise<number> {
    const most = roomIn(target);
    if (most === 0) return 0;
    const attempt = () => {
      const count = this[Member.HEAP].core.queueGetNumbers(this[Member.OPEN], most, 0);
      return count === Status.TIMEOUT ? PENDING : this.#numbersInto(target, count);
    };
    return this[Member.AWAIT_ITEM](attempt, timeout, options);
  }

  #numbersInto(target: NumberArray, count: number): number {
    if (count === Status.NOT_NUMBER) throw notNumber();
    if (count < 0) throw this[Member.GET_ERROR](count);
    readNumbers(this[Member.HEAP], target, count);
    return count;
  }

  // ── streams ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The items as a web stream, which ends when the queue is shut down and drained. An item is taken out when
   * it is read, and not before; several streams, also in several workers, share the items. `cancel` leaves
   * the queue as it is. Beyond Python.
   */
  readable(): ReadableStream<T> {
    return readableOf(this);
  }

  /**
   * A web stream whose chunks are put: a write is done when its item is in. `close` shuts the queue down,
   * `abort` at once, with what is in; reasons do not travel. To leave it open: `pipeTo(..., { preventClose:
   * true })`. Beyond Python.
   */
  writable(): WritableStream<T> {
    return writableOf(this);
  }

  /** @internal */
  override [STATE](): State {
    const size = this.qsize();
    const maxsize = this.maxsize > 0 ? this.maxsize : undefined;
    const shutdown = this.isShutdown || undefined;
    const text = `size=${size}${maxsize === undefined ? '' : `/${maxsize}`}${shutdown ? ', shut down' : ''}`;
    return { text, fields: { size, maxsize, shutdown } };
  }

  // ── the rest ───────────────────────────────────────────────────────────────────────────────────────

  /** Items in the queue: exact at one moment of the call, and never an error as Python's on macOS. */
  qsize(): number {
    return this[Member.HEAP].core.queueSize(this[Member.OPEN]);
  }

  /**
   * Whether nothing is in it. Exact at one moment of the call, unlike that of Python's `multiprocessing`.
   */
  empty(): boolean {
    return this.qsize() === 0;
  }

  /** Items that fit; 0: as many as the heap holds. Fixed when the queue is made. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /** Whether a `put` would have to wait. Always false without a `maxsize`. */
  full(): boolean {
    const size = this.qsize();
    return this.#maxsize > 0 && size >= this.#maxsize;
  }

  /** Items that were put and not yet counted off by `taskDone`. */
  get unfinishedTasks(): number {
    return this[Member.HEAP].core.queueUnfinished(this[Member.OPEN]) >>> 0;
  }

  /** Whether `shutdown` was called, here or by another worker. Python has `is_shutdown`. */
  get isShutdown(): boolean {
    return this[Member.HEAP].core.queueIsShutDown(this[Member.OPEN]) !== 0;
  }

  /**
   * Counts one item off: what `get` gave is done. @throws ValueError called more often than items were put
   */
  taskDone(): void {
    if (this[Member.HEAP].core.queueTaskDone(this[Member.OPEN]) !== Status.OK)
      throw new ValueError('taskDone() called too many times');
  }

  /**
   * Waits until every item that was put is counted off. Python's has no timeout. @param timeout seconds
   * @returns false when the time was up
   * @example
   * ```ts
   * import { main, Queue, Thread } from 'nogil';
   *
   * export function worker(queue: Queue<number>) {
   *   for (const item of queue) {
   *     console.log(item); // prints 1
   *     queue.taskDone();
   *   }
   * }
   *
   * main(import.meta, () => {
   *   const queue = new Queue<number>();
   *   queue.put(1);
   *   new Thread({ target: worker, args: [queue], daemon: true }).start();
   *   queue.join(); // once the item is counted off
   * });
   * ```
   */
  join(timeout?: Timeout): boolean {
    const status = this[Member.HEAP].core.queueJoin(
      this[Member.OPEN],
      timeout === undefined ? FOREVER : this[Member.FLAVOUR].queueTimeout(timeout),
    );
    if (status === Status.WOULD_BLOCK) throw wouldBlock('join');
    if (status === Status.TIMEOUT) throwIfInterrupted();
    return status === Status.OK;
  }

  /** The async twin of `join`. */
  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const { core } = this[Member.HEAP];
    const attempt = () => (core.queueUnfinished(this[Member.OPEN]) === 0 ? true : PENDING);
    return AsyncGate.wait<boolean>(
      this[Member.HEAP],
      core.queueJoinGate(this[Member.OPEN]),
      attempt,
      this[Member.FLAVOUR].queueTimeout(timeout),
      options,
      () => false,
    );
  }

  /**
   * From now on `put` throws `ShutDown`, at once also where it waits; `get` does when the queue is drained.
   * @param immediate drop what is in, and count it off
   * @example
   * ```ts
   * import { Queue, ShutDown } from 'nogil';
   *
   * const queue = new Queue<number>();
   * queue.put(1);
   * queue.shutdown();
   * console.log(queue.get()); // prints 1
   * try {
   *   queue.get();
   * } catch (error) {
   *   console.log(error instanceof ShutDown); // prints true
   * }
   * ```
   */
  shutdown(immediate = false): void {
    this[Member.HEAP].core.queueShutdown(this[Member.OPEN], immediate ? 1 : 0);
  }

  /**
   * Returns at once: nothing is ever buffered outside the queue. Unlike Python's it may be called before
   * `close`.
   */
  joinThread(): void {}

  /** Does nothing, and loses nothing: see `joinThread`. */
  cancelJoinThread(): void {}

  /** Items until the queue is shut down and drained. */
  [Symbol.iterator](): Iterator<T> {
    return itemsOf(this);
  }

  /** Items until the queue is shut down and drained, without blocking: `for await (const item of queue)`. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return itemsOfAsync(this);
  }
}

/** The same class by Python's other name: every queue here counts its tasks. */
export class JoinableQueue<T = unknown> extends Queue<T> {}

registerShared(ClassTag.QUEUE, Queue, Kind.QUEUE);
registerShared(ClassTag.JOINABLE_QUEUE, JoinableQueue, Kind.QUEUE);
