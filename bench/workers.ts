/** Workers: from start() to the end of join(), doing nothing. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Process, Thread } from 'nogil';
import { inTurn } from './in-turn.ts';
import { milliseconds, type Row, type Table } from './report.ts';
import { nothing } from './workers.tasks.ts';

const contenders = {
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
  const timed = (name: keyof typeof contenders) => async () => {
    const begin = performance.now();
    await contenders[name]();
    return performance.now() - begin;
  };
  // The first rounds start the supervisor and warm the file cache.
  const figures = await inTurn(rounds, 2, {
    thread: timed('thread'),
    threadAsync: timed('threadAsync'),
    process: timed('process'),
    bare: timed('bare'),
  });
  const row = (what: string, ours: number[]): Row => ({ what, unit: milliseconds, ours, rival: figures.bare });
  yield {
    title: 'starting a worker and waiting for its end (the supervisor is up)',
    rival: 'bare Worker',
    rows: [
      { ...row('Thread: start + join', figures.thread), target: 1.5 },
      row('Thread: start + joinAsync', figures.threadAsync),
      row('Process: start + join', figures.process),
    ],
  };
}
