/**
 * Round trips between two workers, one item in flight. Each file of this folder that exports `trip` is a way
 * to make them; a row names it by its file.
 */
import type { TransferListItem } from 'node:worker_threads';
import { clock } from '../harness/agents.ts';
import type { Shape } from '../ways/shapes.ts';

export interface Trip<E> {
  /** In the main thread, once. */
  open(): { near: E; far: E; transfer?: [near: TransferListItem[], far: TransferListItem[]]; close?(): void };
  /** In the near worker: nanoseconds of each trip. */
  ping(end: E, shape: Shape<unknown>): (job: Trips) => Float64Array | Promise<Float64Array>;
  /** In the far one: sends back what comes, so many times. */
  pong(end: E): (job: Trips) => void | Promise<void>;
}

export interface Trips {
  count: number;
  /** Milliseconds of sleep before each trip, in which the other end falls asleep. */
  pause: number;
}

const never = new Int32Array(new SharedArrayBuffer(4));

export function rest(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

export function checkTrip(shape: Shape<unknown>, item: unknown, i: number): void {
  if (shape.number(item) !== shape.expected(i)) throw new Error(`trip ${i} brought another item back`);
}

/** The near worker's loop, where both calls block. */
export function pingWith(
  shape: Shape<unknown>,
  there: (item: unknown) => void,
  back: () => unknown,
): (job: Trips) => Float64Array {
  return ({ count, pause }) => {
    const trips = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      rest(pause);
      const begin = clock();
      there(shape.make(i));
      const item = back();
      trips[i] = clock() - begin;
      checkTrip(shape, item, i);
    }
    return trips;
  };
}
