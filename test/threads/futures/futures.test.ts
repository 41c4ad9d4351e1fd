/** `nogil/futures`, as CPython's concurrent.futures does. */
import { Semaphore, WorkerDied } from 'nogil';
import {
  ALL_COMPLETED,
  asCompleted,
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  CancelledError,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  InvalidStateError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  TimeoutError,
  wait,
  waitAsync,
} from 'nogil/futures';
import { describe, expect, test, vi } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { exit, fail, failToPrepare, hold, later, pow, prepare, whatIsPrepared } from './futures.workers.ts';

const kinds = [
  ['ThreadPoolExecutor', ThreadPoolExecutor],
  ['ProcessPoolExecutor', ProcessPoolExecutor],
] as const;

describe.each(kinds)('%s', (name, Executor) => {
  test('submits calls', async () => {
    using executor = new Executor(2);
    const future = executor.submit(pow, 323, 2);
    expect(future).toBeInstanceOf(Future);
    expect([future.result(LONG), future.exception(), future.done(), future.cancelled(), future.running()]).toEqual([
      104_329,
      undefined,
      true,
      false,
      false,
    ]);
    expect(String(future)).toBe('<Future state=finished returned Number>');
    const failed = executor.submit(fail, 'no');
    expect(failed.exception(LONG)).toBeInstanceOf(RangeError);
    expect(() => failed.result()).toThrow(RangeError);
    expect(String(failed)).toBe('<Future state=finished raised RangeError>');
    expect(await executor.submit(later, 1)).toBe(2);
    await expect(executor.submit(fail, 'no').resultAsync(LONG)).rejects.toThrow('no');
    expect(await executor.submit(fail, 'no').exceptionAsync()).toBeInstanceOf(RangeError);
    expect(String(executor)).toContain(`<${name} running`);
  });

  test('maps over several iterables, in order, as many as the shortest has', async () => {
    await using executor = new Executor(2);
    expect([...executor.map(pow, [2, 3, 4], [5, 2])]).toEqual([32, 9]);
    expect([
      ...executor.map(
        pow,
        range(20),
        range(20).map(() => 2),
        { chunksize: 7 },
      ),
    ]).toEqual(range(20).map((x) => x * x));
    expect([...executor.map(later, [])]).toEqual([]);
    const all: number[] = [];
    for await (const each of executor.map(later, [1, 2, 3], { timeout: LONG })) all.push(each);
    expect(all).toEqual([2, 3, 4]);
    const results = executor.map(fail, ['first', 'second']);
    expect(() => results.next()).toThrow('first');
    expect(results.next()).toEqual({ value: undefined, done: true });
  });

  test('cancels what has not begun, and nothing else', () => {
    using executor = new Executor(1);
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const first = executor.submit(hold, here, gate, 1);
    expect(here.acquire(true, LONG)).toBe(true);
    const second = executor.submit(pow, 2, 2);
    expect([first.running(), second.running(), first.done(), second.done()]).toEqual([true, false, false, false]);
    expect([String(first), String(second)]).toEqual(['<Future state=running>', '<Future state=pending>']);
    expect([first.cancel(), second.cancel(), second.cancel()]).toEqual([false, true, true]);
    expect([second.cancelled(), second.done(), String(second)]).toEqual([true, true, '<Future state=cancelled>']);
    expect(thrownBy(() => second.result())).toBeInstanceOf(CancelledError);
    expect(thrownBy(() => second.exception())).toBeInstanceOf(CancelledError);
    expect(thrownBy(() => first.result(0.01))).toBeInstanceOf(TimeoutError);
    gate.release();
    expect([first.result(LONG), first.cancel()]).toEqual([1, false]);
  });

  test('waits for some, or all', async () => {
    using executor = new Executor(2);
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const held = executor.submit(hold, here, gate, 1);
    const quick = executor.submit(pow, 2, 3);
    const some = wait([held, quick, quick], { returnWhen: FIRST_COMPLETED, timeout: LONG });
    expect([some.done, some.notDone]).toEqual([new Set([quick]), new Set([held])]);
    const bad = executor.submit(fail, 'no');
    const [done] = wait([held, bad], { returnWhen: FIRST_EXCEPTION, timeout: LONG });
    expect(done).toEqual(new Set([bad]));
    expect((await waitAsync([held, quick], { returnWhen: FIRST_COMPLETED })).done).toEqual(new Set([quick]));
    expect(wait([held, quick], { timeout: 0.01 }).notDone).toEqual(new Set([held]));
    expect((await waitAsync([held], { timeout: 0.01 })).done).toEqual(new Set());
    gate.release();
    expect((await waitAsync([held, quick], { returnWhen: ALL_COMPLETED })).notDone).toEqual(new Set());
    expect(wait([]).done).toEqual(new Set());
    expect(() => wait([held], { returnWhen: 'SOME' as never })).toThrow("Invalid return condition: 'SOME'");
  });

  test('gives the futures as they are done', async () => {
    using executor = new Executor(2);
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const held = executor.submit(hold, here, gate, 1);
    const quick = executor.submit(pow, 2, 3);
    expect(quick.result(LONG)).toBe(8);
    const futures = asCompleted([held, quick, quick], 0.5);
    expect(futures.next().value).toBe(quick);
    expect(thrownBy(() => futures.next())).toMatchObject({ message: '1 (of 2) futures unfinished' });
    gate.release();
    expect([...asCompleted([held, quick])].map((each) => each.result())).toHaveLength(2);
    const order: unknown[] = [];
    for await (const each of asCompleted(range(5).map((x) => executor.submit(later, x)))) order.push(await each);
    expect(order.toSorted()).toEqual([1, 2, 3, 4, 5]);
  });

  test('calls back, once, and at once if it is done', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    using executor = new Executor(1);
    const seen: unknown[] = [];
    const future = executor.submit(pow, 2, 2);
    future.addDoneCallback((each) => seen.push(each.result()));
    future.addDoneCallback(() => {
      throw new Error('of a callback');
    });
    future.addDoneCallback((each) => seen.push(each === future));
    expect(future.result(LONG)).toBe(4);
    future.addDoneCallback(() => seen.push('at once'));
    expect(seen).toEqual([4, true, 'at once']);
    expect(printed).toHaveBeenCalledOnce();
    printed.mockRestore();
  });

  test('is shut down: what was submitted is done, or cancelled', () => {
    const executor = new Executor(1);
    const [here, gate] = [new Semaphore(0), new Semaphore(0)];
    const first = executor.submit(hold, here, gate, 1);
    expect(here.acquire(true, LONG)).toBe(true);
    const others = range(3000).map(() => executor.submit(pow, 2, 2));
    executor.shutdown({ wait: false, cancelFutures: true });
    expect(thrownBy(() => executor.submit(pow, 1, 1))).toMatchObject({
      name: 'RuntimeError',
      message: 'cannot schedule new futures after shutdown',
    });
    expect(others.every((each) => each.cancelled())).toBe(true);
    gate.release();
    executor.shutdown();
    expect(first.result()).toBe(1);
    const kept = new Executor(2);
    const all = range(50).map((x) => kept.submit(pow, x, 2));
    kept.shutdown();
    expect(all.map((each) => each.result(0))).toEqual(range(50).map((x) => x * x));
  });

  test('prepares its workers', () => {
    using executor = new Executor(1, { initializer: prepare, initargs: [7] });
    expect(executor.submit(whatIsPrepared).result(LONG)).toBe(7);
  });

  test('is broken when that fails', () => {
    const executor = new Executor(2, { initializer: failToPrepare });
    const futures = [executor.submit(pow, 1, 1), executor.submit(pow, 1, 1)];
    const Broken = name === 'ThreadPoolExecutor' ? BrokenThreadPool : BrokenProcessPool;
    for (const each of futures) {
      expect(each.exception(LONG)).toBeInstanceOf(Broken);
      expect(each.exception()).toBeInstanceOf(BrokenExecutor);
    }
    expect(thrownBy(() => executor.submit(pow, 1, 1))).toMatchObject({
      name: Broken.name,
      message: expect.stringContaining('not usable anymore'),
    });
    executor.shutdown();
  });

  test('refuses what cannot be', () => {
    expect(thrownBy(() => new Executor(0))).toMatchObject({ name: 'ValueError', message: 'maxWorkers must be greater than 0' });
    expect(() => new Executor(1, { initializer: 3 as never })).toThrow('initializer must be a callable');
    expect(() => new Executor(1, { workers: 3 } as never)).toThrow(TypeError);
  });
});

