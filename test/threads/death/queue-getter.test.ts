import { Process, Queue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { load, take, takeAsync, waitToGet } from './queue.workers.ts';
import { drain, heldWithoutWorkers, killSometime, LONG, until, untilGivenBack } from './queue-support.ts';

type Item = ReturnType<typeof load>;
/** Blocks of the heap that a death may cost, at most, besides the item in its hands. */
const SCRAP = 4096;

interface Scene {
  rounds: number;
  maxsize: number;
  /** How many items a victim has in its hands at most. */
  hands: number;
  start(queue: Queue<Item>, taken: Queue<number>): Process<never>;
}

/** Kills one getter after the other. Whoever is not dead must find every item that no dead one had. */
function killGetters({ rounds: most, maxsize, hands, start }: Scene): void {
  const rounds = tries(most);
  const before = heldWithoutWorkers().bytesInUse;
  const queue = new Queue<Item>(maxsize);
  const taken = new Queue<number>();
  let next = 0;
  for (let round = 0; round < rounds; round++) {
    const victim = start(queue, taken);
    const seen = taken.qsize();
    const goal = 5 + Math.floor(Math.random() * 30);
    const late = performance.now() + LONG * 1000;
    while (taken.qsize() < seen + goal) {
      if (queue.qsize() < 50 && !queue.full()) queue.put(load(next++));
      if (performance.now() > late) throw new Error('the victim takes nothing');
    }
    killSometime(victim);
    victim.close();
  }
  // It works as if nothing had been: what is left comes in order, and new items too.
  const left = drain(queue);
  for (let i = 0; i < 10; i++) {
    queue.put(load(next++), true, LONG);
    left.push(queue.get(true, LONG));
  }
  for (const { number, payload } of left) expect(Buffer.from(load(number).payload).equals(payload)).toBe(true);
  const all = [...drain(taken), ...left.map(({ number }) => number)];
  expect(all.slice(-left.length)).toEqual([...left.map(({ number }) => number)].sort((a, b) => a - b));
  const distinct = new Set(all);
  expect(distinct.size).toBe(all.length);
  expect(next - distinct.size).toBeLessThanOrEqual(rounds * hands);
  queue.close();
  taken.close();
  untilGivenBack(before, rounds * (SCRAP + hands * 20_480));
}

// Each wait has a limit of its own. Dozens of workers in turn take longer than other tests may, on a machine
// with much else to do.
describe('killing a getter at any moment', { timeout: 120_000 }, () => {
  test('loses at most the item in its hands, doubles none, and the queue works on', () => {
    killGetters({
      rounds: 40,
      maxsize: 0,
      hands: 1,
      start: (queue, taken) => started(new Process({ target: take, args: [queue, taken, 1] })),
    });
  });

  test('does so with a bounded queue', () => {
    killGetters({
      rounds: 25,
      maxsize: 3,
      hands: 1,
      start: (queue, taken) => started(new Process({ target: take, args: [queue, taken, 1] })),
    });
  });

  test('loses at most the batch in its hands when it takes batches', () => {
    killGetters({
      rounds: 25,
      maxsize: 0,
      hands: 4,
      start: (queue, taken) => started(new Process({ target: take, args: [queue, taken, 4] })),
    });
  });

  test('does so when it waits without blocking', () => {
    killGetters({
      rounds: 20,
      maxsize: 0,
      hands: 1,
      start: (queue, taken) => started(new Process({ target: takeAsync, args: [queue, taken] })),
    });
  });
});

describe('a getter that is killed while it waits', () => {
  test.each([false, true])('takes no item with it, and no wake-up (async: %s)', (async) => {
    using queue = new Queue<number>();
    using ready = new Queue<number>();
    const before = heldWithoutWorkers().bytesInUse;
    for (let round = 0; round < 5; round++) {
      const victims = [0, 1].map(() => started(new Process({ target: waitToGet, args: [queue, ready, async] })));
      const survivor = new Process({ target: waitToGet, args: [queue, ready, false] });
      survivor.start();
      for (let i = 0; i < 3; i++) ready.get(true, LONG);
      for (const victim of victims) {
        victim.kill();
        expect(victim.join(LONG)).toBe(true);
        expect(victim.exitcode).toBe(-9);
        victim.close();
      }
      expect(survivor.isAlive()).toBe(true);
      queue.put(round);
      expect(survivor.result(LONG)).toBe(round);
      survivor.close();
    }
    expect(queue.empty()).toBe(true);
    untilGivenBack(before);
  });

  test('leaves a wake-up that may have been meant for it to those who live', () => {
    using queue = new Queue<number>();
    using ready = new Queue<number>();
    for (let round = 0; round < tries(15); round++) {
      const workers = [0, 1].map(() => started(new Process({ target: waitToGet, args: [queue, ready, false] })));
      for (const _ of workers) ready.get(true, LONG);
      // The put wakes one of the two, perhaps the one that is dying.
      workers[0]?.kill();
      queue.put(round);
      expect(workers[0]?.join(LONG)).toBe(true);
      until(() => queue.empty(), 'the item is taken by the one that lives, if the other has not');
      queue.put(-1);
      expect(workers[1]?.join(LONG)).toBe(true);
      for (const worker of workers) worker.close();
      drain(queue);
    }
  });
});

function started<F extends (...args: never[]) => unknown>(process: Process<F>): Process<never> {
  process.start();
  return process as unknown as Process<never>;
}
