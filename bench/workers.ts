/** Workers: from start() to the end of join(), doing nothing. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Process, Thread } from 'nogil';
import { milliseconds, type Row, type Table } from './report.ts';
import { nothing } from './workers.tasks.ts';

const contenders: Record<string, () => void | Promise<void>> = {
  thread() {
    const thread = new Thread({ target: nothing });
    thread.start();
    thread.join();
    thread.close();
  },
  async threadAsync() {
    const thread = new Thread({ target: nothing });
    thread.start();
    await thread.joinAsync();
    thread.close();
  },
  process() {
    const process = new Process({ target: nothing });
    process.start();
    process.join();
    process.close();
  },
  async bare() {
    await once(new Worker(new URL('./empty.workers.js', import.meta.url)), 'exit');
  },
};

export async function* workers(quick: boolean): AsyncGenerator<Table> {
  const rounds = quick ? 10 : 30;
  const figures = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
  // The first rounds start the supervisor and warm the file cache.
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const begin = performance.now();
      await run();
      if (round >= 0) figures.get(name)?.push(performance.now() - begin);
    }
  }
  const rival = figures.get('bare') as number[];
  const row = (what: string, name: string): Row => ({ what, unit: milliseconds, ours: figures.get(name) as number[], rival });
  yield {
    title: 'starting a worker and waiting for its end (the supervisor is up)',
    rival: 'bare Worker',
    rows: [
      { ...row('Thread: start + join', 'thread'), target: 1.5 },
      row('Thread: start + joinAsync', 'threadAsync'),
      row('Process: start + join', 'process'),
    ],
  };
}
