/**
 * Every error of the package, with Python's name where Python has one. `instanceof` holds in every worker.
 */
import { isOfErrorClass, onMalformed, registerErrorClass } from './codec/index.ts';

const ordinary = Function.prototype[Symbol.hasInstance];

/** The name is given, since a minifier changes that of the class. */
export function defineError(name: string, ctor: ErrorConstructorLike): void {
  const hidden = { configurable: true, writable: true };
  Object.defineProperty(ctor, 'name', { value: name, configurable: true });
  Object.defineProperty(ctor.prototype, 'name', { value: name, ...hidden });
  // An error of the same name from another copy of the package in this thread is as good: a bundler makes one
  // for the page and one for workers.
  const hasInstance = function (this: unknown, value: unknown): boolean {
    return ordinary.call(this as never, value) || (this === ctor && isOfErrorClass(value, name));
  };
  Object.defineProperty(ctor, Symbol.hasInstance, { value: hasInstance, ...hidden });
  registerErrorClass(ctor as never, name);
}

type ErrorConstructorLike = new (...args: never[]) => Error;

/** An argument has the right type and an impossible value; or the handle was closed. */
export class ValueError extends Error {}
/** Something was used in a way it does not allow. */
export class RuntimeError extends Error {}
/** The multiprocessing classes' answer to misuse. */
export class AssertionError extends Error {}
/** A `get` found nothing in time. */
export class Empty extends Error {}
/** A `put` found no room in time. `put` says how many items of a batch are in. */
export class Full extends Error {
  /** Of `putMany`: how many items of the batch are in. Undefined for a single `put`. */
  put?: number;
}
/** The queue was shut down (and, for `get`, is drained). */
export class ShutDown extends Error {}
/** The other end is closed and nothing is left to receive. */
export class EOFError extends Error {}
/** The operating system, or what stands for it here, refused. */
export class OSError extends Error {}
/**
 * A signal has come in the midst of a wait, for which the program has a listener: that has run. Unlike Python's
 * it is thrown whatever the listener did, and the wait does not go on by itself.
 */
export class InterruptedError extends OSError {
  /** 'SIGTERM', 'SIGHUP', or 'SIGINT'. */
  signal: string;
  /** Made by a wait. @param signal its name */
  constructor(signal: string) {
    super(`the wait was interrupted by ${signal}`);
    this.signal = signal;
  }
}
/** The same, of SIGINT: Ctrl-C. */
export class KeyboardInterrupt extends InterruptedError {}
/** The other end is closed. */
export class BrokenPipeError extends OSError {}
/** There is something of that name already. */
export class FileExistsError extends OSError {}
/** There is nothing of that name. */
export class FileNotFoundError extends OSError {}
/** Base of the errors of processes. */
export class ProcessError extends Error {}
/** Bytes do not fit into the buffer. */
export class BufferTooShort extends ProcessError {
  /** How many they are. */
  length: number;
  /** Of `recvBytesInto`: the whole message. Of `getInto`, which leaves it where it is: nothing. */
  args: [Uint8Array];
  /** Made by `getInto` and `recvBytesInto`. @param message the whole message, or its length in bytes */
  constructor(message: Uint8Array | number) {
    const length = typeof message === 'number' ? message : message?.byteLength;
    super(`a message of ${length} bytes does not fit into the buffer`);
    this.length = length;
    this.args = [typeof message === 'number' ? new Uint8Array(0) : message];
  }
}
/**
 * A result was not there in time. Not JavaScript's or the DOM's TimeoutError, as it is not Python's builtin
 * one.
 */
export class TimeoutError extends ProcessError {}
/** The barrier is broken, was reset while waiting, or its action threw. */
export class BrokenBarrierError extends RuntimeError {}
/** There is no such key in a managed dict. */
export class KeyError extends Error {}
/** There is no such element in a list or an array. */
export class IndexError extends Error {}
/** There is no such attribute: of a Namespace, a Local, a registered object; or no lock behind a Value. */
export class AttributeError extends Error {}
/** The shared heap is full. Nothing was changed. */
export class MemoryError extends Error {}
/** What a HeapCorruptError says of the word that makes no sense. */
export interface CorruptWord {
  /** Its address in the shared memory, in bytes; 0: an engine found it, and does not say. */
  word?: number | undefined;
  /** The number of the object that it is a part of, or that the call was on. */
  id?: number | undefined;
  /** The class of that object, such as `'Queue'`. */
  class?: string | undefined;
}