test('a process that dies breaks its executor, a thread that ends only its call', () => {
  const processes = new ProcessPoolExecutor(1);
  const dead = processes.submit(exit);
  const behind = processes.submit(pow, 2, 2);
  expect(thrownBy(() => dead.result(LONG))).toMatchObject({
    name: 'BrokenProcessPool',
    message: 'A process in the process pool was terminated abruptly while the future was running or pending.',
  });
  expect(behind.exception(LONG)).toBeInstanceOf(BrokenProcessPool);
  expect(thrownBy(() => processes.submit(pow, 1, 1))).toMatchObject({
    name: 'BrokenProcessPool',
    message: 'A child process terminated abruptly, the process pool is not usable anymore',
  });
  processes.shutdown();
  using threads = new ThreadPoolExecutor(1);
  expect(threads.submit(exit).exception(LONG)).toBeInstanceOf(WorkerDied);
  expect(threads.submit(pow, 2, 2).result(LONG)).toBe(4);
});

test('futures of several executors are waited for together', () => {
  using one = new ThreadPoolExecutor(1);
  using two = new ThreadPoolExecutor(1);
  const futures = range(10).map((x) => (x % 2 ? one : two).submit(later, x));
  expect([...asCompleted(futures, LONG)]).toHaveLength(10);
  const [here, gate] = [new Semaphore(0), new Semaphore(0)];
  const held = one.submit(hold, here, gate, 1);
  expect(wait([held, two.submit(later, 1)], { returnWhen: FIRST_COMPLETED, timeout: LONG }).notDone).toEqual(new Set([held]));
  gate.release();
});

