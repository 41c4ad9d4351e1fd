/** `nogil/threading`: Python's `threading`. */
export { BrokenBarrierError, BrokenLockError } from './errors.ts';
export { Barrier } from './sync/barrier.ts';
export { Condition } from './sync/condition.ts';
export { Event } from './sync/event.ts';
export { Lock, type LockOptions, RLock } from './sync/lock.ts';
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts';
export { Local, local } from './workers/local.ts';
export { activeCount, currentThread, enumerate, getIdent, type MainThread, mainThread, Thread } from './workers/thread.ts';