/**
 * Something has written over the shared memory, or over bytes that were sent: what is there makes no sense.
 * The call has done nothing. The object that it was on is of no use any more, and others may not be: end the
 * program as soon as that can be done. No worker of this package writes where it should not; a module of
 * WebAssembly or native code that has the same memory may.
 */
export class HeapCorruptError extends RuntimeError implements CorruptWord {
  /** The address of the word, in bytes; 0: an engine found it, and does not say. */
  declare word?: number | undefined;
  /** The number of the object that it is a part of, or that the call was on. */
  declare id?: number | undefined;
  /** The class of that object, such as `'Queue'`. */
  declare class?: string | undefined;
  /** Made where the word was read. */
  constructor(message?: string, what: CorruptWord & { cause?: unknown } = {}) {
    super(message, { cause: what.cause });
    const { word, id, class: name } = what;
    Object.assign(this, { word, id, class: name });
  }
}

onMalformed((what, cause) => new HeapCorruptError(`the bytes of a value were written over${what && `: ${what}`}`, { cause }));

/** A method of a managed object could not be called. */
export class RemoteError extends Error {}
/** The cause of an error that came from another worker: where it was thrown there. */
export class RemoteTraceback extends Error {
  /** Made where the error arrives. @param where the worker's name @param stack what the stack was there */
  constructor(where: string, stack?: string) {
    super(`in ${where}`);
    if (stack !== undefined) this.stack = `${this.name}: ${this.message}\n${stack}`;
  }
}
/** A result could not be sent. A pool's says in `exc` why, and in `value` what it was, both as text. */
export class MaybeEncodingError extends Error {
  /** Of a pool's result: why it could not be sent, as text. */
  exc?: string;
  /** Of a pool's result: what it was, as text. */
  value?: string;
}
/** What Python allows in principle and not here. */
export class NotImplementedError extends RuntimeError {}
/** The worker that held the lock died. The lock stays broken until `reset()`. */
export class BrokenLockError extends RuntimeError {}
/**
 * Waiting would never end: the workers wait for each other in a cycle. Who closes it is told; two that close
 * it at the same moment may both be.
 * @example
 * ```ts
 * import { Barrier, DeadlockError, Event, main, RLock, Thread } from 'nogil';
 *
 * export function take(first: RLock, second: RLock, both: Barrier, deadlock: Event) {
 *   using one = first.hold();
 *   both.wait(); // each has its first one
 *   try {
 *     using two = second.hold();
 *   } catch (error) {
 *     if (error instanceof DeadlockError) deadlock.set();
 *   }
 * }
 *
 * main(import.meta, () => {
 *   const [a, b, both, deadlock] = [new RLock(), new RLock(), new Barrier(2), new Event()];
 *   const thread = new Thread({ target: take, args: [a, b, both, deadlock] });
 *   thread.start();
 *   take(b, a, both, deadlock);
 *   thread.join();
 *   console.log(deadlock.isSet()); // prints true
 * });
 * ```
 */
export class DeadlockError extends RuntimeError {}
/**
 * The worker that was to do it died.
 * @example
 * ```ts
 * import { main, Pool, WorkerDied } from 'nogil';
 *
 * export function die() {
 *   process.exit(1);
 * }
 *
 * main(import.meta, () => {
 *   using pool = new Pool(1);
 *   try {
 *     pool.apply(die);
 *   } catch (error) {
 *     console.log(error instanceof WorkerDied); // prints true
 *   }
 * });
 * ```
 */
export class WorkerDied extends RuntimeError {}

for (const [name, ctor] of Object.entries({
  ValueError,
  RuntimeError,
  AssertionError,
  Empty,
  Full,
  ShutDown,
  EOFError,
  OSError,
  InterruptedError,
  KeyboardInterrupt,
  BrokenPipeError,
  FileExistsError,
  FileNotFoundError,
  ProcessError,
  BufferTooShort,
  TimeoutError,
  BrokenBarrierError,
  KeyError,
  IndexError,
  AttributeError,
  MemoryError,
  HeapCorruptError,
  RemoteError,
  RemoteTraceback,
  MaybeEncodingError,
  NotImplementedError,
  BrokenLockError,
  DeadlockError,
  WorkerDied,
}))
  defineError(name, ctor);
