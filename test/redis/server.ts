/** Redis servers and programs of the tests' own. What runs them has the root as its folder. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Seconds in which everything has to happen that is not about time. */
export const LONG = 20;

/** In memory, if there is such a place: a kill of Redis needs no disk to survive. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const EXECUTABLE = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';

/**
 * A port that nobody listens on, and that no connection gets as its own: one to a server that is just away
 * would be connected to itself, and the server could not come back.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    // A node of a Redis Cluster uses that port plus 10000, too.
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    server.once('error', () => resolve(freePort()));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo(port, host, () => socket.write('PING\r\n'));
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('data', (data) => end(/PONG|NOAUTH|DENIED/.test(String(data))));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** Where a server runs, if not as any other program here. */
export interface Place {
  /** What starts a program there. */
  command: readonly string[];
  /** Its address, as seen from here. */
  host: string;
}

const HERE: Place = { command: [], host: '127.0.0.1' };

/** A Redis that keeps what it has over a kill, unless it is told to forget. */
export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(ROOT, 'nogil-redis-'));
  readonly #more: readonly string[];
  readonly #place: Place;
  #process: ChildProcess | undefined;

  private constructor(port: number, more: readonly string[], place: Place) {
    this.port = port;
    this.#more = more;
    this.#place = place;
  }

  /** One that forgets when it is killed, and waits for no disk. */
  static forgetful(...more: string[]): Promise<RedisServer> {
    return RedisServer.start('--appendonly', 'no', ...more);
  }

  static start(...more: string[]): Promise<RedisServer> {
    return RedisServer.startAt(HERE, ...more);
  }

  static async startAt(place: Place, ...more: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more, place);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://${this.#place.host}:${this.port}`;
  }

  /** As a program has it that is in the same place. */
  get ownUrl(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get folder(): string {
    return this.#folder;
  }

  async start(): Promise<void> {
    const { port } = this;
    const { command, host } = this.#place;
    const bind = ['--bind', ...new Set(['127.0.0.1', host])];
    const args = ['--port', `${port}`, ...bind, '--dir', this.#folder, '--save', '', '--appendonly', 'yes'];
    // With everysec a write may wait for the fsync before it, and a kill loses what was acknowledged.
    args.push('--appendfsync', 'always', '--protected-mode', 'no');
    // It ends with this program, however that ends.
    const all = [...command, 'setpriv', '--pdeathsig', 'KILL', EXECUTABLE, ...args, ...this.#more];
    const child = spawn(all[0] as string, all.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    let log = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-2000);
    });
    // Who waits for its answers would wait for ever.
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') throw new Error(`Redis has ended by itself (${code ?? signal}): ${log}`);
    });
    const end = Date.now() + LONG * 1000;
    while (!(await answers(host, port))) {
      if (Date.now() > end) throw new Error(`no Redis came up at ${host}:${port}: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** It answers nobody, and its connections stay: so looks a machine that the network has lost. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** As a machine that loses its power, but for what the system had still to write. */
  async kill(): Promise<void> {
    await ended(this.#process as ChildProcess, 'SIGKILL');
  }

  /** What it had is gone. */
  forget(): void {
    rmSync(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

const programs = new Set<Program>();

/** Another program, which runs a function of `programs.workers.ts`. */
export class Program {
  readonly #child: ChildProcess;
  readonly #said: unknown[] = [];
  #wake = () => {};

  /** @param role which function; or that, and what starts a program where it is to run */
  constructor(role: string | { role: string; by: readonly string[] }, ...args: unknown[]) {
    const { role: name, by } = typeof role === 'string' ? { role, by: [] } : role;
    const file = resolve('build/test/redis/programs.workers.js');
    const env = { ...process.env, ROLE: name, ARGS: JSON.stringify(args) };
    // It ends with this program, also while it is blocked.
    const [first = 'setpriv', ...execArgv] = [...by, 'setpriv', '--pdeathsig', 'KILL', process.execPath];
    this.#child = fork(file, [], { env, execPath: first, execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (data) => {
      this.#complaints += data;
      process.stderr.write(data);
    });
    this.#child.on('message', (message) => {
      this.#said.push(message);
      this.#listener?.(message);
      this.#wake();
    });
    this.#child.on('exit', () => this.#wake());
    programs.add(this);
  }

  /** What it says next. */
  async next<T>(): Promise<T> {
    while (this.#said.length === 0) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error('the program has ended, and said nothing');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#said.shift() as T;
  }

  #complaints = '';
  #listener: ((message: unknown) => void) | undefined;

  /** What it has written to its standard error. */
  get complaints(): string {
    return this.#complaints;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  say(message: unknown): void {
    if (this.#child.connected) this.#child.send(message as object, () => {});
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  get said(): readonly unknown[] {
    return this.#said;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    programs.delete(this);
    await ended(this.#child, signal);
  }

  /** Until it has ended by itself: its code. */
  async over(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise((resolve) => this.#child.once('exit', resolve));
    programs.delete(this);
    return this.#child.exitCode;
  }
}

export async function killPrograms(): Promise<void> {
  await Promise.all([...programs].map((program) => program.kill()));
}

let names = 0;
/** A name that no other test has. */
export function fresh(what: string): string {
  return `${what}-${process.pid}-${++names}`;
}
