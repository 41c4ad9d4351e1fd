/**
 * Pipes whose users are killed.
 */
import { BrokenPipeError, type Connection, EOFError, Event, heap, Pipe, Queue, sleep, wait } from 'nogil';
import { describe, expect, test } from 'vitest';
import { end, LONG, startAll, startProcess, until } from '../sync/support.ts';
import { drainAll, giveAwayForEver, keepForEver, receiveForEver, sendForEver } from './pipe.workers.ts';

function counts(): Record<string, number> {
  const { Connection: connections = 0, Queue: queues = 0 } = heap.stats().objects;
  return { connections, queues };
}

/** Receives until the end of file; how many came. @throws when the end does not come in time */
function countToEnd(r: Connection): number {
  for (let count = 0; ; count++) {
    if (!r.poll(LONG)) throw new Error('the end of file did not come');
    try {
      r.recv();
    } catch (error) {
      expect(error).toBeInstanceOf(EOFError);
      return count;
    }
  }
}

describe('a writer that is killed', () => {
  test.each(['kill', 'terminate'] as const)('by %s has closed its end: a blocked recv wakes', (method) => {
    const [r, w] = Pipe(false);
    const has = new Event();
    const process = startProcess(keepForEver, w, has);
    w.close();
    const readers = startAll(drainAll, [r], [r]);
    r.close();
    expect(has.wait(LONG)).toBe(true);
    process[method]();
    for (const reader of readers) expect(reader.result(LONG)).toEqual([]);
    end(process);
    has.close();
  });

  test('before it has read its arguments has closed those, too', () => {
    for (let i = 0; i < 5; i++) {
      const [r, w] = Pipe(false);
      const process = startProcess(keepForEver, w, new Event());
      w.close();
      if (i > 0) sleep(i * 0.004);
      process.kill();
      expect(r.poll(LONG)).toBe(true);
      expect(() => r.recv()).toThrow(EOFError);
      r.close();
      end(process);
    }
  });

  test('in the middle of messages leaves whole ones, and the end after them', () => {
    const before = counts();
    for (let i = 0; i < 12; i++) {
      const [r, w] = Pipe(false, { maxsize: i % 2 ? 4 : 0 });
      const has = new Event();
      const process = startProcess(sendForEver, w, has, 9000);
      w.close();
      expect(has.wait(LONG)).toBe(true);
      let next = 0;
      const take = () => {
        const [number, bytes] = r.recv() as [number, Uint8Array];
        expect([number, bytes.length]).toEqual([next, next % 9000]);
        next++;
      };
      for (let n = 0; n < i * 3; n++) take();
      process.kill();
      for (;;) {
        expect(r.poll(LONG)).toBe(true);
        try {
          take();
        } catch (error) {
          expect(error).toBeInstanceOf(EOFError);
          break;
        }
      }
      r.close();
      end(process);
      has.close();
    }
    expect(counts()).toEqual(before);
  });

  test('wakes who waits for several things', () => {
    const [r, w] = Pipe(false);
    const has = new Event();
    const process = startProcess(keepForEver, w, has);
    w.close();
    expect(has.wait(LONG)).toBe(true);
    expect(wait([r], 0)).toEqual([]);
    process.kill();
    expect(wait([r], LONG)).toEqual([r]);
    expect(wait([process.sentinel, r], LONG)).toContain(r);
    end(process);
    expect(wait([process.sentinel, r])).toEqual([process.sentinel, r]);
    r.close();
    process.close();
    has.close();
  });

  test('wakes an event loop', async () => {
    const [r, w] = Pipe(false);
    const has = new Event();
    const process = startProcess(keepForEver, w, has);
    w.close();
    await has.waitAsync(LONG);
    const waiting = r.recvAsync();
    process.kill();
    await expect(waiting).rejects.toThrow(EOFError);
    await process.joinAsync(LONG);
    r.close();
    has.close();
  });
});

describe('a reader that is killed', () => {
  test('has closed its end: sending breaks', () => {
    const [r, w] = Pipe(false);
    const has = new Event();
    const process = startProcess(receiveForEver, r, has);
    r.close();
    expect(has.wait(LONG)).toBe(true);
    w.send(1);
    process.kill();
    end(process);
    expect(() => w.send(2)).toThrow(BrokenPipeError);
    w.close();
    has.close();
  });

  test('wakes a writer that waits for room', () => {
    const [r, w] = Pipe(false, { maxsize: 2 });
    const [has, sending] = [new Event(), new Event()];
    const reader = startProcess(keepForEver, r, has);
    r.close();
    const [writer] = startAll(sendForEver, [w, sending, 10]);
    w.close();
    expect(has.wait(LONG)).toBe(true);
    expect(sending.wait(LONG)).toBe(true);
    reader.kill();
    expect(() => writer?.result(LONG)).toThrow(BrokenPipeError);
    end(reader);
    has.close();
    sending.close();
  });

  test('among others leaves its messages to them, but the one in its hands', () => {
    const count = 2000;
    const [r, w] = Pipe(false);
    const has = new Event();
    const victim = startProcess(receiveForEver, r, has);
    expect(has.wait(LONG)).toBe(true);
    for (let i = 0; i < count; i++) w.send([i, new Uint8Array(i)]);
    victim.kill();
    w.close();
    let last = -1;
    for (;;) {
      expect(r.poll(LONG)).toBe(true);
      try {
        const [number, { length }] = r.recv() as [number, Uint8Array];
        expect(number).toBe(length);
        expect(number).toBeGreaterThan(last);
        last = number;
      } catch (error) {
        expect(error).toBeInstanceOf(EOFError);
        break;
      }
    }
    end(victim);
    r.close();
    has.close();
  });
});

describe('both ends', () => {
  test('killed at once leave nothing behind', () => {
    const before = counts();
    for (let i = 0; i < 10; i++) {
      const [a, b] = Pipe();
      const [has, hasToo] = [new Event(), new Event()];
      const writer = startProcess(sendForEver, a, has, 5000);
      const reader = startProcess(receiveForEver, b, hasToo);
      a.close();
      b.close();
      expect(has.wait(LONG) && hasToo.wait(LONG)).toBe(true);
      if (i % 2) sleep(0.002 * i);
      writer.kill();
      reader.kill();
      end(writer, reader);
      has.close();
      hasToo.close();
    }
    expect(counts()).toEqual(before);
  });

  test('of a worker that is killed while it opens and closes pipes: all that it gave away come to an end', () => {
    for (let i = 0; i < 6; i++) {
      const ends = new Queue<Connection>();
      const process = startProcess(giveAwayForEver, ends);
      const some = Array.from({ length: 5 }, () => ends.get(true, LONG));
      sleep(0.001 * i);
      process.kill();
      end(process);
      while (!ends.empty()) some.push(ends.getNowait());
      for (const r of some) {
        expect(countToEnd(r)).toBeLessThanOrEqual(1);
        r.close();
      }
      ends.close();
    }
  });

  test('what was on its way to a dead reader is given back', () => {
    const [outerR, outerW] = Pipe(false);
    const [r, w] = Pipe(false);
    const has = new Event();
    const process = startProcess(keepForEver, outerR, has);
    outerR.close();
    expect(has.wait(LONG)).toBe(true);
    outerW.send({ inner: w });
    w.close();
    expect(r.poll()).toBe(false);
    process.kill();
    until(() => r.poll(0.001));
    expect(() => r.recv()).toThrow(EOFError);
    end(process);
    for (const each of [r, outerW, has] as { close(): void }[]) each.close();
  });
});
