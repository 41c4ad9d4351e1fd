/** What other programs do, and workers of this one. */
import { openSync, writeSync } from 'node:fs';
import { type Event as LocalEvent, main, sleep, sleepAsync, task } from 'nogil';
import {
  type Barrier,
  type Cluster,
  connect,
  type JoinableQueue,
  type Lock,
  type PriorityQueue,
  type Queue,
  type RLock,
  serve,
  type Value,
} from 'nogil/redis';

const say = (message: unknown) => process.send?.(message);
const forEver = () => new Promise(() => setInterval(() => {}, 1000));

// ── in workers ───────────────────────────────────────────────────────────────────────────────────────────

export function sumOf(queue: JoinableQueue<number>, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += queue.get(true, 20);
    queue.taskDone();
  }
  return sum;
}

export function takeAndWait(queue: JoinableQueue<number>, count: number): void {
  for (let i = 0; i < count; i++) queue.get(true, 20);
  sleep(1000);
}

export function putAll(queue: Queue<number>, count: number): void {
  for (let i = 0; i < count; i++) queue.put(i);
}

export function closes(queue: Queue<number>): number {
  let count = 0;
  for (const _ of queue) count++;
  return count;
}

export function countUnder(lock: Lock, value: Value<'i'>, count: number): number[] {
  const tokens: number[] = [];
  for (let i = 0; i < count; i++) {
    using held = lock.hold();
    tokens.push(held.token);
    value.value = value.value + 1;
  }
  return tokens;
}

/** Whether it got it; holds it for ever then, unless it is not to wait for ever. */
export function holdAndWait(lock: Lock | RLock, held: LocalEvent | undefined, timeout?: number): boolean {
  if (!lock.acquire(true, timeout)) return false;
  held?.set();
  sleep(1000);
  return true;
}

export function meet(barrier: Barrier, rounds: number): number[] {
  return Array.from({ length: rounds }, () => barrier.wait(20));
}

// ── tasks of pools ───────────────────────────────────────────────────────────────────────────────────────

export const square = task(import.meta, function square(x: number): number {
  return x * x;
});

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

export const slowly = task(import.meta, function slowly(x: number): [number, number] {
  const end = performance.now() + 150;
  while (performance.now() < end);
  return [x * x, process.pid];
});

export const fails = task(import.meta, function fails(x: number): number {
  if (x === 3) throw new RangeError(`not ${x}`);
  return x;
});

/** Kills its program whenever the item is negative. */
export const deadly = task(import.meta, function deadly(x: number): number {
  if (x < 0) process.kill(process.pid, 'SIGKILL');
  return x;
});

export function unmarked(x: number): number {
  return x;
}

// ── other programs ───────────────────────────────────────────────────────────────────────────────────────

type Role = (cluster: Cluster, ...args: never[]) => unknown;

