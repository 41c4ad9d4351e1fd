/**
 * What the package does between processes of the operating system; or the same between threads, where the
 * first argument is 'worker' instead of 'spawn'. A heap is the one or the other, hence a program of its own.
 * Reads lines of words, answers each with a line of JSON.
 *
 *   queue main|children SHAPE MAXSIZE N   N items, from the main thread to a child, or from one child to
 *                                         another: nanoseconds
 *   calls main|children SHAPE MAXSIZE N   the same: calls of the kernel for each item, where they are counted
 *   lock N                                N times acquire and release of a lock that nobody else wants
 *   fight WORKERS N                       N times acquire, counter++, release by WORKERS together
 *   trips N PAUSE_US                      N round trips, both ends blocking: [ns, ...]
 *   trips-async N PAUSE_US                the same, both ends awaiting
 *   start N                               N times start and join of a Process that does nothing
 */
import { createInterface } from 'node:readline';
import { Lock, main, Process, Queue, SharedMemory, type StartMethod, setStartMethod } from 'nogil';
import { rest } from '../trips/trip.ts';
import { type ShapeName, shapeOf, sumOf } from '../ways/shapes.ts';
import {
  type Account,
  accountFor,
  clock,
  type Desk,
  echo,
  echoAsync,
  fight,
  put,
  putting,
  take,
  type Work,
} from './processes.workers.ts';
import { nothing } from './tasks.ts';

/** One that works: this thread, or a child. */
interface Hand {
  begin(count: number): void;
  account(): Account;
}

const kept = new Map<string, unknown>();

function keep<T>(key: string, make: () => T): T {
  if (!kept.has(key)) kept.set(key, make());
  return kept.get(key) as T;
}

// biome-ignore lint/suspicious/noExplicitAny: as Process has it
function child(target: (...args: any[]) => unknown, ...args: unknown[]): void {
  new Process({ target, args, daemon: true }).start();
}

// biome-ignore lint/suspicious/noExplicitAny: as Process has it
function hire(target: (desk: Desk, ...args: any[]) => unknown, ...args: unknown[]): Hand {
  const desk: Desk = { jobs: new Queue(), accounts: new Queue() };
  child(target, desk, ...args);
  return { begin: (count) => desk.jobs.put(count), account: () => desk.accounts.get() };
}

/** Works when it is asked what it did. */
function own(work: Work): Hand {
  let todo = 0;
  return {
    begin(count) {
      todo = count;
    },
    account: () => accountFor(work, todo),
  };
}

/** The one that is a child, if only one is, begins first. */
function pass(sides: string, name: string, maxsize: string, count: number): { ns: number; calls: number } {
  const shapeName = name as ShapeName;
  const [from, to] = keep(`queue ${sides} ${name} ${maxsize}`, () => {
    const queue = new Queue(Number(maxsize));
    const consumer = hire(take, queue, shapeName);
    return [sides === 'main' ? own(putting(queue, shapeName)) : hire(put, queue, shapeName), consumer];
  });
  to.begin(count);
  from.begin(count);
  const sent = from.account();
  const taken = to.account();
  const expected = sumOf(shapeOf(shapeName), count);
  if (taken.sum !== expected) throw new Error(`${count} items add up to ${taken.sum}, not to ${expected}`);
  return { ns: taken.end - sent.begin, calls: (sent.calls + taken.calls) / count };
}

function contend(workers: number, count: number): number {
  const each = Math.ceil(count / workers);
  const { words, hands } = keep(`fight ${workers}`, () => {
    const memory = new SharedMemory(undefined, true, 4);
    const { buffer, byteOffset } = memory.buf as Uint8Array;
    const lock = new Lock();
    const hands = Array.from({ length: workers }, () => hire(fight, lock, memory));
    return { memory, words: new Int32Array(buffer as ArrayBuffer, byteOffset, 1), hands };
  });
  words[0] = 0;
  for (const hand of hands) hand.begin(each);
  const accounts = hands.map((hand) => hand.account());
  if (words[0] !== workers * each) throw new Error(`the counter is ${words[0]}, not ${workers * each}`);
  const ns = Math.max(...accounts.map(({ end }) => end)) - Math.min(...accounts.map(({ begin }) => begin));
  return (ns * count) / (workers * each);
}

function ends(target: typeof echo | typeof echoAsync): [Queue<number>, Queue<number>] {
  return keep(`ends ${target.name}`, () => {
    const [there, back] = [new Queue<number>(), new Queue<number>()];
    child(target, there, back);
    there.put(-1);
    back.get();
    return [there, back];
  });
}

function checkTrip(i: number, item: number): void {
  if (item !== i) throw new Error(`trip ${i} brought ${item} back`);
}

const jobs: Record<string, (...words: string[]) => unknown> = {
  queue: (sides, name, maxsize, count) => pass(sides as string, name as string, maxsize as string, Number(count)).ns,
  calls: (sides, name, maxsize, count) => pass(sides as string, name as string, maxsize as string, Number(count)).calls,
  lock(count) {
    const lock = keep('lock', () => new Lock());
    const begin = clock();
    for (let i = 0; i < Number(count); i++) {
      lock.acquire();
      lock.release();
    }
    const ns = clock() - begin;
    if (!lock.acquire(false)) throw new Error('the lock is not free');
    lock.release();
    return ns;
  },
  fight: (workers, count) => contend(Number(workers), Number(count)),
  trips(count, pause) {
    const [there, back] = ends(echo);
    return Array.from({ length: Number(count) }, (_, i) => {
      rest(Number(pause) / 1000);
      const begin = clock();
      there.put(i);
      const item = back.get();
      const ns = clock() - begin;
      checkTrip(i, item);
      return ns;
    });
  },
  async 'trips-async'(count, pause) {
    const [there, back] = ends(echoAsync);
    const trips: number[] = [];
    for (let i = 0; i < Number(count); i++) {
      rest(Number(pause) / 1000);
      const begin = clock();
      await there.putAsync(i);
      const item = await back.getAsync();
      trips.push(clock() - begin);
      checkTrip(i, item);
    }
    return trips;
  },
  start(count) {
    const begin = clock();
    for (let i = 0; i < Number(count); i++) {
      const one = new Process({ target: nothing });
      one.start();
      one.join();
      if (one.exitcode !== 0) throw new Error(`exit code ${one.exitcode}`);
      one.close();
    }
    return clock() - begin;
  },
};

main(import.meta, async () => {
  setStartMethod(process.argv[2] as StartMethod);
  for await (const line of createInterface(process.stdin)) {
    const [what, ...words] = line.split(' ') as [string, ...string[]];
    let answer: unknown;
    try {
      answer = await jobs[what]?.(...words);
    } catch (error) {
      answer = { failed: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
});
