import { execFileSync } from 'node:child_process';
import { ShutDown } from 'nogil';
import { type Cluster, connect } from 'nogil/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killPrograms, LONG, Program, RedisServer } from './support.ts';

/** Three that have slots, and a replica of each. */
const nodes: RedisServer[] = [];
const options = { lease: 2, prefix: 'nodes', cluster: true };
let cluster: Cluster;

beforeAll(async () => {
  for (let i = 0; i < 6; i++)
    nodes.push(await RedisServer.forgetful('--cluster-enabled', 'yes', '--cluster-node-timeout', '1500'));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'], {
    stdio: 'ignore',
  });
  const end = Date.now() + LONG * 1000;
  const isWhole = (port: number) => redis(port, 'cluster', 'info').includes('cluster_state:ok');
  while (!nodes.every(({ port }) => isWhole(port)) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
  cluster = await connect((nodes[0] as RedisServer).url, options);
}, 90_000);
afterAll(async () => {
  await killPrograms();
  await cluster?.disconnectAsync();
  await Promise.all(nodes.map((node) => node.stop()));
});

function redis(port: number, ...command: string[]): string {
  return execFileSync('redis-cli', ['-p', `${port}`, ...command], { encoding: 'utf8' });
}

/** Until each replica has all that its master has. */
async function replicated(): Promise<void> {
  const offset = (port: number) => Number(/^(?:master|slave)_repl_offset:(\d+)/m.exec(redis(port, 'info', 'replication'))?.[1]);
  for (const { port } of nodes.slice(0, 3)) {
    const [, replica] = /^slave0:ip=127\.0\.0\.1,port=(\d+)/m.exec(redis(port, 'info', 'replication')) ?? [];
    while (offset(Number(replica)) < offset(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a Redis Cluster', () => {
  test('objects spread over its nodes, and each has all of its keys on one', () => {
    for (let i = 0; i < 8; i++) {
      const lock = cluster.Lock(`lock-${i}`);
      expect(lock.with((token) => token)).toBeGreaterThan(0);
      const dict = cluster.dict<string, number>(`dict-${i}`);
      dict.set('a', i);
      expect(dict.items()).toEqual([['a', i]]);
      const queue = cluster.PriorityQueue<number>(`priorities-${i}`, { until: 'taskDone' });
      queue.putMany([2, 1]);
      expect(queue.get(true, LONG)).toBe(1);
      queue.taskDone();
    }
  }, 60_000);

  test('items of another program, and what it held when it was killed', async () => {
    const queue = cluster.JoinableQueue<number>('items');
    queue.putMany([0, 1, 2, 3]);
    const program = new Program('hoard', (nodes[1] as RedisServer).url, options, 'items', 2);
    expect(await program.next()).toEqual([0, 1]);
    await program.kill();
    const items: number[] = [];
    while (items.length < 4) {
      items.push(queue.get(true, LONG));
      queue.taskDone();
    }
    expect(items.sort()).toEqual([0, 1, 2, 3]);
    expect(queue.join(LONG)).toBe(true);
  }, 60_000);

  test('a queue with shards is on several nodes', async () => {
    const queue = cluster.JoinableQueue<number>('shards', { shards: 6 });
    const numbers = Array.from({ length: 120 }, (_, i) => i);
    queue.putMany(numbers.slice(0, 100));
    for (const item of numbers.slice(100)) queue.put(item);
    expect(queue.qsize()).toBe(120);
    const holders = nodes.slice(0, 3).filter(({ port }) => redis(port, 'keys', 'nodes:{shards/*').includes('shards'));
    expect(holders.length).toBeGreaterThan(1);
    const items: number[] = [];
    while (items.length < 120) {
      items.push(queue.get(true, LONG));
      queue.taskDone();
    }
    expect(items.sort((a, b) => a - b)).toEqual(numbers);
    expect(queue.join(LONG)).toBe(true);
    expect(await queue.joinAsync(LONG)).toBe(true);
    queue.shutdown();
    expect(() => queue.get(true, LONG)).toThrow(ShutDown);
    expect(() => queue.put(1)).toThrow(ShutDown);
  }, 60_000);

  test('a node that is killed: its replica takes over, calls are late, and what is lost is said', async () => {
    const program = new Program('putLate', (nodes[0] as RedisServer).url, options, 'failover', 8);
    // What it put in quiet replicas have; what came after that a failover may lose.
    expect(await program.next()).toBe('early');
    await replicated();
    program.say('go on');
    const late = await program.next<number>();
    await (nodes[0] as RedisServer).kill();
    program.say('go on');
    expect(await program.next()).toBe('over');
    const queues = Array.from({ length: 8 }, (_, i) => cluster.JoinableQueue<string>(`failover-${i}`));
    const had = new Set<string>();
    for (const queue of queues) {
      while (queue.unfinishedTasks > 0) {
        had.add(`${queue.name} ${await queue.getAsync(LONG)}`);
        queue.taskDone();
        queue.qsize();
      }
    }
    const of = (when: string) => [...had].filter((each) => each.includes(when)).length;
    expect([of('early'), of('after')]).toEqual([8 * 20, 8 * 20]);
    const lost = late - of('late');
    expect(lost).toBeGreaterThanOrEqual(0);
    const said = [...program.complaints.matchAll(/lost at least (\d+) items/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    expect(said).toBe(lost);
    await program.kill();
  }, 120_000);
});
