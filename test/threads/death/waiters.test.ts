import { Barrier, BrokenBarrierError, Condition, Event, Lock, RLock, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { end, LONG, sleepersIn, startProcess, until } from '../sync/support.ts';
import { leadForever, takePermits, waitIn } from './sync.workers.ts';

type Waitable = Parameters<typeof waitIn>[0];

/** Starts a worker that waits, and comes back when it does. */
function startWaiter(what: Waitable, way: 'asleep' | 'async') {
  using waiting = new Semaphore(0);
  const before = sleepersIn(what).length;
  const process = startProcess(waitIn, what, way, waiting);
  expect(waiting.acquire(true, LONG)).toBe(true);
  if (way === 'asleep') until(() => sleepersIn(what).length === before + 1);
  return process;
}

function kill(...processes: { kill(): void; join(timeout: number): boolean; name: string }[]): void {
  for (const each of processes) each.kill();
  end(...processes);
}

describe.each(['asleep', 'async'] as const)('a waiter (%s) that is killed blocks nobody', (way) => {
  test('in a Lock or an RLock: the release goes to the living', () => {
    for (const lock of [new Lock(), new RLock()]) {
      lock.acquire();
      const [dead, living] = [startWaiter(lock, way), startWaiter(lock, way)];
      kill(dead);
      lock.release();
      expect(living.result(LONG)).toBe(true);
      expect(lock.broken).toBe(false);
      expect(lock.acquire(true, LONG)).toBe(true);
      lock.release();
      lock.close();
    }
  });

  test('in a Semaphore: no permit is lost', () => {
    using semaphore = new Semaphore(0);
    const [dead, living] = [startWaiter(semaphore, way), startWaiter(semaphore, way)];
    kill(dead);
    semaphore.release();
    expect(living.result(LONG)).toBe(true);
    until(() => semaphore.getValue() === 1);
    expect(semaphore.acquire(false)).toBe(true);
  });

  test('in an Event: set reaches the others, at once', () => {
    using event = new Event();
    const [dead, living] = [startWaiter(event, way), startWaiter(event, way)];
    kill(dead);
    event.set();
    event.clear();
    expect(living.result(LONG)).toBe(true);
    const next = startWaiter(event, way);
    event.set();
    expect(next.result(LONG)).toBe(true);
  });

  test('in a Condition: it is not counted, and the wake-up goes to the next one', () => {
    for (const lock of [new Lock(), new RLock()]) {
      using condition = new Condition(lock);
      const [first, dead, second] = [startWaiter(condition, way), startWaiter(condition, way), startWaiter(condition, way)];
      kill(dead);
      condition.with(() => condition.notify(2));
      expect([first.result(LONG), second.result(LONG)]).toEqual([true, true]);

      const gone = [startWaiter(condition, way), startWaiter(condition, way)];
      const last = startWaiter(condition, way);
      kill(...gone);
      condition.with(() => condition.notify());
      expect(last.result(LONG)).toBe(true);
      condition.with(() => condition.notifyAll());
      lock.close();
    }
  });

  test('in a Barrier: the others get BrokenBarrierError, until reset', async () => {
    using barrier = new Barrier(4);
    const [dead, living] = [startWaiter(barrier, way), startWaiter(barrier, way)];
    const here = expect(barrier.waitAsync()).rejects.toThrow(BrokenBarrierError);
    kill(dead);
    expect(barrier.broken).toBe(true);
    expect(barrier.nWaiting).toBe(0);
    await here;
    expect(await living.resultAsync(LONG)).toBe('BrokenBarrierError');
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.reset();
    const whole = [startWaiter(barrier, way), startWaiter(barrier, way), startWaiter(barrier, way)];
    const last = barrier.wait(LONG);
    expect([...whole.map((each) => each.result(LONG)), last].sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('a worker that is killed', () => {
  test('while it leads a round breaks the barrier', async () => {
    using barrier = new Barrier(3);
    using leading = new Semaphore(0);
    const living = startWaiter(barrier, 'asleep');
    const here = expect(barrier.waitAsync()).rejects.toThrow(BrokenBarrierError);
    const leader = startProcess(leadForever, barrier, leading);
    expect(await leading.acquireAsync(LONG)).toBe(true);
    kill(leader);
    await here;
    expect(await living.resultAsync(LONG)).toBe('BrokenBarrierError');
    expect(barrier.broken).toBe(true);
    barrier.reset();
    expect(barrier.broken).toBe(false);
  });

  test('takes its permits along: a semaphore has no owner', () => {
    using semaphore = new Semaphore(5);
    using taken = new Semaphore(0);
    const taker = startProcess(takePermits, semaphore, 3, taken);
    expect(taken.acquire(true, LONG)).toBe(true);
    kill(taker);
    expect(semaphore.getValue()).toBe(2);
  });

  test('gives its handles back', () => {
    const lock = new Lock();
    lock.acquire();
    const waiter = startWaiter(lock, 'asleep');
    kill(waiter);
    const { id } = lock;
    lock.close();
    using next = new Lock();
    expect(next.id).toBe(id);
  });
});
