/**
 * Waits inside of a Barrier's action, which runs while its worker is one of the barrier's waiters.
 */
import { Barrier, Condition, Event, sleep, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { attends, notifies } from './nested.workers.ts';

const LONG = 20;

function party(barrier: Barrier): Thread<typeof attends> {
  const thread = new Thread({ target: attends, args: [barrier, LONG] });
  thread.start();
  return thread;
}

function arrived(barrier: Barrier, parties: number): void {
  for (let i = 0; barrier.nWaiting < parties; i++) {
    if (i > 2000) throw new Error(`${barrier.nWaiting} of ${parties} have arrived`);
    sleep(0.01);
  }
}

function outcome(thread: Thread<typeof attends>): number | string {
  expect(thread.join(LONG)).toBe(true);
  return thread.result() as number | string;
}

describe("a barrier's action", () => {
  test('waits at another barrier, and both rounds are complete', () => {
    const inner = new Barrier(2);
    const outer = new Barrier(3, () => void inner.wait(LONG));
    const parties = [party(outer), party(outer)];
    arrived(outer, 2);
    const other = party(inner);
    expect(outer.wait(LONG)).toBe(2);
    expect(parties.map(outcome).sort()).toEqual([0, 1]);
    expect([0, 1]).toContain(outcome(other));
    expect([outer.broken, inner.broken, outer.nWaiting, inner.nWaiting]).toEqual([false, false, 0, 0]);
  });

  test('waits at a condition, is notified, and the round is complete', () => {
    const condition = new Condition();
    const woken = new Event();
    let notified: boolean | undefined;
    const barrier = new Barrier(2, () => {
      using _held = condition.hold();
      notified = condition.wait(LONG);
      woken.set();
    });
    const other = party(barrier);
    arrived(barrier, 1);
    const notifier = new Thread({ target: notifies, args: [condition, woken] });
    notifier.start();
    expect(barrier.wait(LONG)).toBe(1);
    expect(notified).toBe(true);
    expect(outcome(other)).toBe(0);
    expect(notifier.join(LONG)).toBe(true);
  });

  test('waits at a condition in vain, and the round is complete all the same', () => {
    const condition = new Condition();
    const barrier = new Barrier(2, () => {
      using _held = condition.hold();
      expect(condition.wait(0.05)).toBe(false);
    });
    const other = party(barrier);
    arrived(barrier, 1);
    expect(barrier.wait(LONG)).toBe(1);
    expect(outcome(other)).toBe(0);
  });

  test('waits three deep', () => {
    const [first, second, third] = [new Barrier(2), new Barrier(2), new Barrier(2)];
    second.action = () => void third.wait(LONG);
    first.action = () => void second.wait(LONG);
    const parties = [party(first), party(second), party(third)];
    for (const barrier of [first, second, third]) arrived(barrier, 1);
    expect(first.wait(LONG)).toBe(1);
    expect(parties.map(outcome)).toEqual([0, 0, 0]);
  });

  test('waits at a barrier that breaks, and the outer round fails, but nobody hangs', () => {
    const inner = new Barrier(3);
    const outer = new Barrier(2, () => void inner.wait(LONG));
    const other = party(outer);
    arrived(outer, 1);
    const breaker = new Thread({ target: attends, args: [inner, 0.05] });
    breaker.start();
    expect(() => outer.wait(LONG)).toThrow('broken');
    expect(outcome(other)).toBe('BrokenBarrierError');
    expect(outcome(breaker)).toBe('BrokenBarrierError');
    expect(outer.broken).toBe(true);
  });
});
