/** Pool: tasks that are done by every program that serves them. */
import type { AsyncOptions } from '../heap/time.ts';
import type { AnyFunction } from '../workers/targets.ts';
import { checkInteger, checkNames, markOf } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import { PoolIterator } from './pool-iterator.ts';
import { taskName } from './tasks.ts';
import { fromBytes, toBytes } from './wire.ts';

/** What the calls of a pool between programs take. */
export interface MapOptions extends AsyncOptions {
  /** Items that are one job of BullMQ's, and go to one worker. Default: 32 jobs for all. */
  chunksize?: number;
}

/** Jobs that a call is cut into, if nothing else is said: nobody knows how many workers there are. */
const JOBS = 32;

export const SERVE: unique symbol = Symbol('serve');

interface Call {
  task: string;
  chunks: Uint8Array[];
  star: boolean;
}

/**
 * Has tasks done by the workers of all programs that `serve` its name. A task is a function that is marked
 * with `task(import.meta, fn)` in the same module of the same program there: what travels is its name, never
 * code.
 *
 * A task whose program dies is done by another one: at least once. What a task throws arrives as it was.
 */
export class Pool extends RedisObject {
  #call(fn: AnyFunction, iterable: Iterable<unknown>, options: number | MapOptions | undefined, star: boolean): Call {
    if (typeof options === 'object') checkNames('map', options, ['chunksize', 'signal']);
    const given = typeof options === 'number' ? options : options?.chunksize;
    const items = Array.from(iterable);
    const size = given === undefined ? Math.max(1, Math.ceil(items.length / JOBS)) : checkInteger('chunksize', given, 1);
    const chunks: Uint8Array[] = [];
    for (let i = 0; i < items.length; i += size) chunks.push(toBytes(items.slice(i, i + size)));
    return { task: nameOf(fn), chunks, star };
  }

  #run({ task, chunks, star }: Call): unknown[] {
    if (chunks.length === 0) return [];
    return gathered(this.line.call('map', [this.#pool, task, chunks, star]));
  }

  async #runAsync({ task, chunks, star }: Call, signal: AbortSignal | undefined): Promise<unknown[]> {
    if (chunks.length === 0) return [];
    return gathered(await this.line.callAsync('map', [this.#pool, task, chunks, star], signal));
  }

  /** Does its tasks here. @internal */
  async [SERVE](tasks: Record<string, string>, processes: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const stop = () => this.line.post('stopServing', this.#pool);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.line.callAsync('serve', [this.#pool, tasks, processes]);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  get #pool(): { base: string; name: string } {
    return { base: this.base, name: this.name };
  }

  /**
   * Calls `fn` with each item; the results in their order. @throws what a task throws; TypeError it is no
   * task
   */
  map<T, R>(fn: (item: T) => R, iterable: Iterable<T>, options?: number | MapOptions): Awaited<R>[] {
    return this.#run(this.#call(fn, iterable, options, false)) as Awaited<R>[];
  }

  /** The async twin of `map`. Unlike a local pool's it gives a promise. */
  async mapAsync<T, R>(fn: (item: T) => R, iterable: Iterable<T>, options?: number | MapOptions): Promise<Awaited<R>[]> {
    const signal = typeof options === 'object' ? options.signal : undefined;
    return (await this.#runAsync(this.#call(fn, iterable, options, false), signal)) as Awaited<R>[];
  }

  /** `map` with each item as the arguments: `fn(...item)`. */
  starmap<A extends readonly unknown[], R>(
    fn: (...args: [...A]) => R,
    iterable: Iterable<A>,
    options?: number | MapOptions,
  ): Awaited<R>[] {
    return this.#run(this.#call(fn as AnyFunction, iterable, options, true)) as Awaited<R>[];
  }

  /** The async twin of `starmap`. */
  async starmapAsync<A extends readonly unknown[], R>(
    fn: (...args: [...A]) => R,
    iterable: Iterable<A>,
    options?: number | MapOptions,
  ): Promise<Awaited<R>[]> {
    const signal = typeof options === 'object' ? options.signal : undefined;
    return (await this.#runAsync(this.#call(fn as AnyFunction, iterable, options, true), signal)) as Awaited<R>[];
  }

  /** Calls `fn` once. */
  apply<A extends unknown[], R>(fn: (...args: A) => R, args: NoInfer<A>): Awaited<R> {
    return this.#run(this.#call(fn as AnyFunction, [args], 1, true))[0] as Awaited<R>;
  }

  /** The async twin of `apply`. */
  async applyAsync<A extends unknown[], R>(fn: (...args: A) => R, args: NoInfer<A>, options?: AsyncOptions): Promise<Awaited<R>> {
    return (await this.#runAsync(this.#call(fn as AnyFunction, [args], 1, true), options?.signal))[0] as Awaited<R>;
  }

  /**
   * The results one by one in their order, each as soon as it and all before it are there: blocking with
   * `for`, not blocking with `for await`. The default `chunksize` is 1.
   * @throws TypeError it is no task
   */
  imap<T, R>(fn: (item: T) => R, iterable: Iterable<T>, options?: number | MapOptions): PoolIterator<Awaited<R>> {
    return this.#imap(true, fn as AnyFunction, iterable, options);
  }

  /** `imap` with the results as they come. @throws as `imap` */
  imapUnordered<T, R>(fn: (item: T) => R, iterable: Iterable<T>, options?: number | MapOptions): PoolIterator<Awaited<R>> {
    return this.#imap(false, fn as AnyFunction, iterable, options);
  }

  #imap<R>(
    ordered: boolean,
    fn: AnyFunction,
    iterable: Iterable<unknown>,
    given: number | MapOptions | undefined,
  ): PoolIterator<R> {
    const options = typeof given === 'object' ? { ...given, chunksize: given.chunksize ?? 1 } : (given ?? 1);
    const { task, chunks, star } = this.#call(fn, iterable, options, false);
    const signal = typeof options === 'object' ? options.signal : undefined;
    signal?.throwIfAborted();
    const { line } = this;
    const calls = chunks.map((chunk) => line.begin('map', [this.#pool, task, [chunk], star]));
    return new PoolIterator<R>(line, calls, ordered, signal);
  }
}

function gathered(results: readonly Uint8Array[]): unknown[] {
  return results.flatMap((bytes) => fromBytes(bytes) as unknown[]);
}

function nameOf(fn: AnyFunction): string {
  if (typeof fn !== 'function') throw new TypeError(`expected a function, got ${typeof fn}`);
  const mark = markOf(fn);
  if (mark !== undefined) return taskName(mark);
  throw new TypeError(
    `${fn.name || 'the function'} is not marked: other machines find a task by its mark, task(import.meta, fn) at the top level of its module`,
  );
}

registerRedis(RedisTag.POOL, Pool);
