import { Event, Lock, PriorityQueue, Queue, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { range } from '../../support/range.ts';
import { classes } from './flavours.ts';

/** An item of its own for each number: every encoding and size, and now and then a handle. */
function mixed(i: number, handle: unknown): unknown {
  switch (i % 9) {
    case 0:
      return i;
    case 1:
      return `text ${i}`;
    case 2:
      return { i, list: [i, String(i)], nested: { ok: true } };
    case 3:
      return new Uint8Array(i % 300).fill(i);
    case 4:
      return null;
    case 5:
      return `wide 日本 ${i}`.repeat(i % 20);
    case 6:
      return new Map([[i, new Date(i)]]);
    case 7:
      return i % 1000 === 7 ? new Uint8Array(20_000).fill(i) : BigInt(i);
    default:
      return i % 100 === 8 ? { i, handle } : undefined;
  }
}

describe.each(classes)('%s', (_, Queue) => {
  test('gives everything back when it is dropped with items in it', () => {
    const before = held();
    for (let round = 0; round < 3; round++) {
      const queue = new Queue<unknown>();
      const [lock, event] = [new Lock(), new Event()];
      for (const i of range(500)) queue.put(mixed(i, lock));
      queue.putMany([[lock, event], { lock, ballast: new Uint8Array(50_000) }, new Uint8Array(2_000_000)]);
      lock.close();
      event.close();
      queue.close();
    }
    expect(held()).toEqual(before);
  });

  test('gives everything back when it is drained and dropped', () => {
    const before = held();
    const queue = new Queue<unknown>();
    queue.putMany(range(5000).map((i) => mixed(i, null)));
    while (!queue.empty()) queue.getMany();
    queue.close();
    expect(held()).toEqual(before);
  });

  test('gives the items back, and what they hold, at an immediate shutdown', () => {
    const queue = new Queue<unknown>();
    const before = held();
    const lock = new Lock();
    for (const i of range(5)) queue.put([lock, i, new Uint8Array(i * 10_000)]);
    lock.close();
    queue.shutdown(true);
    expect(held().objects).toEqual(before.objects);
    queue.close();
    // What the ring has grown by goes with the queue.
    expect(held().bytesInUse).toBeLessThan(before.bytesInUse);
  });

  test('does not allocate once its ring holds maxsize items', () => {
    const queue = new Queue<string>(10);
    const fill = () => {
      while (!queue.full()) queue.put('x'.repeat(100));
      while (!queue.empty()) queue.get();
    };
    fill();
    const before = held();
    for (const _ of range(500)) fill();
    expect(held()).toEqual(before);
  });

  test('holds 100 000 mixed items without a limit, and gives them back in order', () => {
    const before = held();
    const queue = new Queue<unknown>();
    for (const i of range(100_000)) queue.put(mixed(i, null));
    expect(queue.qsize()).toBe(100_000);
    for (const i of range(100_000)) {
      const got = queue.get();
      // A deep comparison of each of them would take a minute.
      if (i % 97 === 0 || i % 9 === 8) expect(got).toEqual(mixed(i, null));
      else if (typeof got !== typeof mixed(i, null)) throw new Error(`item ${i} is a ${typeof got}`);
    }
    expect(queue.empty()).toBe(true);
    queue.close();
    expect(held()).toEqual(before);
  });
});

describe('a PriorityQueue with long keys', () => {
  const ends: Record<string, (queue: PriorityQueue<[string, number]>) => void> = {
    'is dropped': () => {},
    'is shut down at once': (queue) => queue.shutdown(true),
    'is drained': (queue) => {
      while (!queue.empty()) queue.getNowait();
    },
  };

  test.each(Object.keys(ends))('gives them back when it %s', (end) => {
    const before = held();
    for (let round = 0; round < 2; round++) {
      const queue = new PriorityQueue<[string, number]>();
      for (const i of range(100)) queue.put([`${'k'.repeat(i * 5)} ${i}`, i]);
      ends[end]?.(queue);
      queue.close();
    }
    expect(held()).toEqual(before);
  });
});

describe('queues in queues', () => {
  test('go with the outermost one, and what is in them too', () => {
    const before = held();
    const outer = new Queue<unknown>();
    for (const ballast of [0, 10_000]) {
      const inner = range(4).map(() => new Queue<unknown>());
      const semaphore = new Semaphore();
      for (const queue of inner) for (const i of range(20)) queue.put([semaphore, i, 'x'.repeat(100)]);
      outer.put([...inner, new Uint8Array(ballast)]);
      for (const queue of inner) queue.close();
      semaphore.close();
    }
    outer.close();
    expect(held()).toEqual(before);
  });

  test('may be taken apart in depth', () => {
    const before = held();
    let outer = new Queue<unknown>();
    for (const i of range(50)) {
      const next = new Queue<unknown>();
      next.putMany([i, outer, 'y'.repeat(i * 20)]);
      outer.close();
      outer = next;
    }
    outer.shutdown(true);
    outer.close();
    expect(held()).toEqual(before);
  });
});
