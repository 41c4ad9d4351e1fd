import { Barrier, BrokenLockError, DeadlockError, Event, heap, Lock, RLock, Thread, Value } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { crossOver, holdAndStay, holdAndWant, inOrder } from './deadlock.workers.ts';
import { end, LONG, resultsOf, startAll, startMany, startProcess, untilAsleep } from './support.ts';

const watched = [
  ['RLock', () => new RLock()],
  ["Lock with deadlock: 'error'", () => new Lock({ deadlock: 'error' })],
  ['RLock of multiprocessing', () => new mp.RLock()],
] as [string, () => Lock | RLock][];

/** Who is in a message: worker, lock, worker, lock ... */
const way = (message: string) => message.match(/\d+/g)?.map(Number);

describe.each(watched)('%s', (_, make) => {
  test('throws DeadlockError where waiting would close a cycle of two, and says who waits for what', () => {
    using a = make();
    using b = make();
    using holds = new Event();
    a.acquire();
    const [thread] = startAll(holdAndWant, [b, a, holds, null]) as [Thread];
    holds.wait(LONG);
    untilAsleep(a, 1);
    let error: unknown;
    try {
      b.acquire();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DeadlockError);
    const { message } = error as DeadlockError;
    expect(message).toMatch(/^deadlock: worker \d+ -> R?Lock \d+ -> worker \d+ -> R?Lock \d+ -> worker \d+ \(/);
    const [me] = way(message) as [number];
    expect(way(message)).toEqual([me, b.id, thread.ident, a.id, me]);
    // Nothing has changed: we hold what we held, and the other still waits for it.
    expect([a.locked(), thread.isAlive()]).toEqual([true, true]);
    a.release();
    expect(thread.result(LONG)).toBe(true);
    expect([a.locked(), b.locked()]).toEqual([false, false]);
    expect(b.acquire()).toBe(true);
    b.release();
  });

  test('waits where somebody in the cycle, or the caller, has a timeout: then it is no deadlock', () => {
    using a = make();
    using b = make();
    using holds = new Event();
    a.acquire();
    const patient = startAll(holdAndWant, [b, a, holds, null]);
    untilAsleep(a, 1);
    expect(b.acquire(true, 0.02)).toBe(false);
    expect(b.acquire(false)).toBe(false);
    a.release();
    end(...patient);
    holds.clear();
    a.acquire();
    const [hasty] = startAll(holdAndWant, [b, a, holds, null, 0.1]) as [Thread];
    holds.wait(LONG);
    expect(b.acquire()).toBe(true);
    b.release();
    a.release();
    expect(typeof hasty.result(LONG)).toBe('boolean');
  });

  test('finds cycles of three, whoever closes them', () => {
    const locks = [make(), make(), make()];
    const holds = [new Event(), new Event(), new Event()] as const;
    const go = new Event();
    const threads = startAll(
      holdAndWant,
      ...([0, 1, 2].map((i) => [locks[i], locks[(i + 1) % 3], holds[i], go]) as Parameters<typeof holdAndWant>[]),
    );
    for (const each of holds) each.wait(LONG);
    go.set();
    const results = resultsOf(threads);
    const errors = results.filter((each) => typeof each === 'string');
    expect(errors.length).toBeGreaterThanOrEqual(1);
    expect(results.filter((each) => each === true)).toHaveLength(3 - errors.length);
    const idents = threads.map(({ ident }) => ident);
    for (const error of errors) {
      const named = way(error as string) as number[];
      expect(named).toHaveLength(7);
      expect(named[0]).toBe(named[6]);
      expect(new Set([named[0], named[2], named[4]])).toEqual(new Set(idents));
      expect(new Set([named[1], named[3], named[5]])).toEqual(new Set(locks.map(({ id }) => id)));
    }
    expect(locks.map((lock) => lock.locked())).toEqual([false, false, false]);
  });

  test.each([2, 4])('tells at least one of a ring of %i that close it at the same moment, and the others go on', (size) => {
    const rounds = 150;
    const locks = Array.from({ length: size }, make);
    using barrier = new Barrier(size);
    const ring = locks.map((lock, i) => [lock, locks[(i + 1) % size], barrier, rounds]) as Parameters<typeof crossOver>[];
    const gaveWay = resultsOf(startAll(crossOver, ...ring));
    for (const each of gaveWay) expect(each).toHaveLength(rounds);
    for (let round = 0; round < rounds; round++) expect(gaveWay.some((each) => each[round])).toBe(true);
    expect(locks.map((lock) => lock.locked())).toEqual(locks.map(() => false));
  });

  test('never sees a cycle where there is none', () => {
    const locks = [make(), make(), make()];
    const total = new Value('i');
    expect(resultsOf(startMany(4, inOrder, locks, total, 3000))).toEqual([0, 0, 0, 0]);
    expect(total.value).toBe(12_000);
  });
});

test('a cycle is gone once one of its workers is: its lock is broken instead', () => {
  using a = new RLock();
  using b = new RLock();
  using holds = new Event();
  a.acquire();
  const process = startProcess(holdAndWant, b, a, holds, null);
  holds.wait(LONG);
  untilAsleep(a, 1);
  expect(() => b.acquire()).toThrow(DeadlockError);
  process.kill();
  end(process);
  expect(() => b.acquire()).toThrow(BrokenLockError);
  expect(heap.deadlocks()).toEqual([]);
  b.reset();
  expect(b.acquire()).toBe(true);
  b.release();
  a.release();
});

describe('a Lock', () => {
  test("with deadlock: 'error' is not taken twice by one worker, and is watched wherever it is sent", () => {
    using lock = new Lock({ deadlock: 'error' });
    lock.acquire();
    expect(() => lock.acquire()).toThrow(DeadlockError);
    expect(() => lock.acquire(true, Number.POSITIVE_INFINITY)).toThrow(DeadlockError);
    expect(lock.acquire(true, 0.001)).toBe(false);
    lock.release();
    const thread = new Thread({
      target: (each: Lock) => {
        each.acquire();
        try {
          each.acquire();
        } catch (error) {
          return (error as Error).name;
        }
      },
      args: [lock],
    });
    thread.start();
    expect(thread.result(LONG)).toBe('DeadlockError');
    // Released at its end it was not, and so it is as Python's would be.
    expect(lock.locked()).toBe(true);
  });

  test('may have both options; others are refused', () => {
    using lock = new Lock({ deadlock: 'error', onOwnerDeath: 'release' });
    const killed = new mp.Process({
      target: (each: Lock) => {
        each.acquire();
        process.exit(1);
      },
      args: [lock],
    });
    killed.start();
    killed.join(LONG);
    expect(lock.acquire()).toBe(true);
    expect(() => lock.acquire()).toThrow(DeadlockError);
    for (const deadlock of ['', 'break', null, true]) expect(() => new Lock({ deadlock } as never)).toThrow(/deadlock must be/);
  });
});

describe('heap.deadlocks()', () => {
  test('lists the cycles of plain Locks, which nobody watches, until somebody breaks them', () => {
    expect(heap.deadlocks()).toEqual([]);
    const locks = Array.from({ length: 4 }, () => new Lock()) as [Lock, Lock, Lock, Lock];
    const holds = locks.map(() => new Event());
    const go = new Event();
    const [a, b, c, d] = locks;
    const pairs = [
      [a, b],
      [b, a],
      [c, d],
      [d, c],
    ];
    const threads = startAll(
      holdAndStay,
      ...(pairs.map(([first, second], i) => [first, second, holds[i], go]) as Parameters<typeof holdAndStay>[]),
    );
    for (const each of holds) each.wait(LONG);
    expect(heap.deadlocks()).toEqual([]);
    go.set();
    for (const lock of locks) untilAsleep(lock, 1);
    const cycles = heap.deadlocks();
    expect(cycles).toHaveLength(2);
    const described = cycles.map((cycle) => new Set(cycle.map(({ worker, class: name, id }) => `${worker} ${name} ${id}`)));
    const waits = pairs.map(([, second], i) => `${threads[i]?.ident} Lock ${second?.id}`);
    expect(described).toEqual(expect.arrayContaining([new Set(waits.slice(0, 2)), new Set(waits.slice(2))]));
    // Anybody may release a Lock: that is why it is no error by itself.
    for (const lock of locks) lock.release();
    end(...threads);
    expect(heap.deadlocks()).toEqual([]);
    expect(locks.map((lock) => lock.locked())).toEqual([false, false, false, false]);
  });

  test('lists a worker that waits for itself', () => {
    const lock = new Lock();
    const thread = new Thread({
      target: (each: Lock) => {
        each.acquire();
        return each.acquire();
      },
      args: [lock],
      daemon: true,
    });
    thread.start();
    untilAsleep(lock, 1);
    expect(heap.deadlocks()).toEqual([[{ worker: thread.ident, class: 'Lock', id: lock.id }]]);
    lock.release();
    expect(thread.result(LONG)).toBe(true);
    expect(heap.deadlocks()).toEqual([]);
  });
});
