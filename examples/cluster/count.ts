/**
 * Counts a code base on several machines: files are read, hashed and counted by every program that serves the
 * pool. This program starts a Redis and two such programs on this machine, and asks them.
 *
 *     npm run example:cluster -- [folder]
 *
 * On machines of your own, with the same folder: `npx nogil serve count.js --redis URL --pool count` on each, and
 * REDIS_URL for the program that asks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { main, task } from 'nogil';
import { type Cluster, connect, serve } from 'nogil/redis';

interface Counted {
  path: string;
  bytes: number;
  lines: number;
  sha256: string;
  program: number;
}

export const count = task(import.meta, function count(path: string): Counted {
  const content = readFileSync(path);
  let lines = 0;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, bytes: content.length, lines, sha256, program: process.pid };
});

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() && /\.(ts|js|json)$/.test(entry.name)) yield path;
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** A Redis for as long as this program runs. */
async function startRedis(): Promise<{ url: string; stop(): void }> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'nogil-cluster-'));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  server.once('error', () => console.error('there is no redis-server: install it, or set REDIS_URL'));
  for (let tries = 0; tries < 200; tries++) {
    const isUp = await new Promise((done) => {
      const socket = connectTo(port, '127.0.0.1', () => done(true)).once('error', () => done(false));
      socket.once('close', () => done(false)).once('connect', () => socket.destroy());
    });
    if (isUp) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    stop() {
      server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ask(cluster: Cluster, folder: string): Promise<void> {
  const files = [...filesBelow(folder)];
  console.log(`${files.length} .ts, .js and .json files below ${folder}`);
  const bar = new SingleBar({ format: '[{bar}] {value}/{total} files, {eta} s left', stream: process.stderr });
  if (process.stderr.isTTY) bar.start(files.length, 0);
  const began = performance.now();
  const counted: Counted[] = [];
  for await (const each of cluster.Pool('count').imapUnordered(count, files, 20)) {
    counted.push(each);
    bar.update(counted.length);
  }
  bar.stop();
  const seconds = (performance.now() - began) / 1000;
  const hash = createHash('sha256');
  for (const { path, sha256 } of counted.sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${path}\0${sha256}\n`);
  const programs = new Set(counted.map(({ program }) => program)).size;
  const sum = (key: 'bytes' | 'lines') => counted.reduce((total, each) => total + each[key], 0);
  console.log(`${counted.length} files, ${sum('bytes')} bytes, ${sum('lines')} lines, by ${programs} programs`);
  console.log(`in ${seconds.toFixed(2)} s; sha256 of all: ${hash.digest('hex')}`);
}

main(import.meta, async () => {
  const { SERVES } = process.env;
  if (SERVES) {
    await using cluster = await connect(SERVES, { prefix: 'count' });
    process.once('disconnect', () => process.exit());
    await serve(cluster, 'count', { processes: 2 });
    return;
  }
  const redis = process.env.REDIS_URL ? undefined : await startRedis();
  const url = redis?.url ?? (process.env.REDIS_URL as string);
  const programs: ChildProcess[] = [];
  try {
    if (redis)
      for (let i = 0; i < 2; i++)
        programs.push(
          spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url)], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
            env: { ...process.env, SERVES: url },
          }),
        );
    await using cluster = await connect(url, { prefix: 'count' });
    await ask(cluster, resolve(process.argv[2] ?? 'node_modules'));
  } finally {
    for (const program of programs) program.kill();
    redis?.stop();
  }
});
