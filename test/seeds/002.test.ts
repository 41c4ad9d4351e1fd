/**
 * The programs of document 002: queues and their limits, producers and consumers, threads, what they share,
 * daemons, a mutex.
 */
import { activeCount, Barrier, currentThread, Empty, Event, enumerate, Full, getpid, Lock, Process, Thread, Value } from 'nogil';
import { Manager, Queue } from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { programsOf } from '../support/programs.ts';
import { consumer, getX, pids, producer, setGlobal, setShared, stay, takeOff, work } from './002.workers.ts';
import { SECOND } from './clock.workers.ts';

const { run } = programsOf('seeds');

test('002-P1: ten processes with a lock take a managed dict from ten to nothing', () => {
  const mutex = new Lock();
  const dic = Manager().dict({ num: 10 });
  const processes = Array.from({ length: 10 }, () => new Process({ target: work, args: [dic, mutex] }));
  for (const p of processes) p.start();
  for (const p of processes) expect(p.join(60)).toBe(true);
  expect({ ...dic }).toEqual({ num: 0 });
});

test('002-P1: without the lock they lose updates', () => {
  const together = new Barrier(3);
  const dic = Manager().dict({ num: 10 });
  const processes = Array.from({ length: 3 }, () => new Process({ target: work, args: [dic, null, together] }));
  for (const p of processes) p.start();
  for (const p of processes) expect(p.join(60)).toBe(true);
  // All three read before any of them writes.
  expect(dic.num).toBe(9);
});

test('002-P2: values come out of a queue as they went in, first in, first out', () => {
  const q = new Queue<unknown>(3);
  q.put('first');
  q.put({ second: null });
  q.put('三');
  expect([q.get(), q.get(), q.get()]).toEqual(['first', { second: null }, '三']);
});

test('002-P2: a fourth value would have to wait for a place', () => {
  const q = new Queue<unknown>(3);
  for (const value of ['first', { second: null }, '三']) q.put(value);
  expect(() => q.put(4, true, 0.05)).toThrow(Full);
  expect(q.qsize()).toBe(3);
  expect(q.get()).toBe('first');
  q.put(4, true, 0.05);
  expect([q.get(), q.get(), q.get()]).toEqual([{ second: null }, '三', 4]);
});

/** How long `fn` takes to throw, in seconds. */
function secondsUntilThrown(fn: () => unknown, error: new () => Error): number {
  const began = performance.now();
  expect(fn).toThrow(error);
  return (performance.now() - began) / 1000;
}

test('002-P3: put without block is Full at once, with a timeout after it', () => {
  const q = new Queue<string>(3);
  q.put('first', false);
  q.put('second', false);
  q.put('third', false);
  expect(() => q.put('fourth', false)).toThrow(Full);
  expect(() => q.putNowait('fourth')).toThrow(Full);
  // "timeout不能和block=False连用": no error, the timeout is ignored. It would be longer than a test may take.
  expect(() => q.put('fourth', false, 1000)).toThrow(Full);
  expect(secondsUntilThrown(() => q.put('fourth', true, 3 * SECOND), Full)).toBeGreaterThanOrEqual(3 * SECOND);
  expect([q.get(), q.get(), q.get(), q.empty()]).toEqual(['first', 'second', 'third', true]);
});

test('002-P3: get without block is Empty at once, with a timeout after it', () => {
  const q = new Queue<string>(3);
  for (const item of ['first', 'second', 'third']) q.put(item, true);
  expect([q.get(false), q.get(false), q.get(false)]).toEqual(['first', 'second', 'third']);
  expect(() => q.get(false)).toThrow(Empty);
  expect(() => q.getNowait()).toThrow(Empty);
  expect(() => q.get(false, 1000)).toThrow(Empty);
  expect(secondsUntilThrown(() => q.get(true, 2 * SECOND), Empty)).toBeGreaterThanOrEqual(2 * SECOND);
  q.put('again');
  expect(q.get(true, 2 * SECOND)).toBe('again');
});

test('002-P4: fifteen items of three producers are eaten once each, and the two consumers wait for more', () => {
  const q = new Queue<string>();
  const log = new Queue<[guest: string, item: string]>();
  const cooks = ['包子', '泔水', '米饭'].map((food) => new Process({ target: producer, args: [q, food], name: food }));
  const guests = ['alex', '梁书东'].map((name) => new Process({ target: consumer, args: [name, q, log] }));
  for (const p of [...cooks, ...guests]) p.start();
  for (const p of cooks) expect(p.join(60)).toBe(true);

  const eaten = Array.from({ length: 15 }, () => log.get(true, 60));
  expect(eaten.map(([, item]) => item).sort()).toEqual(
    ['包子', '泔水', '米饭'].flatMap((food) => [0, 1, 2, 3, 4].map((i) => `${food}${i}`)).sort(),
  );
  // Each cook's own are taken in its order; with two guests they may be finished in another, but not each
  // guest's own.
  for (const name of ['alex', '梁书东'])
    for (const food of ['包子', '泔水', '米饭']) {
      const own = eaten.filter(([guest, item]) => guest === name && item.startsWith(food)).map(([, item]) => item);
      expect(own).toEqual([...own].sort());
    }
  expect(q.empty()).toBe(true);
  for (const p of guests) expect([p.join(0.1), p.isAlive()]).toEqual([false, true]);

  // Nothing else would end this program.
  for (const p of guests) p.terminate();
  for (const p of guests) expect([p.join(60), p.exitcode]).toEqual([true, -15]);
});

