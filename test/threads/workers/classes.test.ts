import { Process, Queue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { double, MarkedCounter, MarkedDerived, MarkedWorker, Renamed } from './classes.workers.ts';

describe('a subclass', () => {
  test('runs its own run() in the worker, on a copy of its own data', () => {
    using found = new Queue<number>();
    const counter = new MarkedCounter(10, found);
    counter.from = 4;
    counter.start();
    expect(counter.result(LONG)).toEqual({ name: 'counter', daemon: true, isCurrent: true, hidden: 'TypeError' });
    expect(found.getNowait()).toBe(49);
    expect(counter.from).toBe(4);
    expect(counter.to).toBe(10);
  });

  test('may be marked under a name of its own, and have an async run()', () => {
    const worker = new Renamed({ name: 'Eve' });
    worker.items = [1, { two: 2 }, new Date(3)];
    worker.start();
    expect(worker.result(LONG)).toEqual([1, { two: 2 }, new Date(3), 'Eve', true]);
  });

  test('without a run() of its own runs the target', () => {
    const worker = new MarkedWorker({ target: double, args: [21] });
    expect(worker.name).toMatch(/^Worker-\d+$/);
    worker.start();
    expect(worker.result(LONG)).toBe(42);
    expect(worker.note).toBe('a field');
  });

  test('may be of a subclass', () => {
    const worker = new MarkedDerived();
    worker.base = 'changed';
    worker.start();
    expect(worker.result(LONG)).toEqual(['changed', 'derived']);
  });

  test('is a plain Thread or Process where it is sent: to be waited for, not started', () => {
    using queue = new Queue<Thread | Process>();
    for (const [worker, Plain] of [
      [new MarkedDerived(), Thread],
      [new Renamed(), Process],
    ] as const) {
      queue.put(worker);
      const sent = queue.get();
      expect([sent === worker, sent.constructor, sent.name]).toEqual([false, Plain, worker.name]);
      expect(() => sent.start()).toThrow('by their creator');
      worker.start();
      expect(sent.result(LONG)).toEqual(worker.result(LONG));
    }
  });

  test('whose data cannot be sent says which part at start()', () => {
    const worker = new Renamed();
    worker.items = [1, () => 2];
    expect(() => worker.start()).toThrow(/cannot send a function \(at .*items\[1\]\)/);
    worker.items.pop();
    worker.start();
    expect(worker.result(LONG)).toEqual([1, worker.name, true]);
  });

  test('that is found nowhere says what to do', () => {
    class Local extends Thread {
      override run(): number {
        return 1;
      }
    }
    const worker = new Local();
    worker.start();
    expect(String(thrownBy(() => worker.result(LONG)))).toMatch(
      /RuntimeError: .*Thread.* is not defined: Local was sent as source.*mark it with task\(import\.meta/,
    );
  });

  test('keeps what the constructor of Process was told when it sets nothing itself', () => {
    const worker = new MarkedWorker({ target: double, args: [1], name: 'given', daemon: true });
    expect([worker.name, worker.daemon]).toEqual(['given', true]);
    worker.start();
    expect(worker.result(LONG)).toBe(2);
  });
});

describe('run()', () => {
  test('called directly runs the target here', () => {
    const calls: unknown[] = [];
    const target = (...args: unknown[]) => calls.push(args);
    new Thread({ target, args: [1, 2] }).run();
    new Process({ target, args: [3], kwargs: { a: 4 } }).run();
    expect(calls).toEqual([
      [1, 2],
      [3, { a: 4 }],
    ]);
    expect(new Thread().run()).toBeUndefined();
    expect(new Thread({ target: double, args: [4] }).run()).toBe(8);
  });

  test('of a URL cannot run here', () => {
    expect(() => new Thread({ target: new URL('file:///no/such.js') }).run()).toThrow('can only run in a worker');
  });
});
