/**
 * Locks and the other primitives that are one word: what an uncontended call costs, what a contended one, and
 * what memory.
 */
import { BoundedSemaphore, Event, heap, Lock, RLock, Semaphore } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { Bench } from 'tinybench';
import { Agent, rateOver, type Span } from './agents.ts';
import { inTurn } from './in-turn.ts';
import type { Fight } from './lock.workers.ts';
import { bytes, median, nanoseconds, perSecond, type Row, type Table } from './report.ts';
import { Mutex } from './rivals/mutex.ts';
import { CountingSemaphore, Flag, ReentrantMutex } from './rivals/primitives.ts';

/** A clock around one call would measure the clock. */
const BATCH = 1000;

interface Locklike {
  acquire(): unknown;
  release(): void;
}

let made = 0;

/**
 * Compiled anew for each contender, so that no loop is optimised for what another one calls: the engine knows
 * equal sources again.
 */
function loop<T>(body: string, subject: T): () => unknown {
  const source = `/* ${++made} */ return () => { let set = 0; for (let i = 0; i < ${BATCH}; i++) { ${body} } return set; }`;
  return new Function('subject', source)(subject);
}

function pairs(lock: Locklike): () => unknown {
  return loop('subject.acquire(); subject.release();', lock);
}

function nested(lock: Locklike): () => unknown {
  lock.acquire();
  return pairs(lock);
}

function asked(flag: { isSet(): boolean }): () => unknown {
  return loop('if (subject.isSet()) set++;', flag);
}

/** Nanoseconds a call: one round is a few milliseconds of each. */
async function duel(what: string, ours: () => unknown, rival: () => unknown, rounds: number): Promise<Row> {
  const row = { what, unit: nanoseconds, ours: [] as number[], rival: [] as number[] };
  for (let round = -2; round < rounds; round++) {
    // The first two rounds are for the compiler.
    const bench = new Bench({ time: round < 0 ? 100 : 20, iterations: 10, warmup: false });
    bench.add('ours', ours).add('rival', rival);
    await bench.run();
    const [mine, theirs] = bench.tasks.map(({ result }) => {
      if (!('latency' in result)) throw new Error(`tinybench: ${result.state}`);
      return (result.latency.p50 * 1e6) / BATCH;
    }) as [number, number];
    if (round < 0) continue;
    row.ours.push(mine);
    row.rival.push(theirs);
  }
  return row;
}

async function uncontended(rounds: number): Promise<Table> {
  const event = new Event();
  const flag = new Flag();
  event.set();
  flag.set();
  const rows: Row[] = [];
  rows.push({ ...(await duel('Lock: acquire + release', pairs(new Lock()), pairs(new Mutex()), rounds)), target: 1 });
  rows.push(await duel('RLock: acquire + release', pairs(new RLock()), pairs(new ReentrantMutex()), rounds));
  rows.push(await duel('RLock, nested: acquire + release', nested(new RLock()), nested(new ReentrantMutex()), rounds));
  rows.push(await duel('Semaphore: acquire + release', pairs(new Semaphore(1)), pairs(new CountingSemaphore(1)), rounds));
  rows.push(await duel('Event: isSet', asked(event), asked(flag), rounds));
  // A program that uses the whole family: the methods they share are no longer compiled for one class.
  for (const lock of [new multiprocessing.Lock(), new multiprocessing.RLock(), new BoundedSemaphore(1)])
    for (let i = 0; i < 50; i++) pairs(lock)();
  rows.push({ ...(await duel('Lock, after its sisters were used', pairs(new Lock()), pairs(new Mutex()), rounds)), target: 1 });
  return { title: `uncontended, one thread (${BATCH} calls a sample)`, rival: 'plain JS', rows };
}

class Arena {
  readonly #agents = [new Agent('./lock.workers.js'), new Agent('./lock.workers.js')];
  readonly #words = new Int32Array(new SharedArrayBuffer(256));
  readonly #lock: Pick<Fight, 'kind' | 'handle' | 'memory'>;

