/**
 * What nogil/redis costs beside ioredis and BullMQ: everything in one run, in turn, on one Redis on the
 * loopback. `npm run redis:bench [ROUNDS [calls] [drain] [ahead] [pool]]`. The figures are in
 * docs/internals/redis.md.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Queue as Jobs, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { Thread } from 'nogil';
import { type Cluster, connect } from 'nogil/redis';
import { RedisServer } from '../../test/redis/server.ts';
import { adds, drains, half, type Item, takesAhead } from './programs.workers.ts';

const rounds = Number(process.argv[2] ?? 5);
const asked = process.argv.slice(3);
const isAsked = (part: string) => asked.length === 0 || asked.includes(part);
const DRAIN = 20_000;
const BATCH = 64;
const JOBS = 1000;

const figures = new Map<string, number[]>();
const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[all.length >> 1] as number;

function note(name: string, figure: number): void {
  figures.set(name, [...(figures.get(name) ?? []), figure]);
}

const us = (from: number, count: number) => ((performance.now() - from) * 1000) / count;

const server = await RedisServer.start('--appendonly', 'no');
const redis = new Redis(server.url, { maxRetriesPerRequest: null });
const cluster: Cluster = await connect(server.url);
const items: Item[] = Array.from({ length: DRAIN }, (_, id) => ({ id, name: 'item', tags: ['x', 'y'] }));
const children: ChildProcess[] = [];

async function inThread<A extends unknown[], R>(target: (...args: A) => R, ...args: A): Promise<R> {
  const thread = new Thread({ target, args });
  thread.start();
  return (await thread.resultAsync()) as R;
}

async function other(role: string, name: string): Promise<void> {
  const child = fork(fileURLToPath(new URL('./programs.workers.js', import.meta.url)), [role, server.url, name]);
  children.push(child);
  await new Promise((resolve) => child.once('message', resolve));
}

async function pings(): Promise<void> {
  const count = 2000;
  const began = performance.now();
  for (let i = 0; i < count; i++) await redis.ping();
  note('PING', us(began, count));
}

async function bareDrain(): Promise<void> {
  await redis.del('bare');
  await redis.xgroup('CREATE', 'bare', 'g', '0', 'MKSTREAM');
  for (let at = 0; at < DRAIN; at += 500) {
    const pipeline = redis.pipeline();
    for (const item of items.slice(at, at + 500)) pipeline.xadd('bare', '*', 'v', JSON.stringify(item));
    await pipeline.exec();
  }
  const began = performance.now();
  let sum = 0;
  for (let got = 0; got < DRAIN; ) {
    const reply = (await redis.xreadgroupBuffer('GROUP', 'g', 'me', 'COUNT', BATCH, 'BLOCK', 1000, 'STREAMS', 'bare', '>')) as
      | [Buffer, [Buffer, Buffer[]][]][]
      | null;
    const entries = reply?.[0]?.[1] ?? [];
    for (const [, fields] of entries) sum += (JSON.parse(String(fields[1])) as Item).id;
    const ids = entries.map(([id]) => id);
    await redis
      .pipeline()
      .xack('bare', 'g', ...ids)
      .xdel('bare', ...ids)
      .exec();
    got += entries.length;
  }
  note('drain, ioredis', us(began, DRAIN));
  if (sum !== (DRAIN * (DRAIN - 1)) / 2) throw new Error(`the items add up to ${sum}`);
}

async function bridgeDrain(): Promise<void> {
  const queue = cluster.JoinableQueue<Item>('drain');
  await queue.putManyAsync(items);
  note('drain, JoinableQueue', await inThread(drains, queue, DRAIN));
  queue.close();
}

async function asyncCalls(): Promise<void> {
  const value = cluster.Value('async', 'i');
  const [at, times] = [200, 20];
  await Promise.all(Array.from({ length: at }, () => value.addAsync(1)));
  const began = performance.now();
  for (let i = 0; i < times; i++) await Promise.all(Array.from({ length: at }, () => value.addAsync(1)));
  note('async call, 200 at once', us(began, at * times));
  value.close();
}

async function ahead(round: number): Promise<void> {
  const queue = cluster.Queue<Item>(`ahead-${round}`);
  await queue.putManyAsync(items.slice(0, BATCH * 20));
  note('get of what was prefetched', await inThread(takesAhead, queue, BATCH, 10));
  queue.close();
}

const numbers = Array.from({ length: JOBS }, (_, i) => i);
const jobs = new Jobs('bare', { connection: redis });
const events = new QueueEvents('bare', { connection: new Redis(server.url, { maxRetriesPerRequest: null }) });

async function bull(): Promise<void> {
  let done = 0;
  const all = new Promise<void>((resolve) => {
    const count = () => {
      if (++done < JOBS) return;
      events.off('completed', count);
      resolve();
    };
    events.on('completed', count);
  });
  const began = performance.now();
  await jobs.addBulk(numbers.map((data) => ({ name: 'half', data, opts: { removeOnComplete: true } })));
  await all;
  note('job, BullMQ', us(began, JOBS));
}

async function pool(): Promise<void> {
  const began = performance.now();
  const results = await cluster.Pool('bench').mapAsync(half, numbers, { chunksize: 1 });
  note('job, Pool', us(began, JOBS));
  if (results.some((result, i) => result !== i / 2)) throw new Error('wrong results');
}

await events.waitUntilReady();
if (isAsked('pool')) {
  await other('bullmq', 'bare');
  await other('serve', 'bench');
}
for (let round = 0; round < rounds; round++) {
  await pings();
  if (isAsked('calls')) {
    note('blocking call', await inThread(adds, cluster.Value('blocking', 'i'), 1000));
    await asyncCalls();
  }
  if (isAsked('drain')) {
    await bareDrain();
    await bridgeDrain();
  }
  if (isAsked('ahead')) await ahead(round);
  if (isAsked('pool')) {
    await bull();
    await pool();
  }
}
for (const [name, all] of figures)
  console.log(`${name.padEnd(30)} ${median(all).toFixed(1).padStart(8)} µs   ${all.map((each) => each.toFixed(0)).join(' ')}`);
/** What it is of another one of the same round. */
function ratio(what: string, name: string, of: string, unit: string): void {
  const [own, others] = [figures.get(name), figures.get(of)];
  if (own && others) console.log(`${what}: ${median(own.map((each, i) => each / (others[i] as number))).toFixed(2)} ${unit}`);
}
console.log('');
ratio('blocking call', 'blocking call', 'PING', 'PING');
ratio('async call, 200 at once', 'async call, 200 at once', 'PING', 'PING each');
ratio('drain', 'drain, ioredis', 'drain, JoinableQueue', 'of the rate of ioredis');
ratio('Pool', 'job, BullMQ', 'job, Pool', 'of the rate of BullMQ');
for (const child of children) child.kill();
await cluster.disconnectAsync();
await server.stop();
process.exit(0);
