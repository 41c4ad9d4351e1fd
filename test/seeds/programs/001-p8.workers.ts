/** 001-P8: three processes take turns at one terminal. */
import { getpid, main, Process, sleep } from 'nogil';
import { Lock } from 'nogil/multiprocessing';
import { SECOND } from '../clock.workers.js';

export function work(lock: Lock): void {
  lock.acquire();
  console.log(`${getpid()} is running`);
  sleep(2 * SECOND);
  console.log(`${getpid()} is done`);
  lock.release();
}

main(import.meta, () => {
  const began = performance.now();
  const lock = new Lock();
  const processes = Array.from({ length: 3 }, () => new Process({ target: work, args: [lock] }));
  for (const p of processes) p.start();
  // Beyond the tutorial: how long they take.
  for (const p of processes) p.join();
  console.log(`${(performance.now() - began) / 1000} s`);
});
