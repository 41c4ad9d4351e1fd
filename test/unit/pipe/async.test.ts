import { BrokenPipeError, BufferTooShort, Connection, EOFError, heap, Lock, OSError, Pipe, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { rejectionOf, rejectionsOf } from '../../support/thrown-by.ts';
import { isSettled } from '../sync/support.ts';

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);

describe('recvAsync', () => {
  test('takes what is there, or what comes', async () => {
    const [r, w] = Pipe(false);
    w.send(1);
    expect(await r.recvAsync()).toBe(1);
    const waiting = r.recvAsync();
    expect(await isSettled(waiting)).toBe(false);
    w.send({ two: 2 });
    expect(await waiting).toEqual({ two: 2 });
    r.close();
    w.close();
  });

  test('serves many in the order in which they came, each message once', async () => {
    const [r, w] = Pipe(false);
    const other = Connection.from(r.handle());
    const waiting = [r.recvAsync(), other.recvAsync(), r.recvAsync()];
    for (const n of [1, 2, 3]) w.send(n);
    expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
    for (const each of [r, other, w]) each.close();
  });

  test('ends in EOFError when the other end is closed', async () => {
    const [r, w] = Pipe(false);
    const waiting = r.recvAsync();
    w.close();
    await expect(waiting).rejects.toThrow(EOFError);
    await expect(r.recvAsync()).rejects.toThrow(EOFError);
    await expect(r.recvBytesAsync()).rejects.toThrow(EOFError);
    r.close();
  });

  test('ends in OSError when its own end is closed, and gives everything back', async () => {
    const before = heap.stats();
    const [r, w] = Pipe(false);
    const waiting = [r.recvAsync(), r.pollAsync(null), r.recvBytesAsync()];
    r.close();
    for (const error of await rejectionsOf(waiting)) expect(error).toBeInstanceOf(OSError);
    expect(() => w.send(1)).toThrow(BrokenPipeError);
    w.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(heap.stats()).toEqual({ ...before, bytesReserved: expect.any(Number) });
  });

  test('closing one of two handles of a worker leaves the other one waiting', async () => {
    const [r, w] = Pipe(false);
    const other = Connection.from(r.handle());
    const waits = [r.recvAsync(), other.recvAsync()];
    r.close();
    await expect(waits[0]).rejects.toThrow(OSError);
    w.send(1);
    expect(await waits[1]).toBe(1);
    other.close();
    w.close();
  });

  test('can be aborted, and takes nothing then', async () => {
    const [r, w] = Pipe(false);
    const abort = new AbortController();
    const waiting = r.recvAsync({ signal: abort.signal });
    abort.abort(new RangeError('enough'));
    await expect(waiting).rejects.toThrow(RangeError);
    w.send(1);
    expect(r.recv()).toBe(1);
    await expect(r.recvAsync({ signal: abort.signal })).rejects.toThrow(RangeError);
    r.close();
    w.close();
  });

  test('of bytes does what the blocking one does', async () => {
    const [r, w] = Pipe(false);
    const target = new Uint8Array(3);
    const waiting = [r.recvBytesAsync(), r.recvBytesIntoAsync(target, 1)];
    w.sendBytes(bytes(1, 2));
    w.sendBytes(bytes(3, 4));
    expect(await Promise.all(waiting)).toEqual([bytes(1, 2), 2]);
    expect([...target]).toEqual([0, 3, 4]);
    w.sendBytes(bytes(5, 6));
    await expect(r.recvBytesIntoAsync(target, 2)).rejects.toThrow(BufferTooShort);
    await expect(r.recvBytesIntoAsync(target, 4)).rejects.toThrow(ValueError);
    await expect(r.recvBytesAsync(-1)).rejects.toThrow(ValueError);
    w.sendBytes(bytes(7, 8));
    await expect(r.recvBytesAsync(1)).rejects.toThrow(OSError);
    expect(r.closed).toBe(true);
    w.close();
  });

  test('in the wrong direction, or on a closed end, rejects', async () => {
    const [r, w] = Pipe(false);
    for (const call of [
      () => w.recvAsync(),
      () => w.recvBytesAsync(),
      () => w.pollAsync(),
      () => r.sendAsync(1),
      () => r.sendBytesAsync(bytes(1)),
    ])
      await expect(call()).rejects.toThrow(OSError);
    r.close();
    w.close();
    for (const call of [() => r.recvAsync(), () => r.pollAsync(), () => w.sendAsync(1), () => w.sendBytesAsync(bytes(1))])
      await expect(call()).rejects.toThrow('handle is closed');
  });
});

describe('sendAsync', () => {
  test('sends at once where there is room', async () => {
    const [r, w] = Pipe(false);
    const sent = w.sendAsync({ a: 1 });
    expect(r.recv()).toEqual({ a: 1 });
    await sent;
    await w.sendBytesAsync(bytes(1, 2, 3), 1);
    expect(r.recvBytes()).toEqual(bytes(2, 3));
    r.close();
    w.close();
  });

  test('waits for room in a bounded pipe, and sends what the value was', async () => {
    const [r, w] = Pipe(false, { maxsize: 1 });
    w.send(1);
    const list = [2];
    const waiting = w.sendAsync(list);
    list.push(3);
    expect(await isSettled(waiting)).toBe(false);
    expect(r.recv()).toBe(1);
    await waiting;
    expect(r.recv()).toEqual([2]);
    r.close();
    w.close();
  });

  test('that waits ends in BrokenPipeError when the other end is closed, and can be aborted', async () => {
    const before = heap.stats();
    const [r, w] = Pipe(false, { maxsize: 1 });
    const lock = new Lock();
    w.send(1);
    const abort = new AbortController();
    const aborted = rejectionOf(w.sendAsync(lock, { signal: abort.signal }));
    const broken = rejectionOf(w.sendAsync(new Uint8Array(10_000)));
    abort.abort();
    expect(String(await aborted)).toContain('abort');
    r.close();
    expect(await broken).toBeInstanceOf(BrokenPipeError);
    await expect(w.sendAsync(1)).rejects.toThrow(BrokenPipeError);
    lock.close();
    w.close();
    expect(heap.stats()).toEqual({ ...before, bytesReserved: expect.any(Number) });
  });

  test('what cannot be sent rejects, and nothing was sent', async () => {
    const [r, w] = Pipe(false);
    await expect(w.sendAsync(() => 1)).rejects.toThrow(TypeError);
    await expect(w.sendBytesAsync('text' as never)).rejects.toThrow(TypeError);
    await expect(w.sendBytesAsync(bytes(1), 2)).rejects.toThrow(ValueError);
    expect(r.poll()).toBe(false);
    r.close();
    w.close();
  });
});

describe('pollAsync', () => {
  test('looks once by default, waits for a message or the end when told to', async () => {
    const [r, w] = Pipe(false);
    expect(await r.pollAsync()).toBe(false);
    expect(await r.pollAsync(0.005)).toBe(false);
    const waiting = r.pollAsync(null);
    expect(await isSettled(waiting)).toBe(false);
    w.send(1);
    expect(await waiting).toBe(true);
    expect(r.recv()).toBe(1);
    const end = r.pollAsync(10);
    w.close();
    expect(await end).toBe(true);
    r.close();
  });
});
