/** Has a child that sleeps, one that is busy and a grandchild, prints the numbers of all, and never ends. */
import { main, Process, Queue, sleep } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { dynasty } from '../children.workers.js';

main(import.meta, () => {
  setStartMethod('spawn');
  const [pids, never] = [new Queue<number>(), new Queue()];
  for (const depth of [0, 1]) new Process({ target: dynasty, args: [pids, never, depth] }).start();
  console.log(JSON.stringify([pids.get(), pids.get(), pids.get()]));
  for (;;) sleep(1000);
});
