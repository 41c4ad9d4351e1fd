import { BrokenPipeError, Connection, EOFError, heap, Lock, OSError, Pipe, Queue, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);

describe('Pipe', () => {
  test('has two ends, and what one sends the other receives', () => {
    const [a, b] = Pipe();
    for (const end of [a, b]) expect([end.readable, end.writable, end.closed]).toEqual([true, true, false]);
    a.send('to b');
    b.send('to a');
    expect([a.recv(), b.recv()]).toEqual(['to a', 'to b']);
    a.close();
    b.close();
  });

  test('with duplex false has a first end that only receives and a second that only sends', () => {
    const [r, w] = Pipe(false);
    expect([r.readable, r.writable, w.readable, w.writable]).toEqual([true, false, false, true]);
    w.send(1);
    expect(r.recv()).toBe(1);
    expect(() => r.send(1)).toThrow(OSError);
    expect(() => r.sendBytes(bytes(1))).toThrow(OSError);
    expect(() => w.recv()).toThrow(OSError);
    expect(() => w.recvBytes()).toThrow(OSError);
    expect(() => w.recvBytesInto(bytes(1))).toThrow(OSError);
    expect(() => w.poll()).toThrow(OSError);
    r.close();
    w.close();
  });

  test('keeps the order of messages, and their boundaries', () => {
    const [r, w] = Pipe(false);
    const messages = [1, 'two', null, undefined, { three: [3] }, bytes(4), new Map([[5, 6n]]), true, -0, ''];
    for (const message of messages) w.send(message);
    expect(messages.map(() => r.recv())).toEqual(messages);
    expect(r.poll()).toBe(false);
    r.close();
    w.close();
  });

  test('sends a snapshot', () => {
    const [r, w] = Pipe(false);
    const list = [1];
    w.send(list);
    list.push(2);
    expect(r.recv()).toEqual([1]);
    r.close();
    w.close();
  });

  test('what cannot be sent is an error at once, and nothing was sent', () => {
    const [r, w] = Pipe(false);
    expect(() => w.send({ a: [() => 1] })).toThrow(TypeError);
    expect(() => w.send(Symbol('s'))).toThrow(TypeError);
    expect(r.poll()).toBe(false);
    w.send('fine');
    expect(r.recv()).toBe('fine');
    r.close();
    w.close();
  });

  test('carries messages of no bytes and of 64 MiB', () => {
    const [r, w] = Pipe(false);
    const large = new Uint8Array(64 * 2 ** 20);
    large[0] = 1;
    large[large.length - 1] = 2;
    w.sendBytes(large);
    w.sendBytes(new Uint8Array(0));
    const received = r.recvBytes();
    expect([received.length, received[0], received.at(-1)]).toEqual([large.length, 1, 2]);
    expect(r.recvBytes()).toEqual(new Uint8Array(0));
    const target = new Uint8Array(large.length + 1);
    w.sendBytes(large);
    expect(r.recvBytesInto(target, 1)).toBe(large.length);
    expect([target[1], target.at(-1)]).toEqual([1, 2]);
    r.close();
    w.close();
  });

  test('gives everything back when both ends are closed, whatever is in it', () => {
    const before = heap.stats();
    const [a, b] = Pipe();
    const lock = new Lock();
    const [c, d] = Pipe(false);
    a.send([lock, c]);
    a.send(new Uint8Array(100_000));
    b.send('x');
    for (const each of [lock, c, d, a, b]) each.close();
    const after = heap.stats();
    expect(after.objects).toEqual(before.objects);
    expect(after.bytesInUse).toBe(before.bytesInUse);
  });

  test('refuses an impossible maxsize, and makes nothing', () => {
    const { objects } = heap.stats();
    expect(() => Pipe(true, { maxsize: 1.5 })).toThrow(TypeError);
    expect(() => Pipe(true, { maxsize: '1' as never })).toThrow(TypeError);
    expect(heap.stats().objects).toEqual(objects);
  });

  test('is the only way to make a Connection', () => {
    expect(() => new Connection({} as never)).toThrow(TypeError);
  });
});

