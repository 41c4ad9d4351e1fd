/** Workers that are killed with slots and leases in hand. */
import { type Connection, Pipe, Process, Queue, RawValue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { sleepers } from '../queue/support.ts';
import { getOne, hold, leaseOne, lengthOf, read, refuse, send, take, waitFor } from './loans.workers.ts';
import { bytesInUse, drain, heldWithoutWorkers, killSometime, LONG, until, untilGivenBack } from './queue-support.ts';

/**
 * What a death may cost at most: a block of the longest item, which it took and did not list, and its like.
 */
const SCRAP = 2 * 65536 + 4 * 65536;

function started<F extends (...args: never[]) => unknown>(process: Process<F>): Process<never> {
  process.start();
  return process as unknown as Process<never>;
}

type Ends = { out: Queue<unknown> | Connection; into: Queue<unknown> | Connection; close(): void };

function overQueue(maxsize: number): Ends {
  const queue = new Queue<unknown>(maxsize);
  return { out: queue, into: queue, close: () => queue.close() };
}

function overPipe(): Ends {
  const [into, out] = Pipe(false);
  return {
    out,
    into,
    close: () => {
      into.close();
      out.close();
    },
  };
}

/**
 * Kills one sender after the other: what came must be what it sent, from its first item to its last, and
 * whole.
 */
function killSenders(most: number, { out, into, close }: Ends, way: 'reserve' | 'async'): void {
  const before = heldWithoutWorkers().bytesInUse;
  const rounds = tries(most);
  const done = new RawValue('i', 0);
  let next = 0;
  for (let hand = 0; hand < rounds; hand++) {
    done.value = 0;
    next = 0;
    const victim = started(new Process({ target: send, args: [out as Queue<unknown>, done, way, hand] }));
    const receive = (timeout: number) => {
      using lease = into.lease(timeout);
      expect(read(lease.bytes)).toEqual({ hand, number: next++ });
    };
    const goal = 1 + Math.floor(Math.random() * 20);
    do receive(LONG);
    while (next < goal);
    killSometime(victim);
    victim.close();
    for (;;) {
      try {
        receive(0);
      } catch (error) {
        if ((error as Error).name !== 'Empty') throw error;
        break;
      }
    }
    expect(next).toBeGreaterThanOrEqual(done.value);
    expect(next).toBeLessThanOrEqual(done.value + 1);
  }
  close();
  done.close();
  untilGivenBack(before, rounds * SCRAP);
}

/** Kills one taker after the other. Whoever is not dead must find every item that no dead one had. */
function killTakers(most: number, { out, into, close }: Ends, way: 'lease' | 'async' | 'into' | 'two', hands: number): void {
  const before = heldWithoutWorkers().bytesInUse;
  const rounds = tries(most);
  const taken = new Queue<number>();
  let next = 0;
  const sendNext = () => {
    const number = next++;
    const slot = out.reserve(lengthOf(number));
    slot.bytes.fill(number);
    const view = new DataView(slot.bytes.buffer, slot.bytes.byteOffset);
    view.setInt32(0, 0);
    view.setInt32(4, number);
    slot.commit();
  };
  for (let round = 0; round < rounds; round++) {
    const victim = started(new Process({ target: take, args: [into as Queue<unknown>, taken, way] }));
    const goal = taken.qsize() + 3 + Math.floor(Math.random() * 30);
    const late = performance.now() + LONG * 1000;
    while (taken.qsize() < goal) {
      if (next - taken.qsize() < 40 + round * hands) sendNext();
      if (performance.now() > late) throw new Error('the victim takes nothing');
    }
    killSometime(victim);
    victim.close();
  }
  const left: number[] = [];
  const drainThem = () => {
    for (;;) {
      try {
        using lease = into.lease(0);
        left.push(read(lease.bytes).number);
      } catch (error) {
        if ((error as Error).name !== 'Empty') throw error;
        return;
      }
    }
  };
  drainThem();
  for (let i = 0; i < 12; i++) sendNext();
  drainThem();
  const all = [...drain(taken), ...left];
  expect(all.slice(-left.length)).toEqual([...left].sort((a, b) => a - b));
  expect(new Set(all).size).toBe(all.length);
  expect(next - all.length).toBeLessThanOrEqual(rounds * hands);
  close();
  taken.close();
  untilGivenBack(before, rounds * SCRAP);
}

// Each wait has a limit of its own. Dozens of workers in turn take longer than other tests may, on a machine
// with much else to do.
describe('killing who writes into slots at any moment', { timeout: 120_000 }, () => {
  test('leaves everything that was committed, at most one item more, and the queue works on', () => {
    killSenders(20, overQueue(0), 'reserve');
  });

  test('does so with a bounded queue, which is mostly full', () => {
    killSenders(15, overQueue(2), 'reserve');
  });

  test('does so when it waits without blocking', () => {
    killSenders(10, overQueue(2), 'async');
  });

  test('does so over a pipe', () => {
    killSenders(10, overPipe(), 'reserve');
  });
});

describe('killing who reads leases at any moment', { timeout: 120_000 }, () => {
  test.each([
    ['lease', 1],
    ['two', 2],
    ['into', 1],
    ['async', 1],
  ] as const)('loses at most what it has in its hands, doubles nothing, and the queue works on (%s)', (way, hands) => {
    killTakers(12, overQueue(0), way, hands);
  });

  test('does so over a pipe', () => {
    killTakers(10, overPipe(), 'lease', 1);
  });
});

describe('a worker that is killed with a slot and a lease in hand', () => {
  test.each([100, 50_000, 3_000_000])('leaves nothing of them behind (%i bytes)', (length) => {
    using queue = new Queue<unknown>();
    using ready = new Queue<number>();
    const before = heldWithoutWorkers();
    for (let round = 0; round < 4; round++) {
      const mine = queue.reserve(length);
      mine.commit();
      const victim = started(new Process({ target: hold, args: [queue, ready, length] }));
      expect(ready.get(true, LONG)).toBe(length);
      expect(bytesInUse()).toBeGreaterThan(before.bytesInUse + 2 * length);
      victim.kill();
      expect(victim.join(LONG)).toBe(true);
      victim.close();
      expect(queue.empty()).toBe(true);
    }
    // This worker's own stage is kept for its next slot.
    untilGivenBack(before.bytesInUse, 4096);
    expect(heldWithoutWorkers().objects).toEqual(before.objects);
  });

  test.each([
    ['reserve', false],
    ['reserve', true],
    ['commit', false],
    ['commit', true],
  ] as const)('and waits for room leaves nothing behind (%s, async: %s)', (what, async) => {
    using queue = new Queue<unknown>(1);
    using ready = new Queue<number>();
    const before = heldWithoutWorkers();
    for (let round = 0; round < 3; round++) {
      if (what === 'reserve') queue.put('in');
      const victim = started(new Process({ target: waitFor, args: [queue, ready, what, async] }));
      ready.get(true, LONG);
      if (!async) until(() => sleepers(queue as Queue<never>) === 1);
      victim.kill();
      expect(victim.join(LONG)).toBe(true);
      victim.close();
      expect(drain(queue)).toEqual(['in']);
    }
    untilGivenBack(before.bytesInUse);
    expect(heldWithoutWorkers().objects).toEqual(before.objects);
  });

  test.each(['lease', 'into'] as const)('or waits for an item takes none with it, and no wake-up (%s)', (what) => {
    using queue = new Queue<unknown>();
    using ready = new Queue<number>();
    for (let round = 0; round < 5; round++) {
      const victims = [0, 1].map(() => started(new Process({ target: waitFor, args: [queue, ready, what, false] })));
      const survivor = new Process({ target: leaseOne, args: [queue, ready] });
      survivor.start();
      for (let i = 0; i < 3; i++) ready.get(true, LONG);
      for (const victim of victims) {
        victim.kill();
        expect(victim.join(LONG)).toBe(true);
        victim.close();
      }
      queue.reserve(5000 + round).commit();
      expect(survivor.result(LONG)).toBe(5000 + round);
      survivor.close();
    }
    expect(queue.empty()).toBe(true);
  });
});

describe('who is woken for an item and refuses it', () => {
  test('wakes another, who takes it', () => {
    using queue = new Queue<unknown>();
    using ready = new Queue<number>();
    for (let round = 0; round < 10; round++) {
      const picky = new Process({ target: refuse, args: [queue, ready] });
      picky.start();
      ready.get(true, LONG);
      until(() => sleepers(queue as Queue<never>) === 1);
      const other = new Process({ target: getOne, args: [queue] });
      other.start();
      until(() => sleepers(queue as Queue<never>) === 2);
      queue.put('a value');
      expect(other.result(LONG)).toBe('a value');
      queue.put(`for ${round}`);
      expect(picky.result(LONG)).toBe(true);
      expect(queue.qsize() === 1 ? queue.get() : 'taken').toBe(`for ${round}`);
      picky.close();
      other.close();
    }
  });
});
