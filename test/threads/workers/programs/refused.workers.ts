/** Workers that the platform refuses to start: Node does not know this option. */
import { main, Pool, Process, Thread } from 'nogil';

export function next(x: number): number {
  return x + 1;
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error).replace(/NODE_OPTIONS.*|could not be started.*/s, '...');
  }
}

main(import.meta, () => {
  const told = (worker: Thread | Process) =>
    outcome(() => {
      worker.start();
      return worker.join(60) && worker.result();
    });
  const { NODE_OPTIONS } = process.env;
  const report = [told(new Thread({ target: next, args: [1] }))];
  process.env.NODE_OPTIONS = '--no-such-option';
  const refused = new Process({ target: next, args: [1] });
  report.push(told(new Thread({ target: next, args: [1] })), told(refused), refused.exitcode);
  const pool = new Pool(1);
  report.push(outcome(() => pool.applyAsync(next, [1]).get(20)));
  if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = NODE_OPTIONS;
  report.push(told(new Process({ target: next, args: [1] })));
  console.log(JSON.stringify(report));
});
