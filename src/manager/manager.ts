/**
 * Manager: makes shared objects by Python's names.
 */
import '../symbols.ts';
import { ClassTag, Kind, Part, Put } from '../../assembly/abi.ts';
import { AssertionError, ValueError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { type AdoptionToken, registerShared, Shared } from '../heap/shared.ts';
import { Pool, type PoolOptions } from '../pool/pool.ts';
import { JoinableQueue, Queue } from '../queue/queue.ts';
import { type ArrayInit, Array as SharedArray } from '../sync/array.ts';
import { Barrier } from '../sync/barrier.ts';
import { Condition } from '../sync/condition.ts';
import { Event } from '../sync/event.ts';
import { Lock, type LockOptions, RLock } from '../sync/lock.ts';
import type { ValueOptions } from '../sync/numbers.ts';
import { BoundedSemaphore, Semaphore } from '../sync/semaphore.ts';
import type { Typecode, ValueOf } from '../sync/typecodes.ts';
import { Value } from '../sync/value.ts';
import { Dict, type DictInit, Table } from './dict.ts';
import { List } from './list.ts';
import { Namespace } from './namespace.ts';
import { methodsOf, withContents } from './properties.ts';
import {
  type AnyConstructor,
  closeEnds,
  createObject,
  createObjectAsync,
  type Ends,
  endObjects,
  endObjectsAsync,
  endsOf,
  type Registration,
  type RemoteObject,
  registrationOf,
} from './remote.ts';

/**
 * What a manager makes besides its own kinds, by name. Their errors are those of `threading` and `queue`, as
 * with Python's managers.
 * One line for each: a class that is to be had from a manager is added here, and nowhere else.
 */
const makers = {
  Lock: (options?: LockOptions) => new Lock(options),
  RLock: (options?: LockOptions) => new RLock(options),
  Semaphore: (value?: number) => new Semaphore(value),
  BoundedSemaphore: (value?: number) => new BoundedSemaphore(value),
  Condition: (lock?: Lock | RLock) => new Condition(lock),
  Event: () => new Event(),
  Barrier: (parties: number, action?: () => void, timeout?: number) => new Barrier(parties, action, timeout),
  // biome-ignore lint/suspicious/noExplicitAny: what goes through a queue is the user's to say
  Queue: <T = any>(maxsize?: number) => new Queue<T>(maxsize),
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  JoinableQueue: <T = any>(maxsize?: number) => new JoinableQueue<T>(maxsize),
  Value: <C extends Typecode>(typecode: C, init?: ValueOf<C>, options?: ValueOptions) => new Value<C>(typecode, init, options),
  Array: <C extends Typecode>(typecode: C, init: ArrayInit<C>, options?: ValueOptions) =>
    new SharedArray<C>(typecode, init, options),
  Pool: (processes?: number | null | PoolOptions, options?: PoolOptions) => new Pool(processes, options),
};

/** Makes objects of a registered class, and waits until they are there. */
export interface Factory<C extends AnyConstructor> {
  (...args: ConstructorParameters<C>): RemoteObject<InstanceType<C>>;
  /** The async twin. */
  async(...args: ConstructorParameters<C>): Promise<RemoteObject<InstanceType<C>>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the properties of a dict that began empty are anything
type AnyProperties = { [name: string]: any };
// biome-ignore lint/suspicious/noExplicitAny: its keys likewise
type AnyKey = any;

/** `NoInfer`, which TypeScript 5.4 has, but finds no properties in. */
type Uninferred<T> = [T][T extends unknown ? 0 : never];

/**
 * Makes dicts, lists, namespaces and all the other shared objects, and objects of classes of your own. There
 * is no server process: all but the last live in the shared memory, as long as anybody has a handle to them,
 * also after `shutdown`.
 *
 * It can be sent to other workers like any handle.
 */
export class ManagerObject extends Table {
  /** Makes a manager; `Manager()` does so with the types of all that it makes. */
  constructor();
  /** @internal */
  constructor(existing?: AdoptionToken);
  constructor(existing?: AdoptionToken) {
    super(existing);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return withContents<this>(this, {
      owns: (name) => !METHODS.has(name),
      get: (name) => this.#maker(name),
      set: (name) => {
        throw new TypeError(`cannot set ${name}: use register('${name}', Class)`);
      },
      has: (name) => this.#maker(name) !== undefined,
      delete: (name) => {
        throw new TypeError(`cannot delete ${name}`);
      },
      names: () => [...Object.keys(makers), ...this.#registered()],
    });
  }

  override toJSON(): unknown {
    return super.toJSON();
  }

  #maker(name: string): unknown {
    if (Object.hasOwn(makers, name)) return this.#alive(makers[name as keyof typeof makers] as never);
    const registration = this.read(['class', name], undefined) as Registration | undefined;
    return registration === undefined ? Reflect.get(Object.prototype, name) : this.#factory(registration);
  }

  /** The names of registered classes. */
  #registered(): string[] {
    const keys = this.all(Part.KEYS) as [string, string][];
    return keys.filter(([kind]) => kind === 'class').map(([, name]) => name);
  }

  #alive<F extends (...args: never[]) => unknown>(make: F): F {
    const checked = (...args: Parameters<F>) => {
      this.#check();
      return make(...args);
    };
    return checked as F;
  }

  #check(): void {
    if (this.contains(['down'])) throw new AssertionError('the manager was shut down');
  }

  /**
   * A dict of anything; `dict<{ num: number }>(...)` says what its properties are, `dict<string,
   * number>(...)` its keys and values. `init`: an object, a Map, or pairs.
   */
  dict<S extends object = AnyProperties>(
    init?: Uninferred<S> | Iterable<readonly [unknown, unknown]> | null,
  ): Dict<AnyKey, S[keyof S]> & S;
  /**
   * A dict of keys of type `K` and values of type `V`. @param init an object, a Map, or pairs. Default:
   * nothing
   */
  dict<K, V>(init?: DictInit<K, V> | null): Dict<K, V>;
  dict(init?: unknown): unknown {
    this.#check();
    return new Dict(init as DictInit<unknown, unknown>);
  }

  /**
   * A list. @param init its first items. Default: none @throws TypeError an item cannot be sent; MemoryError
   */
  // biome-ignore lint/suspicious/noExplicitAny: what a list holds is the user's to say
  list<T = any>(init?: Iterable<NoInfer<T>> | null): List<T> {
    this.#check();
    return new List<T>(init);
  }

  /** Attributes; `init`: those at first. */
  Namespace<S extends object = AnyProperties>(init?: S): Namespace & S {
    this.#check();
    return new Namespace(init) as Namespace & S;
  }

  /**
   * From now on `manager.NAME(...args)` makes an object of the class in a worker of its own; so does what
   * this returns, with types. The class must be one that workers find (see the guide, "Targets"): marked with
   * `task`, exported by the main module, or independent of its surroundings.
   * @param options `exposed`: the methods that can be called; default: all whose names do not begin with an
   * underscore
   * @throws ValueError the name is taken
   * @example
   * ```ts
   * import { main, Manager, task } from 'nogil';
   *
   * const Counter = task(
   *   import.meta,
   *   class Counter {
   *     n = 0;
   *     increment(by: number) {
   *       this.n += by;
   *       return this.n;
   *     }
   *   },
   * );
   *
   * main(import.meta, async () => {
   *   const manager = Manager();
   *   const makeCounter = manager.register('Counter', Counter);
   *   const counter = makeCounter(); // lives in a worker of its own
   *   console.log(counter.increment(1)); // prints 1
   *   console.log(await counter.incrementAsync(5)); // prints 6
   *   manager.shutdown();
   * });
   * ```
   */
  register<C extends AnyConstructor>(name: string, ctor: C, options?: { exposed?: readonly string[] }): Factory<C> {
    this.#check();
    if (typeof name !== 'string' || name === '') throw new TypeError(`a name must be a string, got ${typeof name}`);
    checkNames('register', options, ['exposed']);
    const registration = registrationOf(name, ctor, options?.exposed);
    if (METHODS.has(name) || name in makers || !this.write(['class', name], registration, Put.IF_ABSENT, 'register'))
      throw new ValueError(`the name '${name}' is taken`);
    return this.#factory(registration) as Factory<C>;
  }

  #factory(registration: Registration): unknown {
    const make = (...args: unknown[]) => {
      this.#prepare();
      return this.#keep(createObject(registration, args));
    };
    const makeAsync = async (...args: unknown[]) => {
      this.#prepare();
      return this.#keep(await createObjectAsync(registration, args));
    };
    return Object.assign(make, { async: makeAsync });
  }

  /** Forgets the objects that are over. */
  #prepare(): void {
    this.#check();
    for (const [key, ends] of this.#objects()) {
      if (!ends.process.isAlive()) this.remove(key, 'register');
      closeEnds([ends]);
    }
  }

  #keep<R extends ReturnType<typeof createObject>>(remote: R): R {
    this.write(['object', Shared.idOf(remote)], endsOf(remote), Put.ALWAYS, 'register');
    return remote;
  }

  #objects(): [[string, number], Ends][] {
    return this.pairs<[string, number], Ends>().filter(([[kind]]) => kind === 'object');
  }

  #end(): Ends[] {
    this.write(['down'], true, Put.ALWAYS, 'shutdown');
    const objects = this.#objects();
    for (const [key] of objects) this.remove(key, 'shutdown');
    return objects.map(([, ends]) => ends);
  }

  /**
   * Ends the objects of registered classes: they finish what they were asked before and are disposed of; one
   * that takes longer than a second is terminated. Nothing more can be made; what lives in the shared memory
   * stays. Twice is fine.
   */
  shutdown(): void {
    endObjects(this.#end());
  }

  /** The async twin of `shutdown`. */
  async shutdownAsync(): Promise<void> {
    await endObjectsAsync(this.#end());
  }

  /** As Python's `with`: shuts down, and closes this handle. */
  override [Symbol.dispose](): void {
    if (this[Member.PTR] === 0) return;
    this.shutdown();
    this.close();
  }
}

const METHODS = methodsOf(ManagerObject);

/**
 * What `Manager()` gives: see ManagerObject for the rest. Registered classes are to be had by their names.
 */
export type SyncManager = ManagerObject & typeof makers & AnyProperties;

/**
 * A new manager; `new` is optional, as Python's function has none.
 * @example
 * ```ts
 * import { type Dict, main, Manager, Process } from 'nogil';
 *
 * export function sell(stock: Dict<string, number>) {
 *   for (let i = 0; i < 100; i++) stock.update('bun', (n = 0) => n - 1);
 * }
 *
 * main(import.meta, () => {
 *   const stock = Manager().dict<string, number>({ bun: 1000 });
 *   const sellers = [1, 2].map(() => new Process({ target: sell, args: [stock] }));
 *   for (const each of sellers) each.start();
 *   for (const each of sellers) each.join();
 *   console.log(stock.get('bun')); // prints 800
 * });
 * ```
 */
export const Manager = function Manager() {
  return new ManagerObject();
} as unknown as {
  (): SyncManager;
  /** The same. */
  new (): SyncManager;
};

registerShared(ClassTag.MANAGER, ManagerObject, Kind.TABLE);
