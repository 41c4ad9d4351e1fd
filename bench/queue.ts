/** Queues: from one worker to another, and to and fro. */
import { MessageChannel } from 'node:worker_threads';
import { Queue } from 'nogil';
import { Agent } from './agents.ts';
import type { Job } from './queue.workers.ts';
import { microseconds, perSecond, quantile, type Row, type Table } from './report.ts';
import type { shapes } from './shapes.ts';

type ShapeName = keyof typeof shapes;
const MODULE = './queue.workers.js';

/** Two workers of their own for each contender: what one leaves to the garbage collector is not the other's to clean up. */
class Pair {
  readonly #near: Agent;
  readonly #far: Agent;
  readonly #queues: Queue[];

  private constructor(shape: ShapeName, queues: Queue[]) {
    this.#near = new Agent(MODULE, shape);
    this.#far = new Agent(MODULE, shape);
    this.#queues = queues;
  }

  static async overQueues(shape: ShapeName, maxsize: number): Promise<Pair> {
    const queues = [new Queue(maxsize), new Queue(maxsize)];
    const pair = new Pair(shape, queues);
    const job: Job = { do: 'open', handles: queues.map((queue) => queue.handle()) };
    await Promise.all([pair.#near.ask(job), pair.#far.ask(job)]);
    return pair;
  }

  static async overPorts(shape: ShapeName): Promise<Pair> {
    const { port1, port2 } = new MessageChannel();
    const pair = new Pair(shape, []);
    await pair.#near.ask({ do: 'connect', port: port1 } satisfies Job, [port1]);
    await pair.#far.ask({ do: 'connect', port: port2 } satisfies Job, [port2]);
    return pair;
  }

  /** Items a second. */
  async rate(count: number, batch: number): Promise<number> {
    // The first run after the others' turns finds cold caches and sleeping cores: it does not count.
    await this.#send(count >> 1, batch);
    return this.#send(count, batch);
  }

  async #send(count: number, batch: number): Promise<number> {
    const queues = this.#queues.length > 0;
    await this.#far.ask<string>({ do: queues ? 'get' : 'receive', count, batch } satisfies Job);
    const end = this.#far.answer<number>();
    const begin = await this.#near.ask<number>({ do: queues ? 'put' : 'post', count, batch } satisfies Job);
    return (count * 1e9) / ((await end) - begin);
  }

  /** Nanoseconds of each round trip. */
  async pingPong(count: number, pause: number): Promise<Float64Array> {
    const queues = this.#queues.length > 0;
    await this.#far.ask<string>({ do: queues ? 'pong' : 'pongPort', count, pause } satisfies Job);
    return this.#near.ask<Float64Array>({ do: queues ? 'ping' : 'pingPort', count, pause } satisfies Job);
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#far.close()]);
    for (const queue of this.#queues) queue.close();
  }
}

interface Contender {
  name: string;
  pair: Pair;
  batch: number;
  rates: number[];
}

/** So that a round takes the slower one some 100 ms, and fits the memory: postMessage knows no limit. */
const COUNTS: Record<ShapeName, number> = { u32: 200_000, '64 B': 100_000, object: 80_000, '1 KiB': 50_000, '64 KiB': 2000 };
const TARGETS: Partial<Record<ShapeName, number>> = { u32: 6, '64 B': 8, object: 1.8, '64 KiB': 2 };
const BATCH = 100;
/** The first is the default: no limit, as with postMessage. */
const SIZES = [0, 65536, 1024];
/** Large items: the last size keeps them all in the cache. */
const SIZES_OF_LARGE = [0, 1024, 16];
const BATCH_SIZE = 1024;

async function oneWay(shape: ShapeName, rounds: number): Promise<Table> {
  const count = COUNTS[shape];
  const contender = (name: string, pair: Pair, batch = 1): Contender => ({ name, pair, batch, rates: [] });
  const ours: Contender[] = [];
  for (const maxsize of shape === '64 KiB' ? SIZES_OF_LARGE : SIZES)
    ours.push(
      contender(`put / get, maxsize ${maxsize}${maxsize === 0 ? ' (default)' : ''}`, await Pair.overQueues(shape, maxsize)),
    );
  const many = contender(`putMany / getMany of ${BATCH}, maxsize ${BATCH_SIZE}`, await Pair.overQueues(shape, BATCH_SIZE), BATCH);
  const post = contender('postMessage', await Pair.overPorts(shape));
  const arrays = contender(`postMessage of arrays of ${BATCH}`, await Pair.overPorts(shape), BATCH);
  const turn = [...ours.flatMap((each, i) => (i === 0 ? [each, post] : [each])), many, arrays];
  for (let round = -2; round < rounds; round++) {
    for (const { pair, batch, rates } of turn) {
      const rate = await pair.rate(count, batch);
      if (round >= 0) rates.push(rate);
    }
  }
  await Promise.all(turn.map(({ pair }) => pair.close()));

  const target = TARGETS[shape];
  const bound = target === undefined ? {} : { target };
  const rows = ours.map(({ name, rates }): Row => ({ what: name, unit: perSecond, ours: rates, rival: post.rates, ...bound }));
  rows.push({ what: many.name, unit: perSecond, ours: many.rates, rival: post.rates });
  rows.push({ what: `the same against ${arrays.name}`, unit: perSecond, ours: many.rates, rival: arrays.rates });
  return { title: `${shape}: one producer, one consumer, ${count} items a run`, rival: 'postMessage', rows };
}

async function roundTrips(quick: boolean): Promise<Table> {
  const rows: Row[] = [];
  const rounds = quick ? 3 : 7;
  for (const shape of ['u32', 'object'] as const) {
    const ours = await Pair.overQueues(shape, 1024);
    const rival = await Pair.overPorts(shape);
    for (const [mode, count, pause] of [
      ['busy', 2000, 0],
      ['parked', 100, 1],
    ] as const) {
      const trips = { ours: [] as Float64Array[], rival: [] as Float64Array[] };
      for (let round = -1; round < rounds; round++) {
        const mine = await ours.pingPong(count, pause);
        const theirs = await rival.pingPong(count, pause);
        if (round < 0) continue;
        trips.ours.push(mine);
        trips.rival.push(theirs);
      }
      for (const [name, q] of [
        ['p50', 0.5],
        ['p99', 0.99],
      ] as const) {
        const figures = (runs: Float64Array[]) => runs.map((run) => quantile(Array.from(run), q) / 1000);
        rows.push({
          what: `${shape}, ${mode}, ${name}`,
          unit: microseconds,
          ours: figures(trips.ours),
          rival: figures(trips.rival),
        });
      }
    }
    await Promise.all([ours.close(), rival.close()]);
  }
  return {
    title: 'round trips between two workers (parked: the other end is asleep when the item comes)',
    rival: 'MessageChannel',
    rows,
  };
}

export async function* queue(quick: boolean): AsyncGenerator<Table> {
  for (const shape of Object.keys(COUNTS) as ShapeName[]) yield await oneWay(shape, quick ? 3 : 15);
  yield await roundTrips(quick);
}