test('002-P5: a thread made of a function runs, and the program ends after it', async () => {
  const { code, lines, errors } = await run('002-p5');
  expect([...lines].sort()).toEqual(['egon is done', 'egon is running', '主线程']);
  expect(lines.indexOf('egon is running')).toBeLessThan(lines.indexOf('egon is done'));
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('002-P6: a thread made of a class is Thread-1 by default', async () => {
  const { code, lines, errors } = await run('002-p6');
  expect(lines.sort()).toEqual(['Thread-1 is running', '主线程']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('002-P7: a thread has the pid of its process', () => {
  const t = new Thread({ target: pids });
  t.start();
  expect(t.result(10)).toEqual({ getpid: getpid(), system: process.pid });
  expect(t.ident).not.toBe(getpid());
});

test('002-P8: a thread sets x to 0, and the main thread sees it', () => {
  const x = new Value('i', 1000);
  const t = new Thread({ target: setShared, args: [x] });
  t.start();
  expect(t.join(60)).toBe(true);
  expect(x.value).toBe(0);
});

test('002-P8: a plain global is not shared: the thread sets its own, and ours stays 1000', () => {
  expect(getX()).toBe(1000);
  const t = new Thread({ target: setGlobal });
  t.start();
  expect(t.result(10)).toBe(0);
  expect(getX()).toBe(1000);
});

test('002-P9: is_alive, active_count, enumerate and current_thread', () => {
  const names = new Queue<string>();
  const leave = new Event();
  const t1 = new Thread({ target: stay, args: [names, leave], name: '第一个线程' });
  const t2 = new Thread({ target: stay, args: [names, leave] });
  const t3 = new Thread({ target: stay, args: [names, leave] });
  const threads = [t1, t2, t3];
  expect(t1.isAlive()).toBe(false);
  for (const t of threads) t.start();

  expect(t1.isAlive()).toBe(true);
  expect(activeCount()).toBe(4);
  expect(currentThread().name).toBe('MainThread');
  const running = threads.map(() => names.get(true, 60)).sort();
  expect(running).toEqual(threads.map((t) => `${t.name} is running`).sort());
  // The tutorial prints the list. Which thread stands where after the main one is not said.
  expect(enumerate().map(String)[0]).toBe(`<MainThread(MainThread, started ${currentThread().ident})>`);
  expect(enumerate().map(String).sort()).toEqual(
    [
      `<MainThread(MainThread, started ${currentThread().ident})>`,
      ...threads.map((t) => `<Thread(${t.name}, started ${t.ident})>`),
    ].sort(),
  );

  leave.set();
  for (const t of threads) expect([t.join(60), t.isAlive()]).toEqual([true, false]);
  expect(activeCount()).toBe(1);
});

test('002-P10: a daemonic thread does not keep the program alive', async () => {
  const { code, lines, errors } = await run('002-p10');
  // Its line may be missing: then it did not come so far.
  expect(lines.filter((line) => line !== '第一个线程 is running')).toEqual(['主线程']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('002-P11: a daemonic thread goes on with the other threads, and ends with the last of them', async () => {
  const { code, lines, errors } = await run('002-p11');
  // Of the first three any may come first.
  expect(lines.slice(0, 3).sort()).toEqual(['123', '456', 'main-------']);
  expect(lines.slice(3)).toEqual(['end456']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('002-P12: a hundred times read, sleep and write under a mutex leave 0', () => {
  const mutex = new Lock();
  const x = new Value('i', 100);
  const began = performance.now();
  // Five each for twenty threads: a hundred workers would measure the machine.
  const threads = Array.from({ length: 20 }, () => new Thread({ target: takeOff, args: [mutex, x, 5] }));
  for (const t of threads) t.start();
  for (const t of threads) expect(t.join(60)).toBe(true);
  expect(x.value).toBe(0);
  // One at a time: all the sleeps add up.
  expect((performance.now() - began) / 1000).toBeGreaterThanOrEqual(100 * 0.1 * SECOND);
  expect(mutex.locked()).toBe(false);
});
