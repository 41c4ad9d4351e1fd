import { BrokenBarrierError, IndexError, KeyError, RuntimeError, Thread, ValueError } from 'nogil';
import { type Cluster, connect, LeaseLostError } from 'nogil/redis';
import { describe, expect, test } from 'vitest';
import { countUnder, holdAndWait, meet } from './programs.workers.ts';
import { fresh, LONG, Program, RedisServer, useRedis } from './support.ts';

const options = { lease: 2, prefix: 'test' };
let redis: RedisServer;
let cluster: Cluster;

useRedis(options, (server, connected) => {
  redis = server;
  cluster = connected;
});

describe('a lock between programs', () => {
  test('is exclusive: two programs count exactly, and tokens grow', async () => {
    const name = fresh('count');
    const other = new Program('count', redis.url, options, name, 60);
    const lock = cluster.Lock(name);
    const value = cluster.Value(name, 'i');
    const here = new Thread({ target: countUnder, args: [lock, value, 60] });
    here.start();
    const mine = (await here.resultAsync(60)) as number[];
    const theirs = await other.next<number[]>();
    expect(value.value).toBe(120);
    for (const tokens of [mine, theirs]) expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set([...mine, ...theirs]).size).toBe(120);
  }, 60_000);

  test('a killed holder: the next one has it after the lease, with a larger token', async () => {
    const name = fresh('killed');
    const lock = cluster.Lock(name, { lease: 1 });
    const holder = new Program('hold', redis.url, options, name, 1);
    const first = await holder.next<number>();
    expect(lock.locked()).toBe(true);
    expect(lock.acquire(false)).toBe(false);
    expect(lock.acquire(true, 0.05)).toBe(false);
    expect(cluster.inspect().locks[name]?.token).toBe(first);
    await holder.kill();
    expect(lock.acquire(true, LONG)).toBe(true);
    expect(lock.token).toBeGreaterThan(first);
    lock.release();
    expect(lock.token).toBeUndefined();
    expect(lock.locked()).toBe(false);
  });

  test('a worker that dies lets go at once', async () => {
    const long = await connect(redis.url, { ...options, lease: 600 });
    const { Process, Event } = await import('nogil');
    using held = new Event();
    const lock = long.Lock(fresh('worker'));
    const worker = new Process({ target: holdAndWait, args: [lock, held] });
    worker.start();
    expect(held.wait(LONG)).toBe(true);
    worker.terminate();
    // The lease of ten minutes is not what frees it.
    expect(lock.acquire(true, LONG)).toBe(true);
    lock.release();
    await long.disconnectAsync();
  });

  test('who lost his lease learns it', async () => {
    const server = await RedisServer.start();
    const here = await connect(server.url, { ...options, lease: 0.5 });
    const lock = here.Lock('lost');
    const hold = await lock.holdAsync();
    const { signal } = hold;
    expect(hold.lost).toBe(false);
    await server.kill();
    const end = Date.now() + LONG * 1000;
    while (!lock.lost && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hold.lost).toBe(true);
    await server.start();
    const other = await connect(server.url, options);
    const next = other.Lock('lost');
    // The one in Redis may have its old time to live.
    expect(await next.acquireAsync(LONG)).toBe(true);
    expect(next.token).toBeGreaterThan(hold.token);
    while (!signal.aborted && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.reason).toBeInstanceOf(LeaseLostError);
    await expect(lock.releaseAsync()).rejects.toThrow(LeaseLostError);
    expect(lock.lost).toBe(false);
    await next.releaseAsync();
    await Promise.all([here.disconnectAsync(), other.disconnectAsync()]);
    await server.stop();
  }, 60_000);

  test('release by another handle of the program; not by one who has nothing', async () => {
    const name = fresh('strangers');
    const lock = cluster.Lock(name);
    expect(() => lock.release()).toThrow(RuntimeError);
    lock.acquire();
    cluster.Lock(name).release();
    expect(lock.locked()).toBe(false);
    const many = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await using held = await cluster.Lock(name).holdAsync();
        return held.token;
      }),
    );
    expect(new Set(many).size).toBe(20);
    const controller = new AbortController();
    using held = lock.hold();
    const waiting = cluster.Lock(name).acquireAsync(undefined, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(held.token).toBeGreaterThan(0);
  });

  test('an RLock is taken again by its worker, and by no other', () => {
    const name = fresh('reentrant');
    const lock = cluster.RLock(name);
    expect(lock.acquire()).toBe(true);
    expect(cluster.RLock(name).acquire(false)).toBe(true);
    const other = new Thread({ target: holdAndWait, args: [cluster.RLock(name), undefined, 0.05] });
    other.start();
    expect(other.result(LONG)).toBe(false);
    lock.release();
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
    expect(() => lock.release()).toThrow(RuntimeError);
  });
});

