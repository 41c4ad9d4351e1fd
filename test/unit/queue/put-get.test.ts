import { Empty, Full, ShutDown, ValueError } from 'nogil';
import * as queueModule from 'nogil/queue';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { classes, lenient, strict, timed } from './flavours.ts';

describe.each(classes)('%s', (_, Queue) => {
  test('gives the items back first in, first out', () => {
    const queue = new Queue<number>();
    for (const i of range(1000)) queue.put(i);
    expect(range(1000).map(() => queue.get())).toEqual(range(1000));
  });

  test('keeps the order while puts and gets alternate', () => {
    const queue = new Queue<number>();
    const got: number[] = [];
    let next = 0;
    for (let round = 1; round < 60; round++) {
      for (let i = 0; i < round; i++) queue.put(next++);
      for (let i = 0; i < round - 1; i++) got.push(queue.get());
    }
    while (!queue.empty()) got.push(queue.getNowait());
    expect(got).toEqual(range(next));
  });

  test('says exactly how much is in it', () => {
    const queue = new Queue<string>(2);
    const looks = () => [queue.qsize(), queue.empty(), queue.full()];
    expect(looks()).toEqual([0, true, false]);
    queue.put('a');
    expect(looks()).toEqual([1, false, false]);
    queue.putNowait('b');
    expect(looks()).toEqual([2, false, true]);
    queue.get();
    expect(looks()).toEqual([1, false, false]);
    queue.getNowait();
    expect(looks()).toEqual([0, true, false]);
  });

  test('has no limit and is never full without a maxsize, or with one of 0 or less', () => {
    for (const queue of [new Queue(), new Queue(0), new Queue(-3)]) {
      for (const i of range(5000)) queue.putNowait(i);
      expect(queue.full()).toBe(false);
      expect(queue.qsize()).toBe(5000);
      queue.close();
    }
  });

  test('takes only an integer below 2 ** 31 as maxsize', () => {
    expect(new Queue(7).maxsize).toBe(7);
    for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null, {}])
      expect(() => new Queue(wrong as number)).toThrow(TypeError);
    expect(new Queue(2 ** 31 - 1).full()).toBe(false);
    expect(() => new Queue(2 ** 31)).toThrow(ValueError);
  });

  test('throws Empty at once when nothing is there and it shall not wait', () => {
    const queue = new Queue();
    for (const get of [() => queue.get(false), () => queue.getNowait(), () => queue.get(true, 0)])
      expect(thrownBy(get)).toBeInstanceOf(Empty);
  });

  test('throws Full at once when there is no room and it shall not wait, and takes nothing in', () => {
    const queue = new Queue<number>(1);
    queue.put(1);
    for (const put of [() => queue.put(2, false), () => queue.putNowait(2), () => queue.put(2, true, 0)])
      expect(thrownBy(put)).toBeInstanceOf(Full);
    expect(queue.qsize()).toBe(1);
    expect(queue.unfinishedTasks).toBe(1);
    expect(queue.get()).toBe(1);
    expect(queue.empty()).toBe(true);
  });

  test('waits as long as it was told before it throws Empty or Full', () => {
    const queue = new Queue<number>(1);
    const get = timed(() => queue.get(true, 0.03));
    expect(get.error).toBeInstanceOf(Empty);
    expect(get.seconds).toBeGreaterThanOrEqual(0.03);
    queue.put(1);
    const put = timed(() => queue.put(2, true, 0.03));
    expect(put.error).toBeInstanceOf(Full);
    expect(put.seconds).toBeGreaterThanOrEqual(0.03);
    expect(queue.get()).toBe(1);
  });

  test('ignores the timeout of a call that shall not wait, whatever it is', () => {
    const queue = new Queue<number>(1);
    for (const timeout of [5, -1, Number.NaN]) expect(thrownBy(() => queue.get(false, timeout))).toBeInstanceOf(Empty);
    queue.put(1);
    for (const timeout of [5, -1, Number.NaN]) expect(thrownBy(() => queue.put(2, false, timeout))).toBeInstanceOf(Full);
  });

  test('takes undefined and null as a timeout for ever', () => {
    const queue = new Queue<number>(2);
    queue.put(1, true, undefined);
    queue.put(2, true, null);
    expect(queue.get(true, undefined)).toBe(1);
    expect(queue.get(true, null)).toBe(2);
  });

  test('refuses NaN as a timeout, and anything that is no number or no boolean', () => {
    const queue = new Queue<number>(1);
    expect(() => queue.get(true, Number.NaN)).toThrow(ValueError);
    expect(() => queue.put(1, true, Number.NaN)).toThrow(ValueError);
    expect(() => queue.get(true, '1' as never)).toThrow(TypeError);
    expect(() => queue.put(1, true, '1' as never)).toThrow(TypeError);
    expect(() => queue.get(2 as never)).toThrow(TypeError);
    expect(() => queue.put(1, 'yes' as never)).toThrow(TypeError);
    expect(queue.qsize()).toBe(0);
  });

  test('counts items against maxsize, whatever their size', () => {
    const queue = new Queue<Uint8Array>(3);
    const sizes = [0, 5_000_000, 1];
    for (const size of sizes) queue.putNowait(new Uint8Array(size));
    expect(thrownBy(() => queue.putNowait(new Uint8Array(0)))).toBeInstanceOf(Full);
    expect(sizes.map(() => queue.get().length)).toEqual(sizes);
    for (const _ of sizes) queue.putNowait(new Uint8Array(2_000_000));
    expect(thrownBy(() => queue.putNowait(new Uint8Array(0)))).toBeInstanceOf(Full);
    queue.close();
  });

  test('goes round its ring many times without a mistake', () => {
    const queue = new Queue<string>(7);
    let put = 0;
    let got = 0;
    const item = (i: number) => `${i}:${'x'.repeat((i * 37) % 700)}`;
    while (got < 20_000) {
      while (!queue.full()) queue.put(item(put++));
      for (let i = (got % 7) + 1; i > 0; i--) if (queue.get() !== item(got++)) throw new Error(`item ${got - 1} is wrong`);
    }
    expect(queue.qsize()).toBe(put - got);
  });

  test('is an error to use once it is closed, and closing twice is none', () => {
    const queue = new Queue<number>();
    queue.put(1);
    queue.close();
    queue.close();
    const calls = [
      () => queue.put(1),
      () => queue.put('text' as never),
      () => queue.get(),
      () => queue.putMany([1]),
      () => queue.getMany(),
      () => queue.qsize(),
      () => queue.empty(),
      () => queue.full(),
      () => queue.taskDone(),
      () => queue.join(),
      () => queue.shutdown(),
    ];
    for (const call of calls) expect(call).toThrow(ValueError);
  });

  test('is closed at the end of its `using` block', () => {
    let kept: InstanceType<typeof Queue> | undefined;
    {
      using queue = new Queue<number>();
      queue.put(1);
      kept = queue;
    }
    expect(() => kept?.get()).toThrow('is closed');
  });

  test('has nothing to flush: joinThread and cancelJoinThread lose nothing', () => {
    const queue = new Queue<number>();
    queue.put(1);
    queue.joinThread();
    queue.cancelJoinThread();
    expect(queue.get()).toBe(1);
  });
});

