/** What the processes of these tests do. */
import {
  type Barrier,
  BrokenLockError,
  type Condition,
  type Dict,
  type Event,
  getpid,
  getppid,
  type Lock,
  Process,
  parentProcess,
  Queue,
  sleep,
  sleepAsync,
  Thread,
  task,
  type Value,
} from 'nogil';
import { type Connection, currentProcess, getStartMethod, Pool } from 'nogil/multiprocessing';

export const count = task(import.meta, function count(lock: Lock, total: Value, times: number): void {
  for (let i = 0; i < times; i++) {
    lock.acquire();
    total.value = (total.value as number) + 1;
    lock.release();
  }
});

export interface Self {
  system: number;
  pid: number;
  ppid: number | undefined;
  parent: number | undefined;
  current: number | undefined;
  name: string;
  method: string | undefined;
}

export const whoAmI = task(import.meta, function whoAmI(): Self {
  return {
    system: process.pid,
    pid: getpid(),
    ppid: getppid(),
    parent: parentProcess()?.pid,
    current: currentProcess().pid,
    name: currentProcess().name,
    method: getStartMethod(true),
  };
});

export type Way = 'return' | 'exit 0' | 'exit 7' | 'throw' | 'abort' | 'SIGSEGV' | 'memory' | 'SIGKILL';

export const end = task(import.meta, function end(way: Way): number {
  // What it is about to report is no failure of the test.
  process.stderr.write = () => true;
  if (way === 'exit 0') process.exit(0);
  if (way === 'exit 7') process.exit(7);
  if (way === 'throw') throw new TypeError('thrown in the child');
  if (way === 'abort') process.abort();
  if (way === 'SIGSEGV' || way === 'SIGKILL') {
    process.kill(process.pid, way);
    for (;;) sleep(1000);
  }
  if (way === 'memory') {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1e6).fill({}));
  }
  return 5;
});

export const hold = task(import.meta, function hold(lock: Lock, ready: Queue<number>): void {
  lock.acquire();
  ready.put(process.pid);
  for (;;) sleep(1000);
});

export const holdInThread = task(import.meta, function holdInThread(lock: Lock, ready: Queue<number>): void {
  new Thread({ target: hold, args: [lock, ready] }).start();
  for (;;) sleep(1000);
});

export const tryLock = task(import.meta, function tryLock(lock: Lock): string {
  try {
    lock.acquire();
    return 'acquired';
  } catch (error) {
    return error instanceof BrokenLockError ? 'broken' : String(error);
  }
});

export const takeForever = task(import.meta, function takeForever(queue: Queue, ready?: Queue<number>): void {
  ready?.put(process.pid);
  queue.get();
});

export const takeForeverInThread = task(import.meta, function takeForeverInThread(queue: Queue, ready: Queue<number>): void {
  new Thread({ target: takeForever, args: [queue, ready], daemon: true }).start();
  for (;;) sleep(1000);
});

export const dieStartingThread = task(import.meta, function dieStartingThread(): void {
  const thread = new Thread({ target: takeForever, args: [new Queue()], daemon: true });
  thread.start();
  process.kill(process.pid, 'SIGKILL');
  for (;;) sleep(1000);
});

export const returnBesideSleeper = task(import.meta, function returnBesideSleeper(queue: Queue, ready: Queue<number>): void {
  const thread = new Thread({ target: takeForever, args: [queue, ready], daemon: true });
  thread.start();
  while (ready.qsize() === 0) sleep(0.001);
});

export const handleTerm = task(import.meta, async function handleTerm(ready: Queue<number>): Promise<void> {
  process.on('SIGTERM', () => process.exit(43));
  ready.put(process.pid);
  await sleepAsync(1000);
});

export const echo = task(import.meta, function echo(from: Queue<unknown>, to: Queue<unknown>, times: number): void {
  for (let i = 0; i < times; i++) to.put(from.get());
});

export const echoAsync = task(
  import.meta,
  async function echoAsync(from: Queue<unknown>, to: Queue<unknown>, times: number): Promise<void> {
    for (let i = 0; i < times; i++) to.put(await from.getAsync());
  },
);

export const put = task(import.meta, function put(queue: Queue<number>, times: number): void {
  for (let i = 0; i < times; i++) queue.put(i);
});

/** Takes items of bytes: page faults for each of the last `times`. */
export const takeBytes = task(import.meta, function takeBytes(queue: Queue<Uint8Array>, before: number, times: number): number {
  for (let i = 0; i < before; i++) queue.get();
  const faults = process.resourceUsage().minorPageFault;
  for (let i = 0; i < times; i++) queue.get();
  return (process.resourceUsage().minorPageFault - faults) / times;
});

export const meet = task(import.meta, function meet(barrier: Barrier, condition: Condition, box: Value): void {
  barrier.wait();
  condition.with(() => {
    box.value = (box.value as number) + 1;
    condition.notifyAll();
  });
});

export const awaitEvent = task(import.meta, async function awaitEvent(event: Event, ready: Queue<number>): Promise<boolean> {
  ready.put(process.pid);
  return event.waitAsync(20);
});

export const family = task(import.meta, async function family(pids: Queue<number>, done: Event): Promise<[number, number]> {
  const thread = new Thread({ target: tell, args: [pids] });
  const child = new Process({ target: tell, args: [pids] });
  thread.start();
  child.start();
  await done.waitAsync(20);
  thread.join();
  child.join();
  return [process.pid, child.exitcode as number];
});

export const tell = task(import.meta, function tell(pids: Queue<number>): void {
  pids.put(process.pid);
});

export const pidOf = task(import.meta, function pidOf(_item?: number): number {
  return process.pid;
});

export const poolOfOwn = task(import.meta, function poolOfOwn(): { own: number; workers: number[]; squares: number[] } {
  using pool = new Pool(2);
  const workers = [...new Set(pool.map(pidOf, [1, 2, 3, 4, 5, 6], 1))];
  return { own: process.pid, workers, squares: pool.map(square, [1, 2, 3]) };
});

export const square = task(import.meta, function square(x: number): number {
  return x * x;
});

export const bump = task(import.meta, function bump(dict: Dict<string, number>, times: number): void {
  for (let i = 0; i < times; i++) dict.update('n', (n) => (n as number) + 1);
});

export const answer = task(import.meta, function answer(connection: Connection): void {
  const [question, queue] = connection.recv() as [string, Queue<string>];
  queue.put(question.toUpperCase());
  connection.send({ pid: process.pid });
});

/** A child of the first process with a child of its own, all asleep in native code or busy. */
export const dynasty = task(import.meta, function dynasty(pids: Queue<number>, never: Queue, depth: number): void {
  if (depth > 0) new Process({ target: dynasty, args: [pids, never, depth - 1] }).start();
  pids.put(process.pid);
  if (depth === 1) for (;;) Math.sqrt(2);
  never.get();
});

interface Inside {
  heap: { core: { lockInternal(lock: number): number; objectAt(id: number, generation: number): number } };
}

/** Has the short lock of a condition's list in its hands, as whoever is in the midst of a notify. */
export const gripList = task(import.meta, function gripList(condition: Condition, ready: Queue<number>): void {
  const { core } = ((globalThis as never as Record<symbol, Inside>)[Symbol.for('nogil.heap')] as Inside).heap;
  const { id, generation } = condition.handle();
  core.lockInternal(core.objectAt(id, generation));
  ready.put(process.pid);
  for (;;) sleep(1000);
});
