/** What the tests of a file share. */
import { type Cluster, type ConnectOptions, connect } from 'nogil/redis';
import { afterAll, beforeAll } from 'vitest';
import { killPrograms, RedisServer } from './server.ts';

export { freePort, fresh, killPrograms, LONG, Program, RedisServer } from './server.ts';

/** A server and a connection to it for all tests of a file. */
export function useRedis(options: ConnectOptions, use: (redis: RedisServer, cluster: Cluster) => void): void {
  let redis: RedisServer | undefined;
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    redis = await RedisServer.forgetful();
    cluster = await connect(redis.url, options);
    use(redis, cluster);
  });
  afterAll(async () => {
    await killPrograms();
    await cluster?.disconnectAsync();
    await redis?.stop();
  });
}
