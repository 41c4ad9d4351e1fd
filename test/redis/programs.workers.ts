/** What other programs do, and workers of this one. */
import { main, sleep } from 'nogil';
import { type Cluster, connect, type JoinableQueue, type PriorityQueue, type Queue } from 'nogil/redis';

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
