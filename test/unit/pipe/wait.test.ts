import { EOFError, heap, Lock, OSError, Pipe, ValueError, wait, waitAsync } from 'nogil';
import { describe, expect, test } from 'vitest';
import { isSettled } from '../sync/support.ts';

describe('wait', () => {
  test('answers the ready ones, in the order in which they were given', () => {
    const pipes = [Pipe(false), Pipe(false), Pipe(false)] as const;
    const [[a, x], [b], [c, z]] = pipes;
    expect(wait([a, b, c], 0)).toEqual([]);
    expect(wait([a, b, c], -1)).toEqual([]);
    expect(wait([a, b, c], 0.001)).toEqual([]);
    x.send(1);
    z.send(2);
    expect(wait([c, b, a])).toEqual([c, a]);
    expect(wait(new Set([a, b]), 0)).toEqual([a]);
    expect(a.recv()).toBe(1);
    expect(wait([a, b, c], 5)).toEqual([c]);
    for (const end of pipes.flat()) end.close();
  });

  test('answers an end at the end of its file', () => {
    const [r, w] = Pipe(false);
    w.close();
    expect(wait([r], 5)).toEqual([r]);
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
  });

  test('of nothing sleeps for as long as it is told', () => {
    const begin = performance.now();
    expect(wait([], 0.02)).toEqual([]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(20);
  });

  test('refuses what cannot be waited for', () => {
    const [r, w] = Pipe(false);
    const lock = new Lock();
    expect(() => wait([w], 0)).toThrow(OSError);
    for (const wrong of [null, 'x', {}, lock]) expect(() => wait([r, wrong as never], 0)).toThrow(TypeError);
    for (const wrong of [-1, 0, 1.5, 2 ** 21, Number.NaN]) expect(() => wait([wrong], 0)).toThrow(ValueError);
    r.close();
    expect(() => wait([r], 0)).toThrow(OSError);
    lock.close();
    w.close();
  });

  test('refuses the number of something that is not a process', () => {
    const lock = new Lock();
    const { objects } = heap.stats();
    // What a sentinel would be for the lock's row and generation.
    const { id, generation } = lock.handle();
    expect(() => wait([generation * 2 ** 22 + id], 0)).toThrow(ValueError);
    expect(heap.stats().objects).toEqual(objects);
    lock.close();
  });

  test('leaves nobody counted who waits', () => {
    const before = heap.stats();
    const [r, w] = Pipe(false);
    for (let i = 0; i < 3; i++) expect(wait([r], 0.001)).toEqual([]);
    w.send(1);
    expect(wait([r], 0)).toEqual([r]);
    r.close();
    w.close();
    expect(heap.stats()).toEqual({ ...before, bytesReserved: expect.any(Number) });
  });
});

describe('waitAsync', () => {
  test('answers the ready ones at once, or as soon as there is one', async () => {
    const [a, x] = Pipe(false);
    const [b, y] = Pipe(false);
    expect(await waitAsync([a, b], 0)).toEqual([]);
    expect(await waitAsync([a, b], 0.005)).toEqual([]);
    const waiting = waitAsync([a, b]);
    expect(await isSettled(waiting)).toBe(false);
    y.send(1);
    expect(await waiting).toEqual([b]);
    x.send(1);
    expect(await waitAsync([a, b])).toEqual([a, b]);
    expect([a.recv(), b.recv()]).toEqual([1, 1]);
    const end = waitAsync([a, b], 10);
    x.close();
    expect(await end).toEqual([a]);
    for (const each of [a, b, y]) each.close();
  });

  test('goes on when another reader has taken what woke it', async () => {
    const [r, w] = Pipe(false);
    const first = r.recvAsync();
    const waiting = waitAsync([r]);
    w.send(1);
    expect(await first).toBe(1);
    expect(await isSettled(waiting)).toBe(false);
    w.send(2);
    expect(await waiting).toEqual([r]);
    expect(r.recv()).toBe(2);
    r.close();
    w.close();
  });

  test('can be aborted, rejects when what it waits for is closed, and leaves nothing behind', async () => {
    const before = heap.stats();
    const [a, x] = Pipe(false);
    const abort = new AbortController();
    const aborted = waitAsync([a], null, { signal: abort.signal });
    abort.abort(new RangeError('enough'));
    await expect(aborted).rejects.toThrow(RangeError);
    await expect(waitAsync([a], 5, { signal: abort.signal })).rejects.toThrow(RangeError);
    const closed = waitAsync([a]);
    a.close();
    await expect(closed).rejects.toThrow(OSError);
    x.close();
    await expect(waitAsync([x], 0)).rejects.toThrow(OSError);
    // Less is fine: what earlier tests dropped may be collected meanwhile.
    await expect.poll(() => heap.stats().bytesInUse, { timeout: 10_000 }).toBeLessThanOrEqual(before.bytesInUse);
  });

  test('of nothing waits for the time', async () => {
    const begin = performance.now();
    expect(await waitAsync([], 0.02)).toEqual([]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(20);
    const abort = new AbortController();
    const waiting = waitAsync([], null, { signal: abort.signal });
    abort.abort(new RangeError('enough'));
    await expect(waiting).rejects.toThrow(RangeError);
  });
});
