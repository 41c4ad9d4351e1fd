/**
 * Shared: what every primitive is, a handle of this worker's to an object in a heap.
 */
import '../symbols.ts';
import { type Kind, Status } from '../../assembly/abi.ts';
import { type HandleRef, SEND } from '../codec/index.ts';
import { HeapCorruptError, ValueError } from '../errors.ts';
import type { CoreExports } from './core.ts';
import { AsyncGate } from './gate.ts';
import { type Heap, type HeapLink, heapFor, heapFull, setReviver } from './heap.ts';
import { came, keepReference, Reference, relieve, went } from './held.ts';
import { Member } from './members.ts';
import { INSPECT, jsonOf, STATE, type State, textOf } from './show.ts';

/** A handle as `postMessage` takes it: for workers that the package did not start. */
export interface Handle<S = unknown> extends HeapLink {
  /** Which class it is a handle of, as a number. */
  tag: number;
  /** The object's number. */
  id: number;
  /** Tells the object from others that had its number before. */
  generation: number;
  /** What it is a handle of: never there, it is for the compiler. */
  readonly of?: S | undefined;
}

/**
 * What a constructor is given to wrap an object that exists, instead of making one. Not in the public
 * declarations.
 */
export class AdoptionToken {
  readonly heap: Heap;
  readonly ref: number;
  constructor(heap: Heap, ref: number) {
    this.heap = heap;
    this.ref = ref;
  }
}

type SharedClass = new (existing: never) => Shared;

interface Registry {
  classes: Map<number, { make(heap: Heap, ref: number): Shared; kinds: readonly Kind[] }>;
  tags: WeakMap<object, number>;
}
const REGISTRY = Symbol.for('nogil.classes');
const global = globalThis as { [REGISTRY]?: Registry };
// One for all copies of the package in this thread: what arrives is of the class that the user's module
// imported, whichever copy decodes it.
global[REGISTRY] ??= { classes: new Map(), tags: new WeakMap() };
const { classes, tags } = global[REGISTRY];

/**
 * Gives a class the number under which its handles travel. `kinds`: the objects in the heap that it can wrap,
 * so that a forged or mistaken handle cannot make one class read another's words.
 */
export function registerShared(tag: number, ctor: SharedClass, ...kinds: Kind[]): void {
  classes.set(tag, { make: (heap, ref) => new ctor(new AdoptionToken(heap, ref) as never), kinds });
  tags.set(ctor, tag);
}

/**
 * An object for a reference of this worker's, of the class with a tag, or, where nobody has imported that, of
 * another one.
 */
export function adopt(heap: Heap, ref: number, tag: number, otherwise: number): Shared {
  return ((classes.get(tag) ?? classes.get(otherwise)) as { make(heap: Heap, ref: number): Shared }).make(heap, ref);
}

const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

function tagOf(ctor: object): number {
  for (let each: object | null = ctor; each; each = Object.getPrototypeOf(each)) {
    const tag = tags.get(each);
    if (tag !== undefined) return tag;
  }
  throw new TypeError('not a class of shared objects');
}

/** Closes what the collector has found; not what was given back before it came to tell. */
const forgotten = new FinalizationRegistry<Reference>((reference) => {
  const { heap, ref } = reference;
  if (ref === 0) return;
  went(reference);
  try {
    heap.core.refClose(ref);
  } catch (error) {
    // Nobody has called this: who uses the object is told.
    if (!(error instanceof HeapCorruptError)) throw error;
  }
});

// ── what the core answers that makes or opens something: the address, or why there is none ───────────

export function isCreated(address: number): boolean {
  return address > 0;
}

export function isGone(address: number): boolean {
  return address === Status.STALE;
}

/**
 * @param again makes it once more: the heap may have had room for it but for handles that were dropped
 * @throws MemoryError the heap is full; ValueError the object is gone
 */
export function created(address: number, again?: () => number): number {
  if (isCreated(address)) return address;
  if (again !== undefined && !isGone(address) && relieve()) return created(again());
  if (isGone(address))
    throw new ValueError('the object of this handle is gone: close it only after the other side has opened it');
  throw heapFull();
}

/**
 * Another reference of this worker's to the object at an address, which somebody keeps meanwhile. @throws
 * MemoryError
 */
