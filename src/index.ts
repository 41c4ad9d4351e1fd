/** `nogil`: everything once; where Python has two flavours, that of `threading`. */
export * from './errors.ts';
export type { DeadlockLink } from './heap/deadlock.ts';
export { configure, type HeapOptions } from './heap/heap.ts';
export { type HeapStats, heap, type ObjectInfo } from './heap/inspect.ts';
export type { Handle } from './heap/shared.ts';
export type { AsyncOptions, Timeout } from './heap/time.ts';
export {
  type ApplyOptions,
  Array,
  type ArrayInit,
  AsyncResult,
  activeChildren,
  Connection,
  cpuCount,
  currentProcess,
  Dict,
  type DictInit,
  type Factory,
  freezeSupport,
  getAllStartMethods,
  getContext,
  getpid,
  getppid,
  getStartMethod,
  type IteratorOptions,
  List,
  type MainProcess,
  Manager,
  ManagerObject,
  type MapOptions,
  Namespace,
  Pipe,
  type PipeOptions,
  Pool,
  PoolIterator,
  type PoolOptions,
  Process,
  type Progress,
  parentProcess,
  RawArray,
  RawValue,
  type RemoteObject,
  type ResultOptions,
  type SortOptions,
  type StartMethod,
  type SyncManager,
  setStartMethod,
  type Typecode,
  taskSignal,
  Value,
  type ValueOf,
  type ValueOptions,
  type Waitable,
  wait,
  waitAsync,
} from './multiprocessing.ts';
export { LifoQueue } from './queue/lifo-queue.ts';
export { type Prioritized, type Priority, PriorityQueue } from './queue/priority-queue.ts';
export { JoinableQueue, Queue } from './queue/queue.ts';
export { SimpleQueue } from './queue/simple-queue.ts';
export * from './sched.ts';
export * from './threading.ts';
export { main } from './workers/main.ts';
export type { RunnableOptions } from './workers/runnable.ts';
export { sleep, sleepAsync } from './workers/sleep.ts';
export { task } from './workers/targets.ts';
