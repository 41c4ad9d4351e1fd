import { BoundedSemaphore, Event, Lock, RLock, Semaphore } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { Agent, closeAll, type Span, timeOver } from '../harness/agents.ts';
import { loop } from '../harness/loop.ts';
import type { Contender, Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { load } from '../rivals/load.ts';
import { contendedMutex, mutex } from '../rivals/multithreading.ts';
import { Mutex } from '../rivals/mutex.ts';
import { native } from '../rivals/native.ts';
import type { By } from '../rivals/parties.ts';
import { CountingSemaphore, Flag, ReentrantMutex } from '../rivals/primitives.ts';
import { python } from '../rivals/python.ts';
import type { Fight, Orders } from './locks.workers.ts';

const PAIR = 'subject.acquire(); subject.release();';
const BY_HAND = 'futex mutex';
const PTHREAD = 'C: pthread mutex';

interface Locklike {
  acquire(): unknown;
  release(): void;
}

/** Afterwards it can be had. */
const FREE = { after: 'sum = subject.acquire(false) ? 1 : 0; subject.release()', expected: () => 1 };

const pairs = (name: string, by: By, subject: () => Locklike): Contender => loop(name, { by, subject, body: PAIR, ...FREE });

/** Held meanwhile. */
const nested = (name: string, by: By, make: () => Locklike): Contender =>
  pairs(name, by, () => {
    const lock = make();
    lock.acquire();
    return lock;
  });

const asked = (name: string, by: By, make: () => { set(): void }): Contender =>
  loop(name, {
    by,
    subject() {
      const flag = make();
      flag.set();
      return flag;
    },
    body: 'if (subject.isSet()) sum++;',
    expected: (calls) => calls,
  });

/** A program that uses the whole family: the methods they share are no longer compiled for one class. */
const amongSisters = (): Lock => {
  for (const lock of [new multiprocessing.Lock(), new multiprocessing.RLock(), new BoundedSemaphore(1)])
    for (let i = 0; i < 50_000; i++) {
      lock.acquire();
      lock.release();
    }
  return new Lock();
};

/** Workers of their own fight for one lock; a counter under it is checked. */
function fight(name: string, by: By, fighters: number, make: () => { orders: Omit<Orders, 'words'>; close?(): void }): Contender {
  return {
    name,
    by,
    async open() {
      const words = new Int32Array(new SharedArrayBuffer(256));
      const { orders, close } = make();
      const agents = Array.from(
        { length: fighters },
        () => new Agent('rows/locks.workers.js', { ...orders, words } satisfies Orders),
      );
      await Promise.all(agents.map((agent) => agent.answer()));
      const once = async (each: number) => {
        words.fill(0);
        const spans = agents.map((agent) => agent.ask<Span>({ count: each, fighters } satisfies Fight));
        const ns = timeOver(await Promise.all(spans));
        if (words[1] !== fighters * each) throw new Error(`the counter is ${words[1]}, not ${fighters * each}`);
        return ns;
      };
      return {
        async run(count) {
          const each = Math.ceil(count / fighters);
          await once(Math.ceil(each / 4));
          return ((await once(each)) * count) / (each * fighters);
        },
        async close() {
          await closeAll(agents);
          close?.();
        },
      };
    },
  };
}

function contended(fighters: number, targets: Target[]): Row {
  const ours = (kind: 'Lock' | 'RLock', make: () => Lock | RLock) =>
    fight(kind, 'nogil', fighters, () => {
      const lock = make();
      return { orders: { kind, handle: lock.handle() }, close: () => lock.close() };
    });
  return {
    id: `locks.contended-${fighters}`,
    what: `One lock, ${fighters} workers that want it all the time`,
    how: 'Each: acquire, counter++, release, again and again. The counter is plain, and checked.',
    unit: 'perSecond',
    least: 10_000,
    contenders: [
      ours('Lock', () => new Lock()),
      ours('RLock', () => new RLock()),
      fight(BY_HAND, 'handmade', fighters, () => ({ orders: { kind: 'Mutex', memory: new Mutex().memory } })),
      contendedMutex('multithreading: Mutex', fighters),
      native(PTHREAD, () => ['lock', fighters]),
    ],
    targets,
  };
}

export const locks: Group = {
  id: 'locks',
  question: 'What do locks cost?',
  how: `Uncontended: calls in a loop of one thread; a sample is 1000 of them, the figure the median sample. What is
made by hand does less: no owner is recorded, nobody notices a death, nothing can be awaited or sent.`,
  rows: [
    {
      id: 'locks.uncontended',
      what: 'A lock that nobody else wants: acquire and release',
      how: 'One thread.',
      unit: 'time',
      contenders: [
        pairs('Lock', 'nogil', () => new Lock()),
        pairs('Lock, its sisters used before', 'nogil', amongSisters),
        pairs(BY_HAND, 'handmade', () => new Mutex()),
        mutex('multithreading: Mutex'),
        python('Python: threading.Lock', () => ['lock']),
        native(PTHREAD, () => ['lock', 1]),
      ],
      targets: [
        { who: 'Lock', against: BY_HAND, times: 2 },
        { who: 'Lock, its sisters used before', against: BY_HAND, times: 1 },
      ],
    },
    contended(2, [{ who: 'Lock', against: PTHREAD, times: 1 }]),
    contended(4, []),
    {
      id: 'locks.async',
      what: 'A lock that nobody else wants: awaited',
      how: 'await acquire, release, in one thread.',
      unit: 'time',
      contenders: [
        loop('Lock: acquireAsync', {
          by: 'nogil',
          subject: () => new Lock(),
          body: 'await subject.acquireAsync(); subject.release();',
          awaits: true,
          ...FREE,
        }),
        loop('async-mutex', {
          by: 'async-mutex',
          async subject() {
            const { Mutex } = await load<{ Mutex: new () => unknown }>('async-mutex');
            return new Mutex();
          },
          body: '(await subject.acquire())();',
          after: 'sum = subject.isLocked() ? 0 : 1',
          expected: () => 1,
          awaits: true,
          note: 'for the tasks of one thread only',
        }),
      ],
    },
    {
      id: 'locks.rlock',
      what: 'RLock: acquire and release',
      how: 'One thread.',
      fullOnly: true,
      unit: 'time',
      contenders: [pairs('RLock', 'nogil', () => new RLock()), pairs('by hand', 'handmade', () => new ReentrantMutex())],
    },
    {
      id: 'locks.rlock-nested',
      what: 'RLock that one holds already: acquire and release',
      how: 'One thread, which holds it. By hand it is a count that no other thread can see.',
      fullOnly: true,
      unit: 'time',
      contenders: [nested('RLock', 'nogil', () => new RLock()), nested('by hand', 'handmade', () => new ReentrantMutex())],
    },
    {
      id: 'locks.semaphore',
      what: 'Semaphore: acquire and release',
      how: 'One thread.',
      unit: 'time',
      contenders: [
        pairs('Semaphore', 'nogil', () => new Semaphore(1)),
        pairs('by hand', 'handmade', () => new CountingSemaphore(1)),
      ],
    },
    {
      id: 'locks.event',
      what: 'Event: isSet',
      how: 'One thread.',
      unit: 'time',
      contenders: [asked('Event', 'nogil', () => new Event()), asked('by hand', 'handmade', () => new Flag())],
    },
  ],
};
