import { Event, FileNotFoundError, heap, type Process, Queue, RawArray, ShareableList, SharedMemory } from 'nogil';
import { describe, expect, test } from 'vitest';
import { spawns, tries } from '../../support/mode.ts';
import { heldWithoutWorkers, killSometime, untilGivenBack } from '../death/queue-support.ts';
import { LONG, resultsOf, startMany, startProcess } from '../sync/support.ts';
import {
  addOne,
  checkElement,
  churnUntilKilled,
  contend,
  describeSent,
  internalsOf,
  keepOpen,
  makeNamed,
  stopInside,
  unlinkNamed,
  useList,
  writeUntilKilled,
} from './memory.workers.ts';

describe('workers', () => {
  // The first test: nobody has used a name in this heap yet.
  test('that make memory of one name at the same time, the first that the heap ever has: exactly one wins', () => {
    using start = new Event();
    const threads = startMany(8, makeNamed, start, 'raced for');
    start.set();
    const winners = resultsOf(threads).flatMap((won, index) => (won ? [index] : []));
    expect(winners.length).toBe(1);
    using memory = new SharedMemory('raced for');
    expect(memory.buf?.[0]).toBe((winners[0] as number) + 1);
    memory.unlink();
    expect(heap.stats().objects.Dict).toBe(1);
    for (const each of threads) each.close();
  });

  test('that unlink the same memory at the same time: exactly one does', () => {
    for (let round = 0; round < 3; round++) {
      using start = new Event();
      using memory = new SharedMemory('raced against', true, 8);
      const threads = startMany(4, unlinkNamed, start, memory);
      start.set();
      expect(resultsOf(threads).filter(Boolean).length).toBe(1);
      expect(() => new SharedMemory('raced against')).toThrow(FileNotFoundError);
      for (const each of threads) each.close();
    }
  });

  test('that make and unlink one name all the time unlink each block once', () => {
    const before = heldWithoutWorkers();
    const start = new Event();
    const threads = startMany(4, contend, start, 'contended', 2000);
    start.set();
    const tallies = resultsOf(threads);
    const sum = (of: 'made' | 'unlinked') => tallies.reduce((total, tally) => total + tally[of], 0);
    expect(sum('made')).toBe(sum('unlinked'));
    expect(sum('made')).toBeGreaterThanOrEqual(1);
    expect(() => new SharedMemory('contended')).toThrow(FileNotFoundError);
    for (const each of [start, ...threads]) each.close();
    untilGivenBack(before.bytesInUse);
  });

  test('find by its name what lies where the heap has grown since they began', () => {
    using memory = new SharedMemory('grown', true, 1000);
    const [ready, go] = [new Event(), new Event()];
    const process = startProcess(addOne, 'grown', ready, go);
    expect(ready.wait(LONG)).toBe(true);
    const { bytesReserved } = heap.stats();
    using _large = new RawArray('B', bytesReserved);
    expect(heap.stats().bytesReserved).toBeGreaterThan(bytesReserved);
    using late = new SharedMemory('grown too', true, 70_000);
    const other = startProcess(addOne, 'grown too', ready, go);
    go.set();
    expect([process.result(LONG), other.result(LONG)]).toEqual([1000, 70_000]);
    expect(memory.buf?.every((byte) => byte === 1) && late.buf?.every((byte) => byte === 1)).toBe(true);
    for (const each of [memory, late]) each.unlink();
    for (const each of [ready, go, process, other]) each.close();
  });

  test('get memory and lists that are sent to them attached', () => {
    using memory = new SharedMemory(undefined, true, 10);
    using list = new ShareableList(['room for a text', 2]);
    using queue = new Queue<ShareableList>();
    for (const each of [memory, list]) each.unlink();
    queue.put(list as ShareableList);
    const process = startProcess(describeSent, memory, queue);
    expect(process.result(LONG)).toEqual([memory.name, 10, true, true, ['from the worker', 2]]);
    expect([memory.buf?.[0], list[0]]).toEqual([42, 'from the worker']);
    process.close();
  });

  test('that read and write the same elements see each of them whole', () => {
    using list = new ShareableList(Array.from({ length: 4 }, () => 'x'.repeat(4000)));
    const threads = startMany(3, useList, list, 3000);
    expect(resultsOf(threads)).toEqual([3000, 3000, 3000]);
    for (const element of list) checkElement(element);
    list.unlink();
    for (const each of threads) each.close();
  });
});

