/**
 * A value whose getter closes a handle that is in it already: it is refused wherever it was to go, nothing
 * has changed, and nothing is kept.
 */
import { LifoQueue, Lock, Manager, Pipe, PriorityQueue, Process, Queue, Thread, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';

/** In front of the handle that its getter closes is one that stays open. */
function closing(open: Lock): object {
  const closed = new Lock();
  return {
    open,
    closed,
    get last(): number {
      closed.close();
      return 1;
    },
  };
}

const manager = Manager();

interface Place {
  take(value: object): void;
  isEmpty(): boolean;
  close(): void;
}

function startedWith(Class: typeof Thread | typeof Process): Place {
  const started: (Thread | Process)[] = [];
  const take = (value: object) => {
    const worker = new Class({ target: () => {}, args: [value] as never });
    started.push(worker);
    worker.start();
  };
  const isEmpty = () => started.every((worker) => !worker.isAlive());
  return { take, isEmpty, close: () => started.forEach((worker) => void worker.close()) };
}

/** What takes a value, and how it is closed. */
const places: Record<string, () => Place> = {
  'a Queue': () => {
    const queue = new Queue<object>();
    return { take: (value) => queue.put(value), isEmpty: () => queue.empty(), close: () => queue.close() };
  },
  'a Queue, in a batch': () => {
    const queue = new Queue<object>();
    return { take: (value) => queue.putMany([1 as never, value]), isEmpty: () => queue.empty(), close: () => queue.close() };
  },
  'a LifoQueue': () => {
    const queue = new LifoQueue<object>();
    return { take: (value) => queue.put(value), isEmpty: () => queue.empty(), close: () => queue.close() };
  },
  'a PriorityQueue': () => {
    const queue = new PriorityQueue<[number, object]>();
    return { take: (value) => queue.put([1, value]), isEmpty: () => queue.empty(), close: () => queue.close() };
  },
  'a pipe': () => {
    const [r, w] = Pipe(false);
    const close = () => {
      r.close();
      w.close();
    };
    return { take: (value) => w.send(value), isEmpty: () => !r.poll(), close };
  },
  'a dict': () => {
    const dict = manager.dict<string, object>();
    return { take: (value) => dict.set('key', value), isEmpty: () => dict.size === 0, close: () => dict.close() };
  },
  'a list': () => {
    const list = manager.list<object>();
    return { take: (value) => list.append(value), isEmpty: () => list.length === 0, close: () => list.close() };
  },
  'a Thread': () => startedWith(Thread),
  'a Process': () => startedWith(Process),
};

describe('a handle that is closed while its value is being sent to', () => {
  test.each(Object.keys(places))('%s is a ValueError, and nothing is kept', (name) => {
    const before = held();
    const open = new Lock();
    const place = places[name]?.() as Place;
    expect(() => place.take(closing(open))).toThrow(new ValueError('cannot send a closed handle'));
    expect(place.isEmpty()).toBe(true);
    place.close();
    expect(open.acquire(false)).toBe(true);
    open.close();
    expect(held()).toEqual(before);
  });
});
