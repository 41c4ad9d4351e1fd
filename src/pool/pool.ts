/**
 * Pool: some processes that do what they are given.
 */
import '../symbols.ts';
import { Limit } from '../../assembly/abi.ts';
import { SEND } from '../codec/index.ts';
import { AssertionError, NotImplementedError, ValueError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { checkArgs, checkNames } from '../heap/options.ts';
import { gathered } from '../heap/scope.ts';
import { INSPECT, jsonOf, STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { cores } from '../platform/index.ts';
import { blockedIn } from '../sync/blocking.ts';
import { checkInteger } from '../sync/flavour.ts';
import { type StartMethod, startMethod } from '../workers/context.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { LAUNCH_OPTIONS, type Launch, type LaunchOptions, launchOf, type OutputQueue } from '../workers/launch-options.ts';
import type { NeedsNone } from '../workers/options.ts';
import { checkSpawning } from '../workers/process.ts';
import { refuseWhileImporting } from '../workers/runnable.ts';
import { type AnyFunction, describeTarget } from '../workers/targets.ts';
import { Chunk } from './chunk.ts';
import { checkChunksize, defaultChunksize, itemsOf, slice } from './chunks.ts';
import { Dispatcher, type PoolSize } from './dispatcher.ts';
import { PoolIterator } from './imap.ts';
import { type LimitOptions, limitOf } from './limit.ts';
import { MapResult } from './map-result.ts';
import { meterFor, type Progress } from './progress.ts';
import { Call } from './protocol.ts';
import { AsyncResult, type ResultOptions } from './result.ts';
import { untilReady } from './waiting.ts';
import { PoolState } from './worker-table.ts';

/** What `new Pool` takes beside the number of its processes. */
export interface PoolOptions<I extends AnyFunction = AnyFunction> extends LaunchOptions {
  /**
   * Run by each worker before its first task. If it fails, all tasks reject with WorkerDied, whose cause is
   * its error.
   */
  initializer?: I | URL | null | undefined;
  /** The initializer's arguments: copied, handles arrive live. Default: none. */
  initargs?: Readonly<Parameters<I>> | undefined;
  /**
   * How many workers are always there, and how many there are at most: more are started when tasks wait, and
   * end when they had nothing to do for `idleTimeout` seconds. Defaults: 1, as many as the machine runs at
   * once, 10. Without any of the three there are always as many as `processes` says.
   */
  min?: number | undefined;
  /** See `min`. */
  max?: number | undefined;
  /** Seconds. See `min`. */
  idleTimeout?: Timeout;
  /**
   * Tasks (of a map: chunks) that may wait for a worker. A call that finds no room blocks until there is
   * some: see `hasRoom`. Default: as many as the heap holds.
   */
  maxQueue?: number | null | undefined;
  /** Chunks (or single tasks) that a worker does before another takes its place. Default: no limit. */
  maxtasksperchild?: number | null | undefined;
  /**
   * How its workers are started: what `getContext` answers. Default: as the program says (`setStartMethod`).
   */
  context?:
    | {
        /** The method of the context. */
        getStartMethod(): StartMethod;
      }
    | null
    | undefined;
}

/** What has come of a call, for whoever has called the method of this name. */
function waitedFor<T>(method: string, result: AsyncResult<T>): T {
  try {
    return result.get();
  } catch (error) {
    throw blockedIn(method, error);
  }
}

/** Arguments that a function needs must be given. */
type CallArgs<F extends AnyFunction, More extends unknown[]> =
  NeedsNone<F> extends true
    ? [args?: Readonly<Parameters<F>> | undefined, ...more: More]
    : [args: Readonly<Parameters<F>>, ...more: More];

/** What `applyAsync` takes beside the function and its arguments. */
export interface ApplyOptions<R> extends ResultOptions<R> {
  /** Given to the function as a last argument. */
  kwargs?: Record<string, unknown> | undefined;
}

/** What `map`, `starmap` and their async forms take. */
export interface MapOptions<R> extends ResultOptions<R[]> {
  /** Items that travel together. Default: a quarter of a worker's share. */
  chunksize?: number | undefined;
  /** true: a bar on the terminal; or a function `(done, total) => void`. Default: none. */
  progress?: Progress | undefined;
}

/** What `imap` and `imapUnordered` take. */
export interface IteratorOptions extends LimitOptions {
  /** Items that travel together. Default 1. */
  chunksize?: number | undefined;
  /** Chunks that are read ahead of those that were consumed. Default: 8 for each worker, at least 32. */
  buffersize?: number | undefined;
  /** As for `map`: true is a bar on the terminal, a function is told. Default: none. */
  progress?: Progress | undefined;
  /**
   * Cancels the iteration: waiting for a result throws the signal's reason, and nothing more is read or
   * begun.
   */
  signal?: AbortSignal | undefined;
}

const POOL_OPTIONS = [
  'initializer',
  'initargs',
  'maxtasksperchild',
  'context',
  'min',
  'max',
  'idleTimeout',
  'maxQueue',
  ...LAUNCH_OPTIONS,
];

/** Seconds. */
const IDLE = 10;

function sizeOf(processes: number | null | undefined, { min, max, idleTimeout, maxQueue }: PoolOptions): PoolSize {
  if (typeof processes === 'number' && processes < 1) throw new ValueError('Number of processes must be at least 1');
  const isElastic = min !== undefined || max !== undefined || idleTimeout !== undefined;
  const least = min === undefined ? 1 : checkInteger('min', min, 0, Limit.SLOTS);
  const most = checkInteger('processes', max ?? processes ?? Math.max(cores, least), 1, Limit.SLOTS);
  if (isElastic && least > most) throw new ValueError(`a pool of at least ${least} workers cannot have at most ${most}`);
  const idleMs = timeoutToMs(idleTimeout ?? IDLE);
  if (typeof idleTimeout === 'number' && idleTimeout < 0)
    throw new ValueError(`idleTimeout must not be negative, got ${idleTimeout}`);
  return {
    min: isElastic ? least : most,
    max: most,
    idleMs,
    maxQueue: maxQueue === undefined || maxQueue === null ? 0 : checkInteger('maxQueue', maxQueue, 1),
  };
}

const RESULT_OPTIONS = ['callback', 'errorCallback', 'onMessage', 'signal', 'timeout', 'kill'];

/** A function of one item. */
export type MapTarget<T, R> = ((item: T) => R) | URL;
// biome-ignore lint/suspicious/noExplicitAny: the arguments are inferred.
type Args = readonly any[];

const living = new FinalizationRegistry<Dispatcher>((dispatcher) => dispatcher.abandon());

/**
 * Some daemonic processes that run functions on arguments. Functions are targets, found as those of Process;
 * async ones are awaited.
 *
 * Unlike Python's: a worker that dies is replaced and its task settles with `WorkerDied`, as do all when the
 * pool is terminated: nothing ever hangs. Arguments that cannot be sent are a TypeError of the call. A
 * callback that throws harms nobody. `imap` reads its iterable as results are consumed. Results can be
 * awaited. A pool and its results belong to the thread that made it.
 * @example
 * ```ts
 * import { main, Pool } from 'nogil';
 *
 * export function square(x: number) {
 *   return x * x;
 * }
 *
 * main(import.meta, async () => {
 *   using pool = new Pool(2);
 *   console.log(pool.map(square, [1, 2, 3])); // prints [ 1, 4, 9 ]
 *   console.log(await pool.applyAsync(square, [4])); // prints 16
 * });
 * ```
 */
export class Pool implements Disposable, AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #launch: Launch | undefined;

  /**
   * Makes a pool, and starts its workers. They are daemons: they end with the program, and are terminated
   * with the pool.
   * @param processes how many; undefined or null: as many as the machine runs at once; or options
   * @param more see `PoolOptions`; Python has these as further arguments
   * @throws ValueError fewer than one, of processes or of `maxtasksperchild`, or more at least than at most;
   * TypeError either is no integer; AssertionError in a daemonic process
   */
  constructor(processes?: number | null | PoolOptions, more: PoolOptions = {}) {
    const isOptions = typeof processes === 'object' && processes !== null;
    const options = isOptions ? processes : more;
    checkNames('Pool', options, POOL_OPTIONS);
    const size = sizeOf(isOptions ? undefined : processes, options);
    const { initializer, initargs = [], maxtasksperchild, context } = options;
    checkArgs(initargs, 'initargs');
    const setup = { initializer: initializer ? describeTarget(initializer) : undefined, initargs: [...initargs] };
    const maxtasks =
      maxtasksperchild === undefined || maxtasksperchild === null ? 0 : checkInteger('maxtasksperchild', maxtasksperchild, 1);
    // First: a worker of a pool is a daemon, and what it imports may well make a pool.
    refuseWhileImporting();
    if (currentWorker()?.process.daemon) throw new AssertionError('daemonic processes are not allowed to have children');
    const method = context?.getStartMethod() ?? startMethod();
    const launch = launchOf(options);
    if (method === 'spawn') checkSpawning(theHeap(), launch?.resourceLimits);
    this.#launch = launch;
    this.#dispatcher = new Dispatcher(size, setup, maxtasks, method, launch);
    living.register(this, this.#dispatcher);
  }

  /**
   * With `stdout: true` what its workers print, in whole lines: bytes. It is shut down once they have ended;
   * close it when it is read. Otherwise undefined.
   */
  get stdout(): OutputQueue | undefined {
    return this.#launch?.stdout;
  }

  /** The same of standard error, with `stderr: true`. */
  get stderr(): OutputQueue | undefined {
    return this.#launch?.stderr;
  }

  // ── one call ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Calls `fn(...args)` (with `kwargs`, if given, as a last argument) in a worker and waits for the result.
   * @param fn a target, found as those of Process
   * @param args its arguments: copied, handles arrive live. Default: none
   * @param kwargs given to it as a last argument
   * @param limits `{ timeout, kill }`: how long the task may run
   * @throws as `AsyncResult.get`
   */
  apply<F extends AnyFunction>(
    fn: F | URL,
    ...rest: CallArgs<F, [kwargs?: Record<string, unknown> | undefined, limits?: LimitOptions | undefined]>
  ): Awaited<ReturnType<F>>;
  apply<F extends AnyFunction>(
    fn: F | URL,
    args?: Readonly<Parameters<F>>,
    kwargs?: Record<string, unknown>,
    limits?: LimitOptions,
  ): Awaited<ReturnType<F>> {
    checkNames('apply', limits, ['timeout', 'kill']);
    return gathered(waitedFor('apply', this.applyAsync(fn, args as never, { ...limits, kwargs })));
  }

  /**
   * Calls `fn(...args)` in a worker. The arguments are copied now.
   * @param fn a target, found as those of Process
   * @param args its arguments: copied, handles arrive live. Default: none
   * @param options who is told, what cancels it, `kwargs`
   * @throws ValueError the pool is closed; TypeError an argument cannot be sent
   * @example
   * ```ts
   * import { main, Pool, TimeoutError } from 'nogil';
   *
   * export function slow(seconds: number) {
   *   return new Promise<string>((resolve) => setTimeout(resolve, seconds * 1000, 'at last'));
   * }
   *
   * main(import.meta, () => {
   *   using pool = new Pool(1);
   *   const result = pool.applyAsync(slow, [0.5]);
   *   try {
   *     result.get(0.01);
   *   } catch (error) {
   *     console.log(error instanceof TimeoutError); // prints true
   *   }
   *   console.log(result.get()); // prints at last
   * });
   * ```
   */
  applyAsync<F extends AnyFunction>(
    fn: F | URL,
    ...rest: CallArgs<F, [options?: ApplyOptions<Awaited<ReturnType<F>>> | undefined]>
  ): AsyncResult<Awaited<ReturnType<F>>>;
  applyAsync<F extends AnyFunction>(
    fn: F | URL,
    args?: Readonly<Parameters<F>>,
    options?: ApplyOptions<Awaited<ReturnType<F>>>,
  ): AsyncResult<Awaited<ReturnType<F>>> {
    checkArgs(args);
    checkNames('applyAsync', options, ['kwargs', ...RESULT_OPTIONS]);
    const dispatcher = this.#dispatcher;
    dispatcher.check();
    const described = dispatcher.describe(fn);
    const limit = limitOf(options);
    const result = new AsyncResult<Awaited<ReturnType<F>>>(dispatcher, described, options);
    const [call, payload] = args?.length === 1 ? [Call.WITH, args[0]] : [Call.ONCE, args ?? []];
    try {
      dispatcher.submit(call, described, payload, result, result.cancellation, options?.kwargs, limit);
    } catch (error) {
      result.cancellation?.remove(result);
      throw error;
    }
    return result;
  }

  // ── many calls ─────────────────────────────────────────────────────────────────────────────────────

  /**
   * `fn(item)` for all items, in chunks, and waits for the results, which have the items' order. Numbers
   * travel in bulk.
   * @param fn a target of one argument
   * @param iterable the items: all are read and copied before the first result
   * @param chunksize default: a quarter of a worker's share of the items; or options
   * @param options behind `chunksize`: who is told, what cancels it, `progress`
   * @throws the first error that arrived, once all chunks have; as `AsyncResult.get`
   */
  map<T, R>(
    fn: MapTarget<T, R>,
    iterable: Iterable<T>,
    chunksize?: number | MapOptions<Awaited<R>> | null,
    options?: MapOptions<Awaited<R>>,
  ): Awaited<R>[] {
    return gathered(waitedFor('map', this.mapAsync(fn, iterable, chunksize, options)));
  }

  /**
   * `map` without waiting. The items are read and copied now.
   * @param fn a target of one argument
   * @param iterable the items
   * @param chunksize default: a quarter of a worker's share of the items; or options
   * @throws ValueError the pool is closed; TypeError an item cannot be sent
   */
  mapAsync<T, R>(
    fn: MapTarget<T, R>,
    iterable: Iterable<T>,
    chunksize?: number | MapOptions<Awaited<R>> | null,
    options?: MapOptions<Awaited<R>>,
  ): AsyncResult<Awaited<R>[]> {
    return this.#mapAsync(Call.MAP, fn, iterable, chunksize, options);
  }

  /**
   * `map` with each item as the arguments: `fn(...item)`.
   * @param fn a target
   * @param iterable lists of arguments
   * @param chunksize default: a quarter of a worker's share of the items; or options
   * @throws as `map`
   * @example
   * ```ts
   * import { main, Pool } from 'nogil';
   *
   * export function add(a: number, b: number) {
   *   return a + b;
   * }
   *
   * main(import.meta, () => {
   *   using pool = new Pool(2);
   *   console.log(pool.starmap(add, [[1, 2], [3, 4]])); // prints [ 3, 7 ]
   * });
   * ```
   */
  starmap<A extends Args, R>(
    fn: ((...args: [...A]) => R) | URL,
    iterable: Iterable<A>,
    chunksize?: number | MapOptions<Awaited<R>> | null,
    options?: MapOptions<Awaited<R>>,
  ): Awaited<R>[] {
    return gathered(waitedFor('starmap', this.starmapAsync(fn, iterable, chunksize, options)));
  }

  /** `starmap` without waiting. */
  starmapAsync<A extends Args, R>(
    fn: ((...args: [...A]) => R) | URL,
    iterable: Iterable<A>,
    chunksize?: number | MapOptions<Awaited<R>> | null,
    options?: MapOptions<Awaited<R>>,
  ): AsyncResult<Awaited<R>[]> {
    return this.#mapAsync(Call.STARMAP, fn, iterable, chunksize, options);
  }

  #mapAsync<R>(
    call: Call.MAP | Call.STARMAP,
    fn: AnyFunction | URL,
    iterable: Iterable<unknown>,
    chunksize: number | MapOptions<Awaited<R>> | null | undefined,
    more: MapOptions<Awaited<R>> | undefined,
  ): AsyncResult<Awaited<R>[]> {
    const options = typeof chunksize === 'object' && chunksize !== null ? chunksize : more;
    checkNames('map and starmap', options, ['chunksize', 'progress', ...RESULT_OPTIONS]);
    const given = checkChunksize(typeof chunksize === 'number' ? chunksize : options?.chunksize);
    const dispatcher = this.#dispatcher;
    dispatcher.check();
    const described = dispatcher.describe(fn);
    const items = itemsOf(iterable);
    const { length } = items;
    if (call === Call.STARMAP) for (let i = 0; i < length; i++) checkArgs(items[i], `item ${i} of starmap`);
    const limit = limitOf(options);
    const size = given ?? (limit === 0 ? defaultChunksize(length, dispatcher.workers) : 1);
    const meter = meterFor(options?.progress, length);
    const result = new MapResult<Awaited<R>>(dispatcher, described, length, Math.ceil(length / size), options, meter);
    for (let from = 0; from < length; from += size) {
      const to = Math.min(from + size, length);
      try {
        const chunk = new Chunk(result, from, to - from);
        dispatcher.submit(call, described, slice(items, from, to), chunk, result.cancellation, undefined, limit);
      } catch (error) {
        // What is on its way already comes to nothing.
        result.settle(true, error);
        throw error;
      }
    }
    dispatcher.replies.look();
    return result;
  }

  /**
   * `fn(item)` for all items: the results in order, each as soon as it and those before it are there. Items
   * are read as results are consumed, so the iterable may be endless.
   * @param fn a target of one argument
   * @param iterable the items, perhaps endless
   * @param chunksize default 1; or options
   * @throws ValueError the pool is closed, or `chunksize` is below 1
   * @example
   * ```ts
   * import { main, Pool } from 'nogil';
   *
   * export function square(x: number) {
   *   return x * x;
   * }
   *
   * function* naturals() {
   *   for (let i = 1; ; i++) yield i;
   * }
   *
   * main(import.meta, () => {
   *   using pool = new Pool(2);
   *   for (const result of pool.imap(square, naturals())) {
   *     console.log(result); // prints 1
   *     break; // the iterable is endless; it is read no further than needed
   *   }
   * });
   * ```
   */
  imap<T, R>(
    fn: MapTarget<T, R>,
    iterable: Iterable<T>,
    chunksize?: number | IteratorOptions | null,
    options?: IteratorOptions,
  ): PoolIterator<Awaited<R>> {
    return this.#imap(true, fn, iterable, chunksize, options);
  }

  /**
   * `imap` with the results as they come.
   * @param chunksize default 1; or options
   * @throws as `imap`
   */
  imapUnordered<T, R>(
    fn: MapTarget<T, R>,
    iterable: Iterable<T>,
    chunksize?: number | IteratorOptions | null,
    options?: IteratorOptions,
  ): PoolIterator<Awaited<R>> {
    return this.#imap(false, fn, iterable, chunksize, options);
  }

  #imap<R>(
    ordered: boolean,
    fn: AnyFunction | URL,
    iterable: Iterable<unknown>,
    chunksize: number | IteratorOptions | null | undefined,
    more: IteratorOptions | undefined,
  ): PoolIterator<Awaited<R>> {
    const options = typeof chunksize === 'object' && chunksize !== null ? chunksize : more;
    checkNames('imap', options, ['chunksize', 'buffersize', 'progress', 'signal', 'timeout', 'kill']);
    const size = checkChunksize(typeof chunksize === 'number' ? chunksize : options?.chunksize) ?? 1;
    const dispatcher = this.#dispatcher;
    dispatcher.check();
    const described = dispatcher.describe(fn);
    const ahead =
      options?.buffersize === undefined
        ? Math.min(Math.max(32, 8 * dispatcher.workers), dispatcher.mostWaiting)
        : checkInteger('buffersize', options.buffersize, 1);
    if (typeof iterable !== 'string' && typeof iterable?.[Symbol.iterator] !== 'function')
      throw new TypeError(`expected an iterable, got ${iterable === null ? 'null' : typeof iterable}`);
    const { length, size: count } = iterable as { length?: unknown; size?: unknown };
    const total = [length, count].find((each) => typeof each === 'number') as number | undefined;
    const meter = meterFor(options?.progress, total);
    return new PoolIterator<Awaited<R>>(dispatcher, described, iterable, {
      ordered,
      chunksize: size,
      ahead,
      signal: options?.signal,
      limit: limitOf(options),
      kill: options?.kill === true,
      meter,
    });
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Resolves once a task can be put without a wait (see `maxQueue`). Blocking calls need not ask.
   * @param timeout seconds; undefined or null: for ever
   * @param options what gives up the wait
   * @returns whether there is room
   * @throws ValueError the pool is closed; WorkerDied its workers cannot be started
   */
  async hasRoom(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    return this.#dispatcher.hasRoom(timeout, options);
  }

  /** No new tasks: the workers end when those that are there are done. Calls after it throw ValueError. */
  close(): void {
    this.#dispatcher.close();
  }

  /**
   * Stops the workers at once. What was not done rejects with WorkerDied. Returns without waiting for them to
   * be gone: see `join`.
   */
  terminate(): void {
    this.#dispatcher.terminate();
  }

  /**
   * Waits until the workers have ended. All results are there then, and their callbacks have run.
   * @param timeout seconds; undefined or null: for ever (Python's has none)
   * @returns whether they have
   * @throws ValueError neither `close` nor `terminate` was called
   */
  join(timeout?: Timeout): boolean {
    this.#checkJoin();
    const dispatcher = this.#dispatcher;
    return dispatcher.replies.waitUntil('join', () => dispatcher.replies.hasEnded, timeoutToMs(timeout));
  }

  /** The async twin of `join`. */
  async joinAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    this.#checkJoin();
    const dispatcher = this.#dispatcher;
    return untilReady(
      () => dispatcher.replies.hasEnded,
      (listener) => dispatcher.replies.listen(listener),
      timeout,
      options,
    );
  }

  #checkJoin(): void {
    if (this.#dispatcher.state === PoolState.OPEN) throw new ValueError('Pool is still running');
    this.#dispatcher.flush();
  }

  /** `terminate`, as the end of Python's `with`. */
  [Symbol.dispose](): void {
    this.terminate();
  }

  /** `terminate`, and waits until the workers are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.joinAsync();
  }

  /** @internal */
  [STATE](): State {
    const state = ['running', 'closed', 'terminated'][this.#dispatcher.state] as string;
    const workers = this.#dispatcher.workersNow;
    return { text: `${state}, ${workers} workers`, fields: { state, workers } };
  }

  /** Its state and its number of workers, as Python's `repr`. */
  toString(): string {
    return `<Pool ${this[STATE]().text}>`;
  }

  /** The same for JSON, which cannot carry the pool itself. */
  toJSON(): unknown {
    return jsonOf(this, undefined, this[STATE]());
  }

  /** What console.log shows. */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal */
  [SEND](): never {
    throw new NotImplementedError('pool objects cannot be passed between workers');
  }
}

/** A context's `Pool`: a class that may be called without `new`, too, as a context's is in Python. */
export type PoolOfContext = typeof Pool & ((processes?: number | null | PoolOptions, options?: PoolOptions) => Pool);

/** `Pool`, whose workers are started in one way unless it is told another. @internal */
export function poolBy(method: StartMethod): PoolOfContext {
  class Bound extends Pool {
    constructor(processes?: number | null | PoolOptions, options: PoolOptions = {}) {
      const isOptions = typeof processes === 'object' && processes !== null;
      const context = { getStartMethod: () => method };
      super(isOptions ? undefined : processes, { context, ...(isOptions ? processes : options) });
    }
  }
  Object.defineProperty(Bound, 'name', { value: Pool.name });
  return new Proxy(Bound, { apply: (_target, _this, args) => Reflect.construct(Bound, args) }) as PoolOfContext;
}
