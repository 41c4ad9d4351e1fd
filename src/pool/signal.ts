/**
 * Cancellation: an AbortSignal of the pool's creator, seen by the tasks in the workers. Between them stands
 * an Event, which travels with the tasks.
 */
import { onAbort } from '../heap/abort.ts';
import { apart } from '../heap/held.ts';
import { Event } from '../sync/event.ts';

// ── at the creator ───────────────────────────────────────────────────────────────────────────────────

/** What a signal cancels. */
export interface Cancellable {
  cancel(reason: unknown): void;
}

/** One listener and one Event for all the tasks of a signal, while there are any. */
class Cancellation {
  readonly event = apart(() => new Event());
  readonly #signal: AbortSignal;
  readonly #stopListening: () => void;
  readonly #subjects = new Set<Cancellable>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#stopListening = onAbort(signal, this.#abort);
  }

  #abort = (): void => {
    this.event.set();
    for (const each of [...this.#subjects]) each.cancel(this.#signal.reason);
  };

  add(subject: Cancellable): void {
    this.#subjects.add(subject);
  }

  remove(subject: Cancellable): void {
    if (!this.#subjects.delete(subject) || this.#subjects.size > 0) return;
    this.#stopListening();
    cancellations.delete(this.#signal);
    this.event.close();
  }
}

const cancellations = new WeakMap<AbortSignal, Cancellation>();

/** Lets `signal` cancel `subject`, until `remove`. @throws the signal's reason, when it is aborted already */
export function cancellationOf(signal: AbortSignal, subject: Cancellable): Cancellation {
  signal.throwIfAborted();
  let cancellation = cancellations.get(signal);
  if (cancellation === undefined) {
    cancellation = new Cancellation(signal);
    cancellations.set(signal, cancellation);
  }
  cancellation.add(subject);
  return cancellation;
}

export type { Cancellation };

// ── in the worker ────────────────────────────────────────────────────────────────────────────────────

const never = new AbortController().signal;
const KEY = Symbol.for('nogil.signal');
// For all copies of the package in this thread.
const global = globalThis as { [KEY]?: AbortSignal };

/**
 * The signal of the pool's task that runs here: it is aborted when that which its caller gave (`{ signal }`)
 * is, or the task's `timeout` is over. Also a task that never awaits sees `taskSignal().aborted` change. The
 * reason does not travel: here it is an AbortError. Outside of a task, and without a signal, it is never
 * aborted. In an async task, ask for it before the first `await`.
 * @example
 * ```ts
 * import { main, Pool, taskSignal } from 'nogil';
 *
 * export function search() {
 *   const signal = taskSignal();
 *   while (!signal.aborted); // computes, and never returns to its event loop
 * }
 *
 * main(import.meta, async () => {
 *   using pool = new Pool(1);
 *   const controller = new AbortController();
 *   const result = pool.applyAsync(search, [], { signal: controller.signal });
 *   controller.abort();
 *   await result.catch((error: unknown) => console.log((error as Error).name)); // prints AbortError
 * });
 * ```
 */
export function taskSignal(): AbortSignal {
  return global[KEY] ?? never;
}

/** What a timer can count. */
const MOST_MS = 0x7fffffff;

const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as () => boolean;
const { throwIfAborted } = AbortSignal.prototype;

/**
 * The task's signal, as its worker sees it: a question looks into the shared memory, and `listen` has the
 * events fire.
 */
export class TaskSignal {
  readonly #controller = new AbortController();
  readonly #event: Event | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(event: Event | undefined) {
    this.#event = event;
    const { signal } = this.#controller;
    const look = () => {
      if (!aborted.call(signal) && this.isAborted) this.#controller.abort();
    };
    Object.defineProperties(signal, {
      aborted: {
        get() {
          look();
          return aborted.call(signal);
        },
      },
      throwIfAborted: {
        value() {
          look();
          throwIfAborted.call(signal);
        },
      },
    });
    global[KEY] = signal;
  }

  get isAborted(): boolean {
    return this.#event?.isSet() === true || this.isLate;
  }

  /** The task begins, and is aborted in so many milliseconds. */
  limit(ms: number): void {
    this.#deadline = performance.now() + ms;
  }

  get isLate(): boolean {
    return performance.now() >= this.#deadline;
  }

  /** The task is async: from now on its loop runs. */
  listen(): void {
    const ms = this.#deadline - performance.now();
    if (ms < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#controller.abort(), Math.min(ms, MOST_MS));
    this.#event?.waitAsync(undefined, { signal: this.#over.signal }).then(
      () => this.#controller.abort(),
      () => {},
    );
  }

  end(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
    global[KEY] = never;
    this.#event?.close();
  }
}
