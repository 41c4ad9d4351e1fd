/**
 * `nogil/queue`: Python's `queue`.
 * @module nogil/queue
 */
export { Empty, Full, ShutDown } from './errors.ts';
export { LifoQueue } from './queue/lifo-queue.ts';
export { Lease, Slot } from './queue/loans.ts';
export { type Prioritized, type Priority, PriorityQueue } from './queue/priority-queue.ts';
export { Queue } from './queue/queue.ts';
export { SimpleQueue } from './queue/simple-queue.ts';
