import { RuntimeError, ValueError } from 'nogil';
import { BaseManager, type Cluster, JoinableQueue } from 'nogil/redis';
import { expect, test } from 'vitest';
import { fresh, LONG, type RedisServer, useRedis } from './support.ts';

let redis: RedisServer;
let cluster: Cluster;

useRedis({ lease: 2, prefix: 'test' }, (server, connected) => {
  redis = server;
  cluster = connected;
});

test("BaseManager: what was registered is a method, of all of a class's or of one", async () => {
  const name = fresh('jobs');
  class ShopManager extends BaseManager {
    declare jobs: (maxsize?: number) => JoinableQueue<string>;
  }
  ShopManager.register('jobs', (made, maxsize = 0) => made.JoinableQueue(name, { maxsize }));
  const { port } = redis;
  await using manager = await new ShopManager({ address: ['127.0.0.1', port], prefix: 'test', lease: 2 }).connect();
  expect(manager).toBeInstanceOf(ShopManager);
  const jobs = manager.jobs(3);
  expect(jobs).toBeInstanceOf(JoinableQueue);
  expect(jobs.maxsize).toBe(3);
  cluster.JoinableQueue(name).put('from another connection');
  expect(jobs.get(true, LONG)).toBe('from another connection');
  jobs.taskDone();
  const plain = BaseManager({ address: redis.url, prefix: 'test' });
  expect(plain).toBeInstanceOf(BaseManager);
  expect(() => (plain as { jobs?: unknown }).jobs).not.toThrow();
  expect((plain as { jobs?: unknown }).jobs).toBeUndefined();
  const typed = plain.register('Lock').register('size', (made) => made.JoinableQueue(name).qsize());
  expect(() => typed.size()).toThrow(RuntimeError);
  await typed.connect();
  await expect(typed.connect()).rejects.toThrow(RuntimeError);
  expect(typed.size()).toBe(0);
  expect(typed.Lock(fresh('lock')).with((token: number) => token)).toBeGreaterThan(0);
  expect(() => plain.register('connect', () => 1)).toThrow(ValueError);
  expect(() => plain.register('unknown' as 'Lock')).toThrow(/say how 'unknown' is made/);
  expect(() => new BaseManager({} as never)).toThrow(TypeError);
  typed.shutdown();
  expect(() => typed.size()).toThrow(RuntimeError);
}, 60_000);

test('authkey is the password', async () => {
  const { RedisServer: Server } = await import('./support.ts');
  const secured = await Server.forgetful('--requirepass', 'key');
  await using manager = await BaseManager({ address: secured.url, authkey: new TextEncoder().encode('key') }).connect();
  expect(manager.cluster.Value('v', 'i').add(2)).toBe(2);
  await expect(BaseManager({ address: secured.url, authkey: 'no' }).connect()).rejects.toThrow(/WRONGPASS/);
  await manager.shutdownAsync();
  await secured.stop();
}, 60_000);

test('inspect tells of everything by its name', async () => {
  const name = fresh('all');
  const queue = cluster.JoinableQueue<number>(name);
  queue.putMany([1, 2, 3]);
  queue.get(true, LONG);
  const priorities = cluster.PriorityQueue<number>(name);
  priorities.putMany([2, 1]);
  const lock = cluster.Lock(name);
  const rlock = cluster.RLock(name);
  lock.acquire();
  rlock.acquire();
  const semaphore = cluster.Semaphore(name, 3);
  semaphore.acquire();
  cluster.Event(name).set();
  cluster.Value(name, 'd').value = 1.5;
  cluster.dict(name, { a: 1, b: 2 });
  cluster.list(name).extend([1, 2, 3]);
  cluster.Namespace(name).attribute = 1;
  const waiting = cluster.Barrier(name, 2).waitAsync();
  for (;;) {
    const found = await cluster.inspectAsync();
    if (found.barriers[name]?.waiting !== 1) continue;
    expect(found.queues[name]).toMatchObject({ deadLetters: 0 });
    expect((found.queues[name]?.depth ?? 0) + (found.queues[name]?.pending ?? 0)).toBe(3);
    expect(found.priorityQueues[name]).toEqual({ depth: 2, pending: 0, idle: 0, deadLetters: 0 });
    expect(found.locks[name]).toMatchObject({ token: lock.token });
    expect(found.locks[name]?.left).toBeGreaterThan(0);
    expect(found.rlocks[name]).toMatchObject({ token: rlock.token });
    expect(found.semaphores[name]).toEqual({ left: 2, held: 1 });
    expect(found.events[name]).toEqual({ set: true });
    expect(found.barriers[name]).toEqual({ parties: 2, waiting: 1, broken: false });
    expect(found.values[name]).toEqual({ value: '1.5' });
    expect([found.dicts[name], found.lists[name], found.namespaces[name]]).toEqual([{ size: 2 }, { size: 3 }, { size: 1 }]);
    break;
  }
  cluster.Barrier(name, 2).wait(LONG);
  await waiting;
  lock.release();
  expect(cluster.inspect().locks).not.toHaveProperty(name);
}, 60_000);
