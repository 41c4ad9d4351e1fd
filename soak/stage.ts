/**
 * The stage: one program with one heap, in which rounds are played until there were enough deaths or there
 * is no more time. Says what comes of it as lines of JSON.
 */
import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { heap, main, SharedMemory } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { workers } from '../test/support/workers.ts';
import { Hang, pause, until } from './cast/limit.ts';
import { play, statesOfScenes } from './cast/play.ts';
import { type Mixture, Troupe } from './cast/troupe.ts';
import { watch, whoHoldsWhat } from './cast/watch.ts';
import { Random } from './random.ts';
import type { Sample, StageOrder } from './report/lines.ts';
import type { Tally } from './report/tally.ts';
import { Bag } from './scenes/all.ts';
import { playPool } from './scenes/pool.ts';

/** Between threads all waits are the engine's; between processes they are the system's. */
const MIXTURES: Record<StageOrder['kind'], Mixture> = {
  threads: { worker: 9, attached: 1 },
  processes: { process: 5, worker: 3, guest: 2, attached: 1 },
};
/** Scenes at a time, and deaths in each at most. */
const SCENES = 3;
const DEATHS = 10;
/** Seconds that what is left of a round may take to go, and how often. */
const CLEARING = 2;
const CLEARINGS = 5;
/** Milliseconds more for what the last of them had in hand. */
const SETTLING_MS = 200;
const SAMPLE_MS = 250;
/** Seconds that the driver itself may be blocked, at least. */
const WATCH = 30;

interface Held {
  bytes: number;
  places: number;
  objects: Record<string, number>;
}

function held(): Held {
  const { bytesInUse, objects } = heap.stats();
  return { bytes: bytesInUse, places: workers(), objects };
}

const countOf = (objects: Record<string, number>) => Object.values(objects).reduce((sum, each) => sum + each, 0);
const isClear = (now: Held, before: Held) => now.places <= before.places && countOf(now.objects) <= countOf(before.objects);

/** What is still there of a round when all of it has been closed. */
async function leftOver(before: Held): Promise<Pick<Tally, 'leakedBytes' | 'leakedPlaces' | 'leakedObjects'>> {
  for (let i = 0; i < CLEARINGS && !isClear(held(), before); i++) {
    collect();
    // What is not gone at the end of this is counted.
    await until(
      () => isClear(held(), before),
      CLEARING,
      () => 'it is not gone',
    ).catch(() => undefined);
  }
  if (held().bytes > before.bytes) {
    collect();
    await pause(SETTLING_MS);
  }
  const now = held();
  return {
    leakedBytes: Math.max(0, now.bytes - before.bytes),
    leakedPlaces: Math.max(0, now.places - before.places),
    leakedObjects: Math.max(0, countOf(now.objects) - countOf(before.objects)),
  };
}

// Not by a flag of Node's, which workers would get as well.
setFlagsFromString('--expose-gc');
/** Handles that were only dropped are given back as well. */
const collect = runInNewContext('gc') as () => void;

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function round(troupe: Troupe, random: Random, bag: Bag, number: number, most: number): Promise<void> {
  const parts: Promise<void>[] = [];
  let left = most;
  let hasPool = false;
  for (let i = 0; i < SCENES && left > 0; i++) {
    const act = bag.draw();
    // Of two at once nobody could tell whose workers are struck.
    if (act === 'pool' && hasPool) continue;
    hasPool ||= act === 'pool';
    const deaths = Math.min(left, random.integer(4, DEATHS));
    const seed = random.seed();
    left -= deaths;
    parts.push(act === 'pool' ? playPool(troupe, deaths, seed) : play(troupe, act, `scene-${number}-${i}`, deaths, seed));
  }
  await Promise.all(parts);
}

/** Makes what is made once, and stays. */
function warmUp(): void {
  const block = new SharedMemory('warm-up', true, 8);
  block.unlink();
  block.close();
}

async function campaign(order: StageOrder): Promise<void> {
  const { kind, seed, kills, until: end } = order;
  if (kind === 'processes') setStartMethod('spawn');
  const random = new Random(seed);
  warmUp();
  const shared = kind === 'processes' ? heap.share() : undefined;
  const troupe = new Troupe(MIXTURES[kind], shared?.name ?? '', order.patience);
  const endWatch = await watch(Math.max(WATCH, order.patience * 1.5));
  const bag = new Bag(random);
  const sampling = setInterval(() => {
    const { bytesInUse, bytesReserved } = heap.stats();
    const { rss, heapUsed } = process.memoryUsage();
    const sample: Sample = { at: Date.now(), rss, heapUsed, bytesInUse, bytesReserved, kills: troupe.total.kills };
    say({ sample });
  }, SAMPLE_MS);
  // The watch takes its place a little after it has begun.
  await pause(200);
  let before = held();
  try {
    for (let number = 0; troupe.total.kills < kills && Date.now() < end; number++) {
      await round(troupe, random, bag, number, kills - troupe.total.kills);
      const left = await leftOver(before);
      // The first has made what stays: the supervisor, tables, the queue of names.
      if (number > 0) troupe.count('all', { ...left, rounds: 1 });
      if (left.leakedPlaces + left.leakedObjects > 0 && number > 0)
        troupe.complaints.push(`left: ${JSON.stringify(before)} ${JSON.stringify(held())}`);
      before = held();
      const { total, scenes, ways, complaints } = troupe;
      say({ progress: { total, scenes, ways, complaints } });
    }
  } catch (error) {
    if (!(error instanceof Hang)) throw error;
    troupe.count('all', { hangs: 1 });
    const { total, scenes, ways, complaints } = troupe;
    complaints.push(`HANG: ${error.message}`);
    say({ progress: { total, scenes, ways, complaints } });
    writeSync(2, `HANG: ${error.message}\n${statesOfScenes()}\n${whoHoldsWhat()}\n`);
    process.exit(3);
  }
  clearInterval(sampling);
  endWatch();
  shared?.close();
  say({ end: true });
}

main(import.meta, () => campaign(JSON.parse(process.argv[2] as string) as StageOrder));
