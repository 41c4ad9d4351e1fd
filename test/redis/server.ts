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

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      // A node of a Redis Cluster uses that port plus 10000, too.
      server.close(() => resolve(port < 55_000 ? port : freePort()));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('data', (data) => end(/PONG|NOAUTH|DENIED/.test(String(data))));
    socket.once('error', () => end(false));
  });
}

/** A Redis that keeps what it has over a kill, unless it is told to forget. */
export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(ROOT, 'nogil-redis-'));
  readonly #more: string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, more: string[]) {
    this.port = port;
    this.#more = more;
  }

  /** One that forgets when it is killed, and waits for no disk. */
  static forgetful(...more: string[]): Promise<RedisServer> {
    return RedisServer.start('--appendonly', 'no', ...more);
  }

  static async start(...more: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get folder(): string {
    return this.#folder;
  }

  async start(): Promise<void> {
    const { port } = this;
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '', '--appendonly', 'yes'];
    // With everysec a write may wait for the fsync before it, and a kill loses what was acknowledged.
    args.push('--appendfsync', 'always');
    // It ends with this program, however that ends.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', EXECUTABLE, ...args, ...this.#more], { stdio: 'ignore' });
    const end = Date.now() + LONG * 1000;
    while (!(await answers(port))) {
      if (Date.now() > end) throw new Error(`no Redis came up on port ${port}`);
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

  constructor(role: string, ...args: unknown[]) {
    const file = resolve('build/test/redis/programs.workers.js');
    const env = { ...process.env, ROLE: role, ARGS: JSON.stringify(args) };
    // It ends with this program, also while it is blocked.
    const execArgv = ['--pdeathsig', 'KILL', process.execPath];
    this.#child = fork(file, [], { env, execPath: 'setpriv', execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
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
