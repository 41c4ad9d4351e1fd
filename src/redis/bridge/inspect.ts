/** What all programs with this prefix have in Redis, found by its keys. */
import type { Redis } from 'ioredis';
import type { Settings } from '../options.ts';
import type { Inspection, LockReport, QueueReport, Reply, SizeReport } from '../protocol.ts';
import type { ScriptName } from '../scripts/index.ts';
import { type Client, literally, nodesOf } from './connections.ts';
import type { Engine } from './engine.ts';
import type { Pools } from './pools.ts';

/** What objects' keys begin with. */
async function basesIn(client: Client, prefix: string): Promise<string[]> {
  const bases = new Set<string>();
  for (const node of nodesOf(client))
    for await (const keys of node.scanStream({ match: `${literally(prefix)}:{*}:*:*`, count: 500 }))
      for (const key of keys as string[]) {
        const [base] = /^.*\}:[a-z]+:/.exec(key) ?? [];
        if (base !== undefined) bases.add(base);
      }
  return [...bases].sort();
}

type Run = (script: ScriptName, keys: string, ...args: (string | number)[]) => Promise<Reply>;
type Section = Exclude<keyof Inspection, 'pools' | 'connections'>;

async function lock(run: Run): Promise<LockReport | undefined> {
  const [held, token, left, holder] = (await run('lockState', 'kf')) as [number, Uint8Array, number, Uint8Array];
  if (held === 0) return undefined;
  return { holder: String(holder), token: Number(String(token)), left: Math.max(0, left) / 1000 };
}

const size =
  (script: ScriptName, keys: string) =>
  async (run: Run): Promise<SizeReport> => ({ size: (await run(script, keys)) as number });

async function queue(run: Run, client: Redis, base: string): Promise<QueueReport> {
  const [length, pending] = (await run('streamState', 'qm')) as [number, number, number, number];
  const oldest = (await client.xpending(`${base}q`, 'g', '-', '+', 1).catch(() => [])) as [string, string, number, number][];
  return { depth: length - pending, pending, idle: oldest[0]?.[2] ?? 0, deadLetters: await client.xlen(`${base}x`) };
}

async function priorityQueue(run: Run, client: Redis, base: string): Promise<QueueReport> {
  const [depth, pending] = (await run('priorityState', 'zhlm')) as [number, number, number, number];
  return { depth, pending, idle: 0, deadLetters: await client.xlen(`${base}x`) };
}

/** By the kind that stands in a key: where it is told of, and how. */
const REPORTERS: Record<string, [Section, (run: Run, client: Redis, base: string) => Promise<unknown>]> = {
  queue: ['queues', queue],
  priority: ['priorityQueues', priorityQueue],
  lock: ['locks', lock],
  rlock: ['rlocks', lock],
  semaphore: [
    'semaphores',
    async (run, client, base) => ({ left: await run('permitsLeft', 'sm', 0), held: await client.zcard(`${base}s`) }),
  ],
  event: ['events', async (run) => ({ set: ((await run('eventRead', 'e')) as number) % 2 === 1 })],
  barrier: [
    'barriers',
    async (run) => {
      const [waiting, broken, parties] = (await run('barrierState', 'h')) as [number, number, number];
      return { parties, waiting, broken: broken === 1 };
    },
  ],
  value: ['values', async (run) => ({ value: String(await run('valueRead', 'v', '0')) })],
  dict: ['dicts', size('dictSize', 'do')],
  namespace: ['namespaces', size('dictSize', 'do')],
  list: ['lists', size('listSize', 'l')],
};

export async function inspect(engine: Engine, pools: Pools, { prefix }: Settings, connections: number): Promise<Inspection> {
  const report: Inspection = {
    queues: {},
    priorityQueues: {},
    locks: {},
    rlocks: {},
    semaphores: {},
    events: {},
    barriers: {},
    values: {},
    dicts: {},
    namespaces: {},
    lists: {},
    pools: {},
    connections,
  };
  const bases = await basesIn(engine.client, prefix);
  await Promise.all([
    ...bases.map(async (base) => {
      const [, name, kind] = /^\{(.*)\}:([a-z]+):$/.exec(base.slice(prefix.length + 1)) ?? [];
      const [section, reporter] = REPORTERS[kind as string] ?? [];
      if (section === undefined || reporter === undefined) return;
      const run: Run = (script, keys, ...args) => engine.run({ base, script, keys, args });
      const each = await reporter(run, engine.client as Redis, base);
      if (each !== undefined) (report[section] as Record<string, unknown>)[name as string] = each;
    }),
    ...(await pools.names()).map(async (name) => {
      report.pools[name] = await pools.report(name);
    }),
  ]);
  return report;
}