test('what cancel() says is what happens, at any moment', () => {
  using executor = new ThreadPoolExecutor(2);
  const counter = new Semaphore(0);
  const count = (s: Semaphore) => s.release();
  let cancelled = 0;
  for (let round = 0; round < 20; round++) {
    const futures = range(100).map(() => executor.submit(count, counter));
    for (const each of futures) if (each.cancel()) cancelled++;
    expect(wait(futures, { timeout: LONG }).notDone.size).toBe(0);
    for (const each of futures) expect(each.cancelled() || each.exception() === undefined).toBe(true);
  }
  executor.submit(count, counter).result(LONG);
  expect(counter.getValue()).toBe(20 * 100 - cancelled + 1);
});

test('neither a future nor an executor can be sent', () => {
  using executor = new ThreadPoolExecutor(1);
  const future = executor.submit(pow, 2, 2);
  expect(() => executor.submit(pow, future as never, 1)).toThrow(/futures cannot be sent/);
  expect(() => executor.submit(pow, executor as never, 1)).toThrow(/executors cannot be sent/);
  expect(future.result(LONG)).toBe(4);
});

describe('a future that is settled by hand', () => {
  test('is an error to settle twice, or when it was cancelled', () => {
    const future = new Future<number>();
    expect(thrownBy(() => future.result(0.01))).toBeInstanceOf(TimeoutError);
    expect(() => future.result()).toThrow(/resultAsync/);
    expect([future.setRunningOrNotifyCancel(), future.running(), future.cancel()]).toEqual([true, true, false]);
    future.setResult(4);
    expect([future.result(), String(future)]).toEqual([4, '<Future state=finished returned Number>']);
    expect(() => future.setResult(1)).toThrow(InvalidStateError);
    expect(() => future.setException(new Error())).toThrow('FINISHED: <Future state=finished returned Number>');
    expect(() => future.setRunningOrNotifyCancel()).toThrow('Future in unexpected state');
    const cancelled = new Future();
    expect([cancelled.cancel(), cancelled.setRunningOrNotifyCancel(), cancelled.cancelled()]).toEqual([true, false, true]);
    expect(() => cancelled.setResult(1)).toThrow(InvalidStateError);
  });

  test('is awaited and waited for', async () => {
    const [future, other] = [new Future<number>(), new Future<number>()];
    setTimeout(() => future.setResult(5), 5);
    setTimeout(() => other.setException(new RangeError('no')), 10);
    expect(await future).toBe(5);
    await expect(other.finally()).rejects.toThrow('no');
    expect((await waitAsync([future, other])).done.size).toBe(2);
  });
});