describe('permits, events and barriers between programs', () => {
  test('a semaphore has as many permits as it was given', async () => {
    const name = fresh('permits');
    const semaphore = cluster.Semaphore(name, 2);
    expect(semaphore.getValue()).toBe(2);
    expect([semaphore.acquire(), semaphore.acquire(), semaphore.acquire(false)]).toEqual([true, true, false]);
    expect(semaphore.locked()).toBe(true);
    const waiting = semaphore.acquireAsync();
    semaphore.release();
    expect(await waiting).toBe(true);
    semaphore.release(2);
    expect(semaphore.getValue()).toBe(2);
    semaphore.release();
    expect(semaphore.getValue()).toBe(3);
    expect(() => semaphore.release(0)).toThrow(ValueError);
    const bounded = cluster.BoundedSemaphore(fresh('bounded'), 1);
    bounded.with(() => expect(bounded.getValue()).toBe(0));
    expect(() => bounded.release()).toThrow(ValueError);
    const holder = new Program('holdPermit', redis.url, { ...options, lease: 1 }, bounded.name);
    await holder.next();
    expect(bounded.acquire(false)).toBe(false);
    await holder.kill();
    expect(bounded.acquire(true, LONG)).toBe(true);
    bounded.release();
  });

  test('an event wakes who waits for it', async () => {
    const event = cluster.Event(fresh('event'));
    expect(event.isSet()).toBe(false);
    expect(event.wait(0.05)).toBe(false);
    const waiting = [event.waitAsync(), event.waitAsync(LONG)];
    const program = new Program('setEvent', redis.url, options, event.name);
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect(event.wait()).toBe(true);
    expect(await program.over()).toBe(0);
    event.clear();
    expect(event.isSet()).toBe(false);
  });

  test('a barrier lets all go at once, round after round', async () => {
    const barrier = cluster.Barrier(fresh('barrier'), 3);
    const threads = [0, 1, 2].map(() => new Thread({ target: meet, args: [barrier, 5] }));
    for (const thread of threads) thread.start();
    const rounds = (await Promise.all(threads.map((thread) => thread.resultAsync(LONG)))) as number[][];
    for (let round = 0; round < 5; round++) expect(rounds.map((all) => all[round]).sort()).toEqual([0, 1, 2]);
    expect(barrier.nWaiting).toBe(0);
  });

  test('a barrier breaks by a timeout, by abort, and by a death', async () => {
    const barrier = cluster.Barrier(fresh('broken'), 2);
    const waiting = barrier.waitAsync();
    const failed = expect(waiting).rejects.toThrow(BrokenBarrierError);
    while (barrier.nWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    barrier.abort();
    await failed;
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.reset();
    expect(() => barrier.wait(0.05)).toThrow(BrokenBarrierError);
    barrier.reset();
    const three = cluster.Barrier(fresh('death'), 3);
    const program = new Program('waitAtBarrier', redis.url, { ...options, lease: 1 }, three.name, 3);
    while (three.nWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await program.kill();
    expect(() => three.wait(LONG)).toThrow(BrokenBarrierError);
    let ran = 0;
    const acts = cluster.Barrier(fresh('action'), 1, () => ran++);
    expect(acts.wait()).toBe(0);
    expect(ran).toBe(1);
  });
});

describe('values between programs', () => {
  test('a Value is a number of its type', async () => {
    const value = cluster.Value(fresh('value'), 'd', 1.5);
    expect(value.value).toBe(1.5);
    expect(value.add(0.1)).toBe(1.5 + 0.1);
    value.value = Number.MIN_VALUE;
    expect(value.value).toBe(Number.MIN_VALUE);
    expect(value.update((x) => x + 2)).toBe(2);
    const int = cluster.Value(fresh('value'), 'i', 2 ** 31 - 1);
    expect(int.add(1)).toBe(-(2 ** 31));
    expect(() => cluster.Value('x', 'i', 0.5)).toThrow(TypeError);
    const long = cluster.Value(fresh('value'), 'q', 2n ** 62n);
    expect(long.add(1n)).toBe(2n ** 62n + 1n);
    expect(await Promise.all([int.addAsync(1), int.addAsync(1)])).toHaveLength(2);
    expect(int.value).toBe(-(2 ** 31) + 2);
  });

  test('calls at once are done in their order, each by itself: one that fails is one', async () => {
    const value = cluster.Value(fresh('at-once'), 'q');
    const most = 2n ** 63n - 1n;
    await value.setAsync(most - 150n);
    const calls = Array.from({ length: 300 }, () => value.addAsync(1n));
    const written = value.setAsync(7n);
    const all = await Promise.allSettled(calls);
    const sums = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(sums).toEqual(Array.from({ length: 150 }, (_, i) => most - 149n + BigInt(i)));
    for (const each of all.slice(150))
      expect(each).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/overflow/) } });
    await written;
    // What was asked for last was done last.
    expect(await value.getAsync()).toBe(7n);
  });

  test('a dict has a local one’s methods', async () => {
    const dict = cluster.dict<unknown, unknown>(fresh('dict'), { a: 1 });
    dict.set('b', [1, 2]).set(1, 'one').set([1, 'x'], null);
    expect(dict.items()).toEqual([
      ['a', 1],
      ['b', [1, 2]],
      [1, 'one'],
      [[1, 'x'], null],
    ]);
    expect([dict.get('a'), dict.get('no', 5), dict.has(1), dict.has('1'), dict.size]).toEqual([1, 5, true, false, 4]);
    expect(dict.a).toBe(1);
    dict.c = 3;
    expect([Object.keys(dict), 'c' in dict]).toEqual([['a', 'b', 'c'], true]);
    expect(dict.update('a', (x) => (x as number) + 1)).toBe(2);
    expect(await dict.updateAsync('n', async (x) => ((x as number) ?? 0) + 1)).toBe(1);
    expect([dict.setdefault('a', 9), dict.setdefault('z', 9)]).toEqual([2, 9]);
    expect(dict.popitem()).toEqual(['z', 9]);
    expect([dict.pop('b'), dict.pop('b', 'none'), dict.delete('a'), dict.delete('a')]).toEqual([[1, 2], 'none', true, false]);
    expect(() => dict.pop('b')).toThrow(KeyError);
    dict.update(new Map([['m', 1]]));
    expect(await dict.getAsync('m')).toBe(1);
    dict.clear();
    expect(() => dict.popitem()).toThrow(KeyError);
  });

  test('two programs update one entry without losing an update', async () => {
    const name = fresh('shared');
    const other = new Program('updateDict', redis.url, options, name, 50);
    const dict = cluster.dict<string, number>(name);
    for (let i = 0; i < 50; i++) dict.update('n', (x) => (x ?? 0) + 1);
    expect(await other.over()).toBe(0);
    expect(dict.get('n')).toBe(100);
  });

  test('a list has a local one’s methods', () => {
    const list = cluster.list<number>(fresh('list'));
    list.extend([3, 1, 2]);
    list.append(5);
    list.insert(0, 9);
    list.insert(-1, 4);
    expect(list.copy()).toEqual([9, 3, 1, 2, 4, 5]);
    expect([list.length, list.at(-1), list[0], list.slice(1, 3)]).toEqual([6, 5, 9, [3, 1]]);
    list.sort();
    expect([...list]).toEqual([1, 2, 3, 4, 5, 9]);
    list.sort({ reverse: true });
    list.reverse();
    list.remove(4);
    list.set(0, 7);
    expect(list.update(1, (x) => x * 10)).toBe(20);
    expect([list.pop(), list.pop(0), list.index(3), list.includes(5)]).toEqual([9, 7, 1, true]);
    expect(list.copy()).toEqual([20, 3, 5]);
    expect(() => list.at(5)).toThrow(IndexError);
    expect(() => list.set(5, 1)).toThrow(IndexError);
    expect(() => list.remove(99)).toThrow(ValueError);
    list.clear();
    expect(() => list.pop()).toThrow(IndexError);
  });

  test('a namespace has attributes', () => {
    const space = cluster.Namespace(fresh('space'));
    space.x = { deep: [1] };
    expect([space.x, 'x' in space, { ...space }]).toEqual([{ deep: [1] }, true, { x: { deep: [1] } }]);
    delete space.x;
    expect(() => space.x).toThrow(/no attribute/);
  });

  test('what machines cannot share says so', () => {
    for (const name of ['Condition', 'Pipe', 'Array', 'SharedMemory'] as const) expect(() => cluster[name]()).toThrow(TypeError);
  });
});
