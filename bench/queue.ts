/** Queues: from one worker to another, and to and fro. */
import { Queue } from 'nogil';
import { inTurn } from './in-turn.ts';
import { Pair, roundTrips, type ShapeName } from './ping-pong.ts';
import type { Job } from './queue.workers.ts';
import { perSecond, type Row, type Table } from './report.ts';

const MODULE = './queue.workers.js';

class QueuePair extends Pair {
  static async overQueues(shape: ShapeName, maxsize: number): Promise<QueuePair> {
    const queues = [new Queue(maxsize), new Queue(maxsize)];
    const pair = new QueuePair(MODULE, shape, queues);
    const job: Job = { do: 'open', handles: queues.map((queue) => queue.handle()) };
    await Promise.all([pair.near.ask(job), pair.far.ask(job)]);
    return pair;
  }

  static overPorts(shape: ShapeName): Promise<QueuePair> {
    return new QueuePair(MODULE, shape, []).connect();
  }

  /** Items a second. */
  async rate(count: number, batch: number): Promise<number> {
    // The first run after the others' turns finds cold caches and sleeping cores: it does not count.
    await this.#send(count >> 1, batch);
    return this.#send(count, batch);
  }

  async #send(count: number, batch: number): Promise<number> {
    await this.far.ask<string>({ do: this.isOurs ? 'get' : 'receive', count, batch } satisfies Job);
    const end = this.far.answer<number>();
    const begin = await this.near.ask<number>({ do: this.isOurs ? 'put' : 'post', count, batch } satisfies Job);
    return (count * 1e9) / ((await end) - begin);
  }
}

interface Contender {
  name: string;
  pair: QueuePair;
  batch: number;
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
  const contender = (name: string, pair: QueuePair, batch = 1): Contender => ({ name, pair, batch });
  const ours: Contender[] = [];
  for (const maxsize of shape === '64 KiB' ? SIZES_OF_LARGE : SIZES)
    ours.push(
      contender(`put / get, maxsize ${maxsize}${maxsize === 0 ? ' (default)' : ''}`, await QueuePair.overQueues(shape, maxsize)),
    );
  const many = contender(
    `putMany / getMany of ${BATCH}, maxsize ${BATCH_SIZE}`,
    await QueuePair.overQueues(shape, BATCH_SIZE),
    BATCH,
  );
  const post = contender('postMessage', await QueuePair.overPorts(shape));
  const arrays = contender(`postMessage of arrays of ${BATCH}`, await QueuePair.overPorts(shape), BATCH);
  const turn = [...ours.flatMap((each, i) => (i === 0 ? [each, post] : [each])), many, arrays];
  const contenders = Object.fromEntries(turn.map(({ name, pair, batch }) => [name, () => pair.rate(count, batch)]));
  const figures = await inTurn(rounds, 2, contenders);
  const rates = ({ name }: Contender) => figures[name] ?? [];
  await Promise.all(turn.map(({ pair }) => pair.close()));

  const target = TARGETS[shape];
  const bound = target === undefined ? {} : { target };
  const rows = ours.map((each): Row => ({ what: each.name, unit: perSecond, ours: rates(each), rival: rates(post), ...bound }));
  rows.push({ what: many.name, unit: perSecond, ours: rates(many), rival: rates(post) });
  rows.push({ what: `the same against ${arrays.name}`, unit: perSecond, ours: rates(many), rival: rates(arrays) });
  return { title: `${shape}: one producer, one consumer, ${count} items a run`, rival: 'postMessage', rows };
}

export async function* queue(quick: boolean): AsyncGenerator<Table> {
  for (const shape of Object.keys(COUNTS) as ShapeName[]) yield await oneWay(shape, quick ? 3 : 15);
  yield await roundTrips(
    'round trips between two workers (parked: the other end is asleep when the item comes)',
    async (shape) => ({ ours: await QueuePair.overQueues(shape, 1024), rival: await QueuePair.overPorts(shape) }),
    quick ? 3 : 7,
  );
}
