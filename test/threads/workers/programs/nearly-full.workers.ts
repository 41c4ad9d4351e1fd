/** Starts a worker when there are so many bytes left, and another when there is room again. */
import { configure, Manager, MemoryError, main, Pool, Process, Queue, Thread } from 'nogil';

export function next(x: number): number {
  return x + 1;
}
export class Kept {
  get(): number {
    return 2;
  }
}

function byWorker(worker: Thread | Process): unknown {
  worker.start();
  if (!worker.join(60)) return 'it hangs';
  return worker.result();
}

const ways: Record<string, () => unknown> = {
  thread: () => byWorker(new Thread({ target: next, args: [1] })),
  process: () => byWorker(new Process({ target: next, args: [1] })),
  pool() {
    const pool = new Pool(1);
    try {
      return pool.applyAsync(next, [1]).get(60);
    } finally {
      pool.terminate();
      if (!pool.join(60)) console.log('the pool hangs');
    }
  },
  manager() {
    const manager = Manager();
    manager.register('Kept', Kept);
    return (manager.Kept as () => Kept)().get();
  },
};

configure({ maximumBytes: 2 ** 21 });
main(import.meta, () => {
  const [, , way = '', left = ''] = process.argv;
  const ballast: Queue<Uint8Array>[] = [];
  for (let size = 65536; size >= 1024; size /= 2) {
    try {
      for (;;) {
        const queue = new Queue<Uint8Array>();
        ballast.push(queue);
        queue.put(new Uint8Array(size));
      }
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
    }
  }
  for (let freed = 0; freed < Number(left); ) {
    const queue = ballast.shift();
    if (queue === undefined) break;
    if (!queue.empty()) freed += queue.get().length;
    queue.close();
  }
  try {
    console.log(ways[way]?.() === 2 ? 'done' : 'wrong');
  } catch (error) {
    const { name } = error as Error;
    console.log(name === 'MemoryError' || name === 'WorkerDied' ? 'refused' : String(error));
  }
  for (const queue of ballast) queue.close();
  console.log(ways[way]?.() === 2 ? 'done' : 'wrong');
  process.exit();
});
