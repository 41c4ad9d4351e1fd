/** BaseManager: a connection by Python's names. */
import { type Cluster, connect } from './cluster.ts';
import { RuntimeError, ValueError } from './core.ts';
import type { ConnectOptions } from './options.ts';

/** Where a manager's objects are, and as whom. */
export interface BaseManagerOptions extends ConnectOptions {
  /** Of the Redis: `redis://host:port`, `rediss://host:port`, or host and port as in Python. */
  address: string | URL | readonly [host: string, port: number];
  /** The password, as text or as UTF-8. Default: that of the address, or none. */
  authkey?: string | Uint8Array;
}

/** Makes an object. It is called each time that the manager is asked for one. */
// biome-ignore lint/suspicious/noExplicitAny: its arguments are the user's to say
export type Callable<A extends any[] = any[], R = unknown> = (cluster: Cluster, ...args: A) => R;

/** What a cluster makes: names that can be registered without saying how. */
const MADE = [
  ...['Queue', 'JoinableQueue', 'SimpleQueue', 'PriorityQueue', 'Lock', 'RLock', 'Semaphore', 'BoundedSemaphore'],
  ...['Event', 'Barrier', 'Value', 'dict', 'list', 'Namespace', 'Pool'],
];

function passwordOf(authkey: string | Uint8Array): string {
  return typeof authkey === 'string' ? authkey : new TextDecoder().decode(authkey);
}

function urlOf(address: BaseManagerOptions['address']): string | URL {
  if (typeof address === 'string' || address instanceof URL) return address;
  const [host, port] = address;
  return `redis://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A method of `target` that makes what is registered. */
function register(target: object, typeid: string, callable: Callable | undefined): void {
  if (typeof typeid !== 'string') throw new TypeError(`the name must be a string, got ${typeof typeid}`);
  if (typeid in BaseManagerObject.prototype || typeid === 'then') throw new ValueError(`'${typeid}' is a manager's own`);
  if (callable === undefined && !MADE.includes(typeid))
    throw new TypeError(`say how '${typeid}' is made: register('${typeid}', (cluster) => cluster.Queue('${typeid}'))`);
  if (callable !== undefined && typeof callable !== 'function')
    throw new TypeError(`expected a function, got ${typeof callable}`);
  const make =
    callable ??
    ((cluster, ...args) => (cluster as unknown as Record<string, (...args: unknown[]) => unknown>)[typeid]?.(...args));
  Object.defineProperty(target, typeid, {
    value(this: BaseManagerObject, ...args: unknown[]) {
      return make(this.cluster, ...args);
    },
    configurable: true,
  });
}

/** What `BaseManager` gives. There is no server of its own: Redis is one, and every program only connects. */
class BaseManagerObject {
  // biome-ignore lint/suspicious/noExplicitAny: what was registered
  [typeid: string]: any;
  readonly #options: BaseManagerOptions;
  #cluster: Cluster | undefined;

  /** A manager that is not connected yet. @param options where the Redis is, and `connect`'s options */
  constructor(options: BaseManagerOptions) {
    if (typeof options?.address === 'undefined')
      throw new TypeError('a BaseManager needs an address: it has no server of its own');
    this.#options = options;
  }

  /**
   * Makes a method of all managers of this class: `M.register('jobs', (cluster) => cluster.Queue('jobs'))`. A
   * class of the package is known by its name: `M.register('Queue')`, then `manager.Queue('jobs')`.
   * @throws TypeError, ValueError it cannot be called so
   */
  static register(typeid: string, callable?: Callable): void {
    register(this.prototype, typeid, callable);
  }

  /** The same for this manager only, whose type has the method then. @throws TypeError, ValueError */
  register<N extends string, A extends unknown[], R>(
    typeid: N,
    callable: Callable<A, R>,
  ): this & { [name in N]: (...args: A) => R };
  /** A class of the package by its name. */
  register<N extends keyof Cluster & string>(typeid: N): this & Pick<Cluster, N>;
  register(typeid: string, callable?: Callable): this {
    register(this, typeid, callable);
    return this;
  }

  /** Connects. Unlike Python's it gives a promise. @throws ConnectionError */
  async connect(): Promise<this> {
    if (this.#cluster !== undefined) throw new RuntimeError('the manager is connected already');
    const { address, authkey, ...options } = this.#options;
    this.#cluster = await connect(
      urlOf(address),
      authkey === undefined ? options : { ...options, password: passwordOf(authkey) },
    );
    return this;
  }

  /** The connection. @throws RuntimeError there is none */
  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new RuntimeError('the manager is not connected: await manager.connect()');
    return this.#cluster;
  }

  /** Ends the connection. What others have in Redis stays. */
  shutdown(): void {
    this.#cluster?.disconnect();
    this.#cluster = undefined;
  }

  /** The async twin of `shutdown`. */
  async shutdownAsync(): Promise<void> {
    await this.#cluster?.disconnectAsync();
    this.#cluster = undefined;
  }

  /** `using manager = await BaseManager(…).connect()`: `shutdown` at the end. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** `await using`: `shutdownAsync` at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdownAsync();
  }
}

/** A manager that `BaseManager` has made. */
export type BaseManager = BaseManagerObject;

/**
 * A connection by Python's names, for programs that come from `multiprocessing.managers`: `connect`, and what
 * was registered as methods. `new` is optional, and classes may extend it.
 */
export const BaseManager = function BaseManager(options: BaseManagerOptions): BaseManagerObject {
  return Reflect.construct(BaseManagerObject, [options], new.target ?? BaseManagerObject);
} as unknown as typeof BaseManagerObject & ((options: BaseManagerOptions) => BaseManagerObject);
Object.setPrototypeOf(BaseManager, BaseManagerObject);
Object.defineProperty(BaseManager, 'prototype', { value: BaseManagerObject.prototype });