const roles: Record<string, Role> = {
  /** Puts numbers from `from` to before `to`. */
  produce(cluster, name: string, from: number, to: number) {
    const queue = cluster.JoinableQueue<number>(name);
    queue.putMany(Array.from({ length: to - from - 50 }, (_, i) => from + i));
    for (let i = to - 50; i < to; i++) queue.put(i);
    say('put');
  },

  /** The same, in batches of 1 to 16. */
  produceInPieces(cluster, name: string, count: number) {
    const queue = cluster.JoinableQueue<number>(name);
    for (let at = 0, size = 1; at < count; at += size, size = (size % 16) + 1)
      queue.putMany(Array.from({ length: Math.min(size, count - at) }, (_, i) => at + i));
  },

  /** Takes so many, and keeps them. */
  async hoard(cluster, name: string, count: number) {
    const queue = cluster.JoinableQueue<number>(name);
    const items: number[] = [];
    for (let i = 0; i < count; i++) items.push(queue.get(true, 20));
    say(items);
    await forEver();
  },

  /** Takes one, which prefetches others, and then only waits. */
  async idle(cluster, name: string) {
    say(cluster.Queue<number>(name).get(true, 20));
    await forEver();
  },

  async hoardPriorities(cluster, name: string, count: number) {
    const queue: PriorityQueue<number> = cluster.PriorityQueue<number>(name, { until: 'taskDone' });
    say(Array.from({ length: count }, () => queue.get(true, 20)));
    await forEver();
  },

  /** Is killed by an item that is negative: at once, or after so many seconds. */
  async poisoned(cluster, name: string, seconds: number) {
    const queue = cluster.JoinableQueue<number>(name);
    for (;;) {
      const item = await queue.getAsync();
      if (item < 0) {
        if (seconds > 0) await sleepAsync(seconds);
        process.kill(process.pid, 'SIGKILL');
      }
      // First: it is killed when all are done.
      say(item);
      queue.taskDone();
    }
  },

  /** The same, blocking. */
  async poisonedBlocking(cluster, name: string, seconds: number) {
    const queue = cluster.JoinableQueue<number>(name);
    for (;;) {
      const item = queue.get();
      if (item < 0) {
        if (seconds > 0) sleep(seconds);
        process.kill(process.pid, 'SIGKILL');
      }
      say(item);
      queue.taskDone();
      await null;
    }
  },

  async serve(cluster, name: string, processes: number) {
    say('serving');
    await serve(cluster, name, { processes });
  },

  count(cluster, name: string, count: number) {
    say(countUnder(cluster.Lock(name), cluster.Value(name, 'i'), count));
  },

  async hold(cluster, name: string, lease: number) {
    const lock = cluster.Lock(name, { lease });
    lock.acquire();
    say(lock.token);
    await forEver();
  },

  async holdPermit(cluster, name: string) {
    cluster.BoundedSemaphore(name, 1).acquire();
    say(true);
    await forEver();
  },

  setEvent(cluster, name: string) {
    cluster.Event(name).set();
  },

  waitAtBarrier(cluster, name: string, parties: number) {
    cluster.Barrier(name, parties).wait();
  },

  updateDict(cluster, name: string, count: number) {
    const dict = cluster.dict<string, number>(name);
    for (let i = 0; i < count; i++) dict.update('n', (x) => (x ?? 0) + 1);
  },

  /** Takes for ever. What it has is written down before it is done, where no kill can lose it. */
  takeForEver(cluster, name: string, file: string) {
    const log = openSync(file, 'a');
    const queue = cluster.JoinableQueue<number>(name);
    for (const item of queue) {
      writeSync(log, `${item}\n`);
      queue.taskDone();
    }
  },

  /**
   * Owns a lock again and again. Each time it reads a number from whoever started it and writes the next one,
   * both with its token; between the two it can be stopped or killed.
   */
  async own(cluster, name: string, lease: number) {
    const lock = cluster.Lock(name, { lease });
    const answers: ((value: number | null) => void)[] = [];
    process.on('message', (value) => answers.shift()?.(value as number | null));
    const ask = (...question: unknown[]) =>
      new Promise<number | null>((resolve) => {
        answers.push(resolve);
        say(question);
      });
    for (;;) {
      await lock.acquireAsync();
      const token = lock.token as number;
      const value = await ask('read', token);
      if (value !== null) await ask('write', token, value + 1);
      try {
        await lock.releaseAsync();
      } catch (error) {
        say(['lost', token, (error as Error).name]);
      }
    }
  },

  /**
   * Puts items into so many queues: some, more when it is told to, and the last ones when it is told again.
   */
  async putLate(cluster, name: string, count: number) {
    const told = () => new Promise((resolve) => process.once('message', resolve));
    const queues = Array.from({ length: count }, (_, i) => cluster.JoinableQueue<string>(`${name}-${i}`));
    const put = (when: string, items: number) =>
      Promise.all(queues.map((queue) => queue.putManyAsync(Array.from({ length: items }, (_, i) => `${when} ${i}`))));
    await put('early', 20);
    const begin = told();
    say('early');
    await begin;
    for (let i = 0; i < 5; i++) await put(`late ${i}`, 20);
    const again = told();
    say(5 * 20 * count);
    await again;
    await put('after', 20);
    say('over');
    await forEver();
  },

  /** Has, once others may, their lock and their items: says that it waits, the items, the lock's token. */
  takesOver(cluster, lock: string, name: string, count: number) {
    say('waits');
    const queue = cluster.JoinableQueue<number>(name);
    const items: number[] = [];
    while (items.length < count) {
      items.push(queue.get());
      queue.taskDone();
    }
    queue.join();
    say(items);
    cluster.Lock(lock).with((token) => say(token));
  },

  /** Adds one, and lives on. */
  async adds(cluster, name: string) {
    const value = cluster.Value(name, 'i');
    say(value.add(1));
    for (;;) await new Promise((resolve) => setTimeout(resolve, 50));
  },

  /** Takes until nothing comes for a while, and says what. */
  takeAll(cluster, name: string, patience: number) {
    const queue = cluster.JoinableQueue<number>(name);
    for (;;) {
      let item: number;
      try {
        item = queue.get(true, patience);
      } catch {
        break;
      }
      say(item);
      queue.taskDone();
    }
  },
};

main(import.meta, async () => {
  const { ROLE, ARGS = '[]' } = process.env;
  if (ROLE === undefined) return;
  const orphaned = () => process.exit(3);
  process.once('disconnect', orphaned);
  const [url, options, ...args] = JSON.parse(ARGS);
  const cluster = await connect(url, options);
  await roles[ROLE]?.(cluster, ...(args as never[]));
  await cluster.disconnectAsync();
  process.off('disconnect', orphaned);
  process.disconnect?.();
});
