/** Time as Python counts it: seconds, as a float. */
import { ValueError } from '../errors.ts';

/** Seconds to wait; `undefined` or `null`: for ever. */
export type Timeout = number | null | undefined;

/** Whether to wait: a boolean, or 1 and 0 as in Python. */
export type Blocking = boolean | 0 | 1;

/** @throws TypeError it is neither */
export function isBlocking(name: string, value: unknown): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  const got = typeof value === 'number' || typeof value === 'bigint' ? String(value) : typeof value;
  throw new TypeError(`${name} must be a boolean, or 0 or 1, got ${got}; a timeout is the argument behind it`);
}

/** What every async twin takes as its last argument. */
export interface AsyncOptions {
  /**
   * Gives up the wait: the call rejects with `signal.reason` and leaves the primitive as if it had never been
   * called.
   */
  signal?: AbortSignal | undefined;
}

/** Milliseconds of a timeout whose negative values mean "one try". */
export function timeoutToMs(timeout: Timeout): number {
  if (timeout === undefined || timeout === null) return Number.POSITIVE_INFINITY;
  if (typeof timeout !== 'number') throw new TypeError(`timeout must be a number of seconds, got ${typeof timeout}`);
  if (Number.isNaN(timeout)) throw new ValueError('timeout must not be NaN');
  return timeout <= 0 ? 0 : timeout * 1000;
}

/** Milliseconds of a timeout that must not be negative. */
export function nonNegativeTimeoutToMs(timeout: Timeout): number {
  if (typeof timeout === 'number' && timeout < 0) throw new ValueError("'timeout' must be a non-negative number");
  return timeoutToMs(timeout);
}

/** What is left until `deadline` (performance.now() milliseconds), never negative. */
export function leftUntil(deadline: number): number {
  return deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, deadline - performance.now());
}
