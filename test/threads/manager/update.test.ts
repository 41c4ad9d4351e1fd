import { Event, heap, Manager, Process, Queue, RuntimeError, sleep, Thread, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { rejectionsOf } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import {
  appendAll,
  countUp,
  leaveQueue,
  scribble,
  setLater,
  setLaterAsync,
  takeAll,
  updateAndThrow,
  updateSlowly,
} from './manager.workers.ts';

const manager = Manager();

function start<F extends (...args: never[]) => unknown>(target: F, ...args: Parameters<F>): Thread<F> {
  const thread = new Thread({ target, args } as never) as unknown as Thread<F>;
  thread.start();
  return thread;
}

function end(...threads: { result(timeout: number): unknown; close(): void }[]): void {
  for (const thread of threads) {
    thread.result(LONG);
    thread.close();
  }
}

describe('several workers at one dict or list', () => {
  test('count exactly with update and updateAsync', async () => {
    const d = manager.dict<string, number>();
    const threads = [1, 2, 3].map(() => start(countUp, d, 500));
    for (let i = 0; i < 200; i++) {
      if (i % 2) d.update('n', (n = 0) => n + 1);
      else await d.updateAsync('n', async (n = 0) => n + 1);
    }
    end(...threads);
    expect(d.get('n')).toBe(1700);
    d.close();
  });

  test('append without losing or mixing up anything', () => {
    const l = manager.list<[number, number]>();
    const threads = [0, 1, 2].map((who) => start(appendAll, l, who, 1000));
    end(...threads);
    const all = l.copy();
    for (const who of [0, 1, 2])
      expect(all.filter(([each]) => each === who).map(([, i]) => i)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(all.length).toBe(3000);
    l.close();
  });

  test('take each item exactly once', () => {
    const numbers = Array.from({ length: 2000 }, (_, i) => i);
    const l = manager.list(numbers);
    const got = new Queue<number>();
    end(...[1, 2, 3].map(() => start(takeAll, l, got)));
    const taken = got.getMany();
    while (!got.empty()) taken.push(...got.getMany());
    expect(taken.sort((a, b) => a - b)).toEqual(numbers);
    for (const each of [l, got]) each.close();
  });

  test('never see half a value, while keys come and go and the table grows', () => {
    const d = manager.dict();
    end(...[0, 1, 2].map((who) => start(scribble, d, who, 3000)));
    expect(d.size).toBe(d.keys().length);
    for (const [key, text] of d.items()) expect(text.startsWith(`${/worker (\d)/.exec(key)?.[1]}:`) || text === '').toBe(true);
    d.close();
  });
});

describe('while another worker is inside of update', () => {
  function scene() {
    const d = manager.dict({ n: 1, other: 1 });
    const [inside, leave, about] = [new Event(), new Event(), new Event()];
    return { d, inside, leave, about, close: () => [d, inside, leave, about].forEach((each) => void each.close()) };
  }

  test('who reads sees what stood before, at once', () => {
    const { d, inside, leave, close } = scene();
    const updater = start(updateSlowly, d, 'n', inside, leave);
    expect(inside.wait(LONG)).toBe(true);
    expect([d.get('n'), d.n, d.size, d.items(), 'n' in d]).toEqual([
      1,
      1,
      2,
      [
        ['n', 1],
        ['other', 1],
      ],
      true,
    ]);
    leave.set();
    end(updater);
    expect(d.n).toBe(2);
    close();
  });

  test.each([
    ['set', setLater],
    ['setAsync', setLaterAsync],
  ] as const)('%s waits, and is not overwritten', async (_, target) => {
    const { d, inside, leave, about, close } = scene();
    const updater = start(updateSlowly, d, 'n', inside, leave);
    inside.wait(LONG);
    const setters = [start(target, d, 'n', 'mine', about), start(target, d, 'other', 'too', about)];
    about.wait(LONG);
    sleep(0.02);
    expect([d.get('n'), d.get('other')]).toEqual([1, 1]);
    leave.set();
    end(...[updater, ...setters]);
    expect([d.get('n'), d.get('other')]).toEqual(['mine', 'too']);
    close();
  });

  test('async calls of an event loop wait without blocking it', async () => {
    const { d, inside, leave, close } = scene();
    const l = manager.list([1]);
    const updater = start(updateSlowly, d, 'n', inside, leave);
    inside.wait(LONG);
    const calls = [
      d.setAsync('a', [1]),
      d.updateAsync({ b: 2 }),
      d.setdefaultAsync('c', 3),
      d.deleteAsync('other'),
      d.updateAsync('n', (n) => (n as number) * 10),
      d.popAsync('n'),
    ];
    let settled = 0;
    for (const call of calls) void call.then(() => settled++);
    await l.appendAsync(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([settled, d.get('n')]).toEqual([0, 1]);
    leave.set();
    expect(await Promise.all(calls)).toEqual([undefined, undefined, 3, true, 20, 20]);
    expect({ ...d }).toEqual({ a: [1], b: 2, c: 3 });
    end(updater);
    l.close();
    close();
  });

  test('a thread that must not block can read, and is told which call to await instead of writing', () => {
    const { d, inside, leave, close } = scene();
    const l = manager.list([1]);
    const updater = start(updateSlowly, d, 'n', inside, leave);
    inside.wait(LONG);
    type Waiting = { core: { configureWaiting(blocking: number, spins: number): void } };
    const { core } = (inside as unknown as Record<string, Waiting>)['~heapOf'] as Waiting;
    core.configureWaiting(0, 0);
    try {
      expect([d.get('n'), d.size]).toEqual([1, 2]);
      expect(() => d.set('n', 1)).toThrow(/set\(\) would have to wait.* await setAsync\(\)/);
      expect(() => d.update('n', () => 1)).toThrow(/await updateAsync\(\)/);
      expect(() => d.pop('other')).toThrow(RuntimeError);
      l.append(2);
      expect(l.copy()).toEqual([1, 2]);
    } finally {
      core.configureWaiting(1, 0);
    }
    leave.set();
    end(updater);
    expect({ ...d }).toEqual({ n: 2, other: 1 });
    l.close();
    close();
  });

  test('an async call can be aborted, which leaves nothing behind', async () => {
    const { d, inside, leave, close } = scene();
    const updater = start(updateSlowly, d, 'n', inside, leave);
    inside.wait(LONG);
    const before = heap.stats().objects;
    const stop = new AbortController();
    const call = d.setAsync('n', ['x'.repeat(5000), inside], { signal: stop.signal });
    stop.abort(new RangeError('enough'));
    await expect(call).rejects.toThrow(RangeError);
    await expect(d.updateAsync('n', () => 5, { signal: AbortSignal.abort(new TypeError('before')) })).rejects.toThrow(TypeError);
    expect(heap.stats().objects).toEqual(before);
    leave.set();
    end(updater);
    expect(d.n).toBe(2);
    close();
  });

  test('which throws, the others go on with the old value', () => {
    const { d, inside, leave, about, close } = scene();
    const updater = start(updateAndThrow, d, inside, leave);
    inside.wait(LONG);
    const setter = start(setLater, d, 'other', 2, about);
    about.wait(LONG);
    leave.set();
    expect(updater.join(LONG)).toBe(true);
    expect(updater.exception).toBeInstanceOf(ValueError);
    end(setter);
    expect({ ...d }).toEqual({ n: 1, other: 2 });
    expect(d.update('n', (n) => n + 1)).toBe(2);
    updater.close();
    close();
  });
});

describe('updateAsync', () => {
  test('keeps tasks of one worker apart, also from what blocks', async () => {
    const d = manager.dict({ n: 0 });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
    const tasks = Array.from({ length: 20 }, () =>
      d.updateAsync('n', async (n) => {
        await pause();
        return (n as number) + 1;
      }),
    );
    expect(() => d.set('n', 100)).toThrow(RuntimeError);
    expect(() => d.update('n', () => 100)).toThrow(RuntimeError);
    expect([d.get('n'), d.size]).toEqual([0, 1]);
    await d.setAsync('after', 1);
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    d.set('n', 100);
    expect({ ...d }).toEqual({ n: 100, after: 1 });
    d.close();
  });

  test('changes nothing when the function rejects', async () => {
    const d = manager.dict({ n: 1 });
    const l = manager.list([1, 2]);
    await expect(d.updateAsync('n', async () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    await expect(l.updateAsync(5, () => 1)).rejects.toThrow('list index out of range');
    expect(await l.updateAsync(-1, async (n) => n + 1)).toBe(3);
    await Promise.all([
      l.extendAsync([9, 8]),
      l.insertAsync(0, 7),
      l.setAsync(1, 6),
      l.removeAsync(8),
      l.sortAsync(),
      l.reverseAsync(),
    ]);
    expect([d.n, l.copy(), await l.popAsync()]).toEqual([1, [9, 7, 6, 3], 3]);
    await Promise.all([l.clearAsync(), d.clearAsync()]);
    await expect(d.popitemAsync()).rejects.toThrow('empty');
    expect([l.length, d.size]).toEqual([0, 0]);
    for (const each of [d, l]) each.close();
  });

  test('rejects with ValueError when the dict is closed while it waits', async () => {
    const d = manager.dict({ n: 1 });
    const [inside, leave] = [new Event(), new Event()];
    const updater = start(updateSlowly, d, 'n', inside, leave);
    inside.wait(LONG);
    const calls = [d.setAsync('n', 5), d.updateAsync('n', () => 5)];
    d.close();
    for (const error of await rejectionsOf(calls)) expect(error).toBeInstanceOf(ValueError);
    leave.set();
    end(updater);
    for (const each of [inside, leave]) each.close();
  });
});

describe('handles in a dict', () => {
  test('keep what they refer to alive after the worker that put them has ended', async () => {
    const d = manager.dict();
    const leaver = new Process({ target: leaveQueue, args: [manager, d] });
    leaver.start();
    expect(leaver.join(LONG)).toBe(true);
    expect(leaver.exitcode).toBe(0);
    leaver.close();
    await until(() => heap.stats().objects.Worker === undefined, 'the worker is gone');
    d.inner.n += 1;
    expect([d.queue.get(), d.inner.n]).toEqual(['left behind', 2]);
    d.close();
  });
});
