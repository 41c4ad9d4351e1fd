/**
 * Handles that change hands while workers are killed: nobody keeps what the dead had, and nothing is closed
 * that somebody has.
 */
import { type Connection, EOFError, LifoQueue, Lock, Manager, Pipe, Process, Queue, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { spawns, tries } from '../../support/mode.ts';
import { giveAwayForEver } from '../pipe/pipe.workers.ts';
import {
  fillAndClear,
  forward,
  forwardAsync,
  forwardByDict,
  forwardByList,
  forwardByPipe,
  forwardMany,
  makeAndClose,
  type Parcel,
  renewInDict,
  renewInList,
} from './handles.workers.ts';
import { heldWithoutWorkers, killSometime, LONG, untilGivenBack } from './queue-support.ts';

/** Bytes of the heap that a death may cost. */
const SCRAP = 4096;
const COUNT = 6;

// A SIGKILL stops a process between any two instructions: once in some thousand kills between the counting of
// a reference and its handle, or between their ends. That object outlives its users (docs/internals/death.md),
// and the end of a pipe does not come. What leaks otherwise does so in each attempt.
const RETRY = { retry: spawns ? 1 : 0 };

// biome-ignore lint/suspicious/noExplicitAny: any function can be a target.
type Target = (...args: any[]) => unknown;

/** Lets a worker run for some turns, and kills it. */
function killAtWork<F extends Target>(target: F, turns: Semaphore, ...args: Parameters<F>): void {
  const victim = new Process({ target, args });
  victim.start();
  for (let i = Math.floor(Math.random() * 20); i >= 0; i--) expect(turns.acquire(true, LONG)).toBe(true);
  killSometime(victim as Process<never>);
  victim.close();
}

/** Items with the only handles of the writing end of a pipe and of a lock, and the reading ends. */
function makeItems(put: (item: Parcel) => void): Connection[] {
  return Array.from({ length: COUNT }, () => {
    const [r, end] = Pipe(false);
    const lock = new Lock();
    put({ end, lock });
    end.close();
    lock.close();
    return r;
  });
}

/**
 * At most one batch is gone; what is left is alive, and when it is closed all pipes have come to their end.
 */
function checkAndClose(left: Parcel[], readers: Connection[], hands: number): void {
  expect(left.length).toBeGreaterThanOrEqual(COUNT - hands);
  for (const { end, lock } of left) {
    expect(lock.acquire(false)).toBe(true);
    end.send(lock.id);
    end.close();
    lock.close();
  }
  let messages = 0;
  for (const r of readers) {
    for (;;) {
      if (!r.poll(LONG)) throw new Error('the end of file does not come');
      try {
        r.recv();
        messages++;
      } catch (error) {
        expect(error).toBeInstanceOf(EOFError);
        break;
      }
    }
    r.close();
  }
  expect(messages).toBe(left.length);
}

/** So many workers killed one after the other: the heap has what it had. */
function killing(most: number, round: (turns: Semaphore) => void): void {
  const times = tries(most);
  const before = heldWithoutWorkers();
  for (let i = 0; i < times; i++) {
    const turns = new Semaphore(0);
    round(turns);
    turns.close();
    expect(heldWithoutWorkers().objects).toEqual(before.objects);
  }
  untilGivenBack(before.bytesInUse, times * SCRAP);
}

describe('killing who forwards handles', RETRY, () => {
  test.each([
    ['a Queue', Queue, forward, 1],
    ['a LifoQueue', LifoQueue, forward, 1],
    ['a Queue, in batches', Queue, forwardMany, 3],
    ['a Queue, without blocking', Queue, forwardAsync, 1],
  ] as const)('through %s leaks none and closes none', (_, Class, target, hands) => {
    killing(15, (turns) => {
      const items = new Class<Parcel>();
      const readers = makeItems((item) => items.put(item));
      killAtWork(target, turns, items, turns);
      const left: Parcel[] = [];
      while (!items.empty()) left.push(items.getNowait());
      checkAndClose(left, readers, hands);
      items.close();
    });
  });

  test('through a pipe leaks none and closes none', () => {
    killing(15, (turns) => {
      const [r, w] = Pipe(false);
      const readers = makeItems((item) => w.send(item));
      killAtWork(forwardByPipe, turns, r, w, turns);
      const left: Parcel[] = [];
      while (r.poll()) left.push(r.recv() as Parcel);
      checkAndClose(left, readers, 1);
      r.close();
      w.close();
    });
  });
});

describe('killing who has handles in', RETRY, () => {
  const manager = Manager();

  test.each([
    ['takes them out and puts them in again', forwardByDict, 1],
    ['replaces them', renewInDict, 0],
  ] as const)('a dict and %s leaks none and closes none', (_, target, hands) => {
    killing(15, (turns) => {
      const items = manager.dict<number, Parcel>();
      let key = 0;
      const readers = makeItems((item) => items.set(key++, item));
      killAtWork(target, turns, items, turns);
      const left = items.values();
      expect(items.size).toBe(left.length);
      items.close();
      checkAndClose(left, readers, hands);
    });
  });

  test.each([
    ['takes them out and puts them in again', forwardByList, 1],
    ['replaces them and turns them round', renewInList, 0],
  ] as const)('a list and %s leaks none and closes none', (_, target, hands) => {
    killing(15, (turns) => {
      const items = manager.list<Parcel>();
      const readers = makeItems((item) => items.append(item));
      killAtWork(target, turns, items, turns);
      const left = items.copy();
      items.close();
      checkAndClose(left, readers, hands);
    });
  });

  test('a dict and a list, and clears them, leaks none and closes none', () => {
    killing(15, (turns) => {
      const [items, dict, list] = [manager.dict<number, Parcel>(), manager.dict<number, Parcel>(), manager.list<Parcel>()];
      let key = 0;
      const readers = makeItems((item) => items.set(key++, item));
      killAtWork(fillAndClear, turns, items, dict, list, turns);
      dict.clear();
      list.close();
      const left = items.values();
      items.close();
      checkAndClose(left, readers, 0);
      dict.close();
    });
  });

  test('a dict in a list that it closes leaks none and closes none', () => {
    killing(15, (turns) => {
      const items = manager.dict<number, Parcel>();
      let key = 0;
      const readers = makeItems((item) => items.set(key++, item));
      killAtWork(makeAndClose, turns, items, turns);
      const left = items.values();
      items.close();
      checkAndClose(left, readers, 0);
    });
  });
});

describe('killing who makes pipes and gives them away', RETRY, () => {
  test('leaks none, whether they are taken or dropped', () => {
    killing(20, () => {
      // Not more than it holds: the table of objects never shrinks.
      const ends = new Queue<Connection>(100);
      const victim = new Process({ target: giveAwayForEver, args: [ends] });
      victim.start();
      for (let i = 0; i < 3; i++) ends.get(true, LONG).close();
      killSometime(victim as Process<never>);
      victim.close();
      ends.close();
    });
  });
});
