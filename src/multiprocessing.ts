/**
 * `nogil/multiprocessing`: Python's `multiprocessing`, with its errors.
 * @module nogil/multiprocessing
 */
import { ClassTag, Kind } from '../assembly/abi.ts';
import { Member } from './heap/members.ts';
import { registerShared } from './heap/shared.ts';
import { Manager } from './manager/manager.ts';
import { Pipe } from './pipe/connection.ts';
import { wait, waitAsync } from './pipe/wait.ts';
import { Pool, type PoolOfContext, poolBy } from './pool/pool.ts';
import { taskSignal } from './pool/signal.ts';
import { progress, taskChannel } from './pool/task-sender.ts';
import * as queue from './queue/queue.ts';
import * as simple from './queue/simple-queue.ts';
import { ShareableList } from './shared-memory/list.ts';
import { SharedMemoryManager } from './shared-memory/manager.ts';
import { SharedMemory } from './shared-memory/memory.ts';
import * as array from './sync/array.ts';
import { Barrier } from './sync/barrier.ts';
import * as condition from './sync/condition.ts';
import { Event } from './sync/event.ts';
import { type Flavour, multiprocessing } from './sync/flavour.ts';
import * as lock from './sync/lock.ts';
import * as semaphore from './sync/semaphore.ts';
import { RawValue, Value } from './sync/value.ts';
import { type Context, contextsOf, type StartMethod, startMethod } from './workers/context.ts';
import {
  activeChildren,
  cpuCount,
  currentProcess,
  getpid,
  getppid,
  Process,
  parentProcess,
  processBy,
} from './workers/process.ts';

export {
  AssertionError,
  AttributeError,
  BrokenBarrierError,
  BrokenLockError,
  BrokenPipeError,
  BufferTooShort,
  DeadlockError,
  Empty,
  EOFError,
  FileExistsError,
  FileNotFoundError,
  Full,
  IndexError,
  KeyError,
  MaybeEncodingError,
  MemoryError,
  NotImplementedError,
  OSError,
  ProcessError,
  RemoteError,
  RemoteTraceback,
  RuntimeError,
  ShutDown,
  TimeoutError,
  ValueError,
  WorkerDied,
} from './errors.ts';
export { Dict, type DictInit } from './manager/dict.ts';
export { List, type SortOptions } from './manager/list.ts';
export { type Factory, Manager, ManagerObject, type SyncManager } from './manager/manager.ts';
export { Namespace } from './manager/namespace.ts';
export type { RemoteObject } from './manager/remote.ts';
export { Connection, Pipe, type PipeOptions } from './pipe/connection.ts';
export { type Waitable, wait, waitAsync } from './pipe/wait.ts';
export { PoolIterator } from './pool/imap.ts';
export {
  type ApplyOptions,
  type IteratorOptions,
  type MapOptions,
  Pool,
  type PoolOfContext,
  type PoolOptions,
} from './pool/pool.ts';
export type { Progress } from './pool/progress.ts';
export { AsyncResult, type ResultOptions } from './pool/result.ts';
export { taskSignal } from './pool/signal.ts';
export { progress, taskChannel } from './pool/task-sender.ts';
export { Lease, Slot } from './queue/loans.ts';
export { ShareableList, type ShareableListOptions, type ShareableValue } from './shared-memory/list.ts';
export { SharedMemoryManager } from './shared-memory/manager.ts';
export { SharedMemory } from './shared-memory/memory.ts';
export { Array, type ArrayInit, RawArray } from './sync/array.ts';
export { Barrier } from './sync/barrier.ts';
export { Event } from './sync/event.ts';
export type { ValueOptions } from './sync/numbers.ts';
export type { Typecode, ValueOf } from './sync/typecodes.ts';
export { RawValue, Value } from './sync/value.ts';
export {
  type Context,
  freezeSupport,
  getAllStartMethods,
  getStartMethod,
  type StartMethod,
  setStartMethod,
} from './workers/context.ts';
export {
  activeChildren,
  cpuCount,
  currentProcess,
  getpid,
  getppid,
  type MainProcess,
  Process,
  parentProcess,
} from './workers/process.ts';
export type { AnyFunction } from './workers/targets.ts';

// The flavour is all that differs: one implementation, two tables of errors.

/**
 * `threading`'s Lock with the errors of `multiprocessing`: a `release` of a lock that nobody holds is a
 * `ValueError`, a negative timeout is 0.
 */
