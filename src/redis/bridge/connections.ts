/**
 * Connections: all that a program has with Redis, four at most.
 *
 * | which    | for                                                     |
 * | -------- | ------------------------------------------------------- |
 * | commands | scripts, many at a time on their way                    |
 * | wake-ups | the subscriber                                          |
 * | streams  | reads that block                                        |
 * | pools    | what BullMQ asks for, once there is a pool              |
 */
import type { Writable } from 'node:stream';
import type { Redis, Cluster as RedisCluster, RedisOptions } from 'ioredis';
import { ConnectionError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { endWhenSilent, patienceFor } from './silence.ts';

export type Client = Redis | RedisCluster;

/** Milliseconds between two attempts to connect. */
const RETRY_AT_MOST = 500;

async function load(): Promise<Pick<typeof import('ioredis'), 'Redis' | 'Cluster'>> {
  try {
    return await import('ioredis');
  } catch (error) {
    throw new ConnectionError("nogil/redis needs the package 'ioredis': npm install ioredis", { cause: error } as never);
  }
}

function optionsOf(settings: Settings, resends: boolean): RedisOptions {
  const { username, password, tls, lease } = settings;
  return {
    // An outage makes calls late, and fails none.
    maxRetriesPerRequest: null,
    // A read that was cut off is made anew.
    autoResendUnfulfilledCommands: resends,
    enableReadyCheck: true,
    retryStrategy: (attempt) => Math.min(50 * attempt, RETRY_AT_MOST),
    lazyConnect: true,
    connectionName: `nogil:${settings.prefix}`,
    connectTimeout: patienceFor(lease * 1000),
    // Of one that nothing is asked of the system finds out.
    keepAlive: 1000,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: tls as never }),
  };
}

/** @param resends whether what was not answered is sent again when the connection was lost */
export async function open(settings: Settings, resends = true): Promise<Client> {
  const { Redis, Cluster } = await load();
  const options = optionsOf(settings, resends);
  const patience = patienceFor(settings.lease * 1000);
  if (!settings.cluster) {
    const client = new Redis(settings.url, options);
    endWhenSilent(client, patience);
    return client;
  }
  const { hostname, port, username, password, protocol } = new URL(settings.url);
  const nodes = new Cluster([{ host: hostname, port: Number(port || 6379) }], {
    lazyConnect: true,
    // While a replica is promoted a call is late.
    maxRedirections: 1_000_000,
    clusterRetryStrategy: (attempt) => Math.min(50 * attempt, RETRY_AT_MOST),
    retryDelayOnFailover: 100,
    retryDelayOnClusterDown: 100,
    redisOptions: {
      ...options,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && options.tls === undefined && { tls: {} }),
    },
  });
  nodes.on('+node', (node: Redis) => endWhenSilent(node, patience));
  return nodes;
}

const gathering = new WeakSet<Writable>();

/**
 * Is called before something is asked for: all of one turn of the loop goes out in one write. The client's
 * own pipelining has one batch on its way at a time, and of a Redis Cluster chooses the node of a script by
 * the script.
 */
export function gather(client: Client): void {
  const { stream } = client as unknown as { stream?: Writable | null };
  // A Redis Cluster has one for each node.
  if (!stream || gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  process.nextTick(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}

/** Errors that no later attempt mends. */
const FATAL = /\b(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR Client sent AUTH|invalid password)/i;

/** Waits for the first connection. @throws ConnectionError it cannot be made, in time or at all */
export function firstConnection(client: Client, settings: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: Error | undefined;
    const fail = (error: Error | undefined) => {
      clearTimeout(timer);
      client.disconnect();
      const why = error === undefined ? `no answer within ${settings.timeout} s` : error.message;
      reject(new ConnectionError(`cannot connect to Redis at ${new URL(settings.url).host}: ${why}`));
    };
    const timer = setTimeout(() => fail(last), settings.timeout * 1000);
    // The listener stays: without one an error ends the program.
    client.on('error', (error: Error) => {
      last = error;
      if (FATAL.test(error.message)) fail(error);
    });
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    client.connect().catch(() => {});
  });
}

/** What stands for a pattern of Redis's, literally. */
export function literally(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, '\\$&');
}

/** The nodes that have keys. */
export function nodesOf(client: Client): Redis[] {
  return 'nodes' in client ? client.nodes('master') : [client as Redis];
}
