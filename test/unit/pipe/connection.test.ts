import { BrokenPipeError, BufferTooShort, Connection, EOFError, heap, Lock, OSError, Pipe, Queue, ValueError } from 'nogil';
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

describe('bytes', () => {
  test('are sent whole or from an offset, as many as wanted', () => {
    const [r, w] = Pipe(false);
    const buffer = bytes(0, 1, 2, 3, 4);
    w.sendBytes(buffer);
    w.sendBytes(buffer, 2);
    w.sendBytes(buffer, 1, 2);
    w.sendBytes(buffer, 5);
    w.sendBytes(buffer, 0, 0);
    w.sendBytes(buffer.buffer, 4);
    w.sendBytes(new DataView(buffer.buffer, 3));
    w.sendBytes(Uint16Array.of(0x0201));
    const expected = [[0, 1, 2, 3, 4], [2, 3, 4], [1, 2], [], [], [4], [3, 4], [1, 2]];
    for (const each of expected) expect([...r.recvBytes()]).toEqual(each);
    r.close();
    w.close();
  });

  test('outside of the buffer are a ValueError, what is no buffer a TypeError, and nothing is sent', () => {
    const [r, w] = Pipe(false);
    const buffer = bytes(0, 1, 2);
    for (const [offset, size] of [
      [-1, undefined],
      [4, undefined],
      [0, -1],
      [0, 4],
      [2, 2],
    ] as const)
      expect(() => w.sendBytes(buffer, offset, size)).toThrow(ValueError);
    for (const wrong of ['text', 5, null, undefined, [1], {}]) expect(() => w.sendBytes(wrong as never)).toThrow(TypeError);
    expect(() => w.sendBytes(buffer, 0.5)).toThrow(TypeError);
    expect(r.poll()).toBe(false);
    r.close();
    w.close();
  });

  test('are received by recv as a Uint8Array', () => {
    const [r, w] = Pipe(false);
    w.sendBytes(bytes(1, 2));
    expect(r.recv()).toEqual(bytes(1, 2));
    r.close();
    w.close();
  });

  test('are asked for where a value comes: a TypeError that has it', () => {
    const [r, w] = Pipe(false);
    w.send({ a: 1 });
    w.send('b');
    w.send(bytes(3));
    expect(() => r.recvBytes()).toThrow(expect.objectContaining({ name: 'TypeError', args: [{ a: 1 }] }));
    expect(() => r.recvBytesInto(new Uint8Array(9))).toThrow(expect.objectContaining({ args: ['b'] }));
    expect(r.recvBytes()).toEqual(bytes(3));
    r.close();
    w.close();
  });

  test('up to maxlength are received; more are an OSError, after which a duplex end receives no more', () => {
    const [a, b] = Pipe();
    b.sendBytes(bytes(1, 2, 3));
    expect(a.recvBytes(3)).toEqual(bytes(1, 2, 3));
    b.sendBytes(new Uint8Array(0));
    expect(a.recvBytes(0)).toEqual(new Uint8Array(0));
    expect(() => a.recvBytes(-1)).toThrow(ValueError);
    b.sendBytes(bytes(1, 2, 3));
    expect(() => a.recvBytes(2)).toThrow(OSError);
    expect([a.readable, a.writable, a.closed]).toEqual([false, true, false]);
    expect(() => a.recv()).toThrow(OSError);
    a.send('still');
    expect(b.recv()).toBe('still');
    a.close();
    b.close();
  });

  test('too many for maxlength close an end that only receives', () => {
    const [r, w] = Pipe(false);
    w.sendBytes(new Uint8Array(5000));
    expect(() => r.recvBytes(4999)).toThrow(OSError);
    expect(r.closed).toBe(true);
    expect(() => w.send(1)).toThrow(BrokenPipeError);
    w.close();
  });

  test('go into a buffer from an offset on, and leave the rest of it alone', () => {
    const [r, w] = Pipe(false);
    const target = new Uint8Array(6).fill(9);
    w.sendBytes(bytes(1, 2));
    expect(r.recvBytesInto(target, 3)).toBe(2);
    expect([...target]).toEqual([9, 9, 9, 1, 2, 9]);
    w.sendBytes(new Uint8Array(0));
    expect(r.recvBytesInto(target, 6)).toBe(0);
    const wide = new Uint16Array(2);
    w.sendBytes(bytes(1, 2));
    expect(r.recvBytesInto(wide, 2)).toBe(2);
    expect([...wide]).toEqual([0, 0x0201]);
    for (const offset of [-1, 7]) expect(() => r.recvBytesInto(target, offset)).toThrow(ValueError);
    expect(() => r.recvBytesInto('target' as never)).toThrow(TypeError);
    r.close();
    w.close();
  });

  test.each([6, 6000])(
    '%i that do not fit into the buffer are a BufferTooShort that has them, and the next message is whole',
    (size) => {
      const [r, w] = Pipe(false);
      const message = new Uint8Array(size).map((_, i) => i);
      w.sendBytes(message);
      w.sendBytes(bytes(7));
      const target = new Uint8Array(5).fill(9);
      let caught: unknown;
      try {
        r.recvBytesInto(target);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(BufferTooShort);
      expect((caught as BufferTooShort).args[0]).toEqual(message);
      expect([...target]).toEqual([9, 9, 9, 9, 9]);
      expect(r.recvBytesInto(target)).toBe(1);
      expect([...target]).toEqual([7, 9, 9, 9, 9]);
      r.close();
      w.close();
    },
  );

  test('that were received are nobody else’s', () => {
    const [r, w] = Pipe(false);
    w.sendBytes(bytes(1));
    const first = r.recvBytes();
    w.sendBytes(bytes(2));
    const second = r.recvBytes();
    expect([first[0], second[0]]).toEqual([1, 2]);
    r.close();
    w.close();
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
