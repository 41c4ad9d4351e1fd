import { Event, Process, Queue, RawValue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { sleepers } from '../queue/support.ts';
import { give, load, waitToPut } from './queue.workers.ts';
import { drain, heldWithoutWorkers, killSometime, LONG, until, untilGivenBack } from './queue-support.ts';

interface Item extends ReturnType<typeof load> {
  hand: number;
}
/** Blocks of the heap that a death may cost, at most, besides the item in its hands. */
const SCRAP = 4096;

interface Scene {
  rounds: number;
  maxsize: number;
  way: 'put' | 'putMany' | 'putAsync';
  /** How many items one call puts. */
  hands: number;
}

/**
 * Kills one putter after the other: what came must be what it put, from its first item to its last, and
 * whole.
 */
function killPutters({ rounds: most, maxsize, way, hands }: Scene): void {
  const rounds = tries(most);
  const before = heldWithoutWorkers().bytesInUse;
  const queue = new Queue<Item>(maxsize);
  const done = new RawValue('i', 0);
  const got: Item[] = [];
  for (let hand = 0; hand < rounds; hand++) {
    done.value = 0;
    const victim = new Process({ target: give, args: [queue, done, way, hand] });
    victim.start();
    const goal = got.length + Math.floor(Math.random() * 20);
    do got.push(queue.get(true, LONG));
    while (got.length < goal);
    killSometime(victim as unknown as Process<never>);
    got.push(...drain(queue));
    const numbers = got.filter((item) => item.hand === hand).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(numbers.length).toBeGreaterThanOrEqual(done.value);
    expect(numbers.length).toBeLessThanOrEqual(done.value + hands);
    victim.close();
  }
  for (const { number, payload } of got) expect(Buffer.from(load(number).payload).equals(payload)).toBe(true);
  expect(queue.unfinishedTasks).toBe(got.length);
  queue.put({ hand: -1, ...load(1) }, true, LONG);
  expect(queue.get(true, LONG).hand).toBe(-1);
  queue.close();
  done.close();
  untilGivenBack(before, rounds * (SCRAP + hands * 20_480));
}

// Each wait has a limit of its own. Dozens of workers in turn take longer than other tests may, on a machine
// with much else to do.
describe('killing a putter at any moment', { timeout: 120_000 }, () => {
  test('leaves everything it has put, at most one item more, and the queue works on', () => {
    killPutters({ rounds: 30, maxsize: 0, way: 'put', hands: 1 });
  });

  test('does so with a bounded queue, which is mostly full', () => {
    killPutters({ rounds: 25, maxsize: 2, way: 'put', hands: 1 });
  });

  test('leaves a first part of its batch when it puts batches', () => {
    killPutters({ rounds: 20, maxsize: 7, way: 'putMany', hands: 5 });
  });

  test('does so when it waits without blocking', () => {
    killPutters({ rounds: 15, maxsize: 2, way: 'putAsync', hands: 1 });
  });
});

describe('a putter that is killed while it waits for room', () => {
  /** Lets putters wait for room for an item, and kills them. */
  function killWaiting(make: () => Disposable | object, batch = false): void {
    using queue = new Queue<unknown>(1);
    using ready = new Queue<number>();
    queue.put('in');
    const before = heldWithoutWorkers();
    for (let round = 0; round < 4; round++) {
      const item = make();
      const victim = new Process({ target: waitToPut, args: [queue, ready, item, batch] });
      victim.start();
      if (Symbol.dispose in item) item[Symbol.dispose]();
      ready.get(true, LONG);
      until(() => sleepers(queue as Queue<never>) === 1);
      victim.kill();
      expect(victim.join(LONG)).toBe(true);
      victim.close();
    }
    untilGivenBack(before.bytesInUse);
    expect(heldWithoutWorkers().objects).toEqual(before.objects);
    expect(drain(queue)).toEqual(['in']);
    queue.put('again', true, LONG);
    expect(queue.get()).toBe('again');
  }

  test('leaves nothing of a small item behind', () => {
    killWaiting(() => ['small']);
  });

  test('leaves nothing of a large item behind', () => {
    killWaiting(() => new Uint8Array(2 ** 20));
  });

  test('leaves nothing of a large batch behind', () => {
    killWaiting(() => new Uint8Array(2 ** 20), true);
  });

  test('leaves nothing of a handle in an item behind', () => {
    killWaiting(() => new Event());
  });
});