describe.each(strict)('the strict %s', (_, Queue) => {
  test('refuses a negative timeout, as queue.Queue does, even when it need not wait', () => {
    const queue = new Queue<number>(1);
    queue.put(1);
    expect(() => queue.get(true, -1)).toThrow(ValueError);
    expect(() => queue.put(2, true, -0.5)).toThrow(ValueError);
    expect(() => queue.join(-1)).toThrow(ValueError);
    expect(() => queue.putMany([2], -1)).toThrow(ValueError);
    expect(() => queue.getMany(1, -1)).toThrow(ValueError);
    expect(queue.get()).toBe(1);
  });

  test('refuses a negative timeout also of a put that never waits, which queue.Queue takes', () => {
    const queue = new Queue<number>();
    expect(() => queue.put(1, true, -1)).toThrow(ValueError);
    expect(queue.empty()).toBe(true);
  });
});

describe.each(lenient)('the lenient %s', (_, Queue) => {
  test('takes a negative timeout as one try, as multiprocessing.Queue does', () => {
    const queue = new Queue<number>(1);
    expect(thrownBy(() => queue.get(true, -1))).toBeInstanceOf(Empty);
    expect(thrownBy(() => queue.getMany(1, -1))).toBeInstanceOf(Empty);
    queue.put(1, true, -1);
    expect(thrownBy(() => queue.put(2, true, -1))).toBeInstanceOf(Full);
    expect(thrownBy(() => queue.putMany([2], -1))).toBeInstanceOf(Full);
    expect(queue.join(-1)).toBe(false);
    expect(queue.get(true, -1)).toBe(1);
  });
});

test('nogil/queue has the class and the errors of nogil', () => {
  expect(queueModule.Queue).toBe(classes[0]?.[1]);
  expect([queueModule.Empty, queueModule.Full, queueModule.ShutDown]).toEqual([Empty, Full, ShutDown]);
  for (const ctor of [Empty, Full, ShutDown]) expect(new ctor('why')).toMatchObject({ name: ctor.name, message: 'why' });
});
