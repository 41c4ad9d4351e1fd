/** What all programs with this prefix have in Redis, found by its keys. */
import type { Redis } from 'ioredis';
import type { Settings } from '../options.ts';
import type { Inspection } from '../protocol.ts';
import type { Client } from './connections.ts';
import type { Engine } from './engine.ts';
import type { Pools } from './pools.ts';

async function keysOf(client: Client, prefix: string): Promise<string[]> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client as Redis];
  const keys = new Set<string>();
  const pattern = `${prefix.replaceAll(/[*?[\]\\]/g, '\\$&')}:{*}:*:[qzk]`;
  for (const node of nodes) {
    let cursor = '0';
    do {
      const [next, some] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', 500);
      for (const key of some) keys.add(key);
      cursor = next;
    } while (cursor !== '0');
  }
  return [...keys].sort();
}

export async function inspect(engine: Engine, pools: Pools, { prefix }: Settings, connections: number): Promise<Inspection> {
  const report: Inspection = { queues: {}, locks: {}, pools: {}, connections };
  for (const name of await pools.names()) report.pools[name] = await pools.report(name);
  for (const key of await keysOf(engine.client, prefix)) {
    const base = key.slice(0, -1);
    const name = base.slice(prefix.length + 2, base.indexOf('}'));
    const client = engine.client as Redis;
    if (key.endsWith('k')) {
      const [, token, left, holder] = (await engine.run({ base, script: 'lockState', keys: 'kf', args: [] })) as [
        number,
        Buffer,
        number,
        Buffer,
      ];
      report.locks[name] = { holder: String(holder), token: Number(String(token)), left: Math.max(0, left) / 1000 };
    } else if (key.endsWith('q')) {
      const [length, pending] = (await engine.run({ base, script: 'streamState', keys: 'qm', args: [] })) as number[] as [
        number,
        number,
      ];
      const oldest = (await client.xpending(key, 'g', '-', '+', 1).catch(() => [])) as [string, string, number, number][];
      const deadLetters = await client.xlen(`${base}x`);
      report.queues[name] = { depth: length - pending, pending, idle: oldest[0]?.[2] ?? 0, deadLetters };
    } else {
      const [depth, pending] = (await engine.run({ base, script: 'priorityState', keys: 'zhlm', args: [] })) as number[] as [
        number,
        number,
      ];
      report.queues[name] = { depth, pending, idle: 0, deadLetters: await client.xlen(`${base}x`) };
    }
  }
  return report;
}
