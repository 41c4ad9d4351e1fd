/**
 * Processes that start and end, many of them, a fifth by SIGKILL: no wrong exit code, and nothing is left.
 * `STARTS=1000 npm test -- processes/ends` runs more of them, and says what came of it.
 */
import { readdirSync } from 'node:fs';
import { heap, type Process, Queue } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { LONG, until } from '../support/until.ts';
import { workers } from '../support/workers.ts';
import { end, put, type Way } from './children.workers.ts';
import { started } from './started.ts';

setStartMethod('spawn');

const STARTS = Number(process.env.STARTS ?? 60);
/** At a time. */
const BESIDE = 4;
/** A child takes some 30 MiB, of which this process must keep nothing. */
const RSS_MIB = 48;

const WAYS: readonly (readonly [Way, number])[] = [
  ['SIGKILL', -9],
  ['exit 7', 7],
  ['return', 0],
  ['throw', 1],
  ['return', 0],
];

const mib = () => Math.round(process.memoryUsage().rss / 2 ** 20);

function held() {
  return { bytes: heap.stats().bytesInUse, workers: workers(), descriptors: readdirSync('/proc/self/fd').length, mib: mib() };
}

test(
  `${STARTS} processes start and end, and leave nothing behind`,
  async () => {
    // Soon full: who is killed is in the midst of a put, or sleeps there.
    const queue = new Queue<number>(64);
    const drain = () => {
      while (queue.qsize() > 0) queue.getMany(64);
    };
    const wrong: string[] = [];
    const ended = async (child: Process, way: string, code: number) => {
      expect(await child.joinAsync(LONG)).toBe(true);
      if (child.exitcode !== code) wrong.push(`${way}: ${child.exitcode}`);
      child.close();
    };
    const killed = async (i: number) => {
      const child = started(put, queue, Number.POSITIVE_INFINITY);
      // At some moment from its start to its sleep at the full queue.
      await new Promise((resolve) => setTimeout(resolve, (i * 37) % 400));
      child.kill();
      await ended(child, 'kill()', -9);
    };
    const one = async (i: number) => {
      if (i % 10 === 5) return killed(i);
      const [way, code] = WAYS[i % 5] as (typeof WAYS)[number];
      return ended(started(end, way), way, code);
    };
    const some = (from: number, count: number) => Promise.all(Array.from({ length: count }, (_, i) => one(from + i)));
    for (let i = 0; i < 10; i += 5) await some(i, 5);
    queue.putMany(Array.from({ length: 64 - queue.qsize() }, (_, i) => i));
    drain();
    const before = held();
    for (let i = 0; i < STARTS; i += BESIDE) {
      await some(i, Math.min(BESIDE, STARTS - i));
      drain();
    }
    expect(wrong).toEqual([]);
    await until(() => workers() === before.workers && held().descriptors <= before.descriptors);
    await until(
      () => heap.stats().bytesInUse <= before.bytes,
      () => `${heap.stats().bytesInUse} of ${before.bytes} bytes`,
    );
    expect(mib()).toBeLessThan(before.mib + RSS_MIB);
    if (process.env.STARTS !== undefined) console.log(JSON.stringify({ starts: STARTS, before, after: held() }));
  },
  120_000 + STARTS * 1000,
);
