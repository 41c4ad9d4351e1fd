/** Bytes in place at the ends of a pipe. */
import { BrokenPipeError, BufferTooShort, Empty, EOFError, Full, OSError, Pipe, type Slot } from 'nogil';
import { describe, expect, test } from 'vitest';

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
const LENGTHS = [0, 5, 2048, 2049, 100_000];

describe('a connection', () => {
  test.each(LENGTHS)('sends and receives %i bytes in place', (length) => {
    const [r, w] = Pipe(false);
    const sent = new Uint8Array(length).map((_, i) => i * 7);
    const send = () => {
      const slot = w.reserve(length);
      slot.bytes.set(sent);
      slot.commit();
    };
    send();
    expect(r.recv()).toEqual(sent);
    send();
    expect(r.recvBytes()).toEqual(sent);
    const into = new Uint8Array(length + 2);
    send();
    expect(r.recvBytesInto(into, 1)).toBe(length);
    expect(into.subarray(1, 1 + length)).toEqual(sent);
    send();
    expect(r.getInto(into)).toBe(length);
    w.sendBytes(sent);
    using lease = r.lease();
    expect(new Uint8Array(lease.bytes)).toEqual(sent);
    r.close();
    w.close();
  });

  test('waits as the others do, without blocking, too', async () => {
    const [r, w] = Pipe(false, { maxsize: 1 });
    const leased = r.leaseAsync();
    const slot = await w.reserveAsync(3);
    slot.bytes.set(bytes(1, 2, 3));
    slot.commit(2);
    const lease = await leased;
    expect([...lease.bytes]).toEqual([1, 2]);
    lease.release();
    const into = new Uint8Array(4);
    const got = r.recvBytesIntoAsync(into, 2);
    w.sendBytes(bytes(8, 9));
    expect(await got).toBe(2);
    expect([...into]).toEqual([0, 0, 8, 9]);
    expect(() => r.lease(0.01)).toThrow(Empty);
    w.send(1);
    expect(() => w.reserve(1, 0)).toThrow(Full);
    await expect(w.reserveAsync(1, 0.01)).rejects.toThrow(Full);
    r.close();
    w.close();
  });

  test('that reads or writes only says so, and one that is closed', () => {
    const [r, w] = Pipe(false);
    expect(() => r.reserve(1)).toThrow(/read-only/);
    expect(() => w.lease()).toThrow(/write-only/);
    expect(() => w.getInto(bytes(1))).toThrow(OSError);
    const slot = w.reserve(1);
    w.close();
    expect(() => w.reserve(1)).toThrow(OSError);
    expect(() => slot.commit()).toThrow(OSError);
    slot[Symbol.dispose]();
    expect(() => r.lease()).toThrow(EOFError);
    r.close();
    expect(() => r.lease()).toThrow(OSError);
  });

  test('whose other end is closed takes no slot, and drops what is in', () => {
    const [r, w] = Pipe(false);
    const slots = [w.reserve(5), w.reserve(5000)] as [Slot, Slot];
    r.close();
    for (const slot of slots) {
      expect(() => slot.commit()).toThrow(BrokenPipeError);
      slot[Symbol.dispose]();
    }
    expect(() => w.reserve(1)).toThrow(BrokenPipeError);
    w.close();
  });

  test('leaves at lease and getInto what recvBytesInto takes with it', () => {
    const [r, w] = Pipe(false);
    w.send({ a: 1 });
    expect(() => r.lease()).toThrow(TypeError);
    expect(() => r.getInto(bytes(0))).toThrow(TypeError);
    expect(() => r.recvBytesInto(bytes(0))).toThrow(expect.objectContaining({ args: [{ a: 1 }] }));
    w.sendBytes(bytes(1, 2, 3));
    expect(() => r.getInto(bytes(0, 0))).toThrow(expect.objectContaining({ length: 3 }));
    expect(() => r.recvBytesInto(bytes(0, 0))).toThrow(BufferTooShort);
    expect(r.poll()).toBe(false);
    r.close();
    w.close();
  });
});
