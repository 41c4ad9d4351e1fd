/**
 * Fairness: eight workers hammer one queue. How many items pass, and how long the longest call took while it
 * need not have waited for an item.
 */
import { LifoQueue, PriorityQueue, Queue } from 'nogil';
import { Agent, clock } from './agents.ts';
import { type Account, type Hammer, hashOf } from './fairness.workers.ts';
import { milliseconds, perSecond, type Row, type Table } from './report.ts';

const WORKERS = 8;
/** With so many in it at first, and each get behind a put of the same worker, it is never empty. */
const CUSHION = 64;
const MAXSIZE = 16;
/** Longest wait that is fair, in milliseconds. */
const BOUND = 1000;

const kinds = { Queue, LifoQueue, PriorityQueue };

interface Round {
  rate: number;
  longestPut: number;
  longestGet: number;
}

async function hammer(agents: Agent[], name: keyof typeof kinds, bounded: boolean, seconds: number): Promise<Round> {
  const queue = new kinds[name]<number>(bounded ? MAXSIZE : 0);
  let [sum, hash, left] = [0, 0, 0];
  // Numbers that no worker puts.
  const cushion = Array.from({ length: bounded ? 0 : CUSHION }, (_, i) => 2 ** 40 + i);
  queue.putMany(cushion);
  const until = clock() + seconds * 1e9;
  const answers = agents.map((agent, id) => {
    const role = bounded ? (id % 2 ? 'get' : 'put') : 'both';
    return agent.ask<Account>({ handle: queue.handle(), id, workers: WORKERS, role, until } satisfies Hammer);
  });
  if (bounded) {
    await Promise.all(answers.filter((_, id) => id % 2 === 0));
    await queue.putManyAsync(answers.filter((_, id) => id % 2).map(() => -1));
  }
  const accounts = await Promise.all(answers);
  let [put, got, longestPut, longestGet] = [cushion.length, 0, 0, 0];
  for (const item of cushion) {
    sum += item;
    hash = (hash + hashOf(item)) | 0;
  }
  for (const account of accounts) {
    put += account.put;
    got += account.got;
    sum += account.sum;
    hash = (hash + account.hash) | 0;
    longestPut = Math.max(longestPut, account.longestPut);
    longestGet = Math.max(longestGet, account.longestGet);
  }
  for (; !queue.empty(); left++) {
    const item = queue.get();
    if (item < 0) left--;
    else {
      sum -= item;
      hash = (hash - hashOf(item)) | 0;
    }
  }
  if (put !== got + left || sum !== 0 || hash !== 0)
    throw new Error(`${name}: ${put} items were put, ${got} taken, ${left} left; the sums differ by ${sum} and ${hash}`);
  queue.close();
  return { rate: got / seconds, longestPut, longestGet };
}

export async function* fairness(quick: boolean): AsyncGenerator<Table> {
  const seconds = quick ? 2 : 20;
  const agents = Array.from({ length: WORKERS }, () => new Agent('./fairness.workers.js'));
  for (const bounded of [false, true]) {
    const rows: Row[] = [];
    for (const name of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const { rate, longestPut, longestGet } = await hammer(agents, name, bounded, seconds);
      const longest = { unit: milliseconds, rival: [], target: BOUND };
      rows.push({ what: `${name}, items`, unit: perSecond, ours: [rate], rival: [] });
      rows.push({ what: `${name}, longest put`, ours: [longestPut], ...longest });
      rows.push({ what: `${name}, longest get`, ours: [longestGet], ...longest });
    }
    const title = bounded
      ? `${WORKERS / 2} producers, ${WORKERS / 2} consumers, maxsize ${MAXSIZE}, ${seconds} s each`
      : `${WORKERS} workers that put and get in turn, never empty, no limit, ${seconds} s each`;
    yield { title, rival: '-', rows };
  }
  await Promise.all(agents.map((agent) => agent.close()));
}
