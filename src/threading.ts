/**
 * `nogil/threading`: Python's `threading`.
 * @module nogil/threading
 */
export { BrokenBarrierError, BrokenLockError, DeadlockError, RuntimeError as ThreadError } from './errors.ts';
export { type AcquireAllAsyncOptions, type AcquireAllOptions, acquireAll, acquireAllAsync } from './sync/acquire-all.ts';
export { Barrier } from './sync/barrier.ts';
export { Condition } from './sync/condition.ts';
export { Event } from './sync/event.ts';
export { Lock, type LockOptions, RLock } from './sync/lock.ts';
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts';
export { type ExceptHookArgs, excepthook, setExcepthook } from './workers/excepthook.ts';
export { Local, local } from './workers/local.ts';
export type { AnyFunction } from './workers/targets.ts';
export {
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  getNativeId,
  type MainThread,
  mainThread,
  Thread,
} from './workers/thread.ts';
export { Timer } from './workers/timer.ts';
