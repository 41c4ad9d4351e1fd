import { BoundedSemaphore, Lock, Queue, RawValue, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { giveAll, pass, passAsync, visit } from './semaphore.workers.ts';
import { LONG, resultsOf, startMany, untilAsleep } from './support.ts';

describe('a semaphore between workers', () => {
  test.each([
    [1, Semaphore],
    [2, Semaphore],
    [3, BoundedSemaphore],
  ] as const)('of %i permits never lets more in, and loses none', (permits, Class) => {
    using gate = new Class(permits);
    using guard = new Lock();
    using inside = new RawValue('i');
    using most = new RawValue('i');
    resultsOf(startMany(4, visit, gate, guard, inside, most, 1_500));
    expect(most.value).toBeGreaterThanOrEqual(1);
    expect(most.value).toBeLessThanOrEqual(permits);
    expect(inside.value).toBe(0);
    expect(gate.getValue()).toBe(permits);
  });

  test('release(n) lets exactly n of those who wait go', () => {
    using gate = new Semaphore(0);
    using passed = new Queue<number>();
    const threads = startMany(4, pass, gate, passed);
    untilAsleep(gate, 4);
    gate.release(2);
    passed.get(true, LONG);
    passed.get(true, LONG);
    untilAsleep(gate, 2);
    expect(passed.empty()).toBe(true);
    expect(gate.getValue()).toBe(0);
    gate.release();
    passed.get(true, LONG);
    untilAsleep(gate, 1);
    expect(passed.empty()).toBe(true);
    gate.release(3);
    resultsOf(threads);
    expect(gate.getValue()).toBe(2);
  });

  test('permits go to sleepers and event loops alike, each to one', async () => {
    using gate = new Semaphore(0);
    using waiting = new Semaphore(0);
    using passed = new Queue<number>();
    const loops = startMany(2, passAsync, gate, waiting, passed);
    const sleepers = startMany(2, pass, gate, passed);
    const here = [gate.acquireAsync(), gate.acquireAsync()];
    for (const _ of loops) waiting.acquire();
    untilAsleep(gate, 2);
    gate.release(5);
    let through = 0;
    for (const each of here) void each.then(() => through++);
    while (through + passed.qsize() < 5) await new Promise((resolve) => setTimeout(resolve));
    expect(gate.getValue()).toBe(0);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
    expect(through + passed.qsize()).toBe(5);
    gate.release();
    await Promise.all([...here, ...[...loops, ...sleepers].map((thread) => thread.resultAsync(LONG))]);
    expect(through + passed.qsize()).toBe(6);
    expect(gate.getValue()).toBe(0);
  });

  test('a bounded one takes back exactly what is missing, however many give', () => {
    using gate = new BoundedSemaphore(5_000);
    for (let i = 0; i < 4_000; i++) gate.acquire();
    const given = resultsOf(startMany(3, giveAll, gate));
    expect(given.reduce((sum, each) => sum + each, 0)).toBe(4_000);
    expect(gate.getValue()).toBe(5_000);
  });
});
