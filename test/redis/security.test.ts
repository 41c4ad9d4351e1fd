import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, ConnectionError, connect } from 'nogil/redis';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort, fresh, killPrograms, LONG, Program, RedisServer } from './server.ts';

afterAll(killPrograms);

async function roundTrip(cluster: Cluster): Promise<void> {
  const queue = cluster.Queue<string>(fresh('secure'));
  queue.put('through');
  expect(await queue.getAsync(LONG)).toBe('through');
  expect(cluster.Lock(fresh('secure')).with((token) => token)).toBeGreaterThan(0);
  expect(cluster.inspect().connections).toBe(3);
  await cluster.disconnectAsync();
}

/** A CA, and a certificate for the loopback that it has signed. */
function certificates(folder: string) {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test CA', '-keyout', file('ca.key'), '-out', file('ca.pem'));
  openssl('req', ...key, '-subj', '/CN=localhost', '-keyout', file('key.pem'), '-out', file('request.pem'));
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const signs = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('names')];
  openssl('x509', '-req', '-in', file('request.pem'), ...signs, '-out', file('cert.pem'));
  return { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') };
}

describe('connecting', () => {
  test('by a user of an ACL who may touch one prefix only', async () => {
    const server = await RedisServer.forgetful('--user', 'shop', 'on', '>secret', '~shop:*', '&shop:*', '+@all');
    await roundTrip(await connect(`redis://shop:secret@127.0.0.1:${server.port}`, { prefix: 'shop' }));
    await roundTrip(await connect(server.url, { username: 'shop', password: 'secret', prefix: 'shop' }));
    await expect(connect(`redis://shop:wrong@127.0.0.1:${server.port}`)).rejects.toThrow(/WRONGPASS/);
    const error = await connect(server.url, { username: 'shop', password: 'secret', prefix: 'other' }).catch((e) => e);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toMatch(/refuses.*(NOPERM|permission)/i);
    await server.stop();
  }, 60_000);

  test('programs with other prefixes have nothing in common', async () => {
    const server = await RedisServer.forgetful();
    const [here, there] = await Promise.all(['a', 'b'].map((prefix) => connect(server.url, { prefix, lease: 1 })));
    const names = ['queue', 'lock', 'value', 'dict'] as const;
    here?.Queue(names[0]).put(1);
    here?.Lock(names[1]).acquire();
    here?.Value(names[2], 'i').add(7);
    here?.dict(names[3]).set('k', 'v');
    expect(there?.Queue(names[0]).qsize()).toBe(0);
    expect(there?.Lock(names[1]).acquire(false)).toBe(true);
    expect(there?.Value(names[2], 'i').value).toBe(0);
    expect(there?.dict(names[3]).size).toBe(0);
    expect(Object.keys(here?.inspect().values ?? {})).toEqual(['value']);
    expect(there?.inspect()).toMatchObject({ queues: {}, values: {}, dicts: {}, pools: {} });
    await Promise.all([here?.disconnectAsync(), there?.disconnectAsync()]);
    await server.stop();
  }, 60_000);

  test('over TLS, to a server whose certificate is known', async () => {
    const port = await freePort();
    const server = await RedisServer.forgetful();
    const { ca, cert, key } = certificates(server.folder);
    const secure = await RedisServer.forgetful(
      ...['--tls-port', `${port}`, '--tls-auth-clients', 'no', '--requirepass', 'secret'],
      ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
    );
    const options = { tls: { ca: readFileSync(ca, 'utf8') }, password: 'secret' };
    await roundTrip(await connect(`rediss://127.0.0.1:${port}`, options));
    const program = new Program('count', `rediss://:secret@127.0.0.1:${port}`, { tls: options.tls }, 'n', 2);
    expect(await program.next()).toHaveLength(2);
    // Nobody says whom to trust.
    await expect(connect(`rediss://127.0.0.1:${port}`, { timeout: 1, password: 'secret' })).rejects.toThrow(ConnectionError);
    await expect(connect(`rediss://127.0.0.1:${port}`, { tls: options.tls })).rejects.toThrow(/NOAUTH/);
    await Promise.all([server.stop(), secure.stop()]);
  }, 60_000);

  test('nobody there is an error after the timeout', async () => {
    const port = await freePort();
    await expect(connect(`redis://127.0.0.1:${port}`, { timeout: 0.5 })).rejects.toThrow(/cannot connect.*ECONNREFUSED/);
  });

  test('without ioredis the error says what to install', async () => {
    const server = await RedisServer.forgetful();
    // The package in a folder that has nothing but itself.
    const folder = join(server.folder, 'node_modules/nogil');
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('cp', ['-r', 'dist', 'package.json', folder]);
    const program = join(server.folder, 'program.mjs');
    writeFileSync(
      program,
      `import { connect } from 'nogil/redis';
       const error = await connect('${server.url}').catch((error) => error);
       console.log(error.name, error.message);`,
    );
    const said = execFileSync(process.execPath, [program], { encoding: 'utf8' });
    expect(said).toMatch(/ConnectionError .*npm install ioredis/);
    await server.stop();
  }, 60_000);
});
