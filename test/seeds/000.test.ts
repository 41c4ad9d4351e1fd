/**
 * The programs of document 000: a joinable queue, threads and who they are, daemons, deadlock, RLock,
 * Semaphore.
 */
import {
  activeCount,
  currentThread,
  Event,
  enumerate,
  Lock,
  Process,
  Queue,
  RLock,
  RuntimeError,
  Semaphore,
  Thread,
  Value,
} from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { programsOf } from '../support/programs.ts';
import { Deadlocked, goWc, MyThread, stay } from './000.workers.ts';

const { run } = programsOf('seeds');

const foods = (names: string[], count: number) =>
  names.flatMap((name) => Array.from({ length: count }, (_, i) => `${name}${i}`)).sort();

test('000-P1: three producers, two daemon consumers, joined by the queue', async () => {
  const { code, lines, errors } = await run('000-p1');
  expect(errors).toBe('');
  const after = (verb: string) => lines.filter((line) => line.includes(verb)).map((line) => line.split(verb)[1] as string);
  const all = foods(['包子', '泔水', '米饭'], 5);
  expect(after(' 生产了 ').sort()).toEqual(all);
  expect(after(' 吃了 ').sort()).toEqual(all);
  expect(lines).toHaveLength(31);
  // q.join() came back after the fifteenth taskDone(), and so after the fifteenth line.
  expect(lines.at(-1)).toBe('主进程结束');
  // Both consumers still wait in get(): they are daemons.
  expect(code).toBe(0);

  // Each item is made before it is eaten, by the cook of that food.
  const cooks = { egon: '包子', 刘: '泔水', 杨: '米饭' };
  const made = new Set<string>();
  for (const line of lines) {
    const [, cook, item] = /^生产者者===》(.+) 生产了 (.+)$/.exec(line) ?? [];
    if (item !== undefined) {
      expect(item.startsWith(cooks[cook as keyof typeof cooks])).toBe(true);
      made.add(item);
    }
    const [, guest, eaten] = /^消费者===》(.+) 吃了 (.+)$/.exec(line) ?? [];
    if (eaten !== undefined) {
      expect(['alex', '梁']).toContain(guest);
      expect(made).toContain(eaten);
      made.delete(eaten);
    }
  }
  expect(made.size).toBe(0);
});

// Not asserted in P2: which line comes first. Python's thread nearly always does; a worker takes longer to
// start than main to print.
test('000-P2: a thread made of a function says hello, and the program ends', async () => {
  const { code, lines, errors } = await run('000-p2');
  expect(lines.sort()).toEqual(['egon say hello', '主线程']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('000-P3: a thread made of a class has the name that its constructor gave it', async () => {
  const { code, lines, errors } = await run('000-p3');
  expect(lines.sort()).toEqual(['egon say hello', '主线程 egon']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('000-P4: current_thread, active_count and enumerate know the three threads and the main one', () => {
  const names = new Queue<string>();
  const leave = new Event();
  const t1 = new Thread({ target: stay, args: [names, leave], name: '第一个线程' });
  const t2 = new Thread({ target: stay, args: [names, leave] });
  const t3 = new Thread({ target: stay, args: [names, leave] });
  const threads = [t1, t2, t3];
  for (const t of threads) t.start();

  expect(activeCount()).toBe(4);
  expect(enumerate()).toHaveLength(4);
  expect(enumerate()).toEqual(expect.arrayContaining([currentThread(), ...threads]));
  expect(currentThread().name).toBe('MainThread');
  expect(t1.name).toBe('第一个线程');
  // The tutorial's "Thread-1" is how Python called it before 3.10.
  for (const t of [t2, t3]) expect(t.name).toMatch(/^Thread-\d+ \(task\)$/);
  expect(t2.name).not.toBe(t3.name);

  const running = threads.map(() => names.get(true, 60)).sort();
  expect(running).toEqual(threads.map((t) => `${t.name} is running`).sort());
  leave.set();
  for (const t of threads) expect(t.join(60)).toBe(true);
  expect(activeCount()).toBe(1);
  expect(enumerate()).toEqual([currentThread()]);
});

test('000-P5: a daemon thread is alive when the main thread ends, and dies with it', async () => {
  const { code, lines, errors } = await run('000-p5');
  expect(lines).toEqual(['主线程', 'true']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('000-P5: a thread that has started cannot become a daemon', () => {
  const leave = new Event();
  const t = new Thread({ target: stay, args: [new Queue<string>(), leave] });
  t.start();
  expect(() => {
    t.daemon = true;
  }).toThrow(RuntimeError);
  expect(() => t.setDaemon(true)).toThrow('cannot set daemon status of an active thread');
  expect(t.daemon).toBe(false);
  leave.set();
  expect(t.join(60)).toBe(true);
});

test('000-P6: A then B in some threads and B then A in others is a deadlock, which only a timeout ends', () => {
  const mutexA = new Lock();
  const mutexB = new Lock();
  const aIsHeld = new Event();
  const bIsHeld = new Event();
  const timeouts = new Value('i', 0);
  const threads = Array.from({ length: 10 }, (_, i) => new Deadlocked(i === 0, mutexA, mutexB, aIsHeld, bIsHeld, timeouts));
  for (const t of threads) t.start();
  for (const t of threads) {
    expect(t.join(60)).toBe(true);
    expect(t.exception).toBeUndefined();
  }
  // The first thread and another held what the other wanted: one of the two gave up before the other could go
  // on.
  expect(aIsHeld.isSet() && bIsHeld.isSet()).toBe(true);
  expect(timeouts.value).toBeGreaterThanOrEqual(1);
  expect([mutexA.locked(), mutexB.locked()]).toEqual([false, false]);
});

test('000-P7: one RLock for both locks removes the deadlock', () => {
  const mutex = new RLock();
  const log = new Queue<[thread: string, line: string]>();
  const threads = Array.from({ length: 10 }, () => new MyThread(mutex, mutex, log));
  for (const t of threads) t.start();
  for (const t of threads) {
    expect(t.join(60)).toBe(true);
    expect(t.exception).toBeUndefined();
  }
  const lines = Array.from({ length: log.qsize() }, () => log.get(false));
  expect(lines).toHaveLength(40);
  for (const { name } of threads) {
    const own = lines.filter(([thread]) => thread === name).map(([, line]) => line);
    expect(own).toEqual(['拿到了A锁', '拿到了B锁', '拿到了B锁', '拿到了A锁']);
  }
  // Between the outer acquire and its release nobody else gets in: each section's two lines stand together.
  for (let i = 0; i < lines.length; i += 2) expect(lines[i]?.[0]).toBe(lines[i + 1]?.[0]);
  expect(mutex.locked()).toBe(false);
});

test.each([
  { flavour: 'threads and a threading.Semaphore', Worker: Thread, make: () => new Semaphore(5) },
  { flavour: 'processes and a multiprocessing.Semaphore', Worker: Process, make: () => new multiprocessing.Semaphore(5) },
])('000-P8: five of 23 are inside at a time ($flavour)', ({ Worker, make }) => {
  const sm = make();
  const inside = new Value('i', 0);
  const most = new Value('i', 0);
  const allIn = new Event();
  const workers = Array.from({ length: 23 }, () => new Worker({ target: goWc, args: [sm, inside, most, allIn, 5] }));
  for (const each of workers) each.start();
  const said = workers.map((each) => each.result(20));
  expect(said.every((line) => line.endsWith(' 上厕所ing'))).toBe(true);
  expect(most.value).toBe(5);
  expect(inside.value).toBe(0);
  expect(sm.getValue()).toBe(5);
});
