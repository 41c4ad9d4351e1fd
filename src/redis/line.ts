/**
 * Line: this worker's calls to the bridge, answered in any order. Those that block wait at the worker's own
 * queue in the local heap.
 */
import { currentProcess, currentThread, Empty, onAbort, Process, Queue, RuntimeError, Thread } from './core.ts';
import type { Answer, Calls, Hello, Link } from './protocol.ts';

/** Seconds between two looks whether the bridge lives. */
const LOOK = 1;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Who waits for one of several calls, to be answered or not. */
interface Watcher {
  ids: ReadonlySet<number>;
  resolve(id: number | undefined): void;
  reject(error: unknown): void;
}

/** A call that was given up, and what to do with what it has brought all the same. */
type Late = (value: unknown) => void;

type ParametersOf<K extends keyof Calls> = Parameters<Calls[K]>;
type ResultOf<K extends keyof Calls> = ReturnType<Calls[K]>;

/** One a connection and thread, whichever object asks. */
const lines = new Map<string, Line>();

export class Line {
  static of(link: Link): Line {
    const { id } = link.requests;
    const { generation } = link.requests.handle();
    const key = `${id}:${generation}`;
    let line = lines.get(key);
    if (line === undefined) {
      line = new Line(link);
      lines.set(key, line);
    }
    return line;
  }

  readonly #link: Link;
  readonly #replies = new Queue<Answer>();
  readonly #here = new Map<number, Answer>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #late = new Map<number, Late | undefined>();
  /** Not the one of the heap, which a later worker may have again. */
  readonly #worker = (crypto.getRandomValues(new Uint32Array(1))[0] as number) >>> 1 || 1;
  #calls = 0;
  #pumping = false;

