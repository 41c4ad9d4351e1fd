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
    const id = this.#begin(op, args);
    try {
      for (;;) {
        const here = this.#here.get(id);
        if (here !== undefined) {
          this.#here.delete(id);
          return settle(here) as ResultOf<K>;
        }
        this.#next();
      }
    } catch (error) {
      if (!this.#isAnswered(error)) this.#giveUp(id, late as Late | undefined);
      throw error;
    }
  }

  #answeredError: unknown;

  #isAnswered(error: unknown): boolean {
    return error === this.#answeredError;
  }

  #next(): void {
    try {
      this.#take(this.#replies.get(true, LOOK));
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
      this.#checkBridge();
    }
  }

  #checkBridge(): void {
    if (this.bridge.isAlive()) return;
    const error = ended();
    this.#answeredError = error;
    throw error;
  }

  #begin(op: string, args: readonly unknown[]): number {
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
      return;
    }
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(error);
  }

  /** The async twin of `call`. */
  async callAsync<K extends keyof Calls>(
    op: K,
    args: ParametersOf<K>,
    signal?: AbortSignal,
    late?: (value: ResultOf<K>) => void,
  ): Promise<ResultOf<K>> {
    signal?.throwIfAborted();
    const id = this.#begin(op, args);
    let stop = () => {};
    try {
      return await new Promise<ResultOf<K>>((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as never, reject });
        stop = onAbort(signal, () => {
          this.#waiting.delete(id);
          this.#giveUp(id, late as Late | undefined);
          reject(signal?.reason);
        });
        this.#pump();
      });
    } finally {
      stop();
    }
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#receive();
  }

  async #receive(): Promise<void> {
    while (this.#waiting.size + this.#late.size > 0) {
      try {
        for (const answer of await this.#replies.getManyAsync(256, LOOK)) this.#take(answer);
      } catch {
        if (this.bridge.isAlive()) continue;
        for (const { reject } of this.#waiting.values()) reject(ended());
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
