import { Event, Queue, Thread, Timer, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { fail, hello, later, nested, RepeatTimer } from './timer.workers.ts';

/** Far longer than a test may take: who waits for it was not woken. */
const NEVER = 3600;

describe('a Timer', () => {
  test('is a thread that calls its function once, after its interval, and no earlier', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(0.05, hello, [calls, 1, { two: 2 }]);
    expect(timer).toBeInstanceOf(Thread);
    expect([timer.isAlive(), timer.finished.isSet(), timer.interval]).toEqual([false, false, 0.05]);
    const began = performance.now();
    timer.start();
    expect(timer.isAlive()).toBe(true);
    expect(calls.get(true, LONG)).toEqual([timer.name, 1, { two: 2 }]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
    expect(timer.join(LONG)).toBe(true);
    expect(timer.finished.isSet()).toBe(true);
    expect(timer.result()).toBe(2);
    expect(calls.empty()).toBe(true);
    expect(() => timer.start()).toThrow('only be started once');
  });

  test.each([0, -1, Number.NEGATIVE_INFINITY])('of %s seconds calls at once', (interval) => {
    using calls = new Queue<unknown>();
    const timer = new Timer(interval, hello, [calls]);
    timer.start();
    expect(timer.join(LONG)).toBe(true);
    expect(calls.getNowait()).toEqual([timer.name]);
  });

  test('that is cancelled before its start does nothing when it is started', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(0, hello, [calls]);
    timer.cancel();
    timer.start();
    expect(timer.join(LONG)).toBe(true);
    expect([calls.empty(), timer.finished.isSet(), timer.result()]).toEqual([true, true, undefined]);
  });

  test('that is cancelled while it waits ends at once, without its call', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(NEVER, hello, [calls]);
    timer.start();
    expect(timer.join(0.1)).toBe(false);
    timer.cancel();
    expect(timer.join(LONG)).toBe(true);
    expect([calls.empty(), timer.isAlive(), timer.exception]).toEqual([true, false, undefined]);
  });

  test('that is cancelled afterwards, or twice, has called all the same', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(0, hello, [calls]);
    timer.start();
    timer.join(LONG);
    timer.cancel();
    timer.cancel();
    expect(calls.qsize()).toBe(1);
  });

  test('is cancelled by whoever has its finished event', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(NEVER, hello, [calls]);
    const other = new Thread({ target: (finished: Event) => finished.set(), args: [timer.finished] });
    timer.start();
    other.start();
    expect(timer.join(LONG)).toBe(true);
    expect(calls.empty()).toBe(true);
  });

  test('takes any kind of target, and keyword arguments', () => {
    using calls = new Queue<unknown>();
    const timers = [
      new Timer(0, hello, [calls, 'a mark'], { key: 'word' }),
      new Timer(0, compiled('threads/workers/timer'), [calls]),
      new Timer(0, (queue: Queue<unknown>, text: string) => queue.put(text), [calls, 'by source']),
    ];
    const said = timers.map((timer) => {
      timer.start();
      if (!timer.join(LONG)) throw new Error('it has not ended');
      return calls.getNowait();
    });
    expect(said).toEqual([[timers[0]?.name, 'a mark', { key: 'word' }], 'by url', 'by source']);
    expect(() => new Timer(0, 'hello' as never)).toThrow(TypeError);
    expect(() => new Timer(0, undefined as never)).toThrow(TypeError);
  });

  test('with an async function is finished when its promise is', () => {
    using calls = new Queue<unknown>();
    using began = new Event();
    const seen = new Event();
    const timer = new Timer(0, later, [began, calls, seen]);
    timer.start();
    expect(timer.result(LONG)).toBe('later');
    expect([calls.getNowait(), timer.finished.isSet(), began.isSet()]).toEqual([false, true, true]);
  });

  test('whose function fails is not finished, as in Python, and keeps the error', () => {
    const timer = new Timer(0, fail);
    timer.start();
    expect(thrownBy(() => timer.result(LONG))).toMatchObject({ name: 'RangeError', message: 'of the function' });
    expect(timer.finished.isSet()).toBe(false);
  });

  test('may be a daemon, is joined as any thread, and has its own interval when it starts', () => {
    using calls = new Queue<unknown>();
    const timer = new Timer(NEVER, hello, [calls]);
    timer.daemon = true;
    timer.interval = 0;
    expect([timer.isDaemon(), timer.function, timer.args.length, timer.kwargs]).toEqual([true, hello, 1, undefined]);
    expect(timer.args[0]).toBe(calls);
    timer.start();
    expect(timer.join(LONG)).toBe(true);
    expect(calls.qsize()).toBe(1);
  });

  test('refuses an interval that is no time', () => {
    expect(() => new Timer(Number.NaN, hello)).toThrow(ValueError);
    for (const interval of [undefined, null, '1', {}]) expect(() => new Timer(interval as never, hello)).toThrow(TypeError);
  });

  test('may be made and joined in a worker', () => {
    using calls = new Queue<unknown>();
    const thread = new Thread({ target: nested, args: [calls] });
    thread.start();
    expect(thread.result(LONG)).toEqual([true, 1]);
    expect(calls.getNowait()).toEqual([expect.stringMatching(/^Thread-/), 'nested']);
  });

  test('may be subclassed: the well-known one that repeats until it is cancelled', () => {
    using calls = new Queue<unknown>();
    const timer = new RepeatTimer(0.001, hello, [calls, 'again']);
    timer.start();
    for (let i = 1; i <= 5; i++) expect(calls.get(true, LONG)).toEqual([timer.name, 'again', i]);
    timer.cancel();
    expect(timer.result(LONG)).toBeGreaterThanOrEqual(5);
  });
});

describe('run() of Thread', () => {
  test('calls the target also from the run() of a subclass', () => {
    using calls = new Queue<unknown>();
    // A Timer is such a subclass; its run() called directly waits and calls here.
    const timer = new Timer(0, hello, [calls, 'here']);
    expect(timer.run()).toBe(1);
    expect([calls.getNowait(), timer.finished.isSet(), timer.isAlive()]).toEqual([['MainThread', 'here'], true, false]);
  });
});
