/** What other programs do, and workers of this one. */
import { type Event as LocalEvent, main, sleep, task } from 'nogil';
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

  /** Is killed by an item that is negative. */
  async poisoned(cluster, name: string) {
    const queue = cluster.JoinableQueue<number>(name);
    for (;;) {
      const item = queue.get();
      if (item < 0) process.kill(process.pid, 'SIGKILL');
      queue.taskDone();
      say(item);
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
