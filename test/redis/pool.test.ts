import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TimeoutError, task } from 'nogil';
import type { Cluster } from 'nogil/redis';
import { describe, expect, test } from 'vitest';
import { add, deadly, fails, slowly, square, unmarked } from './programs.workers.ts';
import { fresh, LONG, Program, type RedisServer, useRedis } from './support.ts';

const options = { lease: 2, prefix: 'test' };
let redis: RedisServer;
let cluster: Cluster;

useRedis(options, (server, connected) => {
  redis = server;
  cluster = connected;
});

async function served(name: string, programs: number, more = {}): Promise<Program[]> {
  const servers = Array.from({ length: programs }, () => new Program('serve', redis.url, { ...options, ...more }, name, 2));
  await Promise.all(servers.map((server) => server.next()));
  return servers;
}

describe('a pool of several programs', () => {
  test('map, starmap, apply and imap give what the functions give, in order', async () => {
    const name = fresh('pool');
    const servers = await served(name, 2);
    const pool = cluster.Pool(name);
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const squares = numbers.map((x) => x * x);
    // Blocking, on the main thread.
    expect(pool.map(square, numbers, { chunksize: 7 })).toEqual(squares);
    expect(await pool.mapAsync(square, numbers)).toEqual(squares);
    expect(pool.map(square, [])).toEqual([]);
    expect(
      pool.starmap(add, [
        [1, 2],
        [3, 4],
      ] as const),
    ).toEqual([3, 7]);
    expect(pool.apply(add, [20, 22])).toBe(42);
    const came: number[] = [];
    for await (const x of pool.imap(square, numbers.slice(0, 20), 5)) came.push(x);
    expect(came).toEqual(squares.slice(0, 20));
    expect([...pool.imap(square, numbers.slice(0, 20))]).toEqual(squares.slice(0, 20));
    expect([...pool.imapUnordered(square, numbers.slice(0, 20), 3)].sort((a, b) => a - b)).toEqual(squares.slice(0, 20));
    came.length = 0;
    for await (const x of pool.imapUnordered(square, numbers.slice(0, 20))) came.push(x);
    expect(came.sort((a, b) => a - b)).toEqual(squares.slice(0, 20));
    const { pools, connections } = await cluster.inspectAsync();
    expect(pools[name]).toMatchObject({ workers: 2, waiting: 0, active: 0 });
    expect(connections).toBeLessThanOrEqual(4);
    await Promise.all(servers.map((server) => server.kill()));
  }, 60_000);

  test('what a task throws arrives as it was; what is not marked does not go', async () => {
    const name = fresh('errors');
    const [server] = await served(name, 1);
    const pool = cluster.Pool(name);
    expect(() => pool.map(fails, [1, 2, 3])).toThrow(RangeError);
    await expect(pool.mapAsync(fails, [1, 2, 3])).rejects.toThrow('not 3');
    expect(() => pool.map(unmarked, [1])).toThrow(TypeError);
    const each = pool.imap(fails, [2, 3, 4]);
    expect(each.next(LONG)).toEqual({ value: 2, done: false });
    expect(() => each.next(LONG)).toThrow('not 3');
    expect(await each.nextAsync(LONG)).toEqual({ value: 4, done: false });
    expect(each.next()).toEqual({ value: undefined, done: true });
    const nobody = cluster.Pool(fresh('nobody'));
    const late = nobody.imap(fails, [1]);
    expect(() => late.next(0.05)).toThrow(TimeoutError);
    await expect(late.nextAsync(0.05)).rejects.toThrow(TimeoutError);
    expect(late.return()).toEqual({ value: undefined, done: true });
    const controller = new AbortController();
    const aborted = nobody.imap(fails, [1, 2], { signal: controller.signal }).nextAsync();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const here = task(import.meta, 'here', (x: number) => x);
    await expect(pool.mapAsync(here, [1])).rejects.toThrow(/no task/);
    await server?.kill();
  }, 60_000);

  test('a program that is killed in the midst of a map: the result is complete', async () => {
    const name = fresh('killed');
    const [first, second] = (await served(name, 2)) as [Program, Program];
    const pool = cluster.Pool(name);
    const numbers = Array.from({ length: 24 }, (_, i) => i);
    const results = pool.mapAsync(slowly, numbers, { chunksize: 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await first.kill();
    const all = await results;
    expect(all.map(([x]) => x)).toEqual(numbers.map((x) => x * x));
    await second.kill();
  }, 60_000);

  test('a task that kills whoever does it is given up', async () => {
    const name = fresh('deadly');
    const pool = cluster.Pool(name);
    let over = false;
    const result = pool.mapAsync(deadly, [-1]).finally(() => {
      over = true;
    });
    const failed = expect(result).rejects.toThrow(/stalled/);
    while (!over) {
      const [server] = (await served(name, 1, { lease: 0.5, maxDeliveries: 2 })) as [Program];
      await Promise.race([server.over(), result.catch(() => {})]);
      await server.kill();
    }
    await failed;
  }, 100_000);

  test('nogil serve does the tasks of a module, whose main does not run', async () => {
    const name = fresh('cli');
    const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    const module = fileURLToPath(new URL('../../build/test/redis/programs.workers.js', import.meta.url));
    const args = [cli, 'serve', module, '--redis', redis.url, '--pool', name, '--prefix', 'test', '--processes', '1'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const pool = cluster.Pool(name);
    expect(await pool.mapAsync(square, [1, 2, 3], { signal: AbortSignal.timeout(LONG * 1000) })).toEqual([1, 4, 9]);
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill();
    });
    const wrong = spawn(process.execPath, [cli, 'serve'], { stdio: 'ignore' });
    expect(await new Promise((resolve) => wrong.once('exit', resolve))).toBe(2);
  }, 60_000);
});