export function refAgain(core: CoreExports, object: number): number {
  return created(core.refOpen(core.objectId(object), core.objectGeneration(object)));
}

/** Gives an object a field of its own: a subclass may take a name that Python's class does not have. */
export function ownField(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

const SELF: unique symbol = Symbol('self');
/** What a handle does when a scope ends that it came in. */
export const LEAVE: unique symbol = Symbol('leave');

/** The handle that a value is, if it is one; of a proxy what stands behind it. */
export function sharedIn(value: object): Shared | undefined {
  return ordinaryHasInstance.call(Shared, value) ? (value as Shared)[SELF]() : undefined;
}

/** It is meant to stay. */
export function keepHandle(handle: Shared): void {
  Shared.keep(handle);
}

/** The scope that it came in ends. */
export function leaveScope(handle: Shared): void {
  if (!Shared.isKept(handle)) handle[LEAVE]();
}

/**
 * The base of all classes whose objects lie in the shared heap: a live handle to one of them. Not to be made by
 * itself.
 */
export abstract class Shared implements Disposable {
  /** @internal */
  protected readonly [Member.HEAP]: Heap;
  /** The object's address; 0 once this handle is closed. @internal */
  protected [Member.PTR]: number;
  readonly #reference: Reference;

  /** @internal */
  protected constructor(heap: Heap, ref: number) {
    this[Member.HEAP] = heap;
    this.#reference = new Reference(heap, ref);
    this[Member.PTR] = heap.core.refObject(ref);
    forgotten.register(this, this.#reference, this);
    came(this, this.#reference);
  }

  /** The address behind this handle. @throws ValueError when the handle is closed. @internal */
  protected get [Member.OPEN](): number {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    return this[Member.PTR];
  }

  /**
   * For those who tell the core of somebody else's object. @throws ValueError when its handle is closed.
   * @internal
   */
  static addressOf(object: Shared): number {
    return object[Member.OPEN];
  }

  /** The heap that the object is in. @internal */
  static heapOf(object: Shared): Heap {
    return object[Member.HEAP];
  }

  /** @internal */
  protected [Member.CLOSED_ERROR](): Error {
    return new ValueError(`${this.constructor.name} is closed`);
  }

  /**
   * Closes this worker's handle; twice is fine. The object's memory goes with its last handle, wherever that
   * is.
   * Every other use of a closed handle throws `ValueError`; its async calls that still wait reject with it.
   */
  close(): void {
    if (this[Member.PTR] === 0) return;
    const { [Member.HEAP]: heap, [Member.PTR]: ptr } = this;
    const { ref } = this.#reference;
    this[Member.PTR] = 0;
    forgotten.unregister(this);
    went(this.#reference);
    const close = () => heap.core.refClose(ref);
    const waited = AsyncGate.waiting > 0 ? AsyncGate.closing(heap, ptr) : undefined;
    if (waited === undefined) close();
    else void waited.then(close);
  }

  /**
   * `close`, at the end of a block: `using lock = new Lock()`. Python's handles have no such thing: there the
   * garbage collector or `del` sees to it.
   */
  [Symbol.dispose](): void {
    this.close();
  }

  /** A scope ends in which this handle came. @internal */
  [LEAVE](): void {
    this.close();
  }

  /** This object itself, also of the proxy that stands in front of it. @internal */
  [SELF](): Shared {
    return this;
  }

  /** @internal */
  static keep(handle: Shared): void {
    keepReference(handle.#reference);
  }

  /** @internal */
  static isKept(handle: Shared): boolean {
    return handle.#reference.kept;
  }

  /** Also for an object of the same class from another copy of the package in this thread. */
  static [Symbol.hasInstance](value: unknown): boolean {
    if (ordinaryHasInstance.call(this, value)) return true;
    const tag = tags.get(this);
    if (tag === undefined || typeof value !== 'object' || value === null) return false;
    for (let each = Object.getPrototypeOf(value); each; each = Object.getPrototypeOf(each))
      if (tags.get(each.constructor) === tag) return true;
    return false;
  }

  /**
   * A number that is the same in every worker and that no other living object has. Declared as anything,
   * because a subclass may have an `id` of its own, of any type.
   */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  declare id: any;

  /** Its id, whatever a subclass calls `id`. @internal */
  static idOf(object: Shared): number {
    return object[Member.HEAP].core.objectId(object[Member.OPEN]);
  }

  /**
   * For a worker made with `new Worker`: `worker.postMessage(lock.handle())`, and there `Lock.from(handle)`.
   * Keep this object until the other side has it.
   * @example
   * ```ts
   * import { Worker } from 'node:worker_threads';
   * import { Queue } from 'nogil';
   *
   * const queue = new Queue<string>();
   * const code = `
   *   const { parentPort } = require('node:worker_threads');
   *   const nogil = import('nogil');
   *   parentPort.once('message', async (handle) => (await nogil).Queue.from(handle).put('hello'));
   * `;
   * const worker = new Worker(code, { eval: true });
   * worker.postMessage(queue.handle());
   * console.log(await queue.getAsync()); // prints hello
   * ```
   */
  handle(): Handle<this> {
    const { id, gen, tag } = this[SEND]();
    return { ...this[Member.HEAP].link, tag, id, generation: gen };
  }

  /**
   * A live object of the handle that another worker posted. @throws ValueError if it is of another class or
   * its object is gone.
   */
  static from<T extends Shared, H extends T>(this: abstract new (...args: never[]) => T, handle: Handle<H>): H;
  /** The same of a handle whose type has been lost. */
  static from<T extends Shared>(this: abstract new (...args: never[]) => T, handle: Handle): T;
  static from<T extends Shared>(this: abstract new (...args: never[]) => T, handle: Handle): T {
    const heap = heapFor(handle.memory ? handle : invalidHandle(handle));
    const object = revive(heap, { id: handle.id, gen: handle.generation, tag: handle.tag });
    if (object instanceof this) return object as T;
    object.close();
    throw new ValueError(`the handle is of a ${object.constructor.name}, not of a ${this.name}`);
  }

  /** What it says of itself while it is open. @internal */
  [STATE](): State {
    return { text: '', fields: {} };
  }

  /** Its class, id and state, as Python's `repr`. */
  toString(): string {
    return this[Member.PTR] === 0 ? `<${this.constructor.name}, closed>` : textOf(this, Shared.idOf(this), this[STATE]());
  }

  /** The same for JSON, which cannot carry the object itself. */
  toJSON(): unknown {
    return this[Member.PTR] === 0
      ? { class: this.constructor.name, closed: true }
      : jsonOf(this, Shared.idOf(this), this[STATE]());
  }

  /** What console.log shows, instead of a whole heap. @internal */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal */
  [SEND](): HandleRef {
    const { core } = this[Member.HEAP];
    return { tag: tagOf(this.constructor), id: core.objectId(this[Member.OPEN]), gen: core.objectGeneration(this[Member.OPEN]) };
  }
}

Object.defineProperty(Shared.prototype, 'id', {
  get(this: Shared) {
    return Shared.idOf(this);
  },
  set(this: Shared, own: unknown) {
    ownField(this, 'id', own);
  },
  configurable: true,
});

function invalidHandle(handle: unknown): never {
  throw new TypeError(`expected what .handle() returns, got ${typeof handle}`);
}

let standIn: ((heap: Heap, ref: number, tag: number) => Shared) | undefined;

/** Has `make` wrap what arrives of classes that this thread does not know, instead of an error. */
export function setStandIn(make: typeof standIn): void {
  standIn = make;
}

function wrap(heap: Heap, handle: HandleRef, ref: number): Shared {
  const known = classes.get(handle.tag);
  if (known === undefined && standIn) return standIn(heap, ref, handle.tag);
  const kind = heap.core.objectKind(handle.id);
  if (known?.kinds.includes(kind)) return known.make(heap, ref);
  heap.core.refClose(ref);
  throw new ValueError(`unknown handle (class ${handle.tag}, kind ${kind}): is the module that defines its class imported here?`);
}

function revive(heap: Heap, handle: HandleRef): Shared {
  return wrap(heap, handle, created(heap.core.refOpen(handle.id, handle.gen)));
}

// A handle inside an item has a reference of its own, which the item keeps until it is read: the object
// cannot be gone.
setReviver(revive);
