import {
  Barrier,
  BoundedSemaphore,
  Condition,
  JoinableQueue,
  LifoQueue,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RawArray,
  RLock,
  Array as SharedArray,
  SharedMemory,
  SimpleQueue,
  Thread,
  Value,
} from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { acquireTwice, dieHolding, misuse, misuseThere, type Objects, optionsOf, optionsThere } from './options.workers.ts';
import { end, resultsOf, startAll, startProcess } from './support.ts';

describe('what is fixed when an object is made belongs to the object', () => {
  test('in a worker it says the same of itself as where it was made', () => {
    using sharedLock = new Lock();
    const memory = new SharedMemory(undefined, true, 100);
    const queues = [Queue, JoinableQueue, LifoQueue, PriorityQueue, mp.Queue, mp.JoinableQueue].map((each) => new each(3));
    const objects: Objects = {
      barrier: new Barrier(3, undefined, 2.5),
      released: new Lock({ onOwnerDeath: 'release' }),
      watched: new Lock({ deadlock: 'error' }),
      reentrant: new RLock({ onOwnerDeath: 'release' }),
      bounded: new BoundedSemaphore(2),
      plain: new Condition(new Lock()),
      nested: new Condition(),
      queues: [...queues, new SimpleQueue()],
      ends: Pipe(false),
      value: new Value('q', 3n),
      bare: new Value('i', 3, { lock: false }),
      shared: new Value('i', 3, { lock: sharedLock }),
      array: new SharedArray('i', 4),
      raw: new RawArray('B', 5),
      memory,
      thread: new Thread({ name: 'somebody', daemon: true }),
    };
    const here = optionsOf(objects);
    expect(here[0]).toEqual([3, 2.5]);
    expect(here[1]).toBe('ValueError');
    expect(resultsOf(startAll(optionsThere, [objects]))).toEqual([here]);
    memory.unlink();
  });

  test("a lock that is given back at its holder's death is so wherever it is held", () => {
    using lock = new Lock({ onOwnerDeath: 'release' });
    using rlock = new RLock({ onOwnerDeath: 'release' });
    using broken = new Lock();
    end(startProcess(dieHolding, lock, rlock, broken));
    expect([lock.acquire(), rlock.acquire(), broken.broken]).toEqual([true, true, true]);
    lock.release();
    rlock.release();
  });

  test('a lock that looks for deadlocks does so wherever it is', () => {
    using lock = new Lock({ deadlock: 'error' });
    expect(resultsOf(startAll(acquireTwice, [lock]))).toEqual(['DeadlockError']);
  });

  test('a lock keeps its flavour in what wraps it, of either module, however often that is sent', () => {
    const locks = [
      new Lock(),
      new mp.Lock({ onOwnerDeath: 'release' }),
      new RLock(),
      new mp.RLock(),
      new Lock({ deadlock: 'error' }),
    ];
    const expected = ['RuntimeError', 'ValueError', 'RuntimeError', 'AssertionError', 'RuntimeError'];
    const wrap = (lock: Lock | RLock) => [
      lock,
      new Condition(lock),
      new mp.Condition(lock),
      new Value('i', 0, { lock }),
      new SharedArray('i', 2, { lock }),
    ];
    const wrappers = locks.flatMap(wrap);
    const all = expected.flatMap((name) => [name, name, name, name, name]);
    expect(misuse(wrappers)).toEqual(all);
    expect(resultsOf(startAll(misuseThere, [wrappers]))).toEqual([all]);
    using queue = new Queue<typeof wrappers>();
    queue.put(wrappers);
    queue.put(queue.get());
    expect(misuse(queue.get())).toEqual(all);
    expect(misuse([new Condition(), new mp.Condition()])).toEqual(['RuntimeError', 'AssertionError']);
    expect(resultsOf(startAll(misuseThere, [[new Condition(), new mp.Condition()]]))).toEqual([
      ['RuntimeError', 'AssertionError'],
    ]);
  });
});
