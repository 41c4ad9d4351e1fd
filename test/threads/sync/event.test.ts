import { Event, Queue, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { flicker, pong, waitOften, waitOftenAsync, waitOnce } from './event.workers.ts';
import { LONG, resultsOf, startAll, startMany, untilAsleep } from './support.ts';

describe('an event between workers', () => {
  test('set wakes all who wait, also when clear follows at once, round after round', () => {
    using event = new Event();
    using done = new Semaphore(0);
    using again = new Semaphore(0);
    const rounds = 40;
    const threads = startMany(4, waitOften, event, done, again, rounds);
    for (let i = 0; i < rounds; i++) {
      untilAsleep(event, 4);
      event.set();
      event.clear();
      for (let k = 0; k < 4; k++) expect(done.acquire(true, LONG)).toBe(true);
      expect(event.isSet()).toBe(false);
      again.release(4);
    }
    expect(resultsOf(threads)).toEqual([rounds, rounds, rounds, rounds]);
  });

  test('set and clear at once reaches sleepers and event loops alike', async () => {
    using event = new Event();
    using waiting = new Semaphore(0);
    using done = new Semaphore(0);
    using again = new Semaphore(0);
    const rounds = 25;
    const loops = startMany(2, waitOftenAsync, event, waiting, done, again, rounds);
    const sleepers = startMany(2, waitOften, event, done, again, rounds);
    for (let i = 0; i < rounds; i++) {
      const here = [event.waitAsync(), event.waitAsync(LONG)];
      for (let k = 0; k < 2; k++) expect(waiting.acquire(true, LONG)).toBe(true);
      untilAsleep(event, 2);
      event.set();
      event.clear();
      expect(await Promise.all(here)).toEqual([true, true]);
      for (let k = 0; k < 4; k++) expect(done.acquire(true, LONG)).toBe(true);
      again.release(4);
    }
    expect(await Promise.all([...loops, ...sleepers].map((thread) => thread.resultAsync(LONG)))).toEqual(Array(4).fill(rounds));
  });

  test('who waits is answered with false only when nobody set it in time', () => {
    using event = new Event();
    expect(resultsOf(startAll(waitOnce, [event, 0.02]))).toEqual([false]);
    const threads = startAll(waitOnce, [event, LONG], [event]);
    untilAsleep(event, 2);
    event.set();
    expect(resultsOf(threads)).toEqual([true, true]);
    expect(resultsOf(startAll(waitOnce, [event], [event, 0]))).toEqual([true, true]);
  });

  test('goes to and fro between two workers without losing a signal', () => {
    using ping = new Event();
    using back = new Event();
    const rounds = 3_000;
    const [thread] = startAll(pong, [ping, back, rounds]);
    for (let i = 0; i < rounds; i++) {
      ping.set();
      expect(back.wait(LONG)).toBe(true);
      back.clear();
    }
    expect(thread?.result(LONG)).toBe(rounds);
  });

  test('one set in between is enough, however short it was', () => {
    using event = new Event();
    using stop = new Queue<string>();
    const [thread] = startAll(flicker, [event, stop]);
    for (let i = 0; i < 2_000; i++) expect(event.wait(LONG)).toBe(true);
    stop.put('stop');
    expect(thread?.result(LONG)).toBeGreaterThan(0);
  });

  test('one set in between is enough for async waiters too', async () => {
    using event = new Event();
    using stop = new Queue<string>();
    const [thread] = startAll(flicker, [event, stop]);
    for (let i = 0; i < 300; i++) expect(await event.waitAsync(LONG)).toBe(true);
    stop.put('stop');
    expect(await thread?.resultAsync(LONG)).toBeGreaterThan(0);
  });
});
