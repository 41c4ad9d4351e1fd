/** Pipes: to and fro between two workers. */
import { MessageChannel } from 'node:worker_threads';
import { type Connection, Pipe } from 'nogil';
import { Agent } from './agents.ts';
import type { Job } from './pipe.workers.ts';
import { microseconds, quantile, type Row, type Table } from './report.ts';

type ShapeName = 'u32' | 'object';
const MODULE = './pipe.workers.js';

/** Two workers of their own for each contender: what one leaves to the garbage collector is not the other's to clean up. */
class Pair {
  readonly #near: Agent;
  readonly #far: Agent;
  readonly #ends: Connection[];

  private constructor(shape: ShapeName, ends: Connection[]) {
    this.#near = new Agent(MODULE, shape);
    this.#far = new Agent(MODULE, shape);
    this.#ends = ends;
  }

  static async overPipe(shape: ShapeName): Promise<Pair> {
    const [near, far] = Pipe();
    const pair = new Pair(shape, [near, far]);
    await pair.#near.ask({ do: 'open', handle: near.handle() } satisfies Job);
    await pair.#far.ask({ do: 'open', handle: far.handle() } satisfies Job);
    return pair;
  }

  static async overPorts(shape: ShapeName): Promise<Pair> {
    const { port1, port2 } = new MessageChannel();
    const pair = new Pair(shape, []);
    await pair.#near.ask({ do: 'connect', port: port1 } satisfies Job, [port1]);
    await pair.#far.ask({ do: 'connect', port: port2 } satisfies Job, [port2]);
    return pair;
  }

  /** Nanoseconds of each round trip. */
  async pingPong(count: number, pause: number): Promise<Float64Array> {
    const pipe = this.#ends.length > 0;
    await this.#far.ask<string>({ do: pipe ? 'pong' : 'pongPort', count, pause } satisfies Job);
    return this.#near.ask<Float64Array>({ do: pipe ? 'ping' : 'pingPort', count, pause } satisfies Job);
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#far.close()]);
    for (const end of this.#ends) end.close();
  }
}

/** Busy, ours spins and the rival's event loop sleeps; parked, both sleep. Only the median has a bound: the tail is the scheduler's. */
const MODES = [
  ['busy', 2000, 0, 0.1],
  ['parked', 100, 1, 1],
] as const;
const FIGURES = [
  ['p50', 0.5],
  ['p99', 0.99],
] as const;

export async function* pipe(quick: boolean): AsyncGenerator<Table> {
  const rows: Row[] = [];
  const rounds = quick ? 3 : 9;
  for (const shape of ['u32', 'object'] as const) {
    const ours = await Pair.overPipe(shape);
    const rival = await Pair.overPorts(shape);
    for (const [mode, count, pause, target] of MODES) {
      const trips = { ours: [] as Float64Array[], rival: [] as Float64Array[] };
      for (let round = -1; round < rounds; round++) {
        const mine = await ours.pingPong(count, pause);
        const theirs = await rival.pingPong(count, pause);
        if (round < 0) continue;
        trips.ours.push(mine);
        trips.rival.push(theirs);
      }
      for (const [name, q] of FIGURES) {
        const figures = (runs: Float64Array[]) => runs.map((run) => quantile(Array.from(run), q) / 1000);
        const bound = name === 'p50' ? { target } : {};
        rows.push({
          what: `${shape}, ${mode}, ${name}`,
          unit: microseconds,
          ours: figures(trips.ours),
          rival: figures(trips.rival),
          ...bound,
        });
      }
    }
    await Promise.all([ours.close(), rival.close()]);
  }
  yield {
    title: 'round trips over a pipe (parked: the other end is asleep when the message comes)',
    rival: 'MessageChannel',
    rows,
  };
}
