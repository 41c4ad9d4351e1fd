import { Event, heap, Lock, Process, Queue, Semaphore, Thread, WorkerDied } from 'nogil';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import { bear, busy, exitWith, fail, nothing, parent, waitFor, withFinally, withHandler } from './lifecycle.workers.ts';

describe.each([
  ['Thread', Thread],
  ['Process', Process as unknown as typeof Thread],
])('a %s', (_, Kind) => {
  test('is not alive, then alive as soon as start() returns, then not', () => {
    using event = new Event();
    const worker = new Kind({ target: waitFor, args: [event] });
    expect([worker.isAlive(), worker.ident]).toEqual([false, undefined]);
    worker.start();
    expect(worker.isAlive()).toBe(true);
    expect(worker.ident).toEqual(expect.any(Number));
    event.set();
    expect(worker.join(LONG)).toBe(true);
    expect(worker.isAlive()).toBe(false);
    expect(worker.ident).toEqual(expect.any(Number));
  });

  test('whose target waits for what nothing is left to bring has exit code 13 and no result, as a module of Node', () => {
    const worker = new Kind({ target: () => new Promise<void>(() => {}) });
    worker.start();
    expect(worker.join(LONG)).toBe(true);
    expect(() => worker.result()).toThrow(WorkerDied);
    expect(() => worker.result()).toThrow('ended with exit code 13 and no result');
    worker.close();
  });

  test('is joined as often as one likes, with and without a timeout', async () => {
    using event = new Event();
    const worker = new Kind({ target: waitFor, args: [event] });
    worker.start();
    expect(worker.join(0)).toBe(false);
    expect(worker.join(-1)).toBe(false);
    const began = performance.now();
    expect(worker.join(0.03)).toBe(false);
    expect(await worker.joinAsync(0.03)).toBe(false);
    expect(performance.now() - began).toBeGreaterThanOrEqual(60);
    const controller = new AbortController();
    const aborted = worker.joinAsync(LONG, controller).catch((reason) => reason);
    const joined = worker.joinAsync(LONG);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    event.set();
    expect(await joined).toBe(true);
    expect(worker.join()).toBe(true);
    expect(worker.join(0)).toBe(true);
    expect(await worker.joinAsync(0)).toBe(true);
    expect(worker.join(null)).toBe(true);
  });

  test('is joined by a worker, too', () => {
    using event = new Event();
    const worker = new Kind({ target: waitFor, args: [event] });
    worker.start();
    const joiner = new Thread({
      target: (other: Thread) => [other.join(60), other.isAlive(), other.result()],
      args: [worker as Thread],
    });
    joiner.start();
    expect(joiner.join(0.05)).toBe(false);
    event.set();
    expect(joiner.result(LONG)).toEqual([true, false, 'waited']);
  });

  test('says what state it is in', () => {
    const worker = new Kind({ target: nothing, name: 'me' });
    expect(String(worker)).toMatch(/^<\w+\(me, initial\)>$/);
    worker.start();
    worker.join(LONG);
    expect(String(worker)).toMatch(/^<\w+\(me, stopped \d+\)>$/);
  });

  test('that was exited has no result: WorkerDied', () => {
    const worker = new Kind({ target: exitWith, args: [3, 'at once'], name: 'leaver' });
    worker.start();
    expect(worker.join(LONG)).toBe(true);
    expect(worker.exception).toBeInstanceOf(WorkerDied);
    expect(() => worker.result()).toThrow('leaver ended with exit code 3 and no result');
  });

  test('runs its exit handlers, and ends after them', () => {
    using queue = new Queue<string>();
    const worker = new Kind({ target: withHandler, args: [queue] });
    worker.start();
    expect(worker.result(LONG)).toBe('returned');
    expect(queue.getNowait()).toBe('exit handler');
  });
});

describe('the exit code of a Process', () => {
  test('is undefined while it runs, 0 after it has returned, and 1 after an error', () => {
    using event = new Event();
    const worker = new Process({ target: waitFor, args: [event] });
    expect(worker.exitcode).toBeUndefined();
    worker.start();
    expect(worker.exitcode).toBeUndefined();
    event.set();
    worker.join(LONG);
    expect(worker.exitcode).toBe(0);
    const failing = new Process({ target: fail });
    failing.start();
    failing.join(LONG);
    expect(failing.exitcode).toBe(1);
  });

  test.each([
    [0, 'at once'],
    [1, 'at once'],
    [42, 'at once'],
    [7, 'later'],
    [5, 'by process.exitCode'],
    [6, 'without a code, after process.exitCode'],
  ])('is what process.exit was told: %i, %s', (code, way) => {
    const worker = new Process({ target: exitWith, args: [code, way] });
    worker.start();
    expect(worker.join(LONG)).toBe(true);
    expect(worker.exitcode).toBe(code);
  });

  test.each(['spinning', 'getting', 'sleeping', 'acquiring', 'awaiting', 'awaiting an item', 'holding'])(
    'is -15 after terminate() and -9 after kill(), while it is %s',
    (way) => {
      using queue = new Queue<number>();
      using ready = new Semaphore(0);
      using lock = new Lock({ onOwnerDeath: 'release' });
      if (way !== 'holding') lock.acquire();
      for (const [stop, code] of [
        ['terminate', -15],
        ['kill', -9],
      ] as const) {
        const worker = new Process({ target: busy, args: [way, ready, queue, lock] });
        worker.start();
        expect(ready.acquire(true, LONG)).toBe(true);
        worker[stop]();
        expect(worker.join(LONG)).toBe(true);
        expect([worker.exitcode, worker.isAlive()]).toEqual([code, false]);
        expect(() => worker.result()).toThrow(WorkerDied);
        worker[stop]();
        expect(worker.exitcode).toBe(code);
        worker.close();
      }
      queue.put(1);
      expect(queue.get()).toBe(1);
      if (way === 'holding') expect(lock.acquire(true, LONG)).toBe(true);
    },
  );

  test('is that of the first who stopped it, also if that was before it had begun', () => {
    for (const [first, second, code] of [
      ['kill', 'terminate', -9],
      ['terminate', 'kill', -15],
    ] as const) {
      const worker = new Process({ target: busy, args: ['spinning', new Semaphore(0), new Queue<number>(), new Lock()] });
      worker.start();
      worker[first]();
      worker[second]();
      expect(worker.join(LONG)).toBe(true);
      expect(worker.exitcode).toBe(code);
    }
  });
});

