/**
 * Every way to die: its exit code is right, the others go on, and what the process and its threads held is
 * repaired.
 */
import { BrokenLockError, Condition, heap, Lock, Queue, WorkerDied } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { LONG, until } from '../support/until.ts';
import { workers } from '../support/workers.ts';
import {
  dieStartingThread,
  end,
  gripList,
  handleTerm,
  hold,
  holdInThread,
  returnBesideSleeper,
  takeForever,
  takeForeverInThread,
  tryLock,
  type Way,
} from './children.workers.ts';
import { started } from './started.ts';

setStartMethod('spawn');

/** Whether the system knows a process, be it as a zombie. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a child that ends has its exit code, and this process goes on', () => {
  const ways: [Way, number][] = [
    ['return', 0],
    ['exit 0', 0],
    ['exit 7', 7],
    ['throw', 1],
    ['abort', -6],
    ['SIGSEGV', -11],
    ['SIGKILL', -9],
  ];
  test.each(ways)('by %s: %i', (way, code) => {
    const child = started(end, way);
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(code);
    // Nobody is left of it, not even a zombie.
    expect(isThere(child.pid as number)).toBe(false);
    if (way === 'return') expect(child.result()).toBe(5);
    else if (way === 'throw') expect(() => child.result()).toThrow(TypeError);
    else if (code !== 0) expect(child.exception).toBeInstanceOf(WorkerDied);
  });

  test('by running out of memory: -6', () => {
    const { execArgv } = process;
    process.execArgv = [...execArgv, '--max-old-space-size=32'];
    const child = started(end, 'memory');
    process.execArgv = execArgv;
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-6);
  });
});

describe('stopping', () => {
  test('terminate() ends one that is blocked in the kernel: -15', () => {
    const [never, ready] = [new Queue(), new Queue<number>()];
    const child = started(takeForever, never, ready);
    expect(ready.get(true, LONG)).toBe(child.pid);
    child.terminate();
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-15);
  });

  test('kill() ends it as well: -9', () => {
    const [never, ready] = [new Queue(), new Queue<number>()];
    const child = started(takeForever, never, ready);
    ready.get(true, LONG);
    child.kill();
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-9);
  });

  test('a child may handle SIGTERM, and says how it ends', () => {
    const ready = new Queue<number>();
    const child = started(handleTerm, ready);
    ready.get(true, LONG);
    child.terminate();
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(43);
  });

  test('at once, before it has begun', () => {
    const child = started(takeForever, new Queue());
    child.kill();
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-9);
  });

  test('a child ends beside a thread of its own that sleeps for ever', () => {
    const [never, ready] = [new Queue(), new Queue<number>()];
    const child = started(returnBesideSleeper, never, ready);
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(0);
  });
});

describe('a lock', () => {
  test('of a process that was killed from outside is broken, here and elsewhere', () => {
    const [lock, ready] = [new Lock(), new Queue<number>()];
    const child = started(hold, lock, ready);
    const pid = ready.get(true, LONG);
    const other = started(tryLock, lock);
    process.kill(pid, 'SIGKILL');
    expect(() => lock.acquire(true, LONG)).toThrow(BrokenLockError);
    expect(other.result(LONG)).toBe('broken');
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-9);
    lock.reset();
    expect(lock.acquire(false)).toBe(true);
  });

  test('of a thread of a process that was killed, too', () => {
    const [lock, ready] = [new Lock(), new Queue<number>()];
    const child = started(holdInThread, lock, ready);
    expect(ready.get(true, LONG)).toBe(child.pid);
    child.kill();
    expect(() => lock.acquire(true, LONG)).toThrow(BrokenLockError);
    expect(child.join(LONG)).toBe(true);
  });
});

test('a process that is killed as it starts a thread leaves nothing of that', async () => {
  const records = () => heap.stats().objects.Worker ?? 0;
  const before = { records: records(), workers: workers() };
  for (let i = 0; i < 4; i++) {
    const child = started(dieStartingThread);
    expect(child.join(LONG)).toBe(true);
    expect(child.exitcode).toBe(-9);
    child.close();
  }
  await until(
    () => records() <= before.records && workers() <= before.workers,
    () => `${records()} records and ${workers()} places of ${JSON.stringify(before)}`,
  );
});

test('two processes are killed at the same moment, in the midst of what they do', () => {
  const queue = new Queue<number>();
  for (let round = 0; round < 5; round++) {
    const [never, ready] = [new Queue(), new Queue<number>()];
    const two = [started(takeForeverInThread, never, ready), started(takeForeverInThread, never, ready)];
    const pids = two.map(() => ready.get(true, LONG));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    for (const each of two) {
      expect(each.join(LONG)).toBe(true);
      expect(each.exitcode).toBe(-9);
    }
    queue.put(round);
    expect(queue.get(true, LONG)).toBe(round);
  }
});

test('the repair of one waits for what another has, and that one is killed: only the system knows', () => {
  const [condition, never, ready] = [new Condition(), new Queue(), new Queue<number>()];
  const holder = started(gripList, condition, ready);
  const other = started(takeForever, never, ready);
  for (const _ of [holder, other]) ready.get(true, LONG);
  process.kill(other.pid as number, 'SIGKILL');
  // The supervisor is blocked meanwhile, and hears of nobody's end.
  expect(other.join(0.3)).toBe(false);
  process.kill(holder.pid as number, 'SIGKILL');
  for (const each of [holder, other]) {
    expect(each.join(LONG)).toBe(true);
    expect(each.exitcode).toBe(-9);
  }
  condition.with(() => condition.notifyAll());
});
