/**
 * Words of objects are written over while somebody waits there: who could never be woken any more is told so,
 * and who can be is woken, if late. All of them wait at the same time, since they look once in two seconds.
 */
import { Barrier, Condition, Lock, Queue, RLock, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { theHeap } from '../../support/workers.ts';
import { waitAt } from './corrupt.workers.ts';
import { LONG, sleepersIn, startProcess, until } from './support.ts';

type Waitable = Parameters<typeof waitAt>[0];

/** Byte offsets, as assembly/layout.ts has them. */
const GATE_WAITERS = 8;
const LIST_HEAD = 16;
const LIST_COUNT = 24;
const HEAD_POSITION = 240 + 64;
const NOT_EMPTY_WAITERS = 368 + 4;

function addressOf(object: Waitable): number {
  const { id, generation } = object.handle();
  return theHeap().core.objectAt(id, generation);
}

/** Writes over a word of an object. */
function scribble(object: Waitable, offset: number, value: number): void {
  theHeap().storeWord(addressOf(object) + offset, value);
}

function held<T extends Lock | RLock>(lock: T): T {
  lock.acquire();
  return lock;
}

/** Nobody has this id, nor ever had. */
const NOBODY = 0x1abcd000;

const broken: [what: string, make: () => Waitable, write: (object: never) => void][] = [
  ['a Lock that nobody can hold', () => held(new Lock()), (lock) => scribble(lock, 0, NOBODY | -0x80000000)],
  ['an RLock that nobody can hold', () => held(new RLock()), (lock) => scribble(lock, 0, NOBODY | -0x80000000)],
  ['a Semaphore with fewer permits than none', () => new Semaphore(0), (semaphore) => scribble(semaphore, 0, -3)],
  ['a Condition whose list is empty', () => new Condition(), (condition) => scribble(condition, LIST_HEAD, 0)],
  ['a Condition whose list is a circle', () => new Condition(), circle],
  ['a Barrier that counts other parties', () => new Barrier(2), (barrier) => scribble(barrier, LIST_COUNT, 7)],
  ['a Queue that is ahead of itself', () => new Queue<string>(), (queue) => scribble(queue, HEAD_POSITION, 4096)],
];

function circle(condition: Condition): void {
  const heap = theHeap();
  const node = heap.loadWord(addressOf(condition) + LIST_HEAD);
  heap.storeWord(node + 4, node);
}

describe('who sleeps', () => {
  test('is told, where nobody could wake it any more', { timeout: LONG * 3000 }, async () => {
    const started = broken.map(([what, make, write]) => {
      const object = make();
      return { what, object, write: write as (object: Waitable) => void, process: startProcess(waitAt, object, 'asleep') };
    });
    for (const { object } of started) until(() => sleepersIn(object).length === 1);
    for (const { object, write } of started) write(object);
    const answers = started.map(({ what, process }) => [what, process.result(LONG)]);
    expect(answers).toEqual(
      started.map(({ what, object }) => [what, `HeapCorruptError ${object.constructor.name} ${object.handle().id}`]),
    );
  });

  test('is woken, where only the count of sleepers is wrong', () => {
    const queue = new Queue<string>();
    const process = startProcess(waitAt, queue, 'asleep');
    until(() => sleepersIn(queue).length === 1);
    scribble(queue, NOT_EMPTY_WAITERS, -9);
    queue.put('late');
    expect(process.result(LONG)).toBe('late');
  });

  test('and who awaits a lock is told as it begins', async () => {
    const lock = held(new Lock());
    scribble(lock, 0, NOBODY);
    await expect(lock.acquireAsync()).rejects.toThrow(`byte 0 of Lock ${lock.handle().id}`);
    scribble(lock, GATE_WAITERS, 0);
  });
});
