/**
 * Round trips between two workers, ours against a MessageChannel: the main thread's side, and what both
 * workers do.
 */
import { MessageChannel } from 'node:worker_threads';
import { Agent, clock, reply } from './agents.ts';
import { inTurn } from './in-turn.ts';
import { microseconds, quantile, type Row, type Table } from './report.ts';
import { rest } from './rivals/ports.ts';
import type { Shape, shapes } from './shapes.ts';

export type ShapeName = keyof typeof shapes;

/**
 * The jobs that the workers of a pair do. `pause`: milliseconds of sleep before each trip, in which the other
 * end falls asleep.
 */
export interface Trips {
  do: 'ping' | 'pong' | 'pingPort' | 'pongPort';
  count: number;
  pause: number;
}

/**
 * Two workers of their own for each contender: what one leaves to the garbage collector is not the other's to
 * clean up.
 */
export class Pair {
  protected readonly near: Agent;
  protected readonly far: Agent;
  /** What to close in the end; none: they talk over ports. */
  readonly #closers: readonly { close(): void }[];

  protected constructor(module: string, shape: ShapeName, closers: readonly { close(): void }[]) {
    this.near = new Agent(module, shape);
    this.far = new Agent(module, shape);
    this.#closers = closers;
  }

  protected get isOurs(): boolean {
    return this.#closers.length > 0;
  }

  protected async connect(): Promise<this> {
    const { port1, port2 } = new MessageChannel();
    await this.near.ask({ do: 'connect', port: port1 }, [port1]);
    await this.far.ask({ do: 'connect', port: port2 }, [port2]);
    return this;
  }

  /** Nanoseconds of each round trip. */
  async pingPong(count: number, pause: number): Promise<Float64Array> {
    await this.far.ask<string>({ do: this.isOurs ? 'pong' : 'pongPort', count, pause } satisfies Trips);
    return this.near.ask<Float64Array>({ do: this.isOurs ? 'ping' : 'pingPort', count, pause } satisfies Trips);
  }

  async close(): Promise<void> {
    await Promise.all([this.near.close(), this.far.close()]);
    for (const each of this.#closers) each.close();
  }
}

/**
 * Busy, ours spins and the rival's event loop sleeps; parked, both sleep. Two workers that began on one core
 * are parted by the operating system after some tens of milliseconds; until then a trip is two switches of
 * tasks. A busy run is long enough that these trips are its tail and not its median.
 */
const MODES = [
  ['busy', 20_000, 0],
  ['parked', 100, 1],
] as const;
const FIGURES = [
  ['p50', 0.5],
  ['p99', 0.99],
] as const;

/** @param targets bounds on the ratio of the medians: the tail is the scheduler's */
export async function roundTrips(
  title: string,
  pairs: (shape: 'u32' | 'object') => Promise<{ ours: Pair; rival: Pair }>,
  rounds: number,
  targets: { busy?: number; parked?: number } = {},
): Promise<Table> {
  const rows: Row[] = [];
  for (const shape of ['u32', 'object'] as const) {
    const { ours, rival } = await pairs(shape);
    for (const [mode, count, pause] of MODES) {
      const trips = await inTurn(rounds, 1, {
        ours: () => ours.pingPong(count, pause),
        rival: () => rival.pingPong(count, pause),
      });
      for (const [name, q] of FIGURES) {
        const figures = (runs: Float64Array[]) => runs.map((run) => quantile(Array.from(run), q) / 1000);
        const target = name === 'p50' ? targets[mode] : undefined;
        rows.push({
          what: `${shape}, ${mode}, ${name}`,
          unit: microseconds,
          ours: figures(trips.ours),
          rival: figures(trips.rival),
          ...(target !== undefined && { target }),
        });
      }
    }
    await Promise.all([ours.close(), rival.close()]);
  }
  return { title, rival: 'MessageChannel', rows };
}

// ── in the workers ───────────────────────────────────────────────────────────────────────────────────

/** Replies with the nanoseconds of each trip. */
export function ping<T>(shape: Shape<T>, { count, pause }: Trips, there: (item: T) => void, back: () => T): void {
  const trips = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    rest(pause);
    const begin = clock();
    there(shape.make(i));
    if (shape.number(back()) !== i) throw new Error(`trip ${i} brought another item back`);
    trips[i] = clock() - begin;
  }
  reply(trips);
}