describe('the end of file', () => {
  test('comes when the other end is closed and nothing is left', () => {
    const [r, w] = Pipe(false);
    w.send('last');
    w.close();
    expect(r.recv()).toBe('last');
    expect(() => r.recv()).toThrow(EOFError);
    expect(() => r.recvBytes()).toThrow(EOFError);
    expect(() => r.recvBytesInto(bytes(0))).toThrow(EOFError);
    r.close();
  });

  test('lets poll say true, however long it may wait', () => {
    const [a, b] = Pipe();
    expect(a.poll()).toBe(false);
    b.close();
    for (const timeout of [0, -1, 0.01, null]) expect(a.poll(timeout)).toBe(true);
    a.close();
  });

  test('needs all copies of the other end closed', () => {
    const [r, w] = Pipe(false);
    const copy = Connection.from(w.handle());
    w.close();
    expect(r.poll()).toBe(false);
    copy.send('still open');
    copy.close();
    expect(r.recv()).toBe('still open');
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
  });

  test('does not come while a handle is on its way in a queue', () => {
    const [r, w] = Pipe(false);
    const queue = new Queue<Connection>();
    queue.put(w);
    w.close();
    expect(r.poll()).toBe(false);
    const arrived = queue.get();
    arrived.send('by the queue');
    expect(r.recv()).toBe('by the queue');
    queue.put(arrived);
    arrived.close();
    expect(r.poll()).toBe(false);
    // What is dropped with the queue is closed, too.
    queue.close();
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
  });

  test('does not come while a handle is on its way in another pipe, and comes when nobody can receive it there', () => {
    const [r, w] = Pipe(false);
    const [outerR, outerW] = Pipe(false);
    outerW.send({ inside: [w] });
    w.close();
    expect(r.poll()).toBe(false);
    const { inside } = outerR.recv() as { inside: Connection[] };
    inside[0]?.send(1);
    expect(r.recv()).toBe(1);
    outerW.send(inside);
    inside[0]?.close();
    expect(r.poll()).toBe(false);
    outerR.close();
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
    outerW.close();
  });

  test('sending to a closed other end is a BrokenPipeError, which is an OSError', () => {
    const [a, b] = Pipe();
    b.send('before');
    b.close();
    expect(() => a.send(1)).toThrow(BrokenPipeError);
    expect(() => a.send({ much: 'x'.repeat(100_000) })).toThrow(OSError);
    expect(() => a.sendBytes(bytes(1))).toThrow(BrokenPipeError);
    expect(a.recv()).toBe('before');
    expect(() => a.recv()).toThrow(EOFError);
    a.close();
  });

  test('a refused message leaves nothing behind', () => {
    const [a, b] = Pipe();
    b.close();
    expect(() => a.send(1)).toThrow(BrokenPipeError);
    const before = heap.stats().bytesInUse;
    expect(() => a.send(new Uint8Array(100_000))).toThrow(BrokenPipeError);
    expect(heap.stats().bytesInUse).toBe(before);
    a.close();
  });
});

describe('a closed connection', () => {
  test('can be closed again, says so, and everything else is an OSError', () => {
    const [a, b] = Pipe();
    expect(a.fileno()).toEqual(expect.any(Number));
    a.close();
    a.close();
    expect(a.closed).toBe(true);
    const uses = [
      () => a.send(1),
      () => a.recv(),
      () => a.poll(),
      () => a.sendBytes(bytes(1)),
      () => a.recvBytes(),
      () => a.recvBytesInto(bytes(1)),
      () => a.fileno(),
      () => a.handle(),
      () => b.send(a),
    ];
    for (const use of uses) {
      expect(use).toThrow(OSError);
      expect(use).toThrow('handle is closed');
    }
    b.close();
  });

  test('is what using leaves behind', () => {
    const [r, w] = Pipe(false);
    {
      using inside = w;
      inside.send(1);
    }
    expect(w.closed).toBe(true);
    expect(r.recv()).toBe(1);
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
  });

  test('has another number than the other end', () => {
    const [a, b] = Pipe();
    expect(Number.isInteger(a.fileno())).toBe(true);
    expect(a.fileno()).not.toBe(b.fileno());
    a.close();
    b.close();
  });
});

describe('poll', () => {
  test('looks once by default, and does not take the message', () => {
    const [r, w] = Pipe(false);
    expect(r.poll()).toBe(false);
    expect(r.poll(-1)).toBe(false);
    w.send(1);
    expect(r.poll()).toBe(true);
    expect(r.poll(null)).toBe(true);
    expect(r.poll(1)).toBe(true);
    expect(r.recv()).toBe(1);
    expect(r.poll()).toBe(false);
    r.close();
    w.close();
  });

  test('waits no shorter than it is told', () => {
    const [r, w] = Pipe(false);
    const begin = performance.now();
    expect(r.poll(0.02)).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(20);
    expect(() => r.poll(Number.NaN)).toThrow(ValueError);
    expect(() => r.poll('1' as never)).toThrow(TypeError);
    r.close();
    w.close();
  });
});
