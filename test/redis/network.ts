/** Ways from a program to its Redis that can be cut: what a network does to a connection. */
import { execFileSync } from 'node:child_process';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { RedisServer } from './server.ts';

/** A Redis, and the way to it. */
export interface Way {
  readonly server: RedisServer;
  /** Its address by this way. */
  readonly url: string;
  /** Nothing comes through any more, either way, and no connection is told. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** The way is whole, and the server stands still: the system takes in what it is sent. */
export async function frozen(): Promise<Way> {
  const server = await RedisServer.start();
  return {
    server,
    url: server.url,
    cut: () => server.freeze(),
    mend: () => server.thaw(),
    stop: () => server.stop(),
  };
}

/**
 * A way through this program. `forgets`: when it is whole again, connections from before stay silent, as behind
 * a firewall that has forgotten them; others what was on its way reaches late.
 */
export async function proxied(forgets: boolean): Promise<Way> {
  const server = await RedisServer.start();
  const sockets = new Set<Socket>();
  let isCut = false;
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data) => to.write(data));
    from.on('error', () => {});
    from.once('close', () => {
      sockets.delete(from);
      // Of an end, too, nobody hears.
      if (!from.isPaused()) to.destroy();
    });
    if (isCut) from.pause();
  };
  const proxy: Server = createServer((near) => {
    const far = connectTo(server.port, '127.0.0.1');
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  let before: Socket[] = [];
  return {
    server,
    url: `redis://127.0.0.1:${port}`,
    cut() {
      isCut = true;
      before = [...sockets];
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) if (!(forgets && before.includes(socket))) socket.resume();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      await server.stop();
    },
  };
}

/** Of the range that is for tests of networks (RFC 2544). */
const [NEAR, FAR] = ['198.18.113.1', '198.18.113.2'];

/**
 * Two machines as Linux has them: Redis and the programs beside it are in a network namespace of their own,
 * and the cable is pulled. @throws Error it is not allowed here, or iproute2 is not installed
 */
export async function cabled(): Promise<Way & { command: readonly string[] }> {
  const name = `nogil-redis-${process.pid}`;
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    ip('netns', 'add', name);
  } catch (error) {
    throw new Error("network namespaces need root, Linux and Debian's iproute2", { cause: error });
  }
  const remove = () => ip('netns', 'delete', name);
  process.once('exit', remove);
  const there = ['-n', name, 'link', 'set', 'dev', 'far'];
  const near = `near${process.pid}`;
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', 'far', 'netns', name);
  ip('address', 'add', `${NEAR}/30`, 'dev', near);
  ip('link', 'set', 'dev', near, 'up');
  ip('-n', name, 'address', 'add', `${FAR}/30`, 'dev', 'far');
  ip('-n', name, 'link', 'set', 'dev', 'lo', 'up');
  ip(...there, 'up');
  const command = ['ip', 'netns', 'exec', name];
  const server = await RedisServer.startAt({ command, host: FAR as string });
  return {
    server,
    url: server.url,
    command,
    cut: () => ip(...there, 'down'),
    mend: () => ip(...there, 'up'),
    async stop() {
      await server.stop();
      process.off('exit', remove);
      remove();
    },
  };
}
