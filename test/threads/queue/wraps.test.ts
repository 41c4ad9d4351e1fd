/**
 * Positions and sequences that come around while several workers are at it: each starts near the end of its
 * range.
 */
import { Event, JoinableQueue, PriorityQueue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import type { Heap } from '../../../src/heap/heap.ts';
import { LONG, resultsOf, startAll } from '../sync/support.ts';
import { await_, consume, prioritise, produce } from './wraps.workers.ts';

const { heap } = (globalThis as never as Record<symbol, { heap: Heap }>)[Symbol.for('nogil.heap')] ?? theirs();
function theirs(): { heap: Heap } {
  new Event().close();
  return (globalThis as never as Record<symbol, { heap: Heap }>)[Symbol.for('nogil.heap')] as { heap: Heap };
}

/** As assembly/layout.ts has them. */
const [TAIL, HEAD, DONE, POSITION, OTHER_CACHE, SEGMENT, BASE] = [112, 240, 448, 64, 16, 24, 8];
const ROOT = 64;
const THREADS = 80;
const EDGES = [0x7fffffff - 500, 0xffffffff - 500];

const addressOf = ({ id }: { id: number }): number => heap.core.objectAt(id, heap.core.generationAt(id));

function setPosition(side: number, items: number, low: number): void {
  for (const word of [POSITION, OTHER_CACHE]) {
    heap.storeWord(side + word, low | 0);
    heap.storeWord(side + word + 4, items | 0);
  }
}

describe.each(EDGES)('with %i items gone through it', (items) => {
  test.each(EDGES.map((bytes) => bytes & ~7))('and %i bytes, a queue keeps what workers put, in order', (bytes) => {
    using queue = new JoinableQueue<[number, number, string]>(20);
    const at = addressOf(queue);
    for (const side of [at + TAIL, at + HEAD]) {
      setPosition(side, items, bytes);
      heap.storeWord(heap.loadWord(side + SEGMENT) + BASE, bytes | 0);
    }
    heap.storeWord(at + DONE, items | 0);
    const consumers = startAll(consume, [queue], [queue]);
    const count = 2000;
    resultsOf(startAll(produce, [queue, 1, count], [queue, 2, count]));
    expect(queue.join(LONG)).toBe(true);
    expect([queue.unfinishedTasks, queue.qsize()]).toEqual([0, 0]);
    queue.shutdown();
    const results = resultsOf(consumers);
    expect(results.map(({ wrong }) => wrong)).toEqual(['', '']);
    expect(results.reduce((sum, { taken }) => sum + taken, 0)).toBe(2 * count);
  });

  test('a PriorityQueue keeps those of equal priority in order', () => {
    using queue = new PriorityQueue<[number, number, number]>();
    const at = addressOf(queue);
    setPosition(at + TAIL, items, 0);
    heap.storeWord(at + DONE, items | 0);
    const count = 600;
    resultsOf(startAll(prioritise as never, [queue, 1, count] as never, [queue, 2, count] as never));
    const taken = queue.getMany();
    while (queue.qsize() > 0) taken.push(...queue.getMany());
    expect(taken).toHaveLength(2 * count);
    expect(taken.map(([priority]) => priority)).toEqual([...taken.map(([priority]) => priority)].sort());
    expect(queue.unfinishedTasks).toBe(2 * count);
  });

  test('equal priorities come out as they went in', () => {
    using queue = new PriorityQueue<{ priority: number; i: number }>();
    setPosition(addressOf(queue) + TAIL, items, 0);
    for (let i = 0; i < 1500; i++) queue.put({ priority: 1, i });
    for (let i = 0; i < 1500; i++) expect(queue.get().i).toBe(i);
  });
});

describe.each([1, 'a key of more than eight bytes'])('of equal priorities (%s)', (priority) => {
  const puts = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 5, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 3 * 2 ** 31 + 1, 2 ** 33 + 1];
  test.each(puts)('the older comes first, after %i puts more', (more) => {
    using queue = new PriorityQueue<{ priority: number | string; name: string }>();
    const count = addressOf(queue) + TAIL + POSITION + 4;
    const start = 7;
    heap.storeWord(count, start);
    queue.put({ priority, name: 'older' });
    // Each time the count comes around, a put finds it at 0.
    for (let round = Math.floor((start + more) / 2 ** 32); round > 0; round--) {
      heap.storeWord(count, 0);
      queue.put({ priority, name: 'between' });
    }
    heap.storeWord(count, ((start + more) % 2 ** 32) | 0);
    queue.put({ priority, name: 'younger' });
    const taken: string[] = [];
    while (queue.qsize() > 0) taken.push(queue.get().name);
    expect([taken[0], taken.at(-1)]).toEqual(['older', 'younger']);
  });
});

test.each([0x7ffffffc, -4])('an event of generation %i wakes and is cleared', (generation) => {
  using event = new Event();
  using back = new Event();
  heap.storeWord(addressOf(event), generation);
  heap.storeWord(addressOf(back), generation);
  const rounds = 50;
  const threads = startAll(await_, [event, back, rounds]);
  for (let i = 0; i < rounds; i++) {
    event.set();
    expect(back.wait(LONG)).toBe(true);
    back.clear();
  }
  expect(resultsOf(threads)).toEqual([rounds]);
});

test('default names go on where the number of threads comes around', () => {
  heap.storeWord(ROOT + THREADS, 0x7ffffffe);
  const names = [1, 2, 3].map(() => new Thread().name);
  expect(names).toEqual(['Thread-2147483647', 'Thread-2147483648', 'Thread-2147483649']);
});
