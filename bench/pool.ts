/** Pools of two workers: many calls at once, many items, and the time to the first result. */
import { fileURLToPath } from 'node:url';
import { Pool } from 'nogil';
import { Piscina } from 'piscina';
import { inTurn } from './in-turn.ts';
import { increment } from './pool.tasks.ts';
import { milliseconds, perSecond, type Row, type Table } from './report.ts';
import { BarePool } from './rivals/bare-pool.ts';
import { PythonPool, pythonVersion } from './rivals/python-pool.ts';

const WORKERS = 2;
const TASKS = 10_000;
const NUMBERS = 1_000_000;
const filename = fileURLToPath(new URL('./pool.tasks.js', import.meta.url));

function newPiscina(): Piscina {
  return new Piscina({ filename, minThreads: WORKERS, maxThreads: WORKERS });
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

function check(results: readonly unknown[], count: number): void {
  if (results.length !== count || results[count - 1] !== count) throw new Error('a pool has given wrong results');
}

/** A contender that does `count` calls at once: calls a second. */
function rate(count: number, run: (items: number[]) => unknown[] | Promise<unknown[]>): () => Promise<number> {
  return async () => {
    const items = upTo(count);
    const begin = performance.now();
    const results = await run(items);
    const rate = (count * 1000) / (performance.now() - begin);
    check(results, count);
    return rate;
  };
}

async function calls(quick: boolean): Promise<Table> {
  const rounds = quick ? 5 : 25;
  const pool = new Pool(WORKERS);
  const piscina = newPiscina();
  const bare = new BarePool(WORKERS);
  const version = pythonVersion();
  const python = version === undefined ? undefined : new PythonPool();
  const everyItem = (items: number[], run: (x: number) => PromiseLike<unknown>) => Promise.all(items.map(run));

  const mapped = await inTurn(rounds, 3, {
    map: rate(TASKS, (items) => pool.map(increment, items)),
    mapAsync: rate(TASKS, async (items) => await pool.mapAsync(increment, items)),
    piscina: rate(TASKS, (items) => everyItem(items, (x) => piscina.run(x))),
    python: async () => (await python?.rate('map', TASKS)) ?? Number.NaN,
  });
  const applied = await inTurn(rounds, 3, {
    apply: rate(TASKS, (items) => everyItem(items, (x) => pool.applyAsync(increment, [x]))),
    blocking: rate(TASKS, (items) => items.map((x) => pool.applyAsync(increment, [x])).map((each) => each.get())),
    imap: rate(TASKS, (items) => [...pool.imap(increment, items)]),
    piscina: rate(TASKS, (items) => everyItem(items, (x) => piscina.run(x))),
    bare: rate(TASKS, (items) => everyItem(items, (x) => bare.run(x))),
    python: async () => (await python?.rate('apply', TASKS)) ?? Number.NaN,
  });
  const numbers = await inTurn(rounds, 3, { map: rate(NUMBERS, (items) => pool.map(increment, items)) });

  python?.close();
  pool.terminate();
  pool.join();
  await Promise.all([piscina.destroy(), bare.close()]);

  const row = (what: string, ours: number[], rival: number[], target?: number): Row => ({
    what,
    unit: perSecond,
    ours,
    rival,
    ...(target === undefined ? {} : { target }),
  });
  const rows = [
    row('map', mapped.map, mapped.piscina, 20),
    row('mapAsync', mapped.mapAsync, mapped.piscina, 20),
    row('applyAsync, awaited', applied.apply, applied.piscina, 5),
    row('applyAsync, awaited, against bare postMessage', applied.apply, applied.bare, 2),
    row('applyAsync, get()', applied.blocking, applied.piscina, 5),
    row('imap', applied.imap, applied.piscina),
    row('map of 1 000 000', numbers.map, [], 5e6),
  ];
  if (version !== undefined) {
    rows.push(row(`map against ${version}'s`, mapped.map, mapped.python, 1));
    rows.push(row(`applyAsync against ${version}'s`, applied.apply, applied.python));
  } else console.log('no python3 here: its Pool is not measured');
  return { title: `${TASKS} trivial tasks, ${WORKERS} workers`, rival: 'piscina (or as said)', rows };
}

/** From the constructor to the results of two tasks, and the end. */
async function starts(quick: boolean): Promise<Table> {
  const rounds = quick ? 5 : 20;
  const { ours, rival } = await inTurn(rounds, 2, {
    async ours() {
      const begin = performance.now();
      const pool = new Pool(WORKERS);
      await Promise.all([pool.applyAsync(increment, [1]), pool.applyAsync(increment, [2])]);
      const ms = performance.now() - begin;
      pool.terminate();
      await pool.joinAsync();
      return ms;
    },
    async rival() {
      const begin = performance.now();
      const piscina = newPiscina();
      await Promise.all([piscina.run(1), piscina.run(2)]);
      const ms = performance.now() - begin;
      await piscina.destroy();
      return ms;
    },
  });
  return {
    title: `starting a pool of ${WORKERS}: to the first two results (the supervisor is up)`,
    rival: 'piscina',
    rows: [{ what: 'new Pool + applyAsync', unit: milliseconds, ours, rival, target: 1.3 }],
  };
}

export async function* pool(quick: boolean): AsyncGenerator<Table> {
  yield await calls(quick);
  yield await starts(quick);
}
