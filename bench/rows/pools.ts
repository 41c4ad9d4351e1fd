import { Pool } from 'nogil';
import type { Contender, Group } from '../harness/row.ts';
import { spawned } from '../rivals/multithreading.ts';
import type { By } from '../rivals/parties.ts';
import { openBare } from '../rivals/pools/bare.ts';
import { openComlink } from '../rivals/pools/comlink.ts';
import { openPiscina, openTinypool } from '../rivals/pools/piscina.ts';
import type { OpenPool } from '../rivals/pools/pool.ts';
import { openPoolifier } from '../rivals/pools/poolifier.ts';
import { openWorkerpool } from '../rivals/pools/workerpool.ts';
import { python } from '../rivals/python.ts';
import { increment } from './tasks.ts';

const WORKERS = 2;
const TASKS = 10_000;
const MANY = 1_000_000;

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Nanoseconds of so many calls, from the first to the last result; the items exist before. */
async function timed(count: number, run: (items: number[]) => unknown[] | Promise<unknown[]>): Promise<number> {
  const items = upTo(count);
  const begin = performance.now();
  const results = (await run(items)) as number[];
  const ns = (performance.now() - begin) * 1e6;
  const sum = results.reduce((a, b) => a + b, 0);
  if (results.length !== count || sum !== (count * (count + 1)) / 2)
    throw new Error(`the results of ${count} calls add up to ${sum}`);
  return ns;
}

async function end(pool: Pool): Promise<void> {
  pool.terminate();
  await pool.joinAsync();
}

function ours(name: string, run: (pool: Pool, items: number[]) => unknown[] | Promise<unknown[]>): Contender {
  return {
    name,
    by: 'nogil',
    least: 5000,
    open() {
      const pool = new Pool(WORKERS);
      return { run: (count) => timed(count, (items) => run(pool, items)), close: () => end(pool) };
    },
  };
}

/** Always so many, however long a round should be. */
const million: Contender = {
  name: 'map',
  by: 'nogil',
  open() {
    const pool = new Pool(WORKERS);
    const run = async () => (await timed(MANY, (items) => pool.map(increment, items))) / MANY;
    return { gives: 'each', run, close: () => end(pool) };
  },
};

function theirs(name: string, by: By, open: OpenPool): Contender {
  return {
    name,
    by,
    least: 1000,
    async open() {
      const pool = await open(WORKERS);
      // It may take its time to start.
      await pool.run(0);
      return {
        run: (count) => timed(count, (items) => Promise.all(items.map((x) => pool.run(x)))),
        close: () => pool.close(),
      };
    },
  };
}

const bare = theirs('bare postMessage', 'handmade', openBare);
const libraries = [
  theirs('piscina', 'piscina', openPiscina),
  theirs('tinypool', 'tinypool', openTinypool),
  theirs('workerpool', 'workerpool', openWorkerpool),
  theirs('poolifier', 'poolifier', openPoolifier),
];
const others = [...libraries, theirs('comlink', 'comlink', openComlink), spawned('multithreading: spawn')];

export const pools: Group = {
  id: 'pools',
  question: 'How many calls does a pool take?',
  how: `Two workers, x => x + 1, up to ${TASKS} calls before the first result is looked at. From the first call to the
last result; all results are added up. Libraries without a map get a call for each item, all at once, which is what one
would write with them.`,
  rows: [
    {
      id: 'pools.map',
      what: 'map: a function over an array of numbers',
      how: 'map blocks, mapAsync is awaited; default chunks.',
      unit: 'perSecond',
      most: TASKS,
      contenders: [
        ours('map', (pool, items) => pool.map(increment, items)),
        ours('mapAsync', (pool, items) => pool.mapAsync(increment, items) as unknown as Promise<unknown[]>),
        bare,
        // A quick run has them in the row of single calls, which is what they do here, too.
        ...libraries.map((each) => (each.by === 'piscina' ? each : { ...each, fullOnly: true as const })),
        python('Python: Pool.map', () => ['pool', 'map']),
      ],
      targets: [
        { who: 'map', against: 'Python: Pool.map', times: 3 },
        { who: 'map', against: 'piscina', times: 20 },
      ],
    },
    {
      id: 'pools.apply',
      what: 'Single calls, all awaited',
      how: 'applyAsync; get(): the same calls, collected by a creator that blocks.',
      unit: 'perSecond',
      most: TASKS,
      contenders: [
        ours('applyAsync', (pool, items) => Promise.all(items.map((x) => pool.applyAsync(increment, [x])))),
        ours('applyAsync, get()', (pool, items) => items.map((x) => pool.applyAsync(increment, [x])).map((each) => each.get())),
        bare,
        ...others,
        python('Python: apply_async', () => ['pool', 'apply']),
      ],
      targets: [
        { who: 'applyAsync', against: bare.name, times: 3 },
        { who: 'applyAsync', against: 'piscina', times: 5 },
      ],
    },
    {
      id: 'pools.imap',
      what: 'imap: results as they come, in order',
      how: 'The iterator is read to its end; of chunks of 1, the default, and of 100.',
      unit: 'perSecond',
      most: TASKS,
      contenders: [
        ours('imap', (pool, items) => [...pool.imap(increment, items)]),
        ours('imap, chunks of 100', (pool, items) => [...pool.imap(increment, items, 100)]),
        ours('imap, for await', async (pool, items) => {
          const results: unknown[] = [];
          for await (const each of pool.imap(increment, items)) results.push(each);
          return results;
        }),
        python('Python: Pool.imap', () => ['pool', 'imap']),
      ],
    },
    {
      id: 'pools.million',
      what: 'map of a million numbers',
      how: 'map, default chunks, from the call to the array of results.',
      unit: 'perSecond',
      fullOnly: true,
      contenders: [million],
      targets: [{ who: 'map', atLeast: 5e6 }],
    },
  ],
};
