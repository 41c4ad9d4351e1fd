import {
  AssertionError,
  activeChildren,
  activeCount,
  currentProcess,
  currentThread,
  type Event,
  enumerate,
  getIdent,
  getpid,
  getppid,
  mainThread,
  Process,
  parentProcess,
  type Queue,
  Thread,
  task,
} from 'nogil';

/** What a worker can say of itself. */
export interface Self {
  thread: { name: string; ident: number | undefined; daemon: boolean; isMain: boolean };
  process: { name: string; pid: number | undefined; daemon: boolean };
  parent: { name: string; pid: number | undefined; alive: boolean } | undefined;
  ident: number;
  pid: number;
  ppid: number | undefined;
  mainThread: { name: string; ident: number | undefined };
}

/** Marked by a name, because compilers rename inner functions. */
export const describeSelf = task(import.meta, 'describeSelf', (): Self => {
  const [thread, process, parent] = [currentThread(), currentProcess(), parentProcess()];
  return {
    thread: { name: thread.name, ident: thread.ident, daemon: thread.daemon, isMain: thread === mainThread() },
    process: { name: process.name, pid: process.pid, daemon: process.daemon },
    parent: parent && { name: parent.name, pid: parent.pid, alive: parent.isAlive() },
    ident: getIdent(),
    pid: getpid(),
    ppid: getppid(),
    mainThread: { name: mainThread().name, ident: mainThread().ident },
  };
});

/** What it is, and what a process and a thread are that it starts. */
export const describeFamily = task(import.meta, function describeFamily(): [Self, Self, Self] {
  const [process, thread] = [new Process({ target: describeSelf }), new Thread({ target: describeSelf })];
  process.start();
  thread.start();
  return [describeSelf(), process.result(20), thread.result(20)];
});

/** The names and flags that workers made here get. */
export const namesAndDaemons = task(import.meta, function namesAndDaemons() {
  const make = () => [new Process(), new Thread()] as const;
  const [process, thread] = make();
  const [secondProcess] = make();
  return {
    names: [process.name, secondProcess.name, thread.name.replace(/\d+$/, 'N')],
    daemons: [process.daemon, thread.daemon],
  };
});

/** The same, one level deeper. */
export const namesInChild = task(import.meta, function namesInChild() {
  const child = new Process({ target: namesAndDaemons });
  child.start();
  return [child.name, child.result(20)];
});

export const namesInThread = task(import.meta, function namesInThread(daemon: boolean) {
  const thread = new Thread({ target: namesAndDaemons, daemon });
  thread.start();
  return thread.result(20);
});

/** What a daemonic process, or a thread of one, gets for trying to have a child. */
export const tryChild = task(import.meta, function tryChild(inThread: boolean): string {
  if (inThread) {
    const thread = new Thread({ target: tryChild, args: [false] });
    thread.start();
    return thread.result(20);
  }
  try {
    new Process({ target: describeSelf }).start();
  } catch (error) {
    return `${error instanceof AssertionError} ${(error as Error).message}`;
  }
  return 'it started';
});

/** Who lives in this process while two threads and a process do that it has started. */
export const countFamily = task(import.meta, function countFamily(event: Event) {
  const threads = [1, 2].map((i) => new Thread({ target: waitFor, args: [event], name: `t${i}` }));
  const child = new Process({ target: waitFor, args: [event], name: 'child' });
  const before = [activeCount(), activeChildren().length];
  for (const each of [...threads, child]) each.start();
  const during = {
    threads: enumerate()
      .map((each) => each.name)
      .sort(),
    same: threads.every((each) => enumerate().includes(each)) && activeChildren().includes(child),
    count: activeCount(),
    children: activeChildren().map((each) => each.name),
  };
  event.set();
  for (const each of [...threads, child]) each.join(60);
  return { before, during, after: [activeCount(), activeChildren().length] };
});

export const waitFor = task(import.meta, function waitFor(event: Event) {
  event.wait();
});

/** Joins itself; answers what it got. */
export const joinSelf = task(import.meta, function joinSelf(kind: string) {
  try {
    const self = kind === 'thread' ? currentThread() : currentProcess();
    (self as Thread).join();
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  return [];
});

/** Joins its process from a thread of it; answers what it got. */
export const joinSelfInThread = task(import.meta, function joinSelfInThread() {
  const thread = new Thread({ target: joinSelf, args: ['process'] });
  thread.start();
  return thread.result(20);
});

/** Starts what it was given. */
export const startOther = task(import.meta, function startOther(other: Thread | Process) {
  try {
    other.start();
  } catch (error) {
    return (error as Error).name;
  }
  return 'it started';
});

/** Its parent is killed while it lives. */
export const orphan = task(import.meta, function orphan(queue: Queue<unknown>, go: Event) {
  queue.put(parentProcess()?.pid);
  go.wait();
  queue.put(parentProcess()?.pid);
});

export const bearOrphan = task(import.meta, function bearOrphan(queue: Queue<unknown>, go: Event) {
  new Process({ target: orphan, args: [queue, go] }).start();
  go.wait();
});
