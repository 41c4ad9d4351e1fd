/**
 * `nogil`: everything once; where Python has two flavours, that of `threading`.
 * @module nogil
 */
export type { AnyClass, ClassCodec } from './codec/classes.ts';
export * from './errors.ts';
export type { DeadlockLink } from './heap/deadlock.ts';
export { configure, type HeapOptions } from './heap/heap.ts';
export type { HeapStats, ObjectInfo } from './heap/inspect.ts';
export type { Handle, Shared } from './heap/shared.ts';
export type { AsyncOptions, Blocking, Timeout } from './heap/time.ts';
// Each from where it is made, not through multiprocessing.ts: a bundler then leaves out what a program does
// not use.
export { Dict, type DictInit } from './manager/dict.ts';
export { List, type SortOptions } from './manager/list.ts';
export { type Factory, Manager, ManagerObject, type SyncManager } from './manager/manager.ts';
export { Namespace } from './manager/namespace.ts';
export type { AnyConstructor, RemoteObject } from './manager/remote.ts';
export { getContext } from './multiprocessing.ts';
export { Connection, Pipe, type PipeOptions } from './pipe/connection.ts';
export { type Waitable, wait, waitAsync } from './pipe/wait.ts';
export { PoolIterator } from './pool/imap.ts';
export type { LimitOptions } from './pool/limit.ts';
export { TaskMessages } from './pool/messages.ts';
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
export { progress, type TaskSender, taskChannel } from './pool/task-sender.ts';
export { LifoQueue } from './queue/lifo-queue.ts';
export { Lease, Slot } from './queue/loans.ts';
export { type Prioritized, type Priority, PriorityQueue } from './queue/priority-queue.ts';
export { JoinableQueue, Queue } from './queue/queue.ts';
export { SimpleQueue } from './queue/simple-queue.ts';
export * from './sched.ts';
export { ShareableList, type ShareableListOptions, type ShareableValue } from './shared-memory/list.ts';
export { SharedMemoryManager } from './shared-memory/manager.ts';
export { SharedMemory } from './shared-memory/memory.ts';
export { heap } from './sharing/heap.ts';
export type { JoinOptions } from './sharing/join.ts';
export type { SharedHeap } from './sharing/share.ts';
export { Array, type ArrayInit, RawArray } from './sync/array.ts';
export type { ValueOptions } from './sync/numbers.ts';
export type { Typecode, ValueOf } from './sync/typecodes.ts';
export { RawValue, Value } from './sync/value.ts';
export * from './threading.ts';
export {
  type Context,
  freezeSupport,
  getAllStartMethods,
  getStartMethod,
  type StartMethod,
  setStartMethod,
} from './workers/context.ts';
export type { OutputQueue } from './workers/launch-options.ts';
export { main } from './workers/main.ts';
export type { BareOptions, NeedsNone, RunnableOptions } from './workers/options.ts';
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
export { registerClass } from './workers/register-class.ts';
export { sleep, sleepAsync } from './workers/sleep.ts';
export { task } from './workers/targets.ts';