describe('a worker that is killed', () => {
  test('with memory open that it had made leaves the name, and the memory goes with unlink and close', () => {
    const before = heldWithoutWorkers();
    for (const create of [true, false]) {
      const mine = create ? undefined : new SharedMemory('of the dead', true, 100_000);
      const has = new Event();
      const victim = startProcess(keepOpen, 'of the dead', create, has);
      expect(has.wait(LONG)).toBe(true);
      killSometime(victim as unknown as Process<never>);
      const memory = new SharedMemory('of the dead');
      expect([memory.size, memory.buf?.[1]]).toEqual([100_000, 1]);
      memory.unlink();
      expect(() => new SharedMemory('of the dead')).toThrow(FileNotFoundError);
      for (const each of [memory, mine, has, victim]) each?.close();
    }
    untilGivenBack(before.bytesInUse);
  });

  test('at any moment of its writing leaves every element whole, and the next one reads and writes', () => {
    using list = new ShareableList(Array.from({ length: 3 }, () => 'x'.repeat(4000)));
    for (let round = 0; round < tries(25); round++) {
      using began = new Event();
      const victim = startProcess(writeUntilKilled, list.name, began);
      expect(began.wait(LONG)).toBe(true);
      killSometime(victim as unknown as Process<never>);
      for (const element of list) checkElement(element);
      list[1] = `${round % 10}`.repeat(3999);
      expect(list[1]).toBe(`${round % 10}`.repeat(3999));
      victim.close();
    }
    list.unlink();
  });

  test('in the middle of a write, with the lock: the next one takes the lock over, and ends the write', () => {
    using list = new ShareableList(['old', 'other']);
    const inside = internalsOf(list as ShareableList);
    for (const read of [() => list[0], () => [...list][0]]) {
      using has = new Event();
      list[0] = 'old';
      const victim = startProcess(stopInside, list as ShareableList, has);
      expect(has.wait(LONG)).toBe(true);
      // The system has another number for it.
      if (spawns) expect([0, inside.tid]).not.toContain(inside.owner());
      else expect(inside.owner()).toBe(victim.pid);
      killSometime(victim as unknown as Process<never>);
      expect([read(), list[0]]).toEqual(['new', 'new']);
      victim.close();
    }
    using has = new Event();
    const victim = startProcess(stopInside, list as ShareableList, has);
    expect(has.wait(LONG)).toBe(true);
    killSometime(victim as unknown as Process<never>);
    inside.lock();
    expect(inside.owner()).toBe(inside.tid);
    inside.unlock();
    list.unlink();
    victim.close();
  });

  test('at any moment of making and unlinking leaves a name that can be used, or is free', () => {
    const before = heldWithoutWorkers();
    const rounds = tries(20);
    for (let round = 0; round < rounds; round++) {
      const began = new Event();
      const victims = [0, 1].map(() => startProcess(churnUntilKilled, 'churned', began));
      expect(began.wait(LONG)).toBe(true);
      for (const victim of victims) killSometime(victim as unknown as Process<never>);
      const start = new Event();
      start.set();
      const tally = contend(0, start, 'churned', 50);
      // What the dead have left is one block at most.
      expect([49, 50]).toContain(tally.made);
      expect(tally.unlinked).toBe(50);
      for (const each of [began, start, ...victims]) each.close();
    }
    untilGivenBack(before.bytesInUse, rounds * 4096);
  });
});
