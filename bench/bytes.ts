/**
 * Bytes from one worker to another: copied in and out, written and read where they lie, and as one would send
 * them without the package.
 */
import { MessageChannel } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';
import { Agent } from './agents.ts';
import type { Job } from './bytes.workers.ts';
import { inTurn } from './in-turn.ts';
import { perSecond, type Row, type Table } from './report.ts';
import { FutexRing } from './rivals/futex-ring.ts';

/** How they go in, and how they come out. */
const WAYS = {
  'put / get': ['put', 'get'],
  'put / getInto': ['put', 'getInto'],
  'reserve / getInto': ['reserve', 'getInto'],
  'reserve / lease': ['reserve', 'lease'],
  'futex ring': ['write', 'read'],
  postMessage: ['post', 'receive'],
} as const;
type Way = keyof typeof WAYS;
const OURS = Object.keys(WAYS).slice(0, 4) as Way[];
const RIVALS = ['futex ring', 'postMessage'] as const;

interface Size {
  name: string;
  bytes: number;
  /** Items a run: it takes the slower ones some 50 ms. */
  count: number;
  /** Items of our queue: large ones stay in the caches. */
  maxsize: number;
  /** Bytes of the rival's ring, where it is the fastest. */
  ring: number;
  targets: Partial<Record<Way, number>>;
}

const SIZES: Size[] = [
  { name: '64 B', bytes: 64, count: 100_000, maxsize: 4096, ring: 1 << 18, targets: {} },
  { name: '1 KiB', bytes: 1024, count: 50_000, maxsize: 1024, ring: 1 << 18, targets: { 'reserve / getInto': 1.3 } },
  { name: '64 KiB', bytes: 65536, count: 3000, maxsize: 64, ring: 1 << 20, targets: { 'reserve / lease': 3 } },
];

class BytesPair {
  readonly #near: Agent;
  readonly #far: Agent;
  readonly #queue: Queue<Uint8Array>;
  readonly #way: readonly [Job['do'], Job['do']];

  private constructor(way: Way, { bytes, maxsize, ring }: Size) {
    this.#way = WAYS[way];
    this.#queue = new Queue(maxsize);
    const memory = FutexRing.memory(ring);
    const setup = { bytes, handle: this.#queue.handle() satisfies Handle, memory };
    this.#near = new Agent('./bytes.workers.js', setup);
    this.#far = new Agent('./bytes.workers.js', setup);
  }

  static async over(way: Way, size: Size): Promise<BytesPair> {
    const pair = new BytesPair(way, size);
    const { port1, port2 } = new MessageChannel();
    await Promise.all([
      pair.#near.ask({ do: 'connect', port: port1 } satisfies Job, [port1]),
      pair.#far.ask({ do: 'connect', port: port2 } satisfies Job, [port2]),
    ]);
    return pair;
  }

  /** Items a second. */
  async rate(count: number): Promise<number> {
    const [send, receive] = this.#way;
    await this.#far.ask<string>({ do: receive, count } as Job);
    const end = this.#far.answer<number>();
    const begin = await this.#near.ask<number>({ do: send, count } as Job);
    return (count * 1e9) / ((await end) - begin);
  }

  /** Copies a second of one core. */
  copies(count: number): Promise<number> {
    return this.#near.ask<number>({ do: 'copy', count } satisfies Job);
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#far.close()]);
    this.#queue.close();
  }
}

async function oneSize(size: Size, rounds: number): Promise<Table> {
  const ways = Object.keys(WAYS) as Way[];
  const pairs = new Map<Way, BytesPair>();
  for (const way of ways) pairs.set(way, await BytesPair.over(way, size));
  const pairOf = (way: Way) => pairs.get(way) as BytesPair;
  const contenders = {
    ...(Object.fromEntries(ways.map((way) => [way, () => pairOf(way).rate(size.count)])) as Record<Way, () => Promise<number>>),
    memcpy: () => pairOf('reserve / lease').copies(size.count),
  };
  const figures = await inTurn(rounds, 3, contenders);
  await Promise.all([...pairs.values()].map((pair) => pair.close()));

  const rows: Row[] = [];
  for (const way of OURS) {
    const target = size.targets[way];
    rows.push({
      what: way,
      unit: perSecond,
      ours: figures[way],
      rival: figures['futex ring'],
      ...(target !== undefined && { target }),
    });
  }
  for (const way of OURS)
    rows.push({ what: `${way} against postMessage`, unit: perSecond, ours: figures[way], rival: figures.postMessage });
  rows.push({
    what: 'reserve / lease against memcpy on one core',
    unit: perSecond,
    ours: figures['reserve / lease'],
    rival: figures.memcpy,
  });
  const title = `${size.name}: one producer, one consumer, ${size.count} items a run, maxsize ${size.maxsize}`;
  return { title, rival: RIVALS[0], rows };
}

export async function* bytes(quick: boolean): AsyncGenerator<Table> {
  for (const size of SIZES) yield await oneSize(size, quick ? 3 : 15);
}
