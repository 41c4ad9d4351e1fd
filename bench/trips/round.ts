/** A contender of a row of round trips: its figures are `p50` and `p99`, in nanoseconds. */
import { Agent, closeAll } from '../harness/agents.ts';
import type { Program } from '../harness/program.ts';
import type { Contender } from '../harness/row.ts';
import { quantile } from '../report/statistics.ts';
import { startNative } from '../rivals/native.ts';
import type { By } from '../rivals/parties.ts';
import { startPython } from '../rivals/python.ts';
import type { ShapeName } from '../ways/shapes.ts';
import type { Orders } from './ends.workers.ts';
import type { Trip, Trips } from './trip.ts';

/**
 * Busy: the next trip begins at once. Two workers that began on one core are parted by the operating system
 * after some tens of milliseconds; a busy run is long enough that the trips until then are its tail and not
 * its median. Parked: the other end has fallen asleep.
 */
const MODES = { busy: { full: 20_000, quick: 2000, pause: 0 }, parked: { full: 200, quick: 60, pause: 1 } } as const;

export type Mode = keyof typeof MODES;

function tripsOf(mode: Mode, quick: boolean): Trips {
  const { pause, full, quick: few } = MODES[mode];
  return { count: quick ? few : full, pause };
}

function figuresOf(trips: ArrayLike<number>): { p50: number; p99: number } {
  return { p50: quantile(trips, 0.5), p99: quantile(trips, 0.99) };
}

/** @param name the file in bench/trips/ */
export function round(
  label: string,
  {
    trip: name,
    by,
    mode,
    shape,
    note,
  }: {
    trip: string;
    by: By;
    mode: Mode;
    shape: ShapeName;
    note?: string;
  },
): Contender {
  return {
    name: label,
    by,
    ...(note !== undefined && { note }),
    async open(_, quick) {
      const { trip } = (await import(new URL(`./${name}.js`, import.meta.url).href)) as { trip: Trip<unknown> };
      const { near: nearEnd, far: farEnd, transfer, close } = trip.open();
      const orders = { trip: name, shape };
      const near = new Agent('trips/ends.workers.js', { ...orders, side: 'near', end: nearEnd } satisfies Orders, transfer?.[0]);
      const far = new Agent('trips/ends.workers.js', { ...orders, side: 'far', end: farEnd } satisfies Orders, transfer?.[1]);
      await Promise.all([near.answer(), far.answer()]);
      const job = tripsOf(mode, quick);
      return {
        gives: 'figure',
        async run() {
          await far.ask(job);
          return figuresOf(await near.ask<Float64Array>(job));
        },
        async close() {
          await closeAll([near, far]);
          close?.();
        },
      };
    },
  };
}

/** The same by another program: `trips COUNT PAUSE_US`, if it calls it that. */
export function elsewhere(name: string, by: By, start: () => Program, mode: Mode, word = 'trips'): Contender {
  return {
    name,
    by,
    open(_, quick) {
      const program = start();
      const { count, pause } = tripsOf(mode, quick);
      return {
        gives: 'figure',
        run: async () => figuresOf(await program.ask<number[]>(word, count, pause * 1000)),
        close: () => program.close(),
      };
    },
  };
}

export const nativeTrips = (mode: Mode) => elsewhere('C: condition variables', 'c', startNative, mode);
export const pythonTrips = (mode: Mode) => elsewhere('Python: Pipe', 'python', startPython, mode);
