/** Some producers and some consumers, each in a worker of its own. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Queue } from 'nogil';
import { Agent, closeAll } from '../harness/agents.ts';
import type { Contender } from '../harness/row.ts';
import type { Account, Fan, Orders } from './fan.workers.ts';

interface Team {
  producers: Agent[];
  consumers: Agent[];
  close?(): void;
}

function contender(name: string, by: Contender['by'], note: string, open: () => Team): Contender {
  return {
    name,
    by,
    note,
    async open() {
      const { producers, consumers, close } = open();
      const agents = [...producers, ...consumers];
      await Promise.all(agents.map((agent) => agent.answer()));
      const words = new Int32Array(new SharedArrayBuffer(4));
      const once = async (each: number) => {
        words.fill(0);
        const job: Fan = { count: each, producers: producers.length, consumers: consumers.length, words };
        const taken = consumers.map((agent) => agent.ask<Account>(job));
        const put = producers.map((agent) => agent.ask<Account>(job));
        const begin = Math.min(...(await Promise.all(put)).map((account) => account.begin));
        const accounts = await Promise.all(taken);
        const sum = accounts.reduce((total, account) => total + account.sum, 0);
        const expected = (producers.length * each * (each - 1)) / 2;
        if (sum !== expected) throw new Error(`the items add up to ${sum}, not to ${expected}`);
        return Math.max(...accounts.map((account) => account.end)) - begin;
      };
      return {
        async run(count) {
          const each = Math.ceil(count / producers.length);
          await once(Math.ceil(each / 4));
          return ((await once(each)) * count) / (each * producers.length);
        },
        async close() {
          await closeAll(agents);
          close?.();
        },
      };
    },
  };
}

const MODULE = 'rows/fan.workers.js';
const MAXSIZE = 1024;

export function queueFan(name: string, producers: number, consumers: number): Contender {
  return contender(name, 'nogil', `maxsize ${MAXSIZE}`, () => {
    const queue = new Queue<number>(MAXSIZE);
    const agent = (side: Orders['side']) => new Agent(MODULE, { side, handle: queue.handle() } satisfies Orders);
    return {
      producers: Array.from({ length: producers }, () => agent('put')),
      consumers: Array.from({ length: consumers }, () => agent('get')),
      close: () => queue.close(),
    };
  });
}

export function portFan(name: string, producers: number, consumers: number): Contender {
  return contender(name, 'node', 'a channel for each pair; no back-pressure, no balance', () => {
    const near: MessagePort[][] = Array.from({ length: producers }, () => []);
    const far: MessagePort[][] = Array.from({ length: consumers }, () => []);
    for (const ours of near)
      for (const theirs of far) {
        const { port1, port2 } = new MessageChannel();
        ours.push(port1);
        theirs.push(port2);
      }
    const agent = (side: Orders['side'], ports: MessagePort[]) => new Agent(MODULE, { side, ports } satisfies Orders, ports);
    return { producers: near.map((ports) => agent('put', ports)), consumers: far.map((ports) => agent('get', ports)) };
  });
}
