import { BrokenPipeError, BufferTooShort, OSError, Pipe, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);

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
