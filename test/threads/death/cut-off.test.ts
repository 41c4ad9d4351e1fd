/**
 * A worker whose stack ends inside of a call, who catches that and goes on: nobody else may be left waiting.
 */
import { Barrier, Condition, Event, LifoQueue, Manager, PriorityQueue, Queue, RawArray, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { giveBack, isCutOff, meets, overflow, overflowInWait, pumps, stores, waits } from './cut-off.workers.ts';
import { LONG } from './queue-support.ts';

/** Whether the other worker gets on, while this one makes no call. */
function getsOn(rounds: RawArray): boolean {
  const from = rounds.get(0) as number;
  const end = performance.now() + 20_000;
  while ((rounds.get(0) as number) < from + 20) if (performance.now() > end) return false;
  return true;
}

/** Overflows again and again, each time from another depth, while another worker works on the same object. */
function survives(
  worker: Thread<never> | Thread,
  rounds: RawArray,
  stop: Event,
  step: (depth: number) => void,
  depths = 60,
): void {
  worker.start();
  expect(getsOn(rounds)).toBe(true);
  try {
    for (let first = 0; first < depths; first++) {
      overflow(first, step);
      // Compiled code that is thrown out of for the first time needs more stack than it had: then the others wait
      // for the next call of this worker. That is a known gap (docs/internals/death.md).
      new Event().close();
      expect(getsOn(rounds), `after an overflow from depth ${first}`).toBe(true);
    }
  } finally {
    stop.set();
  }
  expect(worker.join(LONG)).toBe(true);
}

const queues = { Queue, LifoQueue, PriorityQueue } as const;

describe.each(Object.entries(queues))('a %s whose user runs out of stack', (_name, Kind) => {
  test('does not stand still for others', () => {
    const queue = new Kind<number>();
    const [rounds, stop] = [new RawArray('i', 1), new Event()];
    const worker = new Thread({ target: pumps, args: [queue as Queue<number>, rounds as never, stop] });
    survives(worker as never, rounds, stop, (depth) => {
      queue.put(depth);
      try {
        queue.getNowait();
      } catch (error) {
        if (error instanceof RangeError) throw error;
      }
    });
    while (!queue.empty()) queue.get(true, LONG);
    queue.put(5);
    expect(queue.get(true, LONG)).toBe(5);
  });
});

describe.each([100, 50_000])('a Queue whose user runs out of stack with a slot or a lease of %i bytes', (length) => {
  test('does not stand still for others, and has it in one hand', () => {
    const queue = new Queue<unknown>();
    const [rounds, stop] = [new RawArray('i', 1), new Event()];
    const worker = new Thread({ target: pumps, args: [queue as Queue<number>, rounds as never, stop] });
    const into = new Uint8Array(length);
    survives(
      worker as never,
      rounds,
      stop,
      (depth) => {
        const slot = queue.reserve(length);
        slot.bytes[length - 1] = depth;
        if (depth % 3 === 0) slot[Symbol.dispose]();
        else slot.commit();
        const takeOne = [() => queue.lease(0).release(), () => queue.getInto(into, 0), () => queue.getNowait()];
        // A number of the other worker's may be in front, or it has taken what was there.
        for (let way = depth & 1; way < 3 && !queue.empty(); way++) {
          try {
            takeOne[way]?.();
            break;
          } catch (error) {
            if (error instanceof RangeError) throw error;
          }
        }
      },
      20,
    );
    while (!queue.empty()) queue.get(true, LONG);
    const [first, second] = [queue.reserve(length), queue.reserve(length)] as const;
    first.bytes.fill(1);
    second.bytes.fill(2);
    first.commit();
    second.commit();
    const [one, two] = [queue.lease(LONG), queue.lease(LONG)] as const;
    expect([one, two].map(({ bytes }) => bytes.every((byte, i) => byte === bytes[0] && i < length) && bytes[0])).toEqual([1, 2]);
    one.release();
    two.release();
  });
});

describe('a dict whose user runs out of stack', () => {
  test('does not stand still for others, and holds what it should', () => {
    const dict = Manager().dict() as never as {
      set(key: string, value: number): void;
      get(key: string): number;
      delete(key: string): boolean;
      has(key: string): boolean;
    };
    const [rounds, stop] = [new RawArray('i', 1), new Event()];
    const worker = new Thread({ target: stores, args: [dict as never, rounds as never, stop] });
    survives(worker as never, rounds, stop, (depth) => {
      dict.set(`mine ${depth & 7}`, depth);
      dict.delete(`mine ${depth & 7}`);
    });
    dict.set('after', 1);
    expect(dict.get('after')).toBe(1);
    expect(dict.has('theirs')).toBe(true);
  });
});

describe("a barrier's action that runs out of stack in a call and goes on", () => {
  test('lets the round go, every time', () => {
    const queue = new Queue<number>();
    let first = 0;
    const barrier = new Barrier(2, () => {
      overflow(first, (depth) => {
        queue.put(depth);
        queue.getNowait();
      });
    });
    const rounds = 40;
    const other = new Thread({ target: meets, args: [barrier, rounds] });
    other.start();
    for (first = 0; first < rounds; first++) {
      while (barrier.nWaiting === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      expect(barrier.wait(LONG), `round ${first}`).toBe(1);
    }
    expect(other.result(LONG)).toBe(rounds);
  });
});

describe('a wait that runs out of stack', () => {
  test.each([false, true])('leaves nobody in the list (in an action: %s)', (inside) => {
    const condition = new Condition();
    const rounds = 30;
    const waiting = new RawArray('i', 1);
    const other = new Thread({ target: waits, args: [condition, waiting as never, rounds] });
    other.start();
    for (let first = 0; first < rounds; first++) {
      while (waiting.get(0) === first) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      const cut = () => overflowInWait(condition, first);
      // In the action its wait is not its only one.
      if (inside) new Barrier(1, cut).wait();
      else cut();
      giveBack(condition);
      condition.with(() => condition.notify());
    }
    expect(other.result(LONG)).toBe(rounds);
  });

  // The first time is different: the engine replaces compiled frames by larger ones, and the core's own call
  // may find no stack.
  test('leaves nobody in the list, also the first time in its thread', () => {
    const condition = new Condition();
    for (let first = 0; first < 40; first++) {
      const [done, go] = [new Event(), new Event()];
      const thread = new Thread({ target: isCutOff, args: [condition, first, done, go] });
      thread.start();
      expect(done.wait(LONG)).toBe(true);
      condition.with(() => {
        go.set();
        expect(condition.wait(LONG), `thread ${first}`).toBe(true);
      });
      thread.result(LONG);
    }
  });
});
