/**
 * What is read of a heap from outside is what its own calls say, and bytes that are no heap lead nowhere.
 */
import { Barrier, BoundedSemaphore, Event, heap, LifoQueue, Lock, PriorityQueue, Queue, RLock, Value } from 'nogil';
import { snapshot } from 'nogil/inspector';
import { expect, test } from 'vitest';
import { findHeap } from '../../../src/cli/find-heap.ts';
import { isHeap, look } from '../../../src/inspector/look.ts';
import type { Snapshot } from '../../../src/inspector/snapshot.ts';
import type { Source } from '../../../src/inspector/source.ts';

const lockOf = ({ locks }: Snapshot, id: number) => locks.find((each) => each.id === id);
const queueOf = ({ queues }: Snapshot, id: number) => queues.find((each) => each.id === id);

/** This process, as another one sees it. */
function fromOutside(): Snapshot {
  const { source } = findHeap(process.pid);
  if (source === undefined) throw new Error('this process has no heap that can be seen');
  try {
    return look(source);
  } finally {
    source.close();
  }
}

const views = { inside: snapshot, outside: fromOutside };

test.each(Object.entries(views))('from %s: who holds what, and what is in what', (_, take) => {
  using lock = new Lock();
  using rlock = new RLock();
  using free = new Lock();
  using semaphore = new BoundedSemaphore(3);
  using event = new Event();
  using barrier = new Barrier(4);
  using value = new Value('d', 1.5);
  lock.acquire();
  rlock.acquire();
  rlock.acquire();
  semaphore.acquire();
  event.set();
  const found = take();
  const own = found.workers.find(({ role }) => role === 'main');
  expect(own).toMatchObject({ state: 'running', name: 'main' });
  expect(own?.holds).toEqual(
    expect.arrayContaining([
      { class: 'Lock', id: lock.id },
      { class: 'RLock', id: rlock.id },
    ]),
  );
  const nobody = { broken: false, waiters: [], asyncWaiters: 0 };
  expect(lockOf(found, lock.id)).toEqual({ class: 'Lock', id: lock.id, holder: own?.tid, ...nobody });
  expect(lockOf(found, rlock.id)).toEqual({ class: 'RLock', id: rlock.id, holder: own?.tid, count: 2, ...nobody });
  expect(lockOf(found, free.id)).toEqual({ class: 'Lock', id: free.id, ...nobody });
  expect(lockOf(found, semaphore.id)?.state).toBe('2 free');
  expect(lockOf(found, event.id)?.state).toBe('set');
  expect(lockOf(found, barrier.id)?.state).toBe('0 of 4');
  expect(lockOf(found, value.id)).toEqual({ class: 'Value', id: value.id, ...nobody });
  lock.release();
  rlock.release();
  rlock.release();
});

test.each(Object.entries(views))('from %s: what went through queues of each discipline', async (_, take) => {
  for (const queue of [new Queue<number>(10), new LifoQueue<number>(10), new PriorityQueue<[number, string]>(10)]) {
    for (let i = 0; i < 5; i++) queue.put((queue instanceof PriorityQueue ? [i, ''] : i) as never);
    for (let i = 0; i < 2; i++) queue.get();
    expect(queueOf(take(), queue.id)).toEqual({
      class: queue.constructor.name,
      id: queue.id,
      size: 3,
      maxsize: 10,
      shutDown: false,
      put: 5,
      got: 2,
      getters: [],
      putters: [],
      joiners: [],
      asyncWaiters: 0,
    });
    queue.shutdown();
    for (let i = 0; i < 3; i++) queue.get();
    expect(queueOf(take(), queue.id)).toMatchObject({ size: 0, shutDown: true, got: 5 });
    queue.close();
  }
  using awaited = new Queue<number>();
  const item = awaited.getAsync();
  await new Promise(setImmediate);
  expect(queueOf(take(), awaited.id)?.asyncWaiters).toBe(1);
  awaited.put(7);
  expect(await item).toBe(7);
});

test.each(Object.entries(views))('from %s: as much memory as the heap itself says', (_, take) => {
  using many = new Queue<string>();
  for (let i = 0; i < 200; i++) many.put('x'.repeat(i * 100));
  const { bytesReserved, objects } = heap.stats();
  const { memory } = take();
  expect(memory.bytesReserved).toBe(bytesReserved);
  expect(memory.objects).toBe(Object.values(objects).reduce((a, b) => a + b, 0));
  // The shapes of objects are counted here.
  expect(memory.bytesInUse).toBeGreaterThanOrEqual(heap.stats().bytesInUse);
  expect(memory.bytesInUse).toBeLessThan(heap.stats().bytesInUse + 200_000);
});

/** A copy of this process's heap whose words can be anything. */
class Copy implements Source {
  readonly words: Int32Array;
  readonly size: number;

  constructor() {
    const { source } = findHeap(process.pid);
    if (source === undefined) throw new Error('this process has no heap that can be seen');
    this.size = Math.min(source.size, 2 ** 22);
    this.words = new Int32Array(this.size >> 2);
    for (let i = 0; i < this.words.length; i++) this.words[i] = source.word(i * 4);
    source.close();
  }

  word(at: number): number {
    return this.words[at >> 2] as number;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.words.buffer, at, length);
  }
}

test('whatever the words say, a look ends, and shows no more than can be there', () => {
  using queue = new Queue<string>(4);
  using barrier = new Barrier(3);
  queue.put('x');
  const copy = new Copy();
  expect(isHeap(copy)).toBe(true);
  expect(queueOf(look(copy), queue.id)?.size).toBe(1);
  expect(lockOf(look(copy), barrier.id)?.state).toBe('0 of 3');
  const used = copy.words.reduce((last, word, i) => (word === 0 ? last : i), 0);
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 300; round++) {
    const at = round % 2 === 0 ? 16 + random(100) : random(used);
    const before = copy.words[at] as number;
    const values = [-1, 0, 1, before + 4, before ^ (1 << random(32)), random(copy.size), random(2 ** 32) | 0];
    copy.words[at] = values[round % values.length] as number;
    const found = look(copy);
    expect(found.workers.length).toBeLessThanOrEqual(1024);
    expect(found.queues.length + found.locks.length).toBeLessThanOrEqual(copy.size / 16);
    copy.words[at] = before;
  }
  copy.words.fill(0);
  expect(isHeap(copy)).toBe(false);
  expect(look(copy)).toMatchObject({ workers: [], locks: [], queues: [], pools: [], deadlocks: [] });
});
