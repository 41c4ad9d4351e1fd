/**
 * Executors: concurrent.futures on a Pool.
 */
import { SEND } from '../codec/index.ts';
import { NotImplementedError, RuntimeError, ValueError, WorkerDied } from '../errors.ts';
import { Line } from '../heap/line.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { type Timeout, timeoutToMs } from '../heap/time.ts';
import { cores } from '../platform/index.ts';
import { checkChunksize } from '../pool/chunks.ts';
import { Pool, type PoolOptions } from '../pool/pool.ts';
import type { AsyncResult } from '../pool/result.ts';
import { checkInteger } from '../sync/flavour.ts';
import type { StartMethod } from '../workers/context.ts';
import type { AnyFunction } from '../workers/targets.ts';
import { BrokenProcessPool, BrokenThreadPool } from './errors.ts';
import { BIND, Future } from './future.ts';

/** What every executor takes beside the number of its workers. */
export interface ExecutorOptions<I extends AnyFunction = AnyFunction> {
  /** Run by each worker before its first task. If it fails, the executor is broken. */
  initializer?: I | null;
  /** The initializer's arguments: copied, handles arrive live. Default: none. */
  initargs?: Readonly<Parameters<I>>;
}

interface ProcessOptions<I extends AnyFunction = AnyFunction> extends ExecutorOptions<I> {
  /** How its processes are started: what `getContext` answers. Default: as the program says. */
  mpContext?: { getStartMethod(): StartMethod } | null;
  /** Tasks that a process does before another takes its place. Default: no limit. */
  maxTasksPerChild?: number | null;
}

/** What `shutdown` takes. */
export interface ShutdownOptions {
  /** Whether to wait until all is done and the workers have ended. Default true. */
  wait?: boolean;
  /** Whether to cancel what has not begun. Default false. */
  cancelFutures?: boolean;
}

/** What `map` takes behind the iterables. */
export interface ExecutorMapOptions {
  /** Seconds, from the call on, in which each result is to be there. Default: for ever. */
  timeout?: Timeout;
  /** Items that travel together. Default 1; a ThreadPoolExecutor has no other. */
  chunksize?: number;
}

/** Results in order, each as soon as it and those before it are there. */
export interface MapResults<R> extends IterableIterator<R> {
  /** The same without blocking. */
  [Symbol.asyncIterator](): AsyncIterableIterator<R>;
}

// biome-ignore lint/suspicious/noExplicitAny: of any type.
type AnyFuture = Future<any>;
// biome-ignore lint/suspicious/noExplicitAny: of any type.
type AnyResult = AsyncResult<any>;

/** The arguments after `fn`: iterables, and options behind them. */
type Given<A extends readonly unknown[]> = { [K in keyof A]: Iterable<A[K]> };

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === 'function';
}

/** As Python's `zip`: as many as the shortest has. */
function* zip(iterables: readonly Iterable<unknown>[]): Generator<unknown[]> {
  const iterators = iterables.map((each) => each[Symbol.iterator]());
  for (;;) {
    const items: unknown[] = [];
    for (const each of iterators) {
      const { value, done } = each.next();
      if (done) return;
      items.push(value);
    }
    if (items.length === 0) return;
    yield items;
  }
}

/**
 * Runs functions on arguments in workers. Functions are targets, found as those of Process; async ones are
 * awaited. It belongs to the thread that has made it. Workers are started as tasks come.
 *
 * Unlike Python's, threads have no prefix of their names, callbacks run in that thread, when it takes
 * outcomes in; and a worker that dies without a task is replaced.
 */
export abstract class Executor implements Disposable, AsyncDisposable {
  readonly #pool: Pool;
  readonly #pending = new Set<AnyFuture>();
  #isShutDown = false;
  #broken: (() => Error) | undefined;

  /** @internal */
  protected constructor(maxWorkers: number, initializer: unknown, options: PoolOptions) {
    if (typeof maxWorkers === 'number' && maxWorkers <= 0) throw new ValueError('maxWorkers must be greater than 0');
    checkInteger('maxWorkers', maxWorkers, 1);
    if (initializer !== undefined && initializer !== null && typeof initializer !== 'function')
      throw new TypeError('initializer must be a callable');
    const sized = { min: 0, max: maxWorkers, idleTimeout: Number.POSITIVE_INFINITY };
    this.#pool = new Pool({ ...options, ...sized, initializer: initializer as AnyFunction | undefined });
  }

