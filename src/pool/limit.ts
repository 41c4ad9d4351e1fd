/**
 * Limits of a task: how long it may run, and what becomes of its worker then.
 */
import { TimeoutError, ValueError } from '../errors.ts';
import { type Timeout, timeoutToMs } from '../heap/time.ts';

/** How long a task may take, and what becomes of its worker. */
export interface LimitOptions {
  /**
   * Seconds that a task may run, from its beginning: then its call rejects with TimeoutError, and the task
   * sees `taskSignal()` aborted. Of a map and the like: each chunk, which is one item unless `chunksize` says
   * otherwise. Default: no limit.
   */
  timeout?: Timeout;
  /**
   * true: a task that is late, or cancelled by `signal`, is ended with its worker, which is replaced; what it
   * held is repaired as after any death. Default false: it goes on, and what comes of it is dropped.
   */
  kill?: boolean | undefined;
}

/** The limit of a task as it travels: milliseconds; minus: its worker goes on; 0: none. @throws ValueError */
export function limitOf({ timeout, kill }: LimitOptions = {}): number {
  if (kill !== undefined && typeof kill !== 'boolean') throw new TypeError(`kill must be a boolean, got ${typeof kill}`);
  if (timeout === undefined || timeout === null) return 0;
  const ms = Math.ceil(timeoutToMs(timeout));
  if (ms <= 0) throw new ValueError(`the timeout of a task must be positive, got ${timeout}`);
  // Above, nobody lives to see it.
  if (ms > LONGEST) return 0;
  return kill ? ms : -ms;
}

/** Milliseconds that a word holds. */
const LONGEST = 0x7fffffff;

/** @param end what became of its worker */
export function lateError(ms: number, end = ''): TimeoutError {
  return new TimeoutError(`the task was not done in ${ms / 1000} seconds${end}`);
}
