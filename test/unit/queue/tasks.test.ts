import { ShutDown, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { classes } from './flavours.ts';

describe.each(classes)('%s', (_, Queue) => {
  test('counts the tasks: put counts, get does not, taskDone counts off', () => {
    const queue = new Queue<number>();
    expect(queue.unfinishedTasks).toBe(0);
    queue.putMany([1, 2, 3]);
    expect(queue.unfinishedTasks).toBe(3);
    queue.get();
    queue.get();
    expect(queue.unfinishedTasks).toBe(3);
    queue.taskDone();
    expect(queue.unfinishedTasks).toBe(2);
  });

  test('refuses to count off more tasks than were put', () => {
    const queue = new Queue<number>();
    expect(() => queue.taskDone()).toThrow(ValueError);
    queue.put(1);
    queue.taskDone(); // as in Python: nobody checks that it was taken
    expect(() => queue.taskDone()).toThrow('taskDone() called too many times');
    expect(queue.unfinishedTasks).toBe(0);
    queue.put(2);
    expect(queue.unfinishedTasks).toBe(1);
  });

  test('joins at once when nothing is unfinished, any number of times', () => {
    const queue = new Queue<number>();
    expect(queue.join()).toBe(true);
    queue.put(1);
    expect(queue.join(0)).toBe(false);
    const began = performance.now();
    expect(queue.join(0.03)).toBe(false);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    queue.get();
    expect(queue.join(0)).toBe(false);
    queue.taskDone();
    expect(queue.join()).toBe(true);
    expect(queue.join(0)).toBe(true);
    expect(queue.join(null)).toBe(true);
  });

  test('after a shutdown takes nothing in and gives what is in it', () => {
    const queue = new Queue<number>(3);
    queue.putMany([1, 2]);
    expect(queue.isShutdown).toBe(false);
    queue.shutdown();
    expect(queue.isShutdown).toBe(true);
    const puts = [
      () => queue.put(3),
      () => queue.put('text' as never),
      () => queue.putNowait(3),
      () => queue.putMany([3]),
      () => queue.put(3, true, 5),
      () => queue.put(new Uint8Array(1e5) as never),
    ];
    for (const put of puts) expect(thrownBy(put)).toBeInstanceOf(ShutDown);
    expect(queue.qsize()).toBe(2);
    expect(queue.get()).toBe(1);
    expect(queue.getMany()).toEqual([2]);
    const gets = [() => queue.get(), () => queue.getNowait(), () => queue.get(true, 5), () => queue.getMany()];
    for (const get of gets) expect(thrownBy(get)).toBeInstanceOf(ShutDown);
  });

  test('throws ShutDown, not Full, when it was full', () => {
    const queue = new Queue<number>(1);
    queue.put(1);
    queue.shutdown();
    expect(thrownBy(() => queue.put(2))).toBeInstanceOf(ShutDown);
    expect(thrownBy(() => queue.putNowait(2))).toBeInstanceOf(ShutDown);
  });

  test('goes on counting tasks off after a shutdown', () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2]);
    queue.shutdown();
    queue.get();
    queue.taskDone();
    expect(queue.join(0)).toBe(false);
    queue.get();
    queue.taskDone();
    expect(queue.join(0)).toBe(true);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('drops and counts off what is in it at an immediate shutdown', () => {
    const queue = new Queue<number>();
    queue.putMany(range(5));
    queue.get();
    queue.shutdown(true);
    expect(queue.qsize()).toBe(0);
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ShutDown);
    // The one that was taken is still in somebody's hands.
    expect(queue.unfinishedTasks).toBe(1);
    queue.taskDone();
    expect(queue.join()).toBe(true);
    expect(() => queue.taskDone()).toThrow(ValueError);
  });

  test('may be shut down twice, and then immediately', () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2]);
    queue.shutdown();
    queue.shutdown();
    expect(queue.qsize()).toBe(2);
    queue.shutdown(true);
    expect(queue.qsize()).toBe(0);
    queue.shutdown();
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ShutDown);
  });

  test('is iterated until it is shut down and drained', () => {
    const queue = new Queue<number>();
    queue.putMany(range(10));
    queue.shutdown();
    expect([...queue]).toEqual(range(10));
    expect([...queue]).toEqual([]);
  });

  test('takes each item out as the loop reaches it', () => {
    const queue = new Queue<number>();
    queue.putMany([1, 2, 3]);
    const seen: [number, number][] = [];
    for (const item of queue) {
      seen.push([item, queue.qsize()]);
      if (item === 2) break;
    }
    expect(seen).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(queue.get()).toBe(3);
  });

  test('is iterated without blocking by for await', async () => {
    const queue = new Queue<number>(2);
    const feeding = (async () => {
      for (const i of range(20)) await queue.putAsync(i, 5);
      queue.shutdown();
    })();
    const got: number[] = [];
    for await (const item of queue) got.push(item);
    await feeding;
    expect(got).toEqual(range(20));
  });
});
