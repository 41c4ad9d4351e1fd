import {
  activeChildren,
  activeCount,
  currentProcess,
  currentThread,
  Event,
  enumerate,
  getIdent,
  getpid,
  getppid,
  mainThread,
  Process,
  parentProcess,
  Queue,
  Thread,
} from 'nogil';
import { describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { LONG, until } from '../../support/until.ts';
import {
  bearOrphan,
  countFamily,
  describeFamily,
  describeSelf,
  joinSelf,
  joinSelfInThread,
  namesAndDaemons,
  namesInChild,
  namesInThread,
  type Self,
  startOther,
  tryChild,
  waitFor,
} from './family.workers.ts';

function resultOf<R>(worker: Thread<() => R> | Process<() => R>): R {
  worker.start();
  return worker.result(LONG) as R;
}

/**
 * The number of a process's main thread: the process's own, unless the operating system numbers processes;
 * then it is none of theirs, as Python's is not.
 */
function identOfMain({ ident, pid }: Self): number {
  if (!spawns) return pid;
  expect(ident).not.toBe(pid);
  return ident;
}

describe('the main thread', () => {
  test('is the main thread of the main process, which has no parent', () => {
    expect(currentThread()).toBe(mainThread());
    expect(mainThread().name).toBe('MainThread');
    expect([mainThread().isAlive(), mainThread().daemon, mainThread().isDaemon(), mainThread().getName()]).toEqual([
      true,
      false,
      false,
      'MainThread',
    ]);
    expect(mainThread().ident).toBe(getIdent());
    expect(currentProcess()).toMatchObject({ name: 'MainProcess', pid: getpid(), daemon: false });
    expect(currentProcess().isAlive()).toBe(true);
    expect([parentProcess(), getppid()]).toEqual([undefined, undefined]);
  });
});

describe('a worker knows', () => {
  test('itself, its process and its parent: as a process', () => {
    const worker = new Process({ target: describeSelf, name: 'me' });
    const self = resultOf(worker);
    const ident = identOfMain(self);
    expect(self).toEqual({
      thread: { name: 'MainThread', ident, daemon: false, isMain: true },
      process: { name: 'me', pid: worker.pid, daemon: false },
      parent: { name: 'MainProcess', pid: getpid(), alive: true },
      ident,
      pid: worker.pid,
      ppid: getpid(),
      mainThread: { name: 'MainThread', ident },
    });
  });

  test('itself, its process and its parent: as a thread', () => {
    const worker = new Thread({ target: describeSelf, name: 'me', daemon: true });
    const self = resultOf(worker);
    expect(self).toEqual({
      thread: { name: 'me', ident: worker.ident, daemon: true, isMain: false },
      process: { name: 'MainProcess', pid: getpid(), daemon: false },
      parent: undefined,
      ident: worker.ident,
      pid: getpid(),
      ppid: undefined,
      mainThread: { name: 'MainThread', ident: getIdent() },
    });
  });

  test('the same of those it starts, and they of it', () => {
    const worker = new Process({ target: describeFamily, name: 'parent' });
    const [self, process, thread] = resultOf(worker);
    expect(self.pid).toBe(worker.pid);
    expect(process.parent).toEqual({ name: 'parent', pid: worker.pid, alive: true });
    expect([process.ppid, process.ident]).toEqual([worker.pid, identOfMain(process)]);
    expect(thread.process).toEqual({ name: 'parent', pid: worker.pid, daemon: false });
    expect(thread.mainThread.ident).toBe(identOfMain(self));
    expect([thread.pid, thread.ppid]).toEqual([worker.pid, getpid()]);
    expect(thread.parent).toMatchObject({ name: 'MainProcess', pid: getpid() });
    expect(new Set([self, process, thread].map(({ ident }) => ident)).size).toBe(3);
  });

  test('who its parent was, when that is gone', async () => {
    using queue = new Queue<unknown>();
    using go = new Event();
    const worker = new Process({ target: bearOrphan, args: [queue, go] });
    worker.start();
    expect(queue.get(true, LONG)).toBe(worker.pid);
    worker.kill();
    expect(worker.join(LONG)).toBe(true);
    go.set();
    expect(await queue.getAsync(LONG)).toBe(worker.pid);
  });
});

describe('names', () => {
  test('are numbered, and say the target of a thread', () => {
    const number = (name: string) => Number(/-(\d+)/.exec(name)?.[1]);
    const threads = [new Thread({ target: describeSelf }), new Thread(), new Thread({ target: describeSelf })];
    expect(threads.map(({ name }) => name.replace(/\d+/, 'N'))).toEqual([
      'Thread-N (describeSelf)',
      'Thread-N',
      'Thread-N (describeSelf)',
    ]);
    const first = number(threads[0]?.name ?? '');
    expect(threads.map(({ name }) => number(name))).toEqual([first, first + 1, first + 2]);
    const processes = [new Process({ target: describeSelf }), new Process({ name: 'given' }), new Process()];
    const next = number(processes[0]?.name ?? '');
    // As in Python, a process with a name of its own has a number, too.
    expect(processes.map(({ name }) => name)).toEqual([`Process-${next}`, 'given', `Process-${next + 2}`]);
  });

  test('of a child’s children say the family', () => {
    const worker = new Process({ target: namesInChild, name: 'a name of its own' });
    const before = new Process().name.replace('Process-', '');
    const [child, { names }] = resultOf(worker) as [string, { names: string[] }];
    const own = Number(before) - 1;
    expect(child).toBe(`Process-${own}:1`);
    expect(names).toEqual([`Process-${own}:1:1`, `Process-${own}:1:2`, 'Thread-N']);
  });

  test('may be changed, before and after the start', () => {
    using event = new Event();
    const thread = new Thread({ target: waitFor, args: [event], name: 'first' });
    thread.name = 'second';
    thread.start();
    expect(thread.name).toBe('second');
    thread.setName('third');
    expect([thread.getName(), enumerate().find(({ ident }) => ident === thread.ident)?.name]).toEqual(['third', 'third']);
    event.set();
    thread.join(LONG);
  });

  test('become text in threading, and must be text in multiprocessing', () => {
    expect(new Thread({ name: 5 as never }).name).toBe('5');
    expect(() => new Process({ name: 5 as never })).toThrow(expect.objectContaining({ name: 'AssertionError' }));
    const process = new Process();
    expect(() => {
      process.name = 5 as never;
    }).toThrow(expect.objectContaining({ name: 'AssertionError' }));
  });
});

describe('whether one is a daemon', () => {
  test('is what was asked for, or what the creator is', () => {
    for (const Kind of [Thread, Process as unknown as typeof Thread]) {
      expect(new Kind().daemon).toBe(false);
      const worker = new Kind({ daemon: true });
      expect(worker.daemon).toBe(true);
      worker.daemon = false;
      expect(worker.daemon).toBe(false);
    }
    const thread = new Thread();
    thread.setDaemon(true);
    expect([thread.isDaemon(), thread.daemon]).toEqual([true, true]);
  });

  test('is inherited as in Python: a thread’s from its thread, a process’s from its process', () => {
    const seen = (worker: Process<typeof namesAndDaemons> | Thread<typeof namesAndDaemons>) =>
      resultOf(worker as Thread<() => { daemons: boolean[] }>).daemons;
    expect(seen(new Process({ target: namesAndDaemons }))).toEqual([false, false]);
    // The main thread of a daemonic process is no daemon.
    expect(seen(new Process({ target: namesAndDaemons, daemon: true }))).toEqual([true, false]);
    expect(seen(new Thread({ target: namesAndDaemons, daemon: true }))).toEqual([false, true]);
    const inDaemon = new Process({ target: namesInThread, args: [false], daemon: true });
    inDaemon.start();
    expect(inDaemon.result(LONG).daemons).toEqual([true, false]);
  });

  test('decides whether a process may have children', () => {
    for (const inThread of [false, true]) {
      const daemon = new Process({ target: tryChild, args: [inThread], daemon: true });
      daemon.start();
      expect(daemon.result(LONG)).toBe('true daemonic processes are not allowed to have children');
      const other = new Process({ target: tryChild, args: [inThread] });
      other.start();
      expect(other.result(LONG)).toBe('it started');
    }
    const thread = new Thread({ target: tryChild, args: [false], daemon: true });
    thread.start();
    expect(thread.result(LONG)).toBe('it started');
  });
});

describe('who lives', () => {
  test('is known in a process of its own', () => {
    using event = new Event();
    const worker = new Process({ target: countFamily, args: [event] });
    worker.start();
    expect(worker.result(LONG)).toEqual({
      before: [1, 0],
      during: { threads: ['MainThread', 't1', 't2'], same: true, count: 3, children: ['child'] },
      after: [1, 0],
    });
  });

  test('is known here: those that were started and have not ended, the same objects, not those of others', async () => {
    await until(() => activeCount() === 1 && activeChildren().length === 0);
    using event = new Event();
    const [thread, process] = [
      new Thread({ target: waitFor, args: [event] }),
      new Process({ target: countFamily, args: [event] }),
    ];
    expect([activeCount(), activeChildren()]).toEqual([1, []]);
    thread.start();
    expect(enumerate()).toEqual([mainThread(), thread]);
    expect(enumerate()[1]).toBe(thread);
    event.set();
    process.start();
    expect(activeChildren()).toEqual([process]);
    expect(activeChildren()[0]).toBe(process);
    expect(process.join(LONG)).toBe(true);
    expect(thread.join(LONG)).toBe(true);
    expect([activeCount(), activeChildren()]).toEqual([1, []]);
  });
});

describe('misuse', () => {
  test.each([
    ['thread', Thread, 'RuntimeError', 'threads can only be started once'],
    ['process', Process as unknown as typeof Thread, 'AssertionError', 'processes can only be started once'],
  ])('of a %s is answered as in its Python module', (noun, Kind, name, once) => {
    using event = new Event();
    const worker = new Kind({ target: waitFor, args: [event] });
    const fails = (call: () => unknown, message: string) =>
      expect(call).toThrow(expect.objectContaining({ name, message: expect.stringContaining(message) }));
    fails(() => worker.join(), `cannot join ${noun} before it is started`);
    fails(() => worker.result(), `cannot join ${noun} before it is started`);
    worker.start();
    fails(() => worker.start(), once);
    fails(() => {
      worker.daemon = true;
    }, `cannot set daemon status of an active ${noun}`);
    event.set();
    expect(worker.join(LONG)).toBe(true);
    fails(() => worker.start(), once);
    const self = new Kind({ target: joinSelf, args: [noun] });
    self.start();
    expect(self.result(LONG)).toEqual([name, `cannot join current ${noun}`]);
    // Somebody else's object is not his to start.
    const other = new Kind({ target: waitFor, args: [event] });
    const starter = new Thread({ target: startOther, args: [other as Thread] });
    starter.start();
    expect(starter.result(LONG)).toBe(name);
    expect(() => new Kind({ group: 1 } as never)).toThrow(
      expect.objectContaining({ name: 'AssertionError', message: 'group argument must be None for now' }),
    );
  });

  test('of an async twin rejects as the blocking one throws', async () => {
    await expect(new Thread().joinAsync()).rejects.toMatchObject({ name: 'RuntimeError' });
    await expect(new Process().joinAsync()).rejects.toMatchObject({ name: 'AssertionError' });
    await expect(new Process().resultAsync()).rejects.toMatchObject({ name: 'AssertionError' });
  });

  test('is to join a process from one of its own threads, for which it waits itself', () => {
    const process = new Process({ target: joinSelfInThread });
    process.start();
    expect(process.result(LONG)).toEqual(['AssertionError', 'cannot join current process']);
  });

  test('of stopping what was not started is a ValueError', () => {
    const process = new Process({ target: describeSelf });
    expect(() => process.terminate()).toThrow(expect.objectContaining({ name: 'ValueError', message: 'process not started' }));
    expect(() => process.kill()).toThrow(expect.objectContaining({ name: 'ValueError' }));
  });
});