  /** What it becomes of a death; undefined: it goes on. @internal */
  protected abstract breaks(call: AnyResult): { now: Error; later: () => Error } | undefined;

  /**
   * Calls `fn(...args)` in a worker. The arguments are copied now.
   * @throws RuntimeError it was shut down; BrokenExecutor; TypeError an argument cannot be sent
   */
  submit<F extends AnyFunction>(fn: F | URL, ...args: Parameters<F>): Future<Awaited<ReturnType<F>>> {
    return this.#submit((options) => this.#pool.applyAsync(fn, args, options));
  }

  #submit<T>(begin: (options: { callback(value: T): void; errorCallback(error: unknown): void }) => AsyncResult<T>): Future<T> {
    if (this.#broken) throw this.#broken();
    if (this.#isShutDown) throw new RuntimeError('cannot schedule new futures after shutdown');
    const future = new Future<T>();
    let call: AsyncResult<T>;
    try {
      call = begin({
        callback: (value) => {
          this.#pending.delete(future);
          if (!future.cancelled()) future.setResult(value);
        },
        errorCallback: (error) => {
          this.#pending.delete(future);
          if (!future.cancelled()) future.setException(this.#explain(error, call));
        },
      });
    } catch (error) {
      // It may have been broken since.
      if (error instanceof WorkerDied && this.#broken) throw (this.#broken as () => Error)();
      throw error;
    }
    future[BIND](call);
    this.#pending.add(future);
    return future;
  }

  /** A worker's death may be the executor's. */
  #explain(error: unknown, call: AnyResult): unknown {
    if (!(error instanceof WorkerDied)) return error;
    const broken = this.breaks(call);
    if (broken === undefined) return error;
    if (this.#broken === undefined) {
      this.#broken = broken.later;
      this.#pool.terminate();
    }
    return Object.assign(broken.now, { cause: error });
  }

  /**
   * `fn` for each item, or for the items of several iterables at once, as many as the shortest has; options
   * may follow: `{ timeout, chunksize }`. All items are read now. An iteration that ends early cancels what
   * has not begun.
   * @throws in the iteration: what the call threw; TimeoutError
   */
  map<A extends readonly unknown[], R>(fn: ((...args: [...A]) => R) | URL, ...iterables: Given<A>): MapResults<Awaited<R>>;
  /** The same, with options behind the iterables. */
  map<A extends readonly unknown[], R>(
    fn: ((...args: [...A]) => R) | URL,
    ...rest: [...iterables: Given<A>, options: ExecutorMapOptions]
  ): MapResults<Awaited<R>>;
  map(fn: AnyFunction | URL, ...rest: unknown[]): MapResults<unknown> {
    const last = rest.at(-1);
    const options = rest.length > 0 && !isIterable(last) ? (rest.pop() as ExecutorMapOptions | undefined) : undefined;
    checkNames('map', options ?? undefined, ['timeout', 'chunksize']);
    if (!rest.every(isIterable)) throw new TypeError('map takes iterables, and options behind them');
    const deadline = performance.now() + timeoutToMs(options?.timeout);
    const size = this.chunksize(options?.chunksize);
    const items = [...zip(rest as Iterable<unknown>[])];
    const futures: AnyFuture[] = [];
    if (size === 1) for (const args of items) futures.push(this.submit(fn as AnyFunction, ...args));
    else
      for (let from = 0; from < items.length; from += size) {
        const chunk = items.slice(from, from + size);
        futures.push(
          this.#submit((callbacks) => this.#pool.starmapAsync<unknown[], unknown>(fn, chunk, chunk.length, callbacks)),
        );
      }
    return resultsOf(futures, size > 1, deadline);
  }

  /** @internal */
  protected chunksize(chunksize: number | undefined): number {
    return checkChunksize(chunksize) ?? 1;
  }

  /**
   * Takes no more calls. What was submitted is done, or cancelled; then the workers end.
   */
  shutdown(options?: ShutdownOptions): void {
    this.#shutDown(options);
    if (options?.wait !== false) this.#pool.join();
  }

  /** The async twin of `shutdown`. */
  async shutdownAsync(options?: ShutdownOptions): Promise<void> {
    this.#shutDown(options);
    if (options?.wait !== false) await this.#pool.joinAsync();
  }

  #shutDown(options: ShutdownOptions | undefined): void {
    checkNames('shutdown', options, ['wait', 'cancelFutures']);
    this.#isShutDown = true;
    if (options?.cancelFutures) for (const each of [...this.#pending]) if (each.cancel()) this.#pending.delete(each);
    this.#pool.close();
  }

  /** `shutdown`, as the end of Python's `with`. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** `shutdown` without blocking: `await using executor = ...`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdownAsync();
  }

  /** @internal */
  [SEND](): never {
    throw new NotImplementedError('executors cannot be sent to other workers');
  }

  toString(): string {
    const state = this.#broken ? 'broken' : this.#isShutDown ? 'shut down' : 'running';
    return `<${this.constructor.name} ${state}, ${this.#pending.size} pending>`;
  }
}

function resultsOf(all: AnyFuture[], areChunks: boolean, deadline: number): MapResults<unknown> {
  const futures = new Line(all);
  let current = new Line<unknown>();
  const left = () => (deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(0, deadline - performance.now()) / 1000);
  const keep = (value: unknown) => {
    current = new Line(areChunks ? [...(value as unknown[])] : [value]);
  };
  const end = () => {
    for (const each of futures.takeAll()) each.cancel();
    current = new Line();
    return { value: undefined, done: true } as const;
  };
  const next = () => (current.length > 0 ? { value: current.shift(), done: false } : end());
  const fail = (error: unknown): never => {
    end();
    throw error;
  };
  const results: MapResults<unknown> = {
    next() {
      try {
        if (current.length === 0 && futures.length > 0) keep((futures.shift() as AnyFuture).result(left()));
        return next() as IteratorResult<unknown>;
      } catch (error) {
        return fail(error);
      }
    },
    return: end,
    [Symbol.iterator]: () => results,
    [Symbol.asyncIterator]() {
      const later: AsyncIterableIterator<unknown> = {
        async next() {
          try {
            if (current.length === 0 && futures.length > 0) keep(await (futures.shift() as AnyFuture).resultAsync(left()));
            return next() as IteratorResult<unknown>;
          } catch (error) {
            return fail(error);
          }
        },
        return: async () => end(),
        [Symbol.asyncIterator]: () => later,
      };
      return later;
    },
  };
  return results;
}

/** What Python takes, so that a machine of few cores can have several calls that wait. */
const MOST_THREADS = 32;

/**
 * Worker threads that run functions. A thread that ends (`process.exit`) settles its call with WorkerDied.
 */
export class ThreadPoolExecutor extends Executor {
  /**
   * Makes an executor; workers are started as tasks come.
   * @param maxWorkers default: four more than the machine runs at once, at most 32
   * @throws ValueError `maxWorkers` is not positive
   */
  constructor(maxWorkers?: number | null, options: ExecutorOptions = {}) {
    checkNames('ThreadPoolExecutor', options, ['initializer', 'initargs']);
    super(maxWorkers ?? Math.min(MOST_THREADS, cores + 4), options.initializer, {
      initargs: options.initargs ?? [],
      context: { getStartMethod: () => 'worker' },
    });
  }

  /** @internal */
  protected override chunksize(): number {
    return 1;
  }

  /** @internal */
  protected breaks(call: AnyResult) {
    if (!call[Member.IS_BROKEN]) return undefined;
    const make = () => new BrokenThreadPool('A thread initializer failed, the thread pool is not usable anymore');
    return { now: make(), later: make };
  }
}

/**
 * Processes that run functions: what `Process` starts. A process that dies in a call breaks the executor, as
 * in Python.
 */
export class ProcessPoolExecutor extends Executor {
  /**
   * Makes an executor; workers are started as tasks come.
   * @param maxWorkers default: as many as the machine runs at once
   * @throws ValueError `maxWorkers` or `maxTasksPerChild` is not positive
   */
  constructor(maxWorkers?: number | null, options: ProcessOptions = {}) {
    checkNames('ProcessPoolExecutor', options, ['initializer', 'initargs', 'mpContext', 'maxTasksPerChild']);
    const { initargs = [], mpContext, maxTasksPerChild } = options;
    super(maxWorkers ?? cores, options.initializer, {
      initargs,
      context: mpContext ?? null,
      maxtasksperchild: maxTasksPerChild ?? null,
    });
  }

  /** @internal */
  protected breaks() {
    return {
      now: new BrokenProcessPool(
        'A process in the process pool was terminated abruptly while the future was running or pending.',
      ),
      later: () => new BrokenProcessPool('A child process terminated abruptly, the process pool is not usable anymore'),
    };
  }
}