export class Lock extends lock.Lock {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

/**
 * `threading`'s RLock with the errors of `multiprocessing`: a `release` by another than its holder is an
 * `AssertionError`, a negative timeout is 0.
 */
export class RLock extends lock.RLock {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

/** `threading`'s Semaphore with the timeouts of `multiprocessing`: a negative one is 0. */
export class Semaphore extends semaphore.Semaphore {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

/** A Semaphore that cannot be released above the value it started with. */
export class BoundedSemaphore extends semaphore.BoundedSemaphore {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

/**
 * `threading`'s Condition with the errors of `multiprocessing`: whoever waits or notifies without the lock
 * gets an `AssertionError`. Its own lock is this module's RLock.
 */
export class Condition extends condition.Condition {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
  /** @internal */
  protected static override get [Member.REENTRANT](): typeof RLock {
    return RLock;
  }
}

/** `queue`'s Queue with the timeouts of `multiprocessing`: a negative one is 0, and no ValueError. */
export class Queue<T = unknown> extends queue.Queue<T> {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

/**
 * The same class by Python's other name: every queue here counts its tasks.
 * @example
 * ```ts
 * import { JoinableQueue } from 'nogil/multiprocessing';
 *
 * const queue = new JoinableQueue<string>();
 * queue.put('a');
 * console.log(queue.unfinishedTasks); // prints 1
 * queue.get();
 * queue.taskDone();
 * console.log(queue.join()); // prints true
 * ```
 */
export class JoinableQueue<T = unknown> extends Queue<T> {}

/** `queue`'s SimpleQueue with the timeouts of `multiprocessing`. */
export class SimpleQueue<T = unknown> extends simple.SimpleQueue<T> {
  /** @internal */
  protected override get [Member.FLAVOUR](): Flavour {
    return multiprocessing;
  }
}

// A bundler has to rename one of two classes of a name, and names show in messages.
for (const [name, ctor] of Object.entries({
  Lock,
  RLock,
  Semaphore,
  BoundedSemaphore,
  Condition,
  Queue,
  JoinableQueue,
  SimpleQueue,
}))
  Object.defineProperty(ctor, 'name', { value: name });

registerShared(ClassTag.PROCESS_LOCK, Lock, Kind.LOCK);
registerShared(ClassTag.PROCESS_RLOCK, RLock, Kind.RLOCK, Kind.VALUE, Kind.ARRAY);
registerShared(ClassTag.PROCESS_SEMAPHORE, Semaphore, Kind.SEMAPHORE);
registerShared(ClassTag.PROCESS_BOUNDED_SEMAPHORE, BoundedSemaphore, Kind.SEMAPHORE);
registerShared(ClassTag.PROCESS_CONDITION, Condition, Kind.CONDITION);
registerShared(ClassTag.PROCESS_QUEUE, Queue, Kind.QUEUE);
registerShared(ClassTag.PROCESS_JOINABLE_QUEUE, JoinableQueue, Kind.QUEUE);
registerShared(ClassTag.PROCESS_SIMPLE_QUEUE, SimpleQueue, Kind.QUEUE);

// ── contexts ─────────────────────────────────────────────────────────────────────────────────────────

const members = {
  Array: array.Array,
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Manager,
  Pipe,
  Pool,
  Process,
  Queue,
  RLock,
  RawArray: array.RawArray,
  RawValue,
  Semaphore,
  ShareableList,
  SharedMemory,
  SharedMemoryManager,
  SimpleQueue,
  Value,
  activeChildren,
  cpuCount,
  currentProcess,
  getpid,
  getppid,
  parentProcess,
  taskSignal,
  taskChannel,
  progress,
  wait,
  waitAsync,
};

/** What a context has. */
type Members = Omit<typeof members, 'Pool'> & { Pool: PoolOfContext };

/** `Process` is the module's own, as long as the program starts processes in that way. */
function membersFor(method: StartMethod): Members {
  const bound = processBy(method);
  return Object.defineProperty({ ...members, Pool: poolBy(method) }, 'Process', {
    get: () => (startMethod() === method ? Process : bound),
    enumerable: true,
  });
}

/**
 * The classes and functions of this module, for a start method.
 * @param method default: the one that is set, which is fixed by this, as in Python
 * @throws ValueError there is no such method; the message says why
 * @example
 * ```ts
 * import { getContext } from 'nogil/multiprocessing';
 *
 * const context = getContext('worker');
 * const queue = new context.Queue<number>();
 * queue.put(1);
 * console.log(context.getStartMethod(), queue.get()); // prints worker 1
 * ```
 */
export const getContext: (method?: StartMethod | null) => Context<Members> = contextsOf(membersFor);
