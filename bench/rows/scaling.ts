import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Pool, Queue } from 'nogil';
import type { Contender, Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { channels } from '../rivals/multithreading.ts';
import { native } from '../rivals/native.ts';
import type { By } from '../rivals/parties.ts';
import { openPiscina, openTinypool } from '../rivals/pools/piscina.ts';
import type { OpenPool } from '../rivals/pools/pool.ts';
import { burn } from './burn.ts';
import { fairnessRows } from './fairness.ts';
import { portFan, queueFan } from './fan.ts';
import { priorityRows } from './priority.ts';

const ONE_TO_ONE = 'Queue, 1:1';

/** What more threads cost there. */
const nativeFan = (side: number) => native(`C: queue of two robust mutexes, ${side}:${side}`, () => ['queue', side]);

function fan(producers: number, consumers: number, targets: Target[] = []): Row {
  const shape = `${producers}:${consumers}`;
  const ours = queueFan('Queue', producers, consumers);
  return {
    id: `scaling.${producers}to${consumers}`,
    what: `${producers} producer${producers > 1 ? 's' : ''}, ${consumers} consumer${consumers > 1 ? 's' : ''}`,
    how: 'Numbers, one by one. Consumers take what comes; nobody has a share of his own.',
    unit: 'perSecond',
    least: 5000,
    most: 1_000_000,
    contenders: [
      ours,
      // What more workers cost, in the same turns.
      ...(shape === '1:1' ? [] : [{ ...queueFan(ONE_TO_ONE, 1, 1), kind: 'reference' as const }]),
      portFan('postMessage', producers, consumers),
      channels('multithreading: channel', producers, consumers),
      ...(producers === consumers && producers > 1 ? [nativeFan(1), nativeFan(producers)] : []),
    ],
    targets,
  };
}

/** Nanoseconds of a put and a get of so many numbers, in one thread: all of them are in it in between. */
function deep(
  name: string,
  by: By,
  open: () => { put(i: number): void; get(): number; close?(): void },
  upTo?: number,
): Contender {
  return {
    name,
    by,
    ...(upTo !== undefined && { upTo }),
    open(depth) {
      const { put, get, close } = open();
      // Of few there are many rounds: a clock takes its time.
      const rounds = Math.max(1, Math.ceil(5000 / depth));
      return {
        gives: 'each',
        run() {
          let sum = 0;
          const begin = performance.now();
          for (let round = 0; round < rounds; round++) {
            for (let i = 0; i < depth; i++) put(i);
            for (let i = 0; i < depth; i++) sum += get();
          }
          const ns = (performance.now() - begin) * 1e6;
          if (sum !== (rounds * depth * (depth - 1)) / 2) throw new Error(`the items add up to ${sum}`);
          return ns / (rounds * depth);
        },
        ...(close && { close }),
      };
    },
  };
}

function openQueue() {
  const queue = new Queue<number>();
  return { put: (i: number) => queue.put(i), get: () => queue.get(), close: () => queue.close() };
}

function openPorts() {
  const { port1, port2 } = new MessageChannel();
  return {
    put: (i: number) => port1.postMessage(i),
    get: () => (receiveMessageOnPort(port2) as { message: number }).message,
    close: () => port1.close(),
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The sum of what the tasks answer is that of the same calls here. */
function checked(results: readonly number[], items: readonly number[]): void {
  const sum = (values: readonly number[]) => values.reduce((a, b) => (a + b) | 0, 0);
  const expected = sum(items.map((x) => burn(x)));
  if (sum(results) !== expected) throw new Error(`the results add up to ${sum(results)}, not to ${expected}`);
}

const ourPool: Contender = {
  name: 'Pool: map',
  by: 'nogil',
  open(workers) {
    const pool = new Pool(workers);
    return {
      run(count) {
        const items = upTo(count);
        const begin = performance.now();
        const results = pool.map(burn, items);
        const ns = (performance.now() - begin) * 1e6;
        checked(results, items);
        return ns;
      },
      async close() {
        pool.terminate();
        await pool.joinAsync();
      },
    };
  },
};

const theirPool = (name: string, by: By, open: OpenPool): Contender => ({
  name,
  by,
  async open(workers) {
    const pool = await open(workers, 'burn');
    await pool.run(0);
    return {
      async run(count) {
        const items = upTo(count);
        const begin = performance.now();
        const results = await Promise.all(items.map((x) => pool.run(x)));
        const ns = (performance.now() - begin) * 1e6;
        checked(results, items);
        return ns;
      },
      close: () => pool.close(),
    };
  },
});

export const scaling: Group = {
  id: 'scaling',
  question: 'What happens when there is more of it?',
  how: `More workers than cores share these: then nothing gets faster with more of them, and what must not happen is that
it gets much slower, or that one of them starves.`,
  rows: [
    fan(4, 1),
    fan(1, 4),
    fan(4, 4, [{ who: 'Queue', against: ONE_TO_ONE, times: 0.9 }]),
    {
      id: 'scaling.depth',
      what: 'A queue with many items in it',
      how: 'One thread puts so many numbers, then gets them all, in turn; a put and a get of one of them. postMessage goes to 100 000.',
      unit: 'time',
      over: {
        name: 'items in the queue',
        unit: 'count',
        full: [10, 100, 1000, 10_000, 100_000, 1_000_000],
        quick: [10, 1000, 100_000, 1_000_000],
      },
      contenders: [deep('Queue', 'nogil', openQueue), deep('postMessage, receiveMessageOnPort', 'node', openPorts, 100_000)],
    },
    {
      id: 'scaling.workers',
      what: 'A pool of 1 to 8 workers',
      how: 'Tasks of some 20 µs of arithmetic; all results are added up. More than there are cores cannot help.',
      unit: 'perSecond',
      least: 1000,
      most: 10_000,
      over: { name: 'workers', unit: 'count', full: [1, 2, 3, 4, 6, 8], quick: [1, 2, 4] },
      contenders: [
        ourPool,
        theirPool('piscina', 'piscina', openPiscina),
        { ...theirPool('tinypool', 'tinypool', openTinypool), fullOnly: true },
      ],
    },
    ...priorityRows,
    ...fairnessRows,
  ],
};
