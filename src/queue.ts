/** `nogil/queue`: Python's `queue`. */
export { Empty, Full, ShutDown } from './errors.ts';
export { Queue } from './queue/queue.ts';