describe('a Process', () => {
  test('that is stopped runs no finally and no exit handler', () => {
    using queue = new Queue<string>();
    using ready = new Semaphore(0);
    const worker = new Process({ target: withFinally, args: [ready, queue] });
    worker.start();
    ready.acquire(true, LONG);
    worker.terminate();
    expect(worker.join(LONG)).toBe(true);
    expect(worker.exitcode).toBe(-15);
    expect(queue.empty()).toBe(true);
  });

  test('has a pid of its own, which is its ident; a thread has its creator’s process', () => {
    const [a, b] = [new Process({ target: nothing }), new Process({ target: nothing })];
    expect(a.pid).toBeUndefined();
    expect(() => a.sentinel).toThrow('process not started');
    for (const each of [a, b]) each.start();
    expect(a.pid).toEqual(expect.any(Number));
    expect(a.pid).toBe(a.ident);
    expect(a.pid).not.toBe(b.pid);
    expect(a.sentinel).toEqual(expect.any(Number));
    for (const each of [a, b]) expect(each.join(LONG)).toBe(true);
    expect(a.pid).toBe(a.ident);
  });

  test('cannot be closed while it runs, and cannot be used after', () => {
    using event = new Event();
    const worker = new Process({ target: waitFor, args: [event] });
    worker.start();
    expect(() => worker.close()).toThrow('Cannot close a process while it is still running');
    event.set();
    worker.join(LONG);
    worker.close();
    worker.close();
    const uses = [
      () => worker.join(),
      () => worker.isAlive(),
      () => worker.name,
      () => worker.exitcode,
      () => worker.start(),
      () => worker.terminate(),
      () => worker.result(),
      () => worker.daemon,
    ];
    for (const use of uses) expect(String(thrownBy(use))).toBe('ValueError: process object is closed');
  });

  test('ends only when its children that are no daemons have ended', async () => {
    for (const kind of ['process', 'thread']) {
      using numbers = new Queue<number>();
      using event = new Event();
      const worker = new Process({ target: parent, args: [numbers, event, false, kind] });
      worker.start();
      const child = numbers.get(true, LONG);
      expect(numbers.get(true, LONG)).toBe(kind === 'process' ? 1 : 0);
      expect(worker.join(0.1)).toBe(false);
      event.set();
      expect(await worker.joinAsync(LONG)).toBe(true);
      expect(worker.exitcode).toBe(0);
      expect(child).not.toBe(worker.ident);
    }
  });

  test('terminates its daemonic children at its end', () => {
    using numbers = new Queue<number>();
    using event = new Event();
    const worker = new Process({ target: parent, args: [numbers, event, true, 'process'] });
    worker.start();
    expect(worker.join(LONG)).toBe(true);
    expect(numbers.qsize()).toBe(2);
    expect(event.isSet()).toBe(false);
  });

  test.each([
    ['process.exit', true],
    ['process.exit', false],
    ['terminate', true],
    ['terminate', false],
    ['kill', true],
  ] as const)('that ends by %s terminates its child only if it has exited and that is a daemon (%s)', (end, daemon) => {
    using children = new Queue<Process>();
    using event = new Event();
    const worker = new Process({ target: bear, args: [children, event, daemon, end === 'process.exit'] });
    worker.start();
    const child = children.get(true, LONG);
    if (end !== 'process.exit') worker[end]();
    expect(worker.join(LONG)).toBe(true);
    expect(worker.exitcode).toBe({ 'process.exit': 4, terminate: -15, kill: -9 }[end]);
    if (end === 'process.exit' && daemon) {
      expect(child.join(LONG)).toBe(true);
      expect(child.exitcode).toBe(-15);
    } else {
      expect(child.join(0.05)).toBe(false);
      event.set();
      expect(child.join(LONG)).toBe(true);
      expect(child.exitcode).toBe(0);
    }
    child.close();
  });

  test('takes its threads with it', async () => {
    using numbers = new Queue<number>();
    using event = new Event();
    const worker = new Process({ target: parent, args: [numbers, event, false, 'thread'] });
    worker.start();
    numbers.get(true, LONG);
    const asleep = () => heap.inspect().find(({ id }) => id === event.id)?.waiters.length;
    await until(() => asleep() === 1);
    worker.kill();
    expect(worker.join(LONG)).toBe(true);
    await until(() => asleep() === 0);
  });
});
