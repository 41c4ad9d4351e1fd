/**
 * The programs of document 004: threads and what belongs to each, events, locks, a queue, a semaphore,
 * processes.
 *
 * One has no test here: 004-P20 is os.fork(), which a worker has not.
 */
import { AttributeError, Barrier, Event, Lock, Process, RLock, Semaphore, Thread, Value } from 'nogil';
import { Queue as ProcessQueue } from 'nogil/multiprocessing';
import { Queue } from 'nogil/queue';
import { expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import {
  Coumter,
  type Counter,
  countAlone,
  crossing,
  holdAndLeave,
  local,
  MyProcess,
  printLetter,
  printNumber,
  processThread,
  putNumbers,
  QueueConsumer,
  QueueProduct,
  SquareProduct,
  sayWho,
  takeNumbers,
  threadAction,
  threadActionAtOnce,
  timed,
  useSample,
  waysToHold,
  withPermit,
} from './004.workers.ts';
import { SECOND } from './clock.workers.ts';
import { drain, runAll } from './crew.ts';

/** A clock may be read a little early: what the system rounds a sleep by. */
const ROUNDING = 0.001;

test('004-P1: five threads, one after the other, each count to 100 in a local variable of their own', () => {
  const log = new Queue<[string, number]>();
  const names = range(5).map(() => {
    const thread = new Thread({ target: countAlone, args: [log] });
    runAll([thread]);
    return thread.getName();
  });
  expect(drain(log)).toEqual(names.map((name) => [name, 100]));
  expect(new Set(names).size).toBe(5);
  for (const name of names) expect(name).toMatch(/^Thread-\d+ \(work\)$/);
  // This thread has set nothing, whatever the others did.
  expect(() => local.x).toThrow(AttributeError);
});

test('004-P2: a second function finds what its own thread has set, and nothing of the other thread', () => {
  const log = new Queue<[string, string]>();
  const both = new Barrier(2);
  const [t1, t2] = ['t1', 't2'].map((res) => new Thread({ target: processThread, args: [res, log, both] })) as [Thread, Thread];
  runAll([t1, t2]);
  const lines = drain(log);
  const linesOf = (thread: Thread) => lines.filter(([name]) => name === thread.name).map(([, line]) => line);
  expect(linesOf(t1)).toEqual(['t1', '***> t1', 't1111']);
  expect(linesOf(t2)).toEqual(['t2', '***> t2', 't2111']);
  expect(lines).toHaveLength(6);
});

test('004-P4: enter() reads the clock each time, so the priority does not count', () => {
  const log = new Queue<string>();
  const [seconds] = runAll([new Thread({ target: threadAction, args: [log, '1', '2', '3'] })]);
  expect(drain(log)).toEqual(['1', '2', '3']);
  expect(seconds).toBeGreaterThanOrEqual(SECOND - ROUNDING);
});

test('004-P4: for the same time the lower priority comes first', () => {
  const log = new Queue<string>();
  expect(runAll([new Thread({ target: threadActionAtOnce, args: [log, '1', '2', '3'] })])).toEqual([true]);
  expect(drain(log)).toEqual(['3', '2', '1']);
});

test('004-P5: two threads and two events print a1 b2 c3 d4 e5 f6', () => {
  const print = new Queue<string>();
  const [letterEvent, numberEvent] = [new Event(), new Event()];
  const threads = [
    new Thread({ target: printLetter, args: [letterEvent, numberEvent, print] }),
    new Thread({ target: printNumber, args: [numberEvent, letterEvent, print] }),
  ];
  for (const each of threads) each.start();
  letterEvent.set();
  for (const each of threads) each.result(LONG);
  expect(drain(print).join('')).toBe('a1 b2 c3 d4 e5 f6 ');
});

test('004-P8: the consumer prints each square that the producer makes, in order', () => {
  const counter: Counter = { x: new Value('i', 0), event: new Event(), eaten: new Event() };
  const log = new Queue<number>();
  runAll([new Coumter(counter, log), new SquareProduct(counter)]);
  expect(drain(log)).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  expect(counter.event.isSet()).toBe(false);
});

test.each(
  waysToHold.flatMap(
    (way) =>
      [
        ['RLock', way, RLock],
        ['Lock', way, Lock],
      ] as const,
  ),
)('004-P9: the %s held by %s is free after a normal end and after an error', (_, way, Kind) => {
  for (const fail of [false, true]) {
    const lock = new Kind();
    expect(runAll([new Thread({ target: holdAndLeave, args: [lock, way, fail] })])).toEqual([true]);
    expect(lock.locked()).toBe(false);
    expect(lock.broken).toBe(false);
    expect(lock.acquire(false)).toBe(true);
    lock.release();
  }
});

test('004-P12: a resource is entered, used and left, also when using it fails', () => {
  for (const [fail, outcome] of [
    [false, 1],
    [true, 'division by zero'],
  ] as const) {
    const log = new Queue<string>();
    expect(runAll([new Thread({ target: useSample, args: [log, fail] })])).toEqual([outcome]);
    expect(drain(log)).toEqual(['enter resource', 'do something', 'exit']);
  }
});

test('004-P13: a timer says how long its block took, also after an error', () => {
  for (const [fail, outcome] of [
    [false, 'ended'],
    [true, 'timed'],
  ] as const) {
    const log = new Queue<[string, number]>();
    expect(runAll([new Thread({ target: timed, args: [log, fail] })])).toEqual([outcome]);
    const [[lable, seconds]] = drain(log) as [[string, number]];
    expect(lable).toBe('timer');
    expect(seconds).toBeGreaterThanOrEqual(SECOND - ROUNDING);
  }
});

test('004-P15: two threads that never hold two locks both go on, though they take them in opposite order', () => {
  const [x, y]: [[string, Lock], [string, Lock]] = [
    ['锁1', new Lock()],
    ['锁2', new Lock()],
  ];
  const lines = runAll([
    new Thread({ target: crossing, args: [1, x, y, 50] }),
    new Thread({ target: crossing, args: [2, y, x, 50] }),
  ]);
  expect(lines).toEqual([
    range(50).flatMap(() => ['线程1获得锁1', '线程1获得锁2']),
    range(50).flatMap(() => ['线程2获得锁2', '线程2获得锁1']),
  ]);
  expect([x[1].locked(), y[1].locked()]).toEqual([false, false]);
});

test('004-P16: four consumers get each of 100 items once, and end when nothing comes any more', () => {
  const q = new Queue<number>();
  // The tutorial's consumers start at once, and hope to find something within three seconds.
  expect(runAll([new QueueProduct(q)])).toEqual([100]);
  const consumers = range(4).map(() => new QueueConsumer(q, 3 * SECOND));
  const ends = runAll(consumers) as { got: number[]; waited: number }[];
  expect(ends.flatMap(({ got }) => got).sort((a, b) => a - b)).toEqual(range(100));
  for (const { got, waited } of ends) {
    expect(got).toEqual([...got].sort((a, b) => a - b));
    expect(waited).toBeGreaterThanOrEqual(3 * SECOND - ROUNDING);
  }
});

test('004-P17: with join() inside the loop twenty threads run one by one, and the semaphore is never needed', () => {
  const sem = new Semaphore(5);
  const inside = new Value('i', 0);
  const started = performance.now();
  const together = range(20).flatMap(() => runAll([new Thread({ target: withPermit, args: [sem, inside, null] })]));
  expect(together).toEqual(Array(20).fill(1));
  expect((performance.now() - started) / 1000).toBeGreaterThanOrEqual(20 * (0.5 * SECOND - ROUNDING));
  expect(sem.getValue()).toBe(5);
});

test('004-P17: with join() after the loop they go five at a time', () => {
  const sem = new Semaphore(5);
  const inside = new Value('i', 0);
  // Each waits inside until five are inside: fewer would wait for ever.
  const five = new Barrier(5);
  const together = runAll(range(20).map(() => new Thread({ target: withPermit, args: [sem, inside, five] }))) as number[];
  expect(together).toHaveLength(20);
  expect(Math.max(...together)).toBe(5);
  expect(inside.value).toBe(0);
  expect(sem.getValue()).toBe(5);
});

test('004-P18: each of three processes says ten times who it is', () => {
  const log = new Queue<[string, number]>();
  const processes = range(3).map(() => new Process({ target: sayWho, args: [log] }));
  runAll(processes);
  const lines = drain(log);
  expect(lines).toHaveLength(30);
  const whos = new Set<string>();
  for (const { name } of processes) {
    expect(name).toMatch(/^Process-\d+$/);
    const own = lines.filter(([who]) => new RegExp(`\\b${name}\\b`).test(who));
    expect(own.map(([, i]) => i)).toEqual(range(10));
    expect(own[0]?.[0]).toMatch(/^当前进程是<Process.*started.*>--->$/);
    for (const [who] of own) whos.add(who);
  }
  expect(whos.size).toBe(3);
});

test('004-P24: a process puts ten numbers, another takes them until nothing comes any more', () => {
  const queue = new ProcessQueue<number>();
  const product = new Process({ target: putNumbers, args: [queue] });
  const consumer = new Process({ target: takeNumbers, args: [queue] });
  expect(runAll([product, consumer])).toEqual([undefined, range(10)]);
  expect([product.exitcode, consumer.exitcode]).toEqual([0, 0]);
});

test('004-P19: five processes of a class of our own have five numbers', () => {
  const log = new Queue<[string, number]>();
  const processes = range(5).map(() => new MyProcess(log));
  runAll(processes);
  const lines = drain(log);
  expect(lines).toHaveLength(50);
  expect(new Set(processes.map(({ pid }) => pid)).size).toBe(5);
  for (const { pid, name, exitcode } of processes) {
    expect(name).toMatch(/^MyProcess-\d+$/);
    expect(exitcode).toBe(0);
    expect(lines.filter(([who]) => who === `当前进程为${pid}--->`).map(([, i]) => i)).toEqual(range(10));
  }
});