  private constructor(link: Link) {
    this.#link = link;
    const hello: Hello = { replies: this.#replies, worker: thisWorker() };
    link.requests.put(['hello', this.#worker, 0, hello]);
  }

  /** The number of this worker, as it writes it into slots. */
  get worker(): number {
    return this.#worker;
  }

  /** Slots of items that this worker has and has not finished, by their queue. */
  taken(base: string): number[] {
    let taken = this.#taken.get(base);
    if (taken === undefined) {
      taken = [];
      this.#taken.set(base, taken);
    }
    return taken;
  }
  readonly #taken = new Map<string, number[]>();

  /** @throws RuntimeError the connection was closed */
  check(): void {
    if (!this.bridge.isAlive()) throw ended();
  }

  get bridge(): Thread {
    return this.#link.bridge;
  }

  /** Without an answer. */
  post<K extends keyof Calls>(op: K, ...args: ParametersOf<K>): void {
    this.#link.requests.put([op, this.#worker, 0, ...args]);
  }

  /** Blocks this worker. `late`: what to do with an answer that comes after a signal has ended the wait. */
  call<K extends keyof Calls>(op: K, args: ParametersOf<K>, late?: (value: ResultOf<K>) => void): ResultOf<K> {
    return this.end<K>(this.begin(op, args), late);
  }

  #hereOf(ids: ReadonlySet<number>): number | undefined {
    for (const id of ids) if (this.#here.has(id)) return id;
    return undefined;
  }

  /** Blocks until one of these calls is answered: which; undefined when the time is up. */
  firstOf(ids: ReadonlySet<number>, deadline: number): number | undefined {
    for (;;) {
      const id = this.#hereOf(ids);
      const left = (deadline - performance.now()) / 1000;
      if (id !== undefined || left <= 0) return id;
      this.#next(Math.min(left, LOOK));
    }
  }

  /** The async twin of `firstOf`. */
  async firstOfAsync(ids: ReadonlySet<number>, deadline: number, signal: AbortSignal): Promise<number | undefined> {
    signal.throwIfAborted();
    const here = this.#hereOf(ids);
    if (here !== undefined) return here;
    let over = () => {};
    try {
      return await new Promise<number | undefined>((resolve, reject) => {
        const watcher = { ids, resolve, reject };
        this.#watchers.add(watcher);
        const ms = deadline - performance.now();
        const timer = ms < 2 ** 31 ? setTimeout(resolve, Math.max(0, ms)) : undefined;
        const stop = onAbort(signal, () => reject(signal.reason));
        over = () => {
          clearTimeout(timer);
          stop();
          this.#watchers.delete(watcher);
        };
        this.#pump();
      });
    } finally {
      over();
    }
  }
  readonly #watchers = new Set<Watcher>();

  /** Nobody wants what a call that was begun answers. */
  drop(id: number): void {
    if (!this.#here.delete(id)) this.#giveUp(id, undefined);
  }

  /** Blocks until a call that was begun is answered. */
  end<K extends keyof Calls>(id: number, late?: (value: ResultOf<K>) => void): ResultOf<K> {
    let here = this.#here.get(id);
    try {
      while (here === undefined) {
        this.#next();
        here = this.#here.get(id);
      }
    } catch (error) {
      if (this.bridge.isAlive()) this.#giveUp(id, late as Late | undefined);
      throw error;
    }
    this.#here.delete(id);
    return settle(here) as ResultOf<K>;
  }

  #next(seconds = LOOK): void {
    try {
      this.#take(this.#replies.get(true, seconds));
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
      this.check();
    }
  }

  /** Asks, for `end` to wait. */
  begin<K extends keyof Calls>(op: K, args: ParametersOf<K>): number {
    if (!this.bridge.isAlive()) throw ended();
    const id = ++this.#calls;
    this.#link.requests.put([op, this.#worker, id, ...args]);
    return id;
  }

  #giveUp(id: number, late: Late | undefined): void {
    this.#late.set(id, late);
    this.#link.requests.put(['cancel', this.#worker, id]);
    // Its answer must be seen, though nobody waits.
    this.#pump();
  }

  #take(answer: Answer): void {
    const [id, error, value] = answer;
    if (this.#late.has(id)) {
      const late = this.#late.get(id);
      this.#late.delete(id);
      if (error === undefined) late?.(value);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      this.#here.set(id, answer);
      for (const watcher of this.#watchers) if (watcher.ids.has(id)) watcher.resolve(id);
      return;
    }
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(error);
  }

  /** The async twin of `call`. */
  callAsync<K extends keyof Calls>(
    op: K,
    args: ParametersOf<K>,
    signal?: AbortSignal,
    late?: (value: ResultOf<K>) => void,
  ): Promise<ResultOf<K>> {
    return new Promise<ResultOf<K>>((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.begin(op, args);
      if (signal === undefined) this.#waiting.set(id, { resolve: resolve as never, reject });
      else this.#untilAborted(id, signal, late as Late | undefined, resolve as never, reject);
      this.#pump();
    });
  }

  #untilAborted(id: number, signal: AbortSignal, late: Late | undefined, resolve: Waiting['resolve'], reject: Waiting['reject']) {
    const stop = onAbort(signal, () => {
      this.#waiting.delete(id);
      this.#giveUp(id, late);
      reject(signal.reason);
    });
    this.#waiting.set(id, {
      resolve: (value) => {
        stop();
        resolve(value);
      },
      reject: (error) => {
        stop();
        reject(error);
      },
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#receive();
  }

  async #receive(): Promise<void> {
    while (this.#waiting.size + this.#late.size + this.#watchers.size > 0) {
      try {
        for (const answer of await this.#replies.getManyAsync(256, LOOK)) this.#take(answer);
      } catch {
        if (this.bridge.isAlive()) continue;
        for (const { reject } of [...this.#waiting.values(), ...this.#watchers]) reject(ended());
        this.#watchers.clear();
        this.#waiting.clear();
        this.#late.clear();
      }
    }
    this.#pumping = false;
  }
}

function settle([, error, value]: Answer): unknown {
  if (error !== undefined) throw error;
  return value;
}

function ended(): RuntimeError {
  return new RuntimeError('the connection to Redis is closed');
}

/** Whose end others can wait for. */
function thisWorker(): Thread | Process | undefined {
  const thread = currentThread();
  if (thread instanceof Thread) return thread;
  const process = currentProcess();
  return process instanceof Process ? process : undefined;
}
