import { Barrier, BrokenBarrierError, heap, RuntimeError, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';
import { rejectionOf, rejectionsOf } from '../../support/thrown-by.ts';
import { elapsed, isSettled } from './support.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const outcomes = async (promises: Promise<number>[]) => (await Promise.allSettled(promises)).map((each) => each.status);

describe('Barrier', () => {
  test('is the same class in both modules', () => {
    expect(mp.Barrier).toBe(Barrier);
    expect(new BrokenBarrierError('x')).toBeInstanceOf(RuntimeError);
  });

  test('of one party never waits', async () => {
    let ran = 0;
    using barrier = new Barrier(1, () => ran++);
    for (let i = 1; i <= 5; i++) {
      expect(barrier.wait()).toBe(0);
      await expect(barrier.waitAsync()).resolves.toBe(0);
      expect(ran).toBe(2 * i);
    }
    expect(barrier.parties).toBe(1);
    expect(barrier.nWaiting).toBe(0);
    expect(barrier.broken).toBe(false);
  });

  test('lets all go when the last one has come, round after round, each with another index', async () => {
    using barrier = new Barrier(5);
    for (let round = 0; round < 50; round++) {
      const waiting = numbers(4).map(() => barrier.waitAsync(round % 2 ? 60 : undefined));
      expect(barrier.nWaiting).toBe(4);
      if (round === 0) expect(await isSettled(Promise.race(waiting))).toBe(false);
      const last = barrier.wait();
      expect(barrier.nWaiting).toBe(0);
      expect([...(await Promise.all(waiting)), last].sort()).toEqual([0, 1, 2, 3, 4]);
    }
  });

  test('the last to come runs the action, once, before anybody leaves', async () => {
    const seen: string[] = [];
    using barrier = new Barrier(3, () => {
      seen.push('action');
    });
    for (let round = 0; round < 3; round++) {
      const waiting = numbers(3).map((i) => barrier.waitAsync().then(() => seen.push(`left ${i}`)));
      expect(seen).toEqual(['action']);
      await Promise.all(waiting);
      expect(seen.splice(0)[0]).toBe('action');
    }
  });

  test('what the action throws is thrown where it ran, and the barrier is broken for the others', async () => {
    using barrier = new Barrier(3, () => {
      throw new RangeError('inside');
    });
    const waiting = [barrier.waitAsync(), barrier.waitAsync()];
    expect(() => barrier.wait()).toThrow(RangeError);
    for (const error of await rejectionsOf(waiting)) expect(error).toBeInstanceOf(BrokenBarrierError);
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.action = undefined;
    barrier.reset();
    const again = [barrier.waitAsync(), barrier.waitAsync()];
    barrier.wait();
    expect(await outcomes(again)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('a timeout breaks it for all, and is not early', async () => {
    using barrier = new Barrier(4);
    const patient = [barrier.waitAsync(), barrier.waitAsync(60)];
    expect(elapsed(() => expect(() => barrier.wait(0.02)).toThrow(BrokenBarrierError))).toBeGreaterThanOrEqual(20);
    expect(barrier.broken).toBe(true);
    expect(barrier.nWaiting).toBe(0);
    for (const error of await rejectionsOf(patient)) expect(error).toBeInstanceOf(BrokenBarrierError);
    await expect(barrier.waitAsync()).rejects.toThrow(BrokenBarrierError);
  });

  test('an async timeout breaks it for all, too', async () => {
    using barrier = new Barrier(3);
    const patient = rejectionOf(barrier.waitAsync());
    const began = performance.now();
    await expect(barrier.waitAsync(0.02)).rejects.toThrow(BrokenBarrierError);
    expect(performance.now() - began).toBeGreaterThanOrEqual(20);
    expect(await patient).toBeInstanceOf(BrokenBarrierError);
    expect(barrier.broken).toBe(true);
  });

  test('its own timeout is the default for wait', async () => {
    using barrier = new Barrier(2, undefined, 0.01);
    expect(barrier.timeout).toBe(0.01);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.reset();
    await expect(barrier.waitAsync()).rejects.toThrow(BrokenBarrierError);
    barrier.reset();
    const patient = barrier.waitAsync(null);
    expect(await isSettled(patient)).toBe(false);
    barrier.wait();
    await expect(patient).resolves.toBe(0);
  });

  test('the last one needs no time', () => {
    using barrier = new Barrier(1);
    expect(barrier.wait(0)).toBe(0);
    expect(barrier.wait(-1)).toBe(0);
  });

  test('reset throws out who waits, and it is whole', async () => {
    using barrier = new Barrier(3);
    const waiting = [barrier.waitAsync(), barrier.waitAsync()];
    barrier.reset();
    for (const error of await rejectionsOf(waiting)) expect(error).toBeInstanceOf(BrokenBarrierError);
    expect(barrier.broken).toBe(false);
    expect(barrier.nWaiting).toBe(0);
    const again = [barrier.waitAsync(), barrier.waitAsync(), barrier.waitAsync()];
    expect(await outcomes(again)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });

  test('abort breaks it until reset', async () => {
    using barrier = new Barrier(2);
    const waiting = barrier.waitAsync();
    barrier.abort();
    await expect(waiting).rejects.toThrow(BrokenBarrierError);
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.abort();
    expect(barrier.broken).toBe(true);
    barrier.reset();
    expect(barrier.broken).toBe(false);
    const whole = barrier.waitAsync();
    expect(barrier.wait()).toBe(1);
    await expect(whole).resolves.toBe(0);
  });

  test('an aborted party leaves the round as if it had never come', async () => {
    using barrier = new Barrier(3);
    const reason = new Error('enough');
    const stop = new AbortController();
    const first = barrier.waitAsync();
    const aborted = barrier.waitAsync(undefined, stop);
    expect(barrier.nWaiting).toBe(2);
    stop.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(barrier.broken).toBe(false);
    expect(barrier.nWaiting).toBe(1);
    await expect(barrier.waitAsync(undefined, stop)).rejects.toBe(reason);
    expect(barrier.nWaiting).toBe(1);
    const second = barrier.waitAsync();
    expect(await isSettled(Promise.race([first, second]))).toBe(false);
    const third = barrier.wait();
    expect([await first, await second, third].sort()).toEqual([0, 1, 2]);
  });

  test('an abort that comes when the round is complete comes too late', async () => {
    using barrier = new Barrier(2);
    const stop = new AbortController();
    const first = barrier.waitAsync(undefined, stop);
    const last = barrier.wait();
    stop.abort();
    expect([await first, last]).toEqual([0, 1]);
  });

  test('an action that resets or aborts the barrier throws everybody out', async () => {
    using barrier = new Barrier(2);
    for (const broken of [false, true]) {
      barrier.action = () => (broken ? barrier.abort() : barrier.reset());
      const first = barrier.waitAsync();
      expect(() => barrier.wait()).toThrow(BrokenBarrierError);
      await expect(first).rejects.toThrow(BrokenBarrierError);
      expect(barrier.broken).toBe(broken);
    }
  });

  test('who comes while a round is let go belongs to the next one, also if that is complete by then', async () => {
    const next: Promise<number>[] = [];
    let rounds = 0;
    using barrier = new Barrier(2, () => {
      if (rounds++ === 0) next.push(barrier.waitAsync(), barrier.waitAsync());
    });
    const first = barrier.waitAsync();
    expect([barrier.wait(), await first].sort()).toEqual([0, 1]);
    expect((await Promise.all(next)).sort()).toEqual([0, 1]);
    expect(rounds).toBe(2);
    expect(barrier.nWaiting).toBe(0);
  });

  test('refuses impossible arguments, and makes nothing', async () => {
    using barrier = new Barrier(2);
    const { objects } = heap.stats();
    for (const parties of [0, -1, 65536]) expect(() => new Barrier(parties)).toThrow(ValueError);
    for (const parties of [1.5, '2', null, undefined]) expect(() => new Barrier(parties as never)).toThrow(TypeError);
    expect(() => new Barrier(2, 'action' as never)).toThrow(TypeError);
    expect(() => new Barrier(2, undefined, Number.NaN)).toThrow(ValueError);
    expect(() => new Barrier(2, undefined, '1' as never)).toThrow(TypeError);
    expect(heap.stats().objects).toEqual(objects);
    expect(() => barrier.wait(Number.NaN)).toThrow(ValueError);
    await expect(barrier.waitAsync('1' as never)).rejects.toThrow(TypeError);
    expect(barrier.nWaiting).toBe(0);
    expect(barrier.broken).toBe(false);
  });

  test('every use of a closed handle is a ValueError, and who waits rejects', async () => {
    const barrier = new Barrier(3);
    const waiting = [barrier.waitAsync(), barrier.waitAsync(60)];
    barrier.close();
    barrier.close();
    const heirs = numbers(20).map(() => new Barrier(1));
    for (const error of await rejectionsOf(waiting)) expect(error).toBeInstanceOf(ValueError);
    expect(() => barrier.wait()).toThrow(ValueError);
    expect(() => barrier.reset()).toThrow(ValueError);
    expect(() => barrier.abort()).toThrow(ValueError);
    expect(() => barrier.parties).toThrow(ValueError);
    expect(() => barrier.nWaiting).toThrow(ValueError);
    expect(() => barrier.broken).toThrow(ValueError);
    await expect(barrier.waitAsync()).rejects.toThrow(ValueError);
    for (const each of heirs) {
      expect(each.wait()).toBe(0);
      each.close();
    }
  });

  test('waiting takes no memory that is not given back', async () => {
    using barrier = new Barrier(3);
    const { bytesInUse } = heap.stats();
    for (let i = 0; i < 20; i++) {
      const stop = new AbortController();
      const waiting = [barrier.waitAsync(), barrier.waitAsync(undefined, stop)];
      stop.abort();
      await expect(waiting[1]).rejects.toThrow();
      barrier.reset();
      await expect(waiting[0]).rejects.toThrow();
      await Promise.all(numbers(3).map(() => barrier.waitAsync()));
    }
    expect(heap.stats().bytesInUse).toBe(bytesInUse);
  });

  test('a party keeps the program alive', async () => {
    const child = await runText(`
      const barrier = new Barrier(2);
      setTimeout(() => barrier.wait(), 200).unref();
      console.log(await barrier.waitAsync());
      console.log(await barrier.waitAsync(0.2).catch((error) => error.name));
    `);
    expect(child).toEqual({ code: 0, lines: ['0', 'BrokenBarrierError'], errors: '' });
  });
});
