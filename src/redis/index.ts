/**
 * The same classes over a Redis (or Valkey) that several machines share. Optional peers: `ioredis`, and for
 * pools `bullmq`.
 */
export type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
export { Cluster, connect } from './cluster.ts';
export { ConnectionError, LeaseLostError } from './errors.ts';
export type { ConnectOptions, TlsOptions } from './options.ts';
export { PriorityQueue, type PriorityQueueOptions } from './priority-queue.ts';
export type { Inspection, QueueReport } from './protocol.ts';
export { JoinableQueue, Queue, SimpleQueue } from './queue.ts';
export type { DeadLetter, QueueOptions } from './queue-base.ts';