  constructor(lock: Pick<Fight, 'kind' | 'handle' | 'memory'>) {
    this.#lock = lock;
  }

  /** Operations a second. */
  async rate(count: number): Promise<number> {
    // The first run after the others' turns finds cold caches and sleeping cores: it does not count.
    await this.#fight(count >> 1);
    return this.#fight(count);
  }

  async #fight(count: number): Promise<number> {
    this.#words.fill(0);
    const job: Fight = { ...this.#lock, words: this.#words, count };
    const spans = await Promise.all(this.#agents.map((agent) => agent.ask<Span>(job)));
    if (this.#words[1] !== 2 * count) throw new Error(`${this.#lock.kind}: the counter is ${this.#words[1]}, not ${2 * count}`);
    return rateOver(spans, 2 * count);
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.close()));
  }
}

const FIGHT = 300_000;

async function contended(rounds: number): Promise<Table> {
  const lock = new Lock();
  const rlock = new RLock();
  const arenas = {
    lock: new Arena({ kind: 'Lock', handle: lock.handle() }),
    rlock: new Arena({ kind: 'RLock', handle: rlock.handle() }),
    mutex: new Arena({ kind: 'Mutex', memory: new Mutex().memory }),
  };
  const figures = await inTurn(rounds, 2, {
    lock: () => arenas.lock.rate(FIGHT),
    mutex: () => arenas.mutex.rate(FIGHT),
    rlock: () => arenas.rlock.rate(FIGHT),
  });
  await Promise.all(Object.values(arenas).map((arena) => arena.close()));
  const rival = figures.mutex;
  return {
    title: `contended: 2 workers × ${FIGHT} × (acquire, counter++, release)`,
    rival: 'plain JS',
    rows: [
      { what: 'Lock', unit: perSecond, ours: figures.lock, rival },
      { what: 'RLock', unit: perSecond, ours: figures.rlock, rival },
    ],
  };
}

/** Bytes of the shared heap for one of many. */
function footprint(make: () => { close(): void }): number {
  const COUNT = 20_000;
  const before = heap.stats().bytesInUse;
  const made = Array.from({ length: COUNT }, make);
  const after = heap.stats().bytesInUse;
  for (const each of made) each.close();
  return (after - before) / COUNT;
}

function memory(locks: number): Table {
  const rows: Row[] = [{ what: 'Lock', unit: bytes, ours: [footprint(() => new Lock())], rival: [], target: 128 }];
  for (const [what, make] of Object.entries({
    RLock: () => new RLock(),
    Semaphore: () => new Semaphore(),
    Event: () => new Event(),
  }))
    rows.push({ what, unit: bytes, ours: [footprint(make)], rival: [] });

  const before = heap.stats().bytesInUse;
  const costs: number[] = [];
  const ALIVE = 1000;
  const alive = new Array<Lock>(ALIVE);
  for (let made = 0; made < locks; made += ALIVE) {
    const begin = performance.now();
    for (let i = 0; i < ALIVE; i++) alive[i] = new Lock();
    for (const lock of alive) lock.close();
    costs.push(((performance.now() - begin) * 1e6) / ALIVE);
  }
  const left = heap.stats().bytesInUse - before;
  rows.push({ what: `left in the heap by ${locks} locks, created and closed`, unit: bytes, ours: [left], rival: [], target: 0 });
  rows.push({ what: 'creating and closing a Lock', unit: nanoseconds, ours: [median(costs)], rival: [] });
  return { title: 'memory in the shared heap', rival: '-', rows };
}

export async function* lock(quick: boolean): AsyncGenerator<Table> {
  yield await uncontended(quick ? 5 : 25);
  yield await contended(quick ? 5 : 25);
  yield memory(quick ? 100_000 : 1_000_000);
}
