/**
 * `nogil/futures`: Python's `concurrent.futures`.
 * @module nogil/futures
 */
export { TimeoutError } from './errors.ts';
export {
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  CancelledError,
  InvalidStateError,
} from './futures/errors.ts';
export {
  Executor,
  type ExecutorMapOptions,
  type ExecutorOptions,
  type MapResults,
  ProcessPoolExecutor,
  type ShutdownOptions,
  ThreadPoolExecutor,
} from './futures/executor.ts';
export { Future } from './futures/future.ts';
export {
  ALL_COMPLETED,
  asCompleted,
  type DoneAndNotDone,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  wait,
  waitAsync,
} from './futures/wait.ts';
