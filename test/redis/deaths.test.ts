import { Thread } from 'nogil';
import { type Cluster, connect } from 'nogil/redis';
import { describe, expect, test } from 'vitest';
import { inFull } from '../support/mode.ts';
import { putAll, takeAndWait } from './programs.workers.ts';
import { fresh, LONG, Program, RedisServer, useRedis } from './support.ts';

const options = { lease: 1, prefix: 'test' };
let redis: RedisServer;
let cluster: Cluster;

useRedis(options, (server, connected) => {
  redis = server;
  cluster = connected;
});

describe('a consumer that dies', () => {
  test('a killed program: what it had and had not finished is handed out again', async () => {
    const name = fresh('killed');
    const queue = cluster.JoinableQueue<number>(name);
    queue.putMany(Array.from({ length: 20 }, (_, i) => i));
    const program = new Program('hoard', redis.url, options, name, 5);
    expect(await program.next()).toEqual([0, 1, 2, 3, 4]);
    await program.kill();
    const items: number[] = [];
    while (items.length < 20) {
      items.push(queue.get(true, LONG));
      queue.taskDone();
    }
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(queue.join(LONG)).toBe(true);
  });

  test('a worker of a living program: at once, and only what it had', async () => {
    const long = await connect(redis.url, { ...options, lease: 600 });
    const name = fresh('worker');
    const queue = long.JoinableQueue<number>(name);
    queue.putMany([1, 2, 3]);
    const { Process } = await import('nogil');
    const worker = new Process({ target: takeAndWait, args: [queue, 2] });
    worker.start();
    while ((await long.inspectAsync()).queues[name]?.depth !== 0 || queue.qsize() !== 1)
      await new Promise((r) => setTimeout(r, 20));
    worker.terminate();
    await worker.joinAsync(LONG);
    // A lease of ten minutes is not what brings them.
    const items = [queue.get(true, LONG), queue.get(true, LONG), queue.get(true, LONG)];
    expect(items.sort()).toEqual([1, 2, 3]);
    for (const _ of items) queue.taskDone();
    expect(queue.join(LONG)).toBe(true);
    await long.disconnectAsync();
  });

  test('an idle program keeps nothing that it has fetched ahead', async () => {
    const name = fresh('idle');
    const queue = cluster.Queue<number>(name);
    queue.putMany([1, 2, 3, 4]);
    const program = new Program('idle', redis.url, options, name);
    expect(await program.next()).toBe(1);
    const items = [queue.get(true, LONG), queue.get(true, LONG), queue.get(true, LONG)];
    expect(items.sort()).toEqual([2, 3, 4]);
    await program.kill();
  });

  const deadly: [text: string, program: 'poisoned' | 'poisonedBlocking', seconds: number][] = [
    ['at once', 'poisoned', 0],
    ['after two leases, who blocks', 'poisonedBlocking', 2],
  ];
  if (inFull) deadly.push(['after two leases', 'poisoned', 2], ['at once, who blocks', 'poisonedBlocking', 0]);
  test.each(deadly)(
    'poison that kills %s goes to the dead letters after maxDeliveries, and takes nobody along',
    async (_, way, seconds) => {
      const name = fresh('poison');
      const queue = cluster.JoinableQueue<number>(name, { maxDeliveries: 3 });
      queue.putMany([1, 2, -1, 3, 4, 5]);
      const done: unknown[] = [];
      const poisoned = { ...options, lease: 1, maxDeliveries: 3 };
      let deaths = 0;
      while (queue.unfinishedTasks > 0) {
        const program = new Program(way, redis.url, poisoned, name, seconds);
        const poll = setInterval(() => queue.unfinishedTasks === 0 && void program.kill(), 100);
        await program.over();
        clearInterval(poll);
        await program.kill();
        done.push(...program.said);
        deaths++;
        expect(deaths).toBeLessThan(10);
      }
      expect(queue.deadLetters()).toEqual([{ item: -1, deliveries: 3 }]);
      expect(new Set(done)).toEqual(new Set([1, 2, 3, 4, 5]));
      expect(queue.deadLetters()).toEqual([]);
    },
  );
});

describe('Redis that dies', () => {
  test('killed and started again, calls are late, and each put is in once', async () => {
    const server = await RedisServer.start();
    const here = await connect(server.url, { lease: 2, prefix: 'test' });
    const queue = here.JoinableQueue<number>(fresh('restart'));
    const count = 3000;
    const producer = new Thread({ target: putAll, args: [queue, count] });
    producer.start();
    const items: number[] = [];
    const consume = (async () => {
      while (items.length < count) {
        items.push(await queue.getAsync(LONG));
        queue.taskDone();
      }
    })();
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.start();
    }
    await producer.joinAsync(60);
    await consume;
    expect(new Set(items).size).toBe(count);
    expect(await queue.joinAsync(LONG)).toBe(true);
    await here.disconnectAsync();
    await server.stop();
  }, 120_000);

  test('timeouts are kept while it is away', async () => {
    const server = await RedisServer.start();
    const here = await connect(server.url, { lease: 2, prefix: 'test' });
    const queue = here.Queue<number>(fresh('away'), { maxsize: 10 });
    queue.put(1);
    await server.kill();
    const { Empty, Full } = await import('nogil');
    const other = here.PriorityQueue<number>(fresh('away'));
    await expect(other.getAsync(0.2)).rejects.toThrow(Empty);
    await expect(queue.putAsync(2, 0.2)).rejects.toThrow(Full);
    await server.start();
    queue.put(3);
    expect([queue.get(true, LONG), queue.get(true, LONG)]).toEqual([1, 3]);
    await here.disconnectAsync();
    await server.stop();
  }, 60_000);
});
