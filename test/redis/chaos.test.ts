import { readFileSync } from 'node:fs';
import { ShutDown } from 'nogil';
import { connect } from 'nogil/redis';
import { afterAll, describe, expect, test } from 'vitest';
import { type AwayOutcome, whileAway } from './away.ts';
import { chaosOfItems, chaosOfTokens } from './chaos.ts';
import { frozen, proxied } from './network.ts';
import { freePort, killPrograms, LONG, Program, RedisServer } from './server.ts';

afterAll(killPrograms);

test('a Redis that is away is not taken for one that a client is to itself', async () => {
  const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/);
  for (let i = 0; i < 20; i++) expect(await freePort()).toBeLessThan(Number(first));
});

describe('programs that are killed at random', () => {
  test('items: none is lost, and none comes twice but of who was killed', async () => {
    const outcome = await chaosOfItems({ items: 400, kills: 3, restarts: 1, lease: 1, seed: 1 });
    expect(outcome).toMatchObject({ lost: 0, unexplained: 0, deadLetters: 0 });
  }, 120_000);

  test('a lock: tokens grow, and no write of a former owner passes', async () => {
    const outcome = await chaosOfTokens({ handOvers: 60, kills: 2, stops: 2, restarts: 1, lease: 0.6, seed: 2 });
    expect(outcome).toMatchObject({ notGrowing: 0, shared: 0, overwritten: 0 });
    expect(outcome.passed).toBeGreaterThan(40);
  }, 120_000);
});

/** All that is promised of a Redis that is away. */
const KEPT: Partial<AwayOutcome> = { late: 199, wrong: 0, withoutTimeout: 0, told: true, refused: true, grew: true };

describe('a Redis that answers nobody', () => {
  test('stands still: calls are late, none is wrong, and those with a timeout are over before it is back', async () => {
    expect(await whileAway({ away: 0, lease: 1, way: await frozen() })).toMatchObject(KEPT);
  }, 120_000);

  test('is cut off for longer than connections are believed in: others have the lock and the items', async () => {
    const outcome = await whileAway({ away: 4, lease: 1, way: await proxied(false), elsewhere: [] });
    expect(outcome).toMatchObject({ ...KEPT, takenOver: 2 });
  }, 120_000);

  test('is cut off, and what is between has forgotten the connections: others are made', async () => {
    const outcome = await whileAway({ away: 0, lease: 1, way: await proxied(true), elsewhere: [] });
    expect(outcome).toMatchObject({ ...KEPT, takenOver: 2 });
  }, 120_000);

  test('a shutdown that nobody here has heard of ends who waits all the same', async () => {
    const way = await proxied(true);
    const options = { lease: 1, prefix: 'test' };
    const [here, there] = [await connect(way.url, options), await connect(way.server.url, options)];
    const queue = here.Queue<number>('closed');
    await queue.putAsync(1);
    expect(await queue.getAsync(LONG)).toBe(1);
    const waiting = queue.getAsync(LONG);
    waiting.catch(() => {});
    way.cut();
    there.Queue('closed').shutdown();
    way.mend();
    await expect(waiting).rejects.toThrow(ShutDown);
    await Promise.all([here.disconnectAsync(), there.disconnectAsync()]);
    await way.stop();
  }, 60_000);

  test('one that has lost its data is said to have, and works on', async () => {
    const server = await RedisServer.start();
    const program = new Program('adds', server.url, { lease: 1, prefix: 'test' }, 'n');
    expect(await program.next()).toBe(1);
    const here = await connect(server.url, { lease: 1, prefix: 'test' });
    const queue = here.JoinableQueue<number>('lost');
    queue.putMany([1, 2]);
    expect(queue.get(true, LONG)).toBe(1);
    await server.kill();
    server.forget();
    await server.start();
    const end = Date.now() + LONG * 1000;
    while (!program.complaints.includes('DataLossWarning') && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
    expect(program.complaints).toMatch(/DataLossWarning.*has lost its data/);
    queue.put(3);
    expect(queue.get(true, LONG)).toBeGreaterThan(1);
    await program.kill();
    await here.disconnectAsync();
    await server.stop();
  }, 60_000);
});
