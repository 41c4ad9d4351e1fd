import { Barrier, BrokenBarrierError, RawValue, Value } from 'nogil';
import { describe, expect, test } from 'vitest';
import { meet, meetAgain, meetOnce, meetWithAction } from './barrier.workers.ts';
import { LONG, resultsOf, startAll, startMany, until, untilAsleep } from './support.ts';

describe('a barrier between workers', () => {
  test.each([2, 3, 5])(
    'of %i parties gives each its own index in each of many rounds, and lets nobody leave early',
    (parties) => {
      using barrier = new Barrier(parties);
      using arrived = new Value('i');
      const rounds = 250;
      const indices = resultsOf(startMany(parties, meet, barrier, arrived, rounds));
      for (const each of indices) expect(each).toHaveLength(rounds);
      for (let round = 0; round < rounds; round++) {
        expect(indices.map((each) => each[round]).sort()).toEqual(Array.from({ length: parties }, (_, i) => i));
      }
      expect(arrived.value).toBe(parties * rounds);
      expect(barrier.nWaiting).toBe(0);
    },
  );

  test('counts who waits, asleep there or awaited here', async () => {
    using barrier = new Barrier(4);
    const threads = startAll(meetOnce, [barrier], [barrier]);
    untilAsleep(barrier, 2);
    expect(barrier.nWaiting).toBe(2);
    const here = barrier.waitAsync();
    expect(barrier.nWaiting).toBe(3);
    const last = barrier.wait();
    const indices = [...(await Promise.all(threads.map((thread) => thread.resultAsync(LONG)))), await here, last];
    expect(indices.sort()).toEqual([0, 1, 2, 3]);
    expect(barrier.nWaiting).toBe(0);
  });

  test('a timeout of one breaks it for all', () => {
    using barrier = new Barrier(4);
    const patient = startAll(meetOnce, [barrier], [barrier, LONG]);
    untilAsleep(barrier, 2);
    expect(resultsOf(startAll(meetOnce, [barrier, 0.02]))).toEqual(['BrokenBarrierError']);
    expect(resultsOf(patient)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
  });

  test('its default timeout is its own, wherever it is', () => {
    using barrier = new Barrier(3, undefined, 0.02);
    expect(resultsOf(startAll(meetOnce, [barrier]))).toEqual(['BrokenBarrierError']);
    using patient = new Barrier(2);
    expect(patient.timeout).toBe(undefined);
  });

  test('abort throws all out and keeps all out, until reset', () => {
    using barrier = new Barrier(3);
    const threads = startAll(meetAgain, [barrier], [barrier]);
    untilAsleep(barrier, 2);
    barrier.abort();
    until(() => barrier.broken);
    expect(() => barrier.wait(LONG)).toThrow(BrokenBarrierError);
    barrier.reset();
    const last = barrier.wait(LONG);
    const indices = resultsOf(threads);
    expect(indices.map(([error]) => error)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
    expect([...indices.map(([, index]) => index), last].sort()).toEqual([0, 1, 2]);
  });

  test('reset throws out who waits, and the next round is whole', () => {
    using barrier = new Barrier(3);
    for (let round = 0; round < 5; round++) {
      const thrown = startAll(meetOnce, [barrier], [barrier]);
      untilAsleep(barrier, 2);
      barrier.reset();
      expect(resultsOf(thrown)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
      expect(barrier.broken).toBe(false);
      expect(barrier.nWaiting).toBe(0);
    }
    const whole = startAll(meetOnce, [barrier], [barrier]);
    const last = barrier.wait(LONG);
    expect([...resultsOf(whole), last].sort()).toEqual([0, 1, 2]);
  });

  test('abort in the middle of many rounds ends all of them in the same way', () => {
    using barrier = new Barrier(3);
    using arrived = new Value('i');
    const threads = startMany(3, meet, barrier, arrived, 1_000_000);
    until(() => arrived.value > 300);
    barrier.abort();
    const indices = resultsOf(threads);
    for (const each of indices) expect(each.pop()).toBe('BrokenBarrierError');
    // One may have been told of the last round, which another had not joined again.
    const whole = Math.min(...indices.map((each) => each.length));
    expect(Math.max(...indices.map((each) => each.length)) - whole).toBeLessThanOrEqual(1);
    for (let round = 0; round < whole; round++) {
      expect(indices.map((each) => each[round]).sort()).toEqual([0, 1, 2]);
    }
  });

  test('the action is that of the last one to come, and does not travel', () => {
    let here = 0;
    using barrier = new Barrier(3, () => here++);
    using actions = new RawValue('i');
    const threads = startMany(2, meetWithAction, barrier, actions, false);
    untilAsleep(barrier, 2);
    const last = barrier.wait();
    expect([...resultsOf(threads), last].sort()).toEqual([0, 1, 2]);
    expect([here, actions.value]).toEqual([1, 0]);

    const all = startMany(3, meetWithAction, barrier, actions, false);
    expect(resultsOf(all).sort()).toEqual([0, 1, 2]);
    expect([here, actions.value]).toEqual([1, 1]);
  });

  test('an action that throws breaks it for all', () => {
    using barrier = new Barrier(3);
    using actions = new RawValue('i');
    const results = resultsOf(startMany(3, meetWithAction, barrier, actions, true));
    expect(results.sort()).toEqual(['BrokenBarrierError', 'BrokenBarrierError', 'RangeError']);
    expect(actions.value).toBe(1);
    expect(barrier.broken).toBe(true);
  });
});
