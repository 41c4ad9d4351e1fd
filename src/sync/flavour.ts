/**
 * Python's two modules disagree about misuse. One implementation serves both: it asks its flavour.
 */
import { LockFlag } from '../../assembly/abi.ts';
import { AssertionError, RuntimeError, ValueError } from '../errors.ts';
import { type Blocking, isBlocking, nonNegativeTimeoutToMs, type Timeout, timeoutToMs } from '../heap/time.ts';

type ErrorClass = new (message: string) => Error;

export interface Flavour {
  /** What a lock of this flavour says of itself in the heap. */
  readonly lockFlag: number;
  /** A lock was released that nobody holds. */
  readonly released: ErrorClass;
  /** An RLock, or a condition's lock, is not the caller's. */
  readonly notOwner: ErrorClass;
  /** A worker was started twice, joined before it started, and the like. */
  readonly misuse: ErrorClass;
  /** Whether `acquire(false, timeout)` is an error; otherwise the timeout is ignored. */
  readonly strictBlocking: boolean;
  /** Milliseconds of a lock's timeout. */
  lockTimeout(timeout: Timeout): number;
  /** Milliseconds of a queue's timeout. */
  queueTimeout(timeout: Timeout): number;
}

/** `threading` and `queue`. */
export const threading: Flavour = {
  lockFlag: 0,
  released: RuntimeError,
  notOwner: RuntimeError,
  misuse: RuntimeError,
  strictBlocking: true,
  lockTimeout(timeout) {
    if (timeout === -1) return Number.POSITIVE_INFINITY;
    if (typeof timeout === 'number' && timeout < 0)
      throw new ValueError('timeout value must be a non-negative number (or -1: for ever)');
    return timeoutToMs(timeout);
  },
  queueTimeout: nonNegativeTimeoutToMs,
};

/** `multiprocessing`. */
export const multiprocessing: Flavour = {
  lockFlag: LockFlag.OF_PROCESSES,
  released: ValueError,
  notOwner: AssertionError,
  misuse: AssertionError,
  strictBlocking: false,
  lockTimeout: timeoutToMs,
  queueTimeout: timeoutToMs,
};

/** Milliseconds for `acquire(blocking, timeout)`. */
export function acquireTimeout(
  flavour: Flavour,
  blocking: Blocking,
  timeout: Timeout,
  toMs: (timeout: Timeout) => number,
): number {
  if (isBlocking('blocking', blocking)) return toMs(timeout);
  if (timeout !== undefined && timeout !== null && flavour.strictBlocking && timeout !== -1)
    throw new ValueError("can't specify a timeout for a non-blocking call");
  return 0;
}

/** An integer in a range, or the named error. */
export function checkInteger(name: string, value: unknown, least: number, most = 0x7fffffff): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`${name} must be an integer, got ${typeof value === 'number' ? value : typeof value}`);
  if (value < least || value > most) throw new ValueError(`${name} must be from ${least} to ${most}, got ${value}`);
  return value;
}
