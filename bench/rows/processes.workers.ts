/** What the other processes of processes.program.ts do: they work for as long as jobs come. */
import { type Lock, type Queue, type SharedMemory, task } from 'nogil';
import { type ShapeName, shapeOf } from '../ways/shapes.ts';

/** The system's monotonic clock, which all processes share. Nanoseconds. */
export function clock(): number {
  return Number(process.hrtime.bigint());
}

export interface Account {
  begin: number;
  end: number;
  sum: number;
  /** Calls of the native part so far, where they are counted (processes.counter.ts). */
  calls: number;
}

function callsSoFar(): number {
  return (globalThis as { [key: symbol]: number })[Symbol.for('bench.futex calls')] ?? 0;
}

export type Work = (count: number) => number;

/** Does it, and says when. */
export function accountFor(work: Work, count: number): Account {
  const before = callsSoFar();
  const begin = clock();
  const sum = work(count);
  return { begin, end: clock(), sum, calls: callsSoFar() - before };
}

export function putting(queue: Queue, name: ShapeName): Work {
  const shape = shapeOf(name);
  return (count) => {
    for (let i = 0; i < count; i++) queue.put(shape.make(i));
    return 0;
  };
}

export function taking(queue: Queue, name: ShapeName): Work {
  const shape = shapeOf(name);
  return (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += shape.number(queue.get());
    return sum;
  };
}

/** The counter is plain: a lock that does not exclude loses some. */
export function fighting(lock: Lock, memory: SharedMemory): Work {
  const { buffer, byteOffset } = memory.buf as Uint8Array;
  const words = new Int32Array(buffer as ArrayBuffer, byteOffset, 1);
  return (count) => {
    for (let i = 0; i < count; i++) {
      lock.acquire();
      words[0] = (words[0] as number) + 1;
      lock.release();
    }
    return 0;
  };
}

export interface Desk {
  jobs: Queue<number>;
  accounts: Queue<Account>;
}

function serve({ jobs, accounts }: Desk, work: Work): void {
  for (;;) accounts.put(accountFor(work, jobs.get()));
}

export const put = task(import.meta, function put(desk: Desk, queue: Queue, name: ShapeName): void {
  serve(desk, putting(queue, name));
});

export const take = task(import.meta, function take(desk: Desk, queue: Queue, name: ShapeName): void {
  serve(desk, taking(queue, name));
});

export const fight = task(import.meta, function fight(desk: Desk, lock: Lock, memory: SharedMemory): void {
  serve(desk, fighting(lock, memory));
});

export const echo = task(import.meta, function echo(there: Queue, back: Queue): void {
  for (;;) back.put(there.get());
});

export const echoAsync = task(import.meta, async function echoAsync(there: Queue, back: Queue): Promise<void> {
  for (;;) await back.putAsync(await there.getAsync());
});
