/** What workers see of their program. */
import { main, Pool, Process, Thread } from 'nogil';

const first = process.argv[2];

export function seen(): unknown[] {
  return [first, process.argv.slice(2), process.env.NOGIL_TEST, process.cwd(), process.title, process.execArgv];
}

export function nested(): unknown {
  process.env.NOGIL_TEST = 'of the worker';
  process.argv.push('of the worker');
  const thread = new Thread({ target: seen });
  thread.start();
  return thread.result(20);
}

/** Ends the worker of a pool. */
export function end(): void {
  process.exit(1);
}

main(import.meta, () => {
  const told = (worker: Thread | Process): unknown => {
    worker.start();
    return worker.result(20);
  };
  const report: Record<string, unknown> = { thread: told(new Thread({ target: seen })) };
  process.env.NOGIL_TEST = 'changed';
  process.argv.push('pushed');
  process.title = 'a title';
  process.chdir('/');
  report.process = told(new Process({ target: seen }));
  report.nested = told(new Process({ target: nested }));
  report.own = seen();
  using pool = new Pool(1);
  process.env.NOGIL_TEST = 'after the pool';
  report.pool = pool.apply(seen);
  try {
    pool.apply(end);
  } catch {}
  report.replaced = pool.apply(seen);
  console.log(JSON.stringify(report));
});
