/**
 * The same classes over a Redis (or Valkey) that several machines share. Optional peers: `ioredis`, and for
 * pools `bullmq`.
 */
export type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
export { Barrier } from './barrier.ts';
export { BaseManager, type BaseManagerOptions, type Callable } from './base-manager.ts';
export { Cluster, connect } from './cluster.ts';
export { Dict, Namespace } from './dict.ts';
export { ConnectionError, LeaseLostError } from './errors.ts';
export { Event } from './event.ts';
export { List } from './list.ts';
export { type Hold, Lock, type LockOptions, RLock } from './lock.ts';
export type { ConnectOptions, TlsOptions } from './options.ts';
export { type MapOptions, Pool } from './pool.ts';
export { PoolIterator } from './pool-iterator.ts';
export { PriorityQueue, type PriorityQueueOptions } from './priority-queue.ts';
export type {
  BarrierReport,
  EventReport,
  Inspection,
  LockReport,
  PoolReport,
  QueueReport,
  SemaphoreReport,
  SizeReport,
  ValueReport,
} from './protocol.ts';
export { JoinableQueue, Queue, SimpleQueue } from './queue.ts';
export type { DeadLetter, QueueOptions } from './queue-base.ts';
export { BoundedSemaphore, Semaphore } from './semaphore.ts';
export { type ServeOptions, serve } from './serve.ts';
export { Value } from './value.ts';
