/** One of several that hammer one queue. */
import { type Handle, Queue } from 'nogil';
import { clock, reply, serve } from '../harness/agents.ts';

export interface Hammer {
  handle: Handle;
  id: number;
  workers: number;
  /** `both`: each call of put is followed by one of get. */
  role: 'both' | 'put' | 'get';
  /** When to stop, on the clock of agents.ts. */
  until: number;
}

/** What it put and took: how many, and two sums that no loss and no doubling leaves as they are. */
export interface Account {
  put: number;
  got: number;
  /** Of the items put, less those taken. */
  sum: number;
  hash: number;
  /** The longest call of each, in nanoseconds. */
  longestPut: number;
  longestGet: number;
}

export function hashOf(item: number): number {
  return Math.imul(item ^ (item >>> 15), 0x2c1b3c6d) ^ Math.imul(item + 0x6d2b79f5, 0x297a2d39);
}

serve(({ handle, id, workers, role, until }: Hammer) => {
  const queue = Queue.from(handle) as Queue<number>;
  const account: Account = { put: 0, got: 0, sum: 0, hash: 0, longestPut: 0, longestGet: 0 };
  const put = () => {
    const item = account.put++ * workers + id;
    queue.put(item);
    account.sum += item;
    account.hash = (account.hash + hashOf(item)) | 0;
  };
  const get = () => {
    const item = queue.get();
    if (item < 0) return false;
    account.got++;
    account.sum -= item;
    account.hash = (account.hash - hashOf(item)) | 0;
    return true;
  };
  const now = () => performance.now();
  let before = now();
  const end = before + (until - clock()) / 1e6;
  let more = true;
  while (more && before < end) {
    if (role !== 'get') {
      put();
      const after = now();
      account.longestPut = Math.max(account.longestPut, after - before);
      before = after;
    }
    if (role !== 'put') {
      more = get();
      const after = now();
      account.longestGet = Math.max(account.longestGet, after - before);
      before = after;
    }
  }
  // Who still waits when the others have stopped gets a negative number.
  if (role === 'get') while (more) more = get();
  queue.close();
  reply(account);
});
reply('ready');
