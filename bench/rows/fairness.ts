/**
 * Fairness: eight workers hammer one queue. How many items pass, and how long the longest call took while it
 * need not have waited for an item.
 */
import { LifoQueue, PriorityQueue, Queue } from 'nogil';
import { Agent, clock, closeAll } from '../harness/agents.ts';
import type { Contender, Row } from '../harness/row.ts';
import { type Account, type Hammer, hashOf } from './fairness.workers.ts';

const WORKERS = 8;
/** With so many in it at first, and each get behind a put of the same worker, it is never empty. */
const CUSHION = 64;
const MAXSIZE = 16;
/** Longest wait that is fair, in nanoseconds. */
const BOUND = 1e9;
const SECONDS = 10;

const kinds = { Queue, LifoQueue, PriorityQueue };
type Name = keyof typeof kinds;

interface Round {
  rate: number;
  put: number;
  get: number;
}

async function hammer(agents: Agent[], name: Name, bounded: boolean, seconds: number): Promise<Round> {
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
  return { rate: got / seconds, put: longestPut * 1e6, get: longestGet * 1e6 };
}

function contender(name: Name, bounded: boolean, figures: (round: Round) => Record<string, number>): Contender {
  return {
    name,
    by: 'nogil',
    async open() {
      const agents = Array.from({ length: WORKERS }, () => new Agent('rows/fairness.workers.js'));
      await Promise.all(agents.map((agent) => agent.answer()));
      return {
        gives: 'figure',
        run: async () => figures(await hammer(agents, name, bounded, SECONDS)),
        close: () => closeAll(agents),
      };
    },
  };
}

function row(bounded: boolean): Row {
  const names = Object.keys(kinds) as Name[];
  const targets = names.map((who) => ({ who, atMost: BOUND }));
  const who = bounded
    ? `${WORKERS / 2} producers, ${WORKERS / 2} consumers, ${MAXSIZE} places`
    : `${WORKERS} workers at one queue`;
  return {
    fullOnly: true,
    id: `scaling.fair-${bounded ? 'bounded' : 'busy'}`,
    what: `${who}: the longest call`,
    how: `${bounded ? 'Four put and four get.' : 'Each puts and gets in turn; it is never empty.'} Ten seconds each. Whatever a call takes, it waits for others' calls, and for a core. Each item must come out once: they are counted,
and added up in two ways.`,
    unit: 'time',
    once: true,
    contenders: names.map((name) => contender(name, bounded, ({ put, get }) => ({ put, get }))),
    parts: { put: { what: `${who}: the longest put`, targets }, get: { what: `${who}: the longest get`, targets } },
  };
}

export const fairnessRows: readonly Row[] = [row(false), row(true)];
