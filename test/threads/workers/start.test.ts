import { expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { runText } from '../../support/programs.ts';

// A worker that took the heap's lock before it had an id would not hold it, and two that start together would
// be given the same pages.
test('workers that start together in a small heap are not given the same memory', async () => {
  const child = await runText(`
    configure({ initialBytes: 16 * 65536 });
    const leave = new Event();
    const ready = new Semaphore(0);
    const target = (ready, leave) => { ready.release(); leave.wait(60); };
    const workers = Array.from({ length: ${tries(40)} }, () => new Process({ target, args: [ready, leave] }));
    for (const worker of workers) worker.start();
    for (const _ of workers) ready.acquire(true, 60);
    const { bytesInUse, bytesReserved } = heap.stats();
    leave.set();
    for (const worker of workers) worker.join(60);
    console.log(JSON.stringify({ within: bytesInUse <= bytesReserved, codes: [...new Set(workers.map((worker) => worker.exitcode))] }));
  `);
  expect(JSON.parse(child.lines.join('\n'))).toEqual({ within: true, codes: [0] });
});
