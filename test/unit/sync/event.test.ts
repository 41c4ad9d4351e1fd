import { setImmediate as turn } from 'node:timers/promises';
import { Event, heap, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';
import { rejectionsOf } from '../../support/thrown-by.ts';
import { elapsed, isSettled } from './support.ts';

describe('Event', () => {
  test('is the same class in both modules, because one of their rules is right', () => {
    expect(mp.Event).toBe(Event);
  });

  test('begins clear; set and clear may be repeated', () => {
    using event = new Event();
    expect(event.isSet()).toBe(false);
    event.clear();
    expect(event.isSet()).toBe(false);
    event.set();
    event.set();
    expect(event.isSet()).toBe(true);
    event.clear();
    expect(event.isSet()).toBe(false);
  });

  test('wait answers at once when it is set, and false when its time is up, not before', () => {
    using event = new Event();
    expect(event.wait(0)).toBe(false);
    expect(event.wait(-1)).toBe(false);
    let answer = true;
    expect(
      elapsed(() => {
        answer = event.wait(0.03);
      }),
    ).toBeGreaterThanOrEqual(30);
    expect(answer).toBe(false);
    event.set();
    expect(event.wait()).toBe(true);
    expect(event.wait(null)).toBe(true);
    expect(event.wait(0)).toBe(true);
    expect(event.wait(-1)).toBe(true);
    expect(event.isSet()).toBe(true);
  });

  test('set wakes every async waiter, also when clear follows at once', async () => {
    using event = new Event();
    for (let round = 0; round < 20; round++) {
      const waiters = Array.from({ length: 10 }, (_, i) => event.waitAsync(i % 2 ? 60 : undefined));
      if (round % 2) await turn();
      event.set();
      event.clear();
      expect(await Promise.all(waiters)).toEqual(Array.from({ length: 10 }, () => true));
      expect(event.isSet()).toBe(false);
    }
  });

  test('who comes after a clear waits for the next set', async () => {
    using event = new Event();
    event.set();
    event.clear();
    const waiter = event.waitAsync();
    expect(await isSettled(waiter)).toBe(false);
    event.set();
    await expect(waiter).resolves.toBe(true);
  });

  test('waiters of two generations in one thread do not mix', async () => {
    using event = new Event();
    const first = event.waitAsync();
    event.set();
    event.clear();
    const second = event.waitAsync();
    await expect(first).resolves.toBe(true);
    expect(await isSettled(second)).toBe(false);
    event.set();
    await expect(second).resolves.toBe(true);
  });

  test('an async waiter whose time is up answers false, not before', async () => {
    using event = new Event();
    await expect(event.waitAsync(0)).resolves.toBe(false);
    await expect(event.waitAsync(-1)).resolves.toBe(false);
    const began = performance.now();
    await expect(event.waitAsync(0.03)).resolves.toBe(false);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    event.set();
    await expect(event.waitAsync(0)).resolves.toBe(true);
  });

  test('an abort rejects with the reason, and the others wait on', async () => {
    using event = new Event();
    const reason = new Error('enough');
    const stop = new AbortController();
    const others = [event.waitAsync(), event.waitAsync()];
    const aborted = event.waitAsync(undefined, stop);
    stop.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(await isSettled(Promise.race(others))).toBe(false);
    event.set();
    expect(await Promise.all(others)).toEqual([true, true]);
    await expect(event.waitAsync(undefined, stop)).rejects.toBe(reason);
  });

  test('an aborted first waiter does not hold up those behind it', async () => {
    using event = new Event();
    const stop = new AbortController();
    const first = event.waitAsync(undefined, stop);
    const second = event.waitAsync();
    await turn();
    stop.abort();
    event.set();
    event.clear();
    await expect(first).rejects.toThrow();
    await expect(second).resolves.toBe(true);
  });

  test('bad timeouts are refused', async () => {
    using event = new Event();
    expect(() => event.wait(Number.NaN)).toThrow(ValueError);
    expect(() => event.wait('1' as never)).toThrow(TypeError);
    const promise = event.waitAsync(Number.NaN);
    await expect(promise).rejects.toThrow(ValueError);
  });

  test('every use of a closed handle is a ValueError, and who waits rejects', async () => {
    const event = new Event();
    const waiters = [event.waitAsync(), event.waitAsync(60)];
    event.close();
    event.close();
    for (const error of await rejectionsOf(waiters)) expect(error).toBeInstanceOf(ValueError);
    expect(() => event.set()).toThrow(ValueError);
    expect(() => event.clear()).toThrow(ValueError);
    expect(() => event.isSet()).toThrow(ValueError);
    expect(() => event.wait(0)).toThrow(ValueError);
    const promise = event.waitAsync();
    await expect(promise).rejects.toThrow(ValueError);
  });

  test('waiting takes no memory that is not given back', async () => {
    using event = new Event();
    const round = async () => {
      const waiters = Array.from({ length: 5 }, () => event.waitAsync());
      event.set();
      event.clear();
      await Promise.all(waiters);
      await turn();
    };
    await round();
    const { bytesInUse } = heap.stats();
    for (let i = 0; i < 20; i++) await round();
    expect(heap.stats().bytesInUse).toBe(bytesInUse);
  });

  test('a waiter keeps the program alive', async () => {
    const child = await runText(`
      const event = new Event();
      console.log(await event.waitAsync(0.2));
      setTimeout(() => event.set(), 200).unref();
      console.log(await event.waitAsync());
    `);
    expect(child).toEqual({ code: 0, lines: ['false', 'true'], errors: '' });
  });
});
