/** How a program connects, and what it promises while it does. */
import { checkNames, ValueError } from './core.ts';

/** As Node's `tls.connect` has them; a `rediss://` address needs none. */
export interface TlsOptions {
  /** Who signs the server's certificate, as PEM. Default: those that Node trusts. */
  ca?: string | Uint8Array;
  /** The certificate of this program, as PEM, if the server asks for one. */
  cert?: string | Uint8Array;
  /** Its private key, as PEM. */
  key?: string | Uint8Array;
  /** The name that the server's certificate has to have. Default: the host of the address. */
  servername?: string;
  /** Default true. */
  rejectUnauthorized?: boolean;
}

/** What `connect` takes. */
export interface ConnectOptions {
  /**
   * Seconds for which what a program holds is its own without a sign of life: locks, permits, items in hand.
   * Default 10. Every third of it a sign is given.
   */
  lease?: number;
  /** Before each key, so that programs may share a Redis. Default 'nogil'. */
  prefix?: string;
  /** Items of one queue that are fetched before somebody asks for them. Default 64; 1 for long tasks. */
  prefetch?: number;
  /**
   * How often an item is handed out before it goes to the dead letters. Default 5. With 1 so does what a dead
   * program had only fetched ahead.
   */
  maxDeliveries?: number;
  /** The user of Redis's ACL; as in the address. */
  username?: string;
  /** The password of that user, or of the Redis; as in the address. */
  password?: string;
  /** For `rediss://`: whom to trust, and who this is. */
  tls?: TlsOptions;
  /** Experimental: it is a Redis Cluster, and the address is that of one of its nodes. Default false. */
  cluster?: boolean;
  /** Seconds until `connect` gives up. Default 10. Later outages are waited out. */
  timeout?: number;
}

/** All of them, as the bridge has them. */
export interface Settings extends Required<Omit<ConnectOptions, 'username' | 'password' | 'tls'>> {
  url: string;
  username?: string;
  password?: string;
  tls?: TlsOptions;
}

const NAMES = ['lease', 'prefix', 'prefetch', 'maxDeliveries', 'username', 'password', 'tls', 'cluster', 'timeout'];

/** @throws TypeError, ValueError an option cannot be */
export function settingsOf(url: string | URL, options: ConnectOptions): Settings {
  checkNames('connect', options, NAMES);
  const address = String(url);
  if (!/^rediss?:\/\//.test(address)) throw new ValueError(`expected redis://… or rediss://…, got ${withoutPassword(address)}`);
  const { lease = 10, prefix = 'nogil', prefetch = 64, maxDeliveries = 5, cluster = false, timeout = 10, ...rest } = options;
  for (const [name, value, least] of [
    ['lease', lease, 0.1],
    ['timeout', timeout, 0],
  ] as const)
    if (!(typeof value === 'number' && value >= least && value <= 86_400))
      throw new ValueError(`${name} must be from ${least} to 86400 seconds, got ${String(value)}`);
  for (const [name, value] of Object.entries({ prefetch, maxDeliveries }))
    if (!(Number.isInteger(value) && value >= 1 && value <= 10_000))
      throw new ValueError(`${name} must be an integer from 1 to 10000, got ${String(value)}`);
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) throw new ValueError('prefix must be a string without { and }');
  return { url: address, lease, prefix, prefetch, maxDeliveries, cluster: cluster === true, timeout, ...rest };
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//…@');
}

/**
 * The name of an object as keys have it: what stands in braces decides the slot of a Redis Cluster, so all
 * keys of an object lie on one node. @throws TypeError, ValueError
 */
export function checkName(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`the name must be a string, got ${typeof name}`);
  if (name === '' || /[{}]/.test(name)) throw new ValueError(`a name is not empty and has no { or }, got '${name}'`);
  return name;
}
